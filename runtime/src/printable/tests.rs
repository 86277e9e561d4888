use std::collections::BTreeSet;

use super::*;

/// Whether a terminal could do with it anything but show it in its place. A list of its own, and not that of the code.
fn acts(c: char) -> bool {
    matches!(
        u32::from(c),
        0..=0x1f | 0x7f..=0x9f | 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x206f
            | 0xfff9..=0xfffb
    )
}

/// Whether nothing is seen of it.
fn is_zero_width(c: char) -> bool {
    matches!(
        u32::from(c),
        0xad | 0x34f | 0x180e | 0x200b..=0x200d | 0x2060..=0x2064 | 0xfeff | 0x115f | 0x1160 | 0x3164
            | 0xe0000..=0xe007f | 0xffa0
    )
}

fn every() -> String {
    ('\0'..=char::MAX).collect()
}

/// What is between our own isolates, each of which has to be closed on its line and not be in another.
fn without_isolates(shown: &str) -> String {
    for line in shown.split('\n') {
        let mut open = false;
        for c in line.chars() {
            match c {
                '\u{2068}' | '\u{2069}' => {
                    assert_eq!(open, c == '\u{2069}', "{shown:?}");
                    open = !open;
                }
                _ => {}
            }
        }
        assert!(!open, "{shown:?}");
    }
    shown.replace(['\u{2068}', '\u{2069}'], "")
}

#[test]
fn no_character_acts() {
    for make in [Printable::name, Printable::field, Printable::text] {
        for c in '\0'..=char::MAX {
            let shown = make(&format!("a{c}b"));
            let bare = without_isolates(shown.as_str());
            let acting = |c: char| acts(c) && !"\n\t".contains(c);
            assert!(!bare.contains(acting), "{c:?} {bare:?}");
            assert!(
                bare.starts_with('a') && bare.ends_with('b'),
                "{c:?} {bare:?}"
            );
        }
        let bare = without_isolates(make(&every()).as_str());
        assert!(!bare.contains(|c: char| acts(c) && !"\n\t".contains(c)));
    }
    let one_line = |c: char| c.is_control();
    assert!(!Printable::name(&every()).as_str().contains(one_line));
    assert!(!Printable::field(&every()).as_str().contains(one_line));
}

#[test]
fn a_name_hides_nothing() {
    for c in '\0'..=char::MAX {
        let shown = Printable::name(&format!("al{c}ice"));
        let hides = |c: char| is_zero_width(c) || matches!(c, '\u{fe00}'..='\u{fe0f}');
        assert!(!shown.as_str().contains(hides), "{c:?} {shown}");
        assert_ne!(without_isolates(shown.as_str()), "alice", "{c:?}");
    }
    for (name, shown) in [
        ("al\u{200b}ice", "al\u{fffd}ice"),
        ("\u{200b}\u{200b}", "\u{fffd}\u{fffd}"),
        ("alice\u{202e}", "alice\u{fffd}"),
        (" alice ", "\u{fffd}alice\u{fffd}"),
        (
            "a     [12:00] bob",
            "a\u{fffd}\u{fffd}\u{fffd}\u{fffd} [12:00] bob",
        ),
        ("a\u{3000}b", "a\u{fffd}b"),
        ("\u{fe0f}a", "\u{fffd}a"),
        ("\u{1f3f4}\u{e0067}\u{e007f}", "\u{1f3f4}\u{fffd}\u{fffd}"),
        ("\u{301}a", "\u{25cc}\u{301}a"),
        ("", ""),
        (" ", "\u{fffd}"),
    ] {
        assert_eq!(Printable::name(name).as_str(), shown, "{name:?}");
    }
}

#[test]
fn controls_are_seen() {
    assert_eq!(Printable::field("a\x1b]0;t\x07").as_str(), "a^[]0;t^G");
    assert_eq!(
        Printable::text("a\r\x7f\u{9b}31m").as_str(),
        "a^M^?\u{fffd}31m"
    );
    assert_eq!(
        Printable::field("a\u{85}b\u{2028}c").as_str(),
        "a\u{fffd}b\u{fffd}c"
    );
    assert_eq!(
        Printable::field("\u{fdd0}\u{ffff}\u{10ffff}\u{e000}\u{378}").as_str(),
        "\u{fffd}".repeat(5)
    );
}

#[test]
fn a_further_line_cannot_pass_for_the_first_of_another() {
    let text = Printable::text("hi\n[12:00] bob: no");
    assert_eq!(text.as_str(), "hi\n    [12:00] bob: no");
    assert_eq!(Printable::text("a\n").as_str(), "a\n    ");
    assert_eq!(Printable::field("a\nb").as_str(), "a^Jb");
}

/// Each of these, as it is in a text, and whether in a name too.
const TRUE: [(&str, bool); 22] = [
    ("Ann Lee", true),
    ("héllo", true),
    ("你好, 小明", true),
    ("Ελένη", true),
    ("Привет", true),
    ("नमिता", true),
    ("สมชาย", true),
    ("Nguyễn", true),
    ("🦀", true),
    ("❤\u{fe0f}", true),
    ("👍🏽", true),
    ("🇬🇷🇩🇪", true),
    ("1\u{fe0f}\u{20e3}", true),
    ("葛\u{e0100}城", true),
    ("👨\u{200d}👩\u{200d}👧\u{200d}👦", false),
    ("🏳\u{fe0f}\u{200d}🌈", false),
    ("👩🏽\u{200d}⚕\u{fe0f}", false),
    (
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        false,
    ),
    ("क\u{94d}\u{200d}ष", false),
    ("ภาษา\u{200b}ไทย", false),
    ("a  b", false),
    ("a\u{a0}b", false),
];

