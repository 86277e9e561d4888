//! The diagnostic notation of RFC 8949, section 8, as far as messages need it, with long runs folded as SPEC.md says.

use std::fmt::Write as _;

use ciborium::Value;

/// More equal characters, bytes or elements than these are folded.
const MANY: usize = 16;

/// Prints the one item that `body` is.
///
/// # Panics
///
/// If `body` is not one item of CBOR, or has something that no message has.
#[must_use]
pub fn diagnostic(body: &[u8]) -> String {
    let mut rest = body;
    let value: Value = ciborium::from_reader(&mut rest).expect("one item of CBOR");
    assert!(rest.is_empty(), "nothing behind the item");
    let mut out = String::new();
    print(&value, &mut out);
    out
}

fn print(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Integer(number) => write!(out, "{}", i128::from(*number)).expect("strings take all"),
        Value::Bytes(bytes) => match run(bytes) {
            Some((first, times)) => {
                write!(out, "h'{first:02x}'*{times}").expect("strings take all")
            }
            None => print_bytes(bytes, out),
        },
        Value::Text(text) => {
            let chars: Vec<char> = text.chars().collect();
            match run(&chars) {
                Some((first, times)) => {
                    print_text(&[*first], out);
                    write!(out, "*{times}").expect("strings take all");
                }
                None => print_text(&chars, out),
            }
        }
        Value::Array(items) => print_array(items, out),
        other => panic!("no message has {other:?}"),
    }
}

fn print_bytes(bytes: &[u8], out: &mut String) {
    out.push_str("h'");
    for byte in bytes {
        write!(out, "{byte:02x}").expect("strings take all");
    }
    out.push('\'');
}

fn print_text(text: &[char], out: &mut String) {
    out.push('"');
    for c in text {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '|' => out.push_str("\\u007c"),
            c => out.push(*c),
        }
    }
    out.push('"');
}

fn print_array(items: &[Value], out: &mut String) {
    out.push('[');
    if let Some((first, times)) = run(items) {
        print(first, out);
        write!(out, "*{times}").expect("strings take all");
    } else {
        for (i, item) in items.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { ", " });
            print(item, out);
        }
    }
    out.push(']');
}

/// The first, and how many there are, if they are many and all the same.
fn run<T: PartialEq>(items: &[T]) -> Option<(&T, usize)> {
    let first = items.first()?;
    (items.len() > MANY && items.iter().all(|item| item == first)).then_some((first, items.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_notation() {
        // [1, "a\"\n", null, h'0102', [], 18446744073709551615]
        let body = b"\x86\x01\x63a\"\n\xf6\x42\x01\x02\x80\x1b\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(
            diagnostic(body),
            r#"[1, "a\"\n", null, h'0102', [], 18446744073709551615]"#
        );
    }

    #[test]
    fn long_runs_are_folded_and_short_ones_not() {
        let mut body = vec![0x78, 17];
        body.extend([b'a'; 17]);
        assert_eq!(diagnostic(&body), "\"a\"*17");
        let mut body = vec![0x70];
        body.extend([b'a'; 16]);
        assert_eq!(diagnostic(&body), "\"aaaaaaaaaaaaaaaa\"");
        let mut body = vec![0x91];
        body.extend([0x01; 17]);
        assert_eq!(diagnostic(&body), "[1*17]");
    }
}
