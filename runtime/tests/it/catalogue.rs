//! The catalogues are whole: no word that a person sees stands outside `runtime/src/words`, and there each stands in both
//! languages.
//!
//! That a text has two languages is so by its type (`Both`, `say!`); what a type cannot see is looked for in the sources:
//! a text that is none of the catalogue, and a translation that is none.

use std::fs;
use std::path::{Path, PathBuf};

/// Literals outside the catalogue that look like words and are none that a person reads.
const NO_WORDS: [&str; 12] = [
    // As one types it.
    "--address {rest}",
    // What keys are derived for, and what files begin with.
    "parlance key v1",
    "parlance identity v1\\0",
    "parlance fingerprint v1\\0",
    "parlance session\\n",
    // What an agent is called on the wire.
    "parlance load ",
    // Faults of ours that end the program.
    "an event that cannot be encoded",
    "event {seq} where {next} is due",
    "a stored event that cannot be decoded",
    "bounds that a histogram can have",
    // Databases.
    "{TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};",
    "ORDER BY",
];

/// Literals of the catalogue that are no text: formats, names, and what the compiler says.
const NO_TEXTS: [&str; 21] = [
    "ban --address",
    "{mode:o}",
    "{micros:.3}",
    "{number:.0}",
    "U+{:04X}",
    "%Y-%m-%d %H:%M",
    "{elapsed:>4} [{bar:32}] {msg}",
    " (os error",
    "parlance",
    "en",
    "zh",
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
    "a template has at most ten arguments",
    "an argument is written {{0}}",
    "there is no such argument",
    "an argument is not used",
    " is not in ",
    "{:.1}",
    "{:.3}",
];

struct Literal {
    /// The code before it, without white space at its end.
    before: String,
    text: String,
}

/// The string literals of a source, without its tests.
fn literals(source: &str) -> Vec<Literal> {
    let source = source
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut code = 0;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            at += 3 + raw.find("\"#").unwrap_or(raw.len()) + 2;
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            found.push(Literal {
                before: source[code..at].trim_end().to_owned(),
                text: source[at + 1..end].to_owned(),
            });
            at = end + 1;
            code = at;
        } else if bytes[at] == b'\'' {
            // A character, or a lifetime.
            let mut rest = rest.chars().skip(1);
            let (first, second) = (rest.next(), rest.next());
            at += match (first, second) {
                (Some('\\'), _) => 1 + source[at + 2..].find('\'').unwrap_or(0) + 2,
                (Some(c), Some('\'')) => 2 + c.len_utf8(),
                _ => 1,
            };
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let mut folders = vec![
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(under),
    ];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if name == "tests" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = fs::read_to_string(&path).expect("a source");
                sources.push((path, source));
            }
        }
    }
    sources
}

fn is_chinese(text: &str) -> bool {
    text.contains(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}'))
}

/// Two words of letters in a row, or anything Chinese.
fn is_prose(text: &str) -> bool {
    let mut row = 0;
    let in_a_row = text.split(' ').any(|word| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let is_word = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        row = if is_word { row + 1 } else { 0 };
        row == 2
    });
    in_a_row || is_chinese(text)
}

/// The language of the databases.
fn is_sql(text: &str) -> bool {
    const BEGINS: [&str; 6] = [
        "SELECT ", "INSERT ", "DELETE ", "UPDATE ", "PRAGMA ", "BEGIN",
    ];
    let text = text.trim_start_matches(['\n', '\\', 'n', ' ']);
    text.starts_with("CREATE ") || BEGINS.iter().any(|begin| text.starts_with(begin))
}

#[test]
fn no_words_stand_outside_the_catalogue() {
    let mut looked_at = 0;
    for (path, source) in sources("") {
        if path.components().any(|part| part.as_os_str() == "words") {
            continue;
        }
        for literal in literals(&source) {
            looked_at += 1;
            let of_compiler = ["reason =", "expect(", "concat!("];
            if !is_prose(&literal.text)
                // A command as it is typed.
                || literal.text.starts_with('/')
                || is_sql(&literal.text)
                || NO_WORDS.contains(&literal.text.as_str())
                || of_compiler.iter().any(|end| literal.before.ends_with(end))
            {
                continue;
            }
            panic!("{}: {:?} belongs into words", path.display(), literal.text);
        }
    }
    assert!(looked_at > 500, "only {looked_at} literals were found");
}

/// A language with no letters of its own in a text has none to translate: `{0}: {1}`.
fn letters(template: &str) -> String {
    let mut text = template.to_owned();
    for number in 0..10 {
        text = text.replace(&format!("{{{number}}}"), "");
    }
    text.replace("\\n", "").replace("\\x1b", "")
}

#[test]
fn every_text_is_in_both_languages() {
    let mut texts = 0;
    for (path, source) in sources("words") {
        let literals = literals(&source);
        let mut at = 0;
        while let Some(literal) = literals.get(at) {
            at += 1;
            let text = letters(&literal.text);
            if literal.before.ends_with("both(") || literal.before.ends_with("say!(") {
                let other = &literals[at];
                at += 1;
                assert_eq!(other.before.trim(), ",", "{}: {text}", path.display());
                assert!(!is_chinese(&text), "{}: {text}", path.display());
                let has_words = text
                    .split(|c: char| !c.is_ascii_lowercase())
                    .any(|word| word.len() > 1);
                let both = !has_words || is_chinese(&other.text);
                assert!(both, "{}: {text} has no Chinese", path.display());
                texts += 1;
            } else if text.bytes().filter(u8::is_ascii_alphabetic).count() > 1 || is_chinese(&text)
            {
                assert!(
                    NO_TEXTS.contains(&literal.text.as_str()),
                    "{}: {:?} is in one language",
                    path.display(),
                    literal.text
                );
            }
        }
    }
    assert!(texts > 300, "only {texts} texts were found");
}

#[test]
fn what_would_be_missing_is_found() {
    let source = "let c = '\"'; complain(\"it is cold\"); // \"not this\"\nfn f<'a>() { both(\"one two\", \"一二\") }";
    let found = literals(source);
    let texts: Vec<&str> = found.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(texts, ["it is cold", "one two", "一二"]);
    assert!(
        is_prose("it is cold") && is_prose("冷") && !is_prose("--name") && !is_prose("{0}: {1}")
    );
    assert!(found[1].before.ends_with("both("));
    assert!(is_sql("SELECT count(*) FROM x") && !is_sql("select one of these"));
}
