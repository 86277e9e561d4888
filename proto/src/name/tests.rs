#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    reason = "a test may panic"
)]

use super::*;
use crate::unicode::tests::{noise, scramble};
use alloc::string::ToString;
use alloc::vec::Vec;
use alloc::{format, vec};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

fn same(a: &str, b: &str) -> bool {
    let [a, b] = [a, b].map(|name| Name::parse(name).unwrap().skeletons());
    a.iter().any(|key| b.contains(key))
}

#[test]
fn names_that_pass() {
    for name in [
        "a",
        "alice",
        "Alice",
        "Ann Lee",
        "x_X-1.",
        "o'hara",
        "<b>",
        "0",
        "servers",
        "ser ver",
        "小明",
        "王 小明",
        "諸葛亮",
        "さくら",
        "한국", // Chinese, Japanese, Korean
        "Ελένη",
        "ΕΛΕΝΗ",
        "Οδυσσέας",
        "Άννα-Μαρία", // Greek
        "Алёна",
        "Дмитрий",
        "Ольга Петрова", // Russian
        "محمد",
        "فاطمة علي",
        "مُحَمَّد",
        "עדי", // Arabic, with its vowel marks too; Hebrew
        "नमिता",
        "สมชาย",
        "Nguyễn",
        "Zoë",
        "Łukasz", // marks that NFC keeps, and letters that it makes
        "🦀",
        "❤\u{FE0F}",
        "👍🏽",
        "🇬🇷",
        "1\u{FE0F}\u{20E3}",
        "葛\u{E0100}城",
        "神\u{FE00}", // as a family writes it; what NFC makes of U+FA19, told apart
        "\u{182D}\u{180B}\u{1820}", // Mongolian, which chooses forms
        "❤\u{FE0F}❤\u{FE0F}",
        "crab 🦀",  // emoji that need no joiner
        "\u{A7DD}", // assigned in Unicode 18.0
    ] {
        let parsed = Name::parse(name);
        assert_eq!(parsed.as_ref().map(Name::as_str), Ok(name));
        assert_eq!(parsed.unwrap().to_string(), name);
    }
}