#[test]
fn what_people_write_stays_as_it_is() {
    for (plain, in_names) in TRUE {
        assert_eq!(Printable::text(plain).as_str(), plain);
        assert_eq!(Printable::field(plain).as_str(), plain);
        assert_eq!(
            Printable::name(plain).as_str() == plain,
            in_names,
            "{plain}"
        );
    }
    assert_eq!(
        Printable::text("tab\there\n  x").as_str(),
        "tab\there\n      x"
    );
}

#[test]
fn a_direction_ends_where_it_began() {
    for plain in [
        "محمد",
        "فاطمة علي",
        "עדי",
        "مُحَمَّد",
        "مرحبا world",
        "می\u{200c}خواهم",
        "\u{fdfd}",
    ] {
        for make in [Printable::field, Printable::text] {
            assert_eq!(make(plain).as_str(), format!("\u{2068}{plain}\u{2069}"));
        }
    }
    assert_eq!(Printable::name("עדי").as_str(), "\u{2068}עדי\u{2069}");
    // A line for itself, so that none leaves its line.
    assert_eq!(
        Printable::text("עדי\nb\nמ").as_str(),
        "\u{2068}עדי\u{2069}\n    b\n    \u{2068}מ\u{2069}"
    );
    // What comes with it is marked, be it closed or not.
    assert_eq!(
        Printable::field("\u{2069}\u{2067}עדי\u{2069}").as_str(),
        "\u{2068}\u{fffd}\u{fffd}עדי\u{fffd}\u{2069}"
    );
    let line = printable!["--> ", Printable::name("محمد"), " joined, ", 2_u64, " here"];
    assert_eq!(line.as_str(), "--> \u{2068}محمد\u{2069} joined, 2 here");
}

#[test]
fn json_stays_the_same_value_and_shows_nothing_else() {
    for text in [
        every(),
        "a\u{9b}b\u{202e}c\x7f\x1b\u{2028}\u{e0041}\u{10ffff}".to_owned(),
    ] {
        let value = serde_json::json!({ "text": text, &*text: 1 });
        let line = Printable::json(&value);
        let parsed: Value = serde_json::from_str(line.as_str()).unwrap();
        assert_eq!(parsed, value);
        let acting =
            |c: char| acts(c) || (is_zero_width(c) && !matches!(c, '\u{200c}' | '\u{200d}'));
        assert!(!line.as_str().contains(acting));
    }
    for (plain, _) in TRUE
        .iter()
        .filter(|(text, _)| !text.contains(['\u{200b}', '\u{e0067}']))
    {
        let line = Printable::json(&serde_json::json!([plain]));
        assert_eq!(line.as_str(), format!("[\"{plain}\"]"));
    }
    let arabic = Printable::json(&serde_json::json!("محمد"));
    assert_eq!(
        arabic.as_str(),
        "\"محمد\"",
        "no isolates for a script to trip over"
    );
}

#[test]
fn columns() {
    for (text, width) in [
        ("", 0),
        ("alice", 5),
        ("^[", 2),
        ("小明", 4),
        ("한국", 4),
        ("é", 1),
        ("e\u{301}", 1),
        ("z\u{300}\u{301}\u{302}\u{303}\u{304}", 1),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨\u{200d}👩\u{200d}👧\u{200d}👦", 2),
        ("🇬🇷", 2),
        ("🇬🇷🇩🇪", 4),
        (
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            2,
        ),
        ("❤\u{fe0f}", 2),
        ("\u{fdfd}", 1),
        ("محمد", 4),
        ("ｆ", 2),
        ("a\nbcd", 7),
        ("a\tb", 10),
    ] {
        assert_eq!(Printable::text(text).width(), width, "{text:?}");
    }
}

#[test]
fn what_is_cut_fits_and_is_whole() {
    for (text, width, cut) in [
        ("alice", 5, "alice"),
        ("alice", 4, "ali…"),
        ("alice", 1, "…"),
        ("alice", 0, ""),
        ("小明小", 6, "小明小"),
        ("小明小", 5, "小明…"),
        ("小明小", 4, "小…"),
        ("👨\u{200d}👩\u{200d}👧x", 3, "👨\u{200d}👩\u{200d}👧x"),
        ("👨\u{200d}👩\u{200d}👧x", 2, "…"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ("🇬🇷🇩🇪", 3, "🇬🇷…"),
        ("محمد", 4, "\u{2068}محمد\u{2069}"),
        ("محمد", 3, "\u{2068}مح\u{2069}…"),
        ("one\ntwo", 80, "one…"),
    ] {
        assert_eq!(
            Printable::text(text).truncated(width).as_str(),
            cut,
            "{text:?} {width}"
        );
    }
    let long = Printable::field(&"משהו <é> 👨\u{200d}👩\u{200d}👧 ".repeat(100));
    for limit in 0..300 {
        let cut = long.bounded(limit);
        assert!(cut.as_str().len() <= limit, "{limit}: {cut}");
        without_isolates(cut.as_str());
        let cut = long.truncated(limit);
        assert!(
            cut.width() <= limit && cut.width() + 2 >= limit,
            "{limit}: {cut}"
        );
        without_isolates(cut.as_str());
    }
    // What could not be cut between characters is left out.
    let one = Printable::field(&format!("a{}", "\u{301}".repeat(5000)));
    assert_eq!(one.bounded(Printable::LOG_LINE).as_str(), "…");
}

#[test]
fn a_path_from_the_environment_is_cleaned() {
    let path = Path::new("/tmp/\u{1b}]0;x\u{7}/\u{202e}");
    assert_eq!(Printable::path(path).as_str(), "/tmp/^[]0;x^G/\u{fffd}");
    let files: BTreeSet<_> = ["a", "A", "a/b"].map(Printable::file_name).into();
    assert_eq!(files.len(), 3);
}
