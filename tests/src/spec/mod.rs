//! A reader of SPEC.md: what the page says to a machine, so that the tests hold the code against the page itself.
//!
//! The page is parsed by its own marks: `**[ID]**` at the start of a line is a requirement, a fenced block bears its
//! kind, and a comment such as `<!-- table: server -->` names the table that follows.

pub mod diag;
pub mod drive;
mod table;
mod vectors;

pub use table::Table;
pub use vectors::{Golden, Negative, Outcome, Phase};

const TEXT: &str = include_str!("../../../SPEC.md");

/// A numbered sentence of SPEC.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Such as `FR-1`.
    pub id: &'static str,
    /// What it demands, in one paragraph.
    pub text: &'static str,
}

/// A line of the block of names and texts in section 5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCase {
    /// `name`, `room` or `text`.
    pub kind: &'static str,
    /// What is judged.
    pub value: String,
    /// `ok`, `refused`, or `same as` another.
    pub verdict: Verdict,
}

/// What section 5 says of a name or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken as it is.
    Ok,
    /// It breaks a rule.
    Refused,
    /// It is allowed, and the same as this one.
    SameAs(String),
}

/// The whole page.
#[must_use]
pub fn text() -> &'static str {
    TEXT
}

/// All requirements, in the order of the page.
#[must_use]
pub fn requirements() -> Vec<Requirement> {
    TEXT.lines().filter_map(requirement).collect()
}

fn requirement(line: &'static str) -> Option<Requirement> {
    let (id, text) = line.strip_prefix("**[")?.split_once("]** ")?;
    Some(Requirement { id, text })
}

/// The grammar of all messages; `message` is its root.
#[must_use]
pub fn cddl() -> String {
    block("cddl").join("\n")
}

/// The golden vectors: each is accepted, and the one form of its value.
#[must_use]
pub fn golden() -> Vec<Golden> {
    block("vectors").into_iter().map(vectors::golden).collect()
}

/// The negative vectors: what must happen to what is not right.
#[must_use]
pub fn negative() -> Vec<Negative> {
    block("negative")
        .into_iter()
        .map(vectors::negative)
        .collect()
}

/// The golden vector of that name.
///
/// # Panics
///
/// If SPEC.md has none.
#[must_use]
pub fn golden_named(name: &str) -> Golden {
    let found = golden().into_iter().find(|vector| vector.name == name);
    found.unwrap_or_else(|| panic!("SPEC.md has no golden vector {name}"))
}

/// The names and texts of section 5.
#[must_use]
pub fn names() -> Vec<NameCase> {
    block("names").into_iter().map(name_case).collect()
}

/// The table that stands behind `<!-- table: name -->`.
///
/// # Panics
///
/// If SPEC.md has no such table.
#[must_use]
pub fn table(name: &str) -> Table {
    let mark = format!("<!-- table: {name} -->");
    let (_, rest) = TEXT
        .split_once(&mark)
        .unwrap_or_else(|| panic!("SPEC.md has no table {name}"));
    Table::parse(rest)
}

/// The words of the cells that are allowed in the tables of section 11: the rows of the table right above the mark.
#[must_use]
pub fn vocabulary(name: &str) -> Table {
    let mark = format!("<!-- table: {name} -->");
    let (before, _) = TEXT
        .split_once(&mark)
        .unwrap_or_else(|| panic!("SPEC.md has no table {name}"));
    let start = before
        .rfind("| cell |")
        .unwrap_or_else(|| panic!("no vocabulary above table {name}"));
    Table::parse(&before[start..])
}

/// The lines of all fenced blocks of a kind.
fn block(kind: &str) -> Vec<&'static str> {
    let mut lines = TEXT.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(kind) {
            found.extend(lines.by_ref().take_while(|line| *line != "```"));
        }
    }
    assert!(!found.is_empty(), "SPEC.md has no block of {kind}");
    found
}

fn name_case(line: &'static str) -> NameCase {
    let columns: Vec<&'static str> = line.split(" | ").collect();
    let [kind, value, verdict] = columns[..] else {
        panic!("three columns: {line}")
    };
    let verdict = match verdict {
        "ok" => Verdict::Ok,
        "refused" => Verdict::Refused,
        other => Verdict::SameAs(unquoted(
            other
                .strip_prefix("same as ")
                .unwrap_or_else(|| panic!("{line}")),
        )),
    };
    NameCase {
        kind,
        value: unquoted(value),
        verdict,
    }
}

/// A string in the notation of JSON.
fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let mut chars = inner
        .unwrap_or_else(|| panic!("quotes around {text}"))
        .chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { escape(&mut chars) } else { c });
    }
    out
}

fn escape(chars: &mut impl Iterator<Item = char>) -> char {
    match chars.next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(c @ ('"' | '\\')) => c,
        Some('u') => {
            let digits: String = chars.take(4).collect();
            let code = u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32);
            code.unwrap_or_else(|| panic!("\\u{digits}"))
        }
        other => panic!("unknown escape {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_those_of_json() {
        assert_eq!(unquoted(r#""a\u00a0\t\n\r\"\\é""#), "a\u{a0}\t\n\r\"\\é");
    }

    #[test]
    fn a_requirement_begins_its_line() {
        let line = "**[FR-1]** Everything MUST be.";
        assert_eq!(
            requirement(line),
            Some(Requirement {
                id: "FR-1",
                text: "Everything MUST be."
            })
        );
        assert_eq!(requirement("as **FR-1** says"), None);
    }
}