#[test]
fn names_that_are_refused() {
    use NameError as E;
    for (name, error) in [
        ("", E::Empty),
        (" ", E::Space),
        (" alice", E::Space),
        ("alice ", E::Space),
        ("ann  lee", E::Space),
        ("小  明", E::Space),
        // Controls and separators.
        ("a\0", E::Character('\0')),
        ("a\tb", E::Character('\t')),
        ("a\n", E::Character('\n')),
        ("a\u{1B}[2J", E::Character('\u{1B}')),
        ("a\u{7F}", E::Character('\u{7F}')),
        ("a\u{85}", E::Character('\u{85}')),
        ("a\u{A0}b", E::Character('\u{A0}')),
        ("a\u{2000}b", E::Character('\u{2000}')), // not NFC either: the character is named first
        ("a\u{2028}b", E::Character('\u{2028}')),
        ("a\u{2029}b", E::Character('\u{2029}')),
        ("王\u{3000}明", E::Character('\u{3000}')),
        // Format characters: zero-width, joiners, bidi, tags, soft hyphen.
        ("ali\u{200B}ce", E::Character('\u{200B}')),
        ("ali\u{200C}ce", E::Character('\u{200C}')),
        ("👩\u{200D}🚀", E::Character('\u{200D}')),
        ("\u{FEFF}alice", E::Character('\u{FEFF}')),
        ("ali\u{AD}ce", E::Character('\u{AD}')),
        ("a\u{200E}", E::Character('\u{200E}')),
        ("\u{202E}ecila", E::Character('\u{202E}')),
        ("\u{2067}alice\u{2069}", E::Character('\u{2067}')),
        ("محمد\u{61C}", E::Character('\u{61C}')),
        ("\u{1F3F4}\u{E0067}\u{E007F}", E::Character('\u{E0067}')),
        // What shows nothing, alone and among what shows.
        ("\u{34F}", E::Character('\u{34F}')),
        ("\u{115F}", E::Character('\u{115F}')),
        ("\u{1160}", E::Character('\u{1160}')),
        ("\u{17B4}", E::Character('\u{17B4}')),
        ("\u{17B5}", E::Character('\u{17B5}')),
        ("\u{2800}", E::Character('\u{2800}')),
        ("\u{3164}", E::Character('\u{3164}')),
        ("\u{FFA0}", E::Character('\u{FFA0}')),
        ("\u{13441}", E::Character('\u{13441}')),
        ("\u{13442}", E::Character('\u{13442}')),
        ("\u{16FE4}", E::Character('\u{16FE4}')),
        ("\u{1D159}", E::Character('\u{1D159}')),
        ("a\u{2800}b", E::Character('\u{2800}')),
        ("alice\u{3164}", E::Character('\u{3164}')),
        ("ser\u{3164}ver", E::Character('\u{3164}')),
        ("ser\u{34F}ver", E::Character('\u{34F}')),
        // Variation selectors that have nothing to choose the form of.
        ("\u{FE0F}", E::Character('\u{FE0F}')),
        ("\u{180B}", E::Character('\u{180B}')),
        ("\u{180F}", E::Character('\u{180F}')),
        ("\u{FE00}a", E::Character('\u{FE00}')),
        ("\u{E0100}", E::Character('\u{E0100}')),
        ("\u{E01EF}\u{FE0F}", E::Character('\u{E01EF}')),
        ("葛\u{E0100}\u{E0101}", E::Character('\u{E0101}')),
        ("a \u{FE0F}b", E::Character('\u{FE0F}')),
        ("a\u{FE0F}\u{FE0E}", E::Character('\u{FE0E}')),
        // Private use; unassigned, noncharacters among them.
        ("\u{E000}", E::Character('\u{E000}')),
        ("\u{10FFFD}", E::Character('\u{10FFFD}')),
        ("\u{378}", E::Character('\u{378}')),
        ("a\u{FFFE}", E::Character('\u{FFFE}')),
        ("\u{E0080}", E::Character('\u{E0080}')),
        // Not NFC: to be composed, a singleton, marks out of order, jamo, a composition exclusion.
        ("Zoe\u{308}", E::NotNormalized),
        ("\u{212B}", E::NotNormalized),
        ("a\u{301}\u{316}", E::NotNormalized),
        ("\u{1112}\u{1161}\u{11AB}", E::NotNormalized),
        ("\u{958}", E::NotNormalized),
        // The server's, and what looks like it: case, Cyrillic, Greek, mathematical, full-width, invisible marks.
        ("server", E::Reserved),
        ("Server", E::Reserved),
        ("SERVER", E::Reserved),
        ("sеrver", E::Reserved),
        ("ѕеrvеr", E::Reserved),
        ("ЅЕRVЕR", E::Reserved),
        ("serνer", E::Reserved),
        ("𝐬𝐞𝐫𝐯𝐞𝐫", E::Reserved),
        ("ｓｅｒｖｅｒ", E::Reserved),
        ("server\u{FE0F}", E::Reserved),
        ("s\u{FE0F}e\u{FE0F}rver", E::Reserved),
        ("seГver", E::Reserved), // only the lowercase of these looks like it: Cyrillic, Greek
        ("serΝer", E::Reserved),
        ("SΕRVΕR", E::Reserved), // as written; Greek
    ] {
        assert_eq!(Name::parse(name), Err(error), "{}", name.escape_unicode());
    }
}

#[test]
fn the_limit_is_in_characters() {
    for c in ["a", "é", "明", "🦀"] {
        assert!(Name::parse(&c.repeat(32)).is_ok(), "{c}");
        assert_eq!(Name::parse(&c.repeat(33)), Err(NameError::TooLong), "{c}");
    }
    assert_eq!(
        Name::parse(&"\u{1}".repeat(1 << 20)),
        Err(NameError::TooLong)
    );
}

