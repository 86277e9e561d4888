//! What of a text is shown, and what stands in the place of the rest.
//!
//! A control is shown as people write it (`^[`), and whatever else is not plainly visible as U+FFFD. Letters that are
//! written from right to left are put between FSI and PDI (U+2068, U+2069), so that they do not carry what stands behind
//! them along; a change of direction that came with the text is marked like a control.

use std::fmt::Write as _;

use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory};

/// Begins a run of a direction of its own.
pub(super) const ISOLATE: &str = "\u{2068}";
/// Ends it.
pub(super) const POP: &str = "\u{2069}";

/// Stands for a character that is not shown.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
/// Carries a mark that would sit on what stands before the text.
const CARRIER: char = '\u{25cc}';
/// What each further line of a text begins with.
const INDENT: &str = "    ";
const JOINER: char = '\u{200d}';
/// Tags behind it make it another flag.
const BLACK_FLAG: char = '\u{1f3f4}';

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Told apart from others by its look: what shows nothing is marked.
    Name,
    /// One line.
    Field,
    /// May have several lines, and tabs.
    Text,
}

pub(super) fn cleaned(text: &str, kind: Kind) -> String {
    if kind != Kind::Name && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    if kind != Kind::Text {
        push_line(&mut shown, text, kind);
        return shown;
    }
    for (nth, line) in text.split('\n').enumerate() {
        if nth > 0 {
            shown.push('\n');
            shown.push_str(INDENT);
        }
        push_line(&mut shown, line, kind);
    }
    shown
}

fn push_line(shown: &mut String, line: &str, kind: Kind) {
    let start = shown.len();
    let mut rest = line;
    // The character before, as it is shown; a space where nothing is.
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let flag = flag(rest).filter(|_| kind != Kind::Name);
        let (piece, behind) = rest.split_at(flag.unwrap_or(c.len_utf8()));
        rest = behind;
        let next = rest.chars().next();
        match c {
            _ if flag.is_some() => shown.push_str(piece),
            '\t' if kind == Kind::Text => shown.push('\t'),
            '\0'..='\x1f' => {
                shown.push('^');
                shown.push(char::from(c as u8 + b'@'));
            }
            '\x7f' => shown.push_str("^?"),
            c if !is_shown(c, before, next, kind) => {
                before = REPLACEMENT;
                shown.push(REPLACEMENT);
                continue;
            }
            c => {
                if is_mark(c) && shown.len() == start {
                    shown.push(CARRIER);
                }
                shown.push(c);
            }
        }
        before = c;
    }
    if shown[start..].chars().any(is_right_to_left) {
        shown.insert_str(start, ISOLATE);
        shown.push_str(POP);
    }
}

/// Whether a character that is no C0 control is shown between these two.
fn is_shown(c: char, before: char, next: Option<char>, kind: Kind) -> bool {
    match c {
        ' ' => kind != Kind::Name || !(before == ' ' || matches!(next, None | Some(' '))),
        ' '..='~' => true,
        '\u{200b}'..='\u{200d}' | '\u{2060}' => {
            kind != Kind::Name && next.is_some_and(|next| joins(c, before, next))
        }
        // Visible signs around the digits that follow, although they are of category Cf.
        '\u{600}'..='\u{605}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'
        | '\u{891}'
        | '\u{8e2}'
        | '\u{110bd}'
        | '\u{110cd}' => kind != Kind::Name,
        c if is_selector(c) => is_base(before, kind),
        c if is_blank(c) => kind == Kind::Text,
        c => match c.general_category() {
            Category::SpaceSeparator => kind != Kind::Name,
            category => !is_hidden(category),
        },
    }
}

/// What has no look of its own, or none that is known.
fn is_hidden(category: Category) -> bool {
    matches!(
        category,
        Category::Control
            | Category::Format
            | Category::PrivateUse
            | Category::Surrogate
            | Category::Unassigned
            | Category::LineSeparator
            | Category::ParagraphSeparator
    )
}

/// Whether it is between letters of scripts that are written with it (Persian, Hindi, Thai), or joins two pictures.
fn joins(c: char, before: char, next: char) -> bool {
    let letter = |c: char| !c.is_ascii() && (c.is_alphabetic() || is_mark(c)) && !is_selector(c);
    let picture = |c: char| {
        use Category as C;
        let symbol = matches!(
            c.general_category(),
            C::OtherSymbol | C::MathSymbol | C::ModifierSymbol
        );
        !c.is_ascii() && symbol
    };
    let pictures = (picture(before) || is_selector(before)) && picture(next);
    (letter(before) && letter(next)) || (c == JOINER && pictures)
}

/// Whether a variation selector can choose the form of it.
fn is_base(c: char, kind: Kind) -> bool {
    let plain = kind == Kind::Name && c.is_ascii_alphabetic();
    !(c == ' ' || c.is_control() || c == REPLACEMENT || c == JOINER || is_selector(c) || plain)
}

fn is_selector(c: char) -> bool {
    matches!(
        c,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Shows nothing although it is a letter, a mark or a symbol.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
    ) || matches!(
        c,
        '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}'
    )
}

fn is_mark(c: char) -> bool {
    use Category as C;
    matches!(
        c.general_category(),
        C::NonspacingMark | C::EnclosingMark | C::SpacingMark
    )
}

/// Whether it is in a block of a script that is written from right to left.
fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
    ) || matches!(c, '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// The length of the flag of a part of a country that begins here: a flag, at most six letters or digits as tags, and
/// their end. Any other tag is hidden text.
fn flag(rest: &str) -> Option<usize> {
    let tags = rest.strip_prefix(BLACK_FLAG)?;
    let is_tag = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let count = tags.chars().take_while(is_tag).count();
    let ends = tags.chars().nth(count) == Some('\u{e007f}');
    // All of these have four bytes.
    (ends && (1..=6).contains(&count)).then_some(4 * (count + 2))
}

/// A line of JSON in which whatever is not plainly shown is escaped.
pub(super) fn escaped(line: String) -> String {
    let hidden = |c: char| {
        let joiner = matches!(c, '\u{200c}' | JOINER);
        c >= '\x7f' && !joiner && (is_hidden(c.general_category()) || is_blank(c))
    };
    if !line.chars().any(hidden) {
        return line;
    }
    let mut shown = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}
