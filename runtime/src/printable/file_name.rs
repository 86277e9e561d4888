//! Names of files that stand for names of other things.

use sha2::{Digest, Sha256};

/// The longest name, in bytes: every file system takes twice that.
const MOST: usize = 120;
/// How many bytes of a hash tell apart what is too long to be written out.
const HASHED: usize = 16;

/// See [`Printable::file_name`](super::Printable::file_name).
///
/// What is none of `a-z 0-9 - _ .` is written as `%` and its bytes in hexadecimal. A name that would be too long is cut,
/// and has `~` and a hash of the whole at its end.
pub(super) fn file_name(name: &str) -> String {
    if name.is_empty() {
        // Else a percent sign has digits behind it.
        return "%".to_owned();
    }
    let last = name.len() - 1;
    let device = is_device(name);
    let mut file = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let plain = match byte {
            b'.' => at != 0 && at != last,
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => !(device && at == 0),
            _ => false,
        };
        if plain {
            file.push(char::from(byte));
        } else {
            file.push('%');
            push_hex(&mut file, byte);
        }
        if file.len() > MOST {
            return shortened(&file, name);
        }
    }
    file
}

/// What begins like the whole; the hash tells it apart.
fn shortened(file: &str, name: &str) -> String {
    let sum = Sha256::digest(name.as_bytes());
    let mut short = file.to_owned();
    short.truncate(MOST - 1 - 2 * HASHED);
    // Not within an escape.
    if let Some(at) = short.rfind('%').filter(|at| at + 3 > short.len()) {
        short.truncate(at);
    }
    short.push('~');
    for byte in &sum[..HASHED] {
        push_hex(&mut short, *byte);
    }
    short
}

fn push_hex(file: &mut String, byte: u8) {
    for half in [byte >> 4, byte & 15] {
        file.push(char::from(b"0123456789abcdef"[usize::from(half)]));
    }
}

/// Whether Windows takes it for a device, whatever stands behind the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$" => true,
        stem => {
            let mut digits = stem
                .strip_prefix("com")
                .or_else(|| stem.strip_prefix("lpt"))
                .unwrap_or_default()
                .chars();
            matches!(
                (digits.next(), digits.next()),
                (Some('0'..='9' | '¹' | '²' | '³'), None)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Component, Path};

    use super::*;

    #[test]
    fn to_the_letter() {
        for (name, file) in [
            ("lobby", "lobby"),
            ("a-b_c.d", "a-b_c.d"),
            ("", "%"),
            (".", "%2e"),
            ("..", "%2e%2e"),
            ("...", "%2e.%2e"),
            (".hidden", "%2ehidden"),
            ("dot.", "dot%2e"),
            ("../../x", "%2e.%2f..%2fx"),
            ("/mu/", "%2fmu%2f"),
            ("a\\b", "a%5cb"),
            ("C:x", "%43%3ax"),
            ("CON", "%43%4f%4e"),
            ("con", "%63on"),
            ("con.txt", "%63on.txt"),
            ("nul", "%6eul"),
            ("com1", "%63om1"),
            ("lpt9.a.b", "%6cpt9.a.b"),
            ("com", "com"),
            ("com10", "com10"),
            ("console", "console"),
            ("a\nb", "a%0ab"),
            ("a\0", "a%00"),
            ("%2e", "%252e"),
            ("~", "%7e"),
            ("é", "%c3%a9"),
            ("a b", "a%20b"),
            ("\u{202e}", "%e2%80%ae"),
        ] {
            assert_eq!(file_name(name), file, "{name:?}");
        }
    }

    #[test]
    fn no_two_share_a_file_and_none_leaves_its_folder() {
        let mut names: Vec<String> = [
            "../../x", "/mu/", "CON", "con", "a\nb", "aux.h", "", ".", "..",
        ]
        .map(str::to_owned)
        .to_vec();
        // Every string of up to three of what is special.
        let special = [".", "/", "%", "a", "A", "~", "2e", "con", "é"];
        for a in special {
            for b in special {
                names.extend([a.to_owned(), format!("{a}{b}")]);
                names.extend(special.map(|c| format!("{a}{b}{c}")));
            }
        }
        // Around the longest, and far beyond, differing at the end or in the middle alone.
        for length in [119, 120, 121, 255, 4096] {
            for end in ["", "a", "b", "%", "/", "é"] {
                names.push("x".repeat(length) + end);
                names.push("é".repeat(length) + end);
                names.push(format!("{}{end}{}", "x".repeat(length), "x".repeat(length)));
            }
        }
        names.sort();
        names.dedup();
        let mut files = BTreeSet::new();
        for name in &names {
            let file = file_name(name);
            let allowed =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.%~".contains(&b);
            assert!(file.bytes().all(allowed), "{name:?}: {file}");
            assert!((1..=MOST).contains(&file.len()), "{name:?}: {file}");
            assert!(!file.starts_with('.') && !file.ends_with('.'), "{file}");
            assert!(!is_device(&file), "{file}");
            let parts: Vec<_> = Path::new(&file).components().collect();
            assert!(matches!(parts[..], [Component::Normal(_)]), "{file}");
            assert!(files.insert(file.clone()), "{name:?}: {file} is another's");
        }
    }
}