#[test]
fn names_that_are_the_same() {
    for (a, b) in [
        ("alice", "Alice"),
        ("paypal", "pаypal"), // Cyrillic а
        ("alice", "аlice"),   // Cyrillic а
        ("Ian", "Ιan"),       // Greek Ι
        ("Ian", "lan"),       // I and l
        ("Ian", "1an"),
        ("bob", "b0b"),
        ("paypal", "раураӏ"),       // all Cyrillic
        ("Αννα", "Avva"),           // Greek and Latin
        ("alice", "ａｌｉｃｅ"),    // full-width
        ("alice", "ali\u{FE0F}ce"), // a variation selector shows nothing
        ("葛城", "葛\u{E0100}城"),
        ("Zoë", "ZOË"),
        ("Ольга", "ольга"),
        ("Ωρίων", "ωρίων"),
        // These the lowercase finds, whose capitals look like other letters.
        ("ALICE", "alice"),
        ("Ian", "ian"),
        ("IAN", "lan"),
        ("Катя", "катя"),
        ("КАТЯ", "Катя"),
        ("Алёна", "АЛЁНА"),
        ("Дмитрий", "ДМИТРИЙ"),
        ("Ελένη", "ελένη"),
        ("ΕΛΕΝΗ", "ελενη"),
        ("ΕΛΕΝΗ", "Ελενη"),
        ("ΝΙΚΟΣ", "νικος"), // with a final sigma
        ("Οδυσσέας", "ΟΔΥΣΣΈΑΣ"),
        ("Անի", "ԱՆԻ"), // Armenian
        // These only the second skeleton finds: `M` looks like nothing else, but `m` like `rn`; and so on.
        ("Maria", "rnaria"),
        ("Γ", "y"),
        ("Φ", "ɸ"),
        ("Þ", "p"),
    ] {
        assert!(same(a, b), "{a} {b}");
    }
}

#[test]
fn names_that_differ() {
    for (a, b) in [
        ("alice", "alicia"),
        ("Zoë", "Zoe"),
        ("Ann Lee", "AnnLee"),
        ("小明", "小朋"),
        ("محمد", "محمود"),
        ("lan", "ian"), // though `Ian` is both
        ("allce", "alice"),
        ("Ann", "Anna"),
        ("Катя", "Надя"),
        ("Катя", "Катя К"),
        ("Алёна", "Алена"),
        ("ΕΛΕΝΗ", "ΕΛΕΝΑ"),
        ("Ελένη", "Ελενη"),
        ("Νίκος", "Νίκο"),
        ("Leo", "Lea"),
        ("Jan", "Jana"),
        ("한국", "한글"),
        ("さくら", "さくや"),
        ("דוד", "דויד"),
        ("Łukasz", "Lukasz"),
        ("🦀", "🦐"),
    ] {
        assert!(!same(a, b), "{a} {b}");
    }
}

#[test]
fn skeletons_to_the_letter() {
    for (name, skeletons) in [
        ("alice", ["alice", "alice"]),
        ("ALICE", ["allce", "alice"]),
        ("Ian", ["lan", "ian"]),
        ("Maria", ["rnaria", "rnaria"]),
        ("10%", ["lo°/₀", "lo°/₀"]),
        ("Zoë", ["zoe\u{308}", "zoe\u{308}"]),
        ("小明", ["小明", "小明"]),
        ("❤\u{FE0F}", ["❤", "❤"]),
    ] {
        let found = Name::parse(name).unwrap().skeletons();
        assert_eq!(found.each_ref().map(Skeleton::as_str), skeletons, "{name}");
    }
    let longest = Name::parse(&"\u{FDFA}".repeat(32)).unwrap().skeletons();
    assert_eq!(longest.map(|key| key.as_str().len()), [960, 960]);
}

/// What the definition of sameness leans on, over every assigned character.
#[test]
fn facts_about_skeletons() {
    let mut unstable = vec![];
    for c in '\0'..=char::MAX {
        if matches!(
            c.general_category(),
            GeneralCategory::Unassigned | GeneralCategory::PrivateUse
        ) {
            continue;
        }
        let one = c.to_string();
        let looks: String = skeleton(&one).collect();
        assert!(
            skeleton(&looks).eq(looks.chars()),
            "{c:?}: one skeleton is its own"
        );
        assert!(
            !looks.contains('\u{3A3}'),
            "{c:?}: no final sigma to look around for"
        );
        for key in super::skeletons(&one) {
            assert!(key.len() <= 30, "{c:?}: 32 of it are at most 960 bytes");
            if sameness(&key) != key {
                unstable.push(c);
            }
            if c.is_ascii() && RESERVED.contains(&key) && !key.is_empty() {
                assert!(
                    key.eq_ignore_ascii_case(&one),
                    "{c:?}: in ASCII only the case hides the server"
                );
            }
        }
    }
    // A circled L looks like a circled I in capitals only. No other character's key has another key.
    assert_eq!(unstable, ['Ⓛ']);
    assert_eq!(super::skeletons(RESERVED), [RESERVED, RESERVED]);
}

