//! What came from the wire, made safe for a screen [TX-7].
//!
//! Nothing that a peer sends may move the cursor, set a title, hide a change of direction, or begin a line that looks
//! like another's. A server has refused all that; this is for one that did not.

use std::fmt::Write as _;

/// What stands for a character that is not shown.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;
/// What each further line of a text begins with.
const INDENT: &str = "    ";

/// A field of one line (a name, a host, a topic, a reason): everything in it that is not plainly visible is marked.
#[must_use]
pub fn field(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_invisible(c) {
            shown.push(REPLACEMENT);
        } else {
            push_safe(&mut shown, c);
        }
    }
    shown
}

/// A text: its tabs stay, and each further line is indented.
#[must_use]
pub fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => {
                shown.push('\n');
                shown.push_str(INDENT);
            }
            '\t' => shown.push('\t'),
            c => push_safe(&mut shown, c),
        }
    }
    shown
}

/// A line of JSON that may be shown as it is: whatever a terminal could act on is escaped as JSON allows.
#[must_use]
pub fn json(line: &str) -> String {
    if !line.chars().any(acts_on_a_terminal) {
        return line.to_owned();
    }
    let mut shown = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if acts_on_a_terminal(c) {
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

fn push_safe(shown: &mut String, c: char) {
    match c {
        '\0'..='\x1f' => {
            shown.push('^');
            shown.push(char::from(c as u8 + b'@'));
        }
        '\x7f' => shown.push_str("^?"),
        c if acts_on_a_terminal(c) => shown.push(REPLACEMENT),
        c => shown.push(c),
    }
}

/// Controls, the separators that some take for a new line, and what changes the direction of what follows.
fn acts_on_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
}

/// Characters without a width, by which one name could look like another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}')
        || matches!(
            c,
            '\u{feff}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_comes_through() {
        let hostile: String = ('\0'..='\u{9f}').chain('\u{2000}'..='\u{206f}').collect();
        for shown in [field(&hostile), text(&hostile), json(&hostile)] {
            let bad = |c: char| acts_on_a_terminal(c) && c != '\n' && c != '\t';
            assert!(!shown.chars().any(bad), "{shown:?}");
        }
        assert!(!field(&hostile).contains(['\n', '\t']));
        assert!(!json(&hostile).contains(['\n', '\t', '\x1b']));
        assert_eq!(field("a\x1b]0;t\x07"), "a^[]0;t^G");
        assert_eq!(text("a\r\x7f\u{9b}31m"), "a^M^?\u{fffd}31m");
    }

    #[test]
    fn a_further_line_cannot_pass_for_the_first_of_another() {
        assert_eq!(text("hi\n[12:00] bob: no"), "hi\n    [12:00] bob: no");
        assert_eq!(text("a\n"), "a\n    ");
        assert_eq!(field("a\nb"), "a^Jb");
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for plain in ["héllo 你好 Привет مرحبا", "👨‍👩‍👧 ok", "tab\there"]
        {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(field("Ann Lee"), "Ann Lee");
        assert_eq!(field("al\u{200b}ice"), "al\u{fffd}ice");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"text": "a\u{9b}b\u{202e}c\x7f\x1b\u{2028}"});
        let line = json(&value.to_string());
        assert!(line.is_ascii());
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            value
        );
    }
}