#[test]
fn rooms() {
    for room in ["lobby", "a", "0", "a-b_c.d", "9..", &"z".repeat(32)] {
        assert_eq!(
            RoomName::parse(room).as_ref().map(RoomName::as_str),
            Ok(room)
        );
    }
    assert_eq!(RoomName::parse("lobby"), Ok(RoomName::lobby()));
    use RoomNameError as E;
    for (room, error) in [
        ("", E::Empty),
        (&*"z".repeat(33), E::TooLong),
        (&*"Z".repeat(1 << 20), E::TooLong),
        ("Lobby", E::Character('L')),
        ("lob by", E::Character(' ')),
        ("lobby\n", E::Character('\n')),
        ("a/b", E::Character('/')),
        ("会议", E::Character('会')),
        ("lоbby", E::Character('о')), // Cyrillic о
        (".hidden", E::First('.')),
        ("-f", E::First('-')),
        ("_", E::First('_')),
    ] {
        assert_eq!(RoomName::parse(room), Err(error), "{room}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let names = [
        NameError::Empty,
        NameError::TooLong,
        NameError::NotNormalized,
        NameError::Space,
        NameError::Character('\u{10FFFF}'),
        NameError::Reserved,
    ];
    let rooms = [
        RoomNameError::Empty,
        RoomNameError::TooLong,
        RoomNameError::Character('\u{1B}'),
        RoomNameError::First('.'),
    ];
    let said = names
        .iter()
        .map(ToString::to_string)
        .chain(rooms.iter().map(ToString::to_string));
    for text in said {
        assert!(text.bytes().all(|b| matches!(b, b' '..=b'~')), "{text}");
        assert!(
            text.len() < 128 && text.starts_with("the ") && !text.ends_with('.'),
            "{text}"
        );
        assert!(text.contains(": "), "{text}");
    }
    let shown = format!("{}", NameError::Character('\u{200B}'));
    assert_eq!(
        shown,
        "the name has U+200B, which may not be there: take it out"
    );
}

/// Whatever comes: no panic, and what passes is unaltered, within its limits, and has keys that are their own.
#[test]
fn anything_at_all() {
    const POOL: &str = "aIlMrn0  sеΣςİßé\u{301}\u{316}\u{1100}\
        \u{1161}\u{11A8}한明🦀\u{200D}\u{FE0F}\u{3164}\u{345}م\u{64E}\u{FDFA}Ⓛ%\u{2028}\u{378}\u{1D160}\u{F73}-.";
    let pool: Vec<char> = POOL.chars().collect();
    let mut draw = noise(0x9E37_79B9_7F4A_7C15);
    let (mut passed, mut lowered) = (0, 0);
    for _ in 0..20_000 {
        let name = scramble(&mut draw, &pool);
        if let Ok(room) = RoomName::parse(&name) {
            assert_eq!(room.as_str(), name);
        }
        let Ok(parsed) = Name::parse(&name) else {
            continue;
        };
        passed += 1;
        assert_eq!(parsed.as_str(), name);
        assert!((1..=Name::MAX_CHARS).contains(&name.chars().count()));
        for key in parsed.skeletons() {
            assert!((1..=960).contains(&key.as_str().len()));
            assert_ne!(key.as_str(), RESERVED);
            if !key.as_str().contains('Ⓘ') {
                assert_eq!(
                    sameness(key.as_str()),
                    key.as_str(),
                    "{}",
                    name.escape_unicode()
                );
            }
        }
        if Name::parse(&name.to_lowercase()).is_ok() {
            assert!(same(&name, &name.to_lowercase()), "{name}");
            lowered += 1;
        }
    }
    assert!(
        passed > 200 && lowered > 100,
        "{passed} {lowered}: the pool no longer makes names"
    );
}
