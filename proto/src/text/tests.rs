use super::*;
use crate::unicode::tests::{noise, scramble};
use alloc::string::ToString;

#[test]
fn texts_that_pass() {
    for text in [
        "a",
        " ",
        "  two  spaces ",
        "tab\tand\nline\n",
        "~!@#$%^&*()",
        "你好，世界",
        "今天晚上八点\u{3000}见",
        "Καλημέρα κόσμε",
        "Съешь ещё этих мягких французских булок",
        "السلام عليكم، كيف الحال؟",
        "می\u{200C}خواهم", // Persian, with a non-joiner
        "שלום\u{200F}!",
        "a\u{200E}b\u{61C}", // marks of direction, which do not reach beyond themselves
        "👩\u{200D}👩\u{200D}👧\u{200D}👦 👩🏽\u{200D}🚀 🏳\u{FE0F}\u{200D}🌈", // joined emoji
        "\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", // a flag made of tags
        "soft\u{AD}hyphen, no\u{A0}break, zero\u{200B}width, \u{FEFF}mark",
        "server",          // reserved as a name alone
        "e\u{338}\u{316}", // marks that NFC keeps apart
        "\u{A7DD}",        // assigned in Unicode 18.0
    ] {
        let parsed = Text::parse(text);
        assert_eq!(parsed.as_ref().map(Text::as_str), Ok(text));
        assert_eq!(Topic::parse(text).as_ref().map(Topic::as_str), Ok(text));
        assert_eq!(Why::parse(text).as_ref().map(AsRef::as_ref), Ok(text));
        assert_eq!(parsed.map(|text| text.to_string()).as_deref(), Ok(text));
    }
}

#[test]
fn texts_that_are_refused() {
    for (text, at) in [
        ("\0", 0),
        ("ab\u{1B}[2Jcd", 2),
        ("line\r\n", 4),
        ("a\u{7F}", 1),
        ("a\u{8}\u{7}", 1), // the first of two
        ("a\u{85}", 1),     // a control past ASCII
        ("é\u{9B}31m", 2),
        ("a\u{2028}b", 1),
        ("a\u{2029}b", 1),
        ("\u{202A}a", 0),
        ("\u{202B}a", 0),
        ("a\u{202C}", 1),
        ("\u{202D}a", 0),
        ("你好\u{202E}txt.exe", 6),
        ("\u{2066}a", 0),
        ("\u{2067}a", 0),
        ("\u{2068}a", 0),
        ("a\u{2069}", 1),
        ("a\u{E000}", 1),
        ("a\u{F0000}", 1),
        ("a\u{10FFFD}", 1),
        ("a\u{378}", 1),
        ("a\u{FDD0}", 1),
        ("a\u{FFFF}", 1),
        ("e\u{301}\u{1}", 3), // not NFC either: the character is named first
    ] {
        let found = text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or_default();
        let error = TextError::Character { at, found };
        assert_eq!(Text::parse(text), Err(error), "{}", text.escape_unicode());
        assert_eq!(Topic::parse(text), Err(error));
        assert_eq!(Why::parse(text), Err(error));
    }
    for text in [
        "e\u{301}",
        "\u{212B}",
        "a\u{301}\u{316}",
        "\u{1112}\u{1161}",
        "\u{958}",
        "a\u{2000}b",
    ] {
        assert_eq!(
            Text::parse(text),
            Err(TextError::NotNormalized),
            "{}",
            text.escape_unicode()
        );
        assert_eq!(Topic::parse(text), Err(TextError::NotNormalized));
        assert_eq!(Why::parse(text), Err(TextError::NotNormalized));
    }
}

#[test]
fn limits_are_in_bytes() {
    fn limit<T>(parse: fn(&str) -> Result<T, TextError>, limit: usize, fill: &str) {
        let pad = "a".repeat(limit % fill.len());
        let full = fill.repeat(limit / fill.len()) + &pad;
        assert_eq!(full.len(), limit);
        assert!(parse(&full).is_ok());
        let got = limit + 1;
        assert_eq!(
            parse(&(full + "a")).err(),
            Some(TextError::TooLong { limit, got })
        );
        // The length goes before all else.
        let got = 1 << 20;
        assert_eq!(
            parse(&"\0".repeat(got)).err(),
            Some(TextError::TooLong { limit, got })
        );
    }
    for fill in ["a", "é", "明", "🦀"] {
        limit(Text::parse, 16_384, fill);
        limit(Topic::parse, 512, fill);
        limit(Why::parse, 256, fill);
    }
    limit(Host::parse, 64, "h");
    assert_eq!(Text::parse(""), Err(TextError::Empty));
    assert_eq!(Topic::parse(""), Err(TextError::Empty));
    assert_eq!(Why::parse("").as_ref().map(Why::as_str), Ok(""));
    assert_eq!(Host::parse(""), Err(TextError::Empty));
}

#[test]
fn hosts() {
    for host in ["h", "127.0.0.1", "2001:db8::1", "fe80::1%eth0", "~", "!"] {
        assert_eq!(Host::parse(host).as_ref().map(Host::as_str), Ok(host));
    }
    for (host, at, found) in [
        (" h", 0, ' '),
        ("a b", 1, ' '),
        ("h\n", 1, '\n'),
        ("h\u{7F}", 1, '\u{7F}'),
        ("hé", 1, 'é'),
    ] {
        assert_eq!(Host::parse(host), Err(TextError::Character { at, found }));
    }
}

#[test]
fn errors_say_what_to_do() {
    for error in [
        TextError::Empty,
        TextError::TooLong {
            limit: usize::MAX,
            got: usize::MAX,
        },
        TextError::NotNormalized,
        TextError::Character {
            at: usize::MAX,
            found: '\u{10FFFF}',
        },
    ] {
        let text = error.to_string();
        assert!(text.bytes().all(|b| matches!(b, b' '..=b'~')), "{text}");
        assert!(
            text.len() < 128 && text.starts_with("the ") && !text.ends_with('.'),
            "{text}"
        );
        assert!(text.contains(": "), "{text}");
    }
    let shown = TextError::Character {
        at: 6,
        found: '\u{202E}',
    }
    .to_string();
    assert_eq!(
        shown,
        "the text has U+202E at byte 6, which is not allowed: take it out"
    );
}

/// Whatever comes: no panic, what passes is unaltered, and what is refused is refused for the place that is named.
#[test]
fn anything_at_all() {
    const POOL: &[char] = &[
        'a', 'b', ' ', '\t', '\n', 'é', '\u{301}', '\u{316}', '\u{345}', '\u{1100}', '\u{1161}',
        '한', '明', '🦀', '\u{200D}', '\u{FE0F}', 'م', '\u{64E}', '\u{F71}', '\u{F72}',
    ];
    let mut draw = noise(0x2545_F491_4F6C_DD1D);
    let mut passed = 0;
    for _ in 0..20_000 {
        let text = scramble(&mut draw, POOL);
        match Text::parse(&text) {
            Ok(parsed) => {
                passed += 1;
                assert_eq!(parsed.as_str(), text);
                assert!(unicode_normalization::is_nfc(&text));
            }
            Err(TextError::Empty) => assert!(text.is_empty()),
            Err(TextError::TooLong { .. }) => assert!(text.len() > Text::MAX_BYTES),
            Err(TextError::NotNormalized) => assert!(!unicode_normalization::is_nfc(&text)),
            Err(TextError::Character { at, found }) => {
                assert!(text.get(at..).is_some_and(|rest| rest.starts_with(found)));
                assert!(
                    text.get(..at)
                        .is_some_and(|before| before.chars().all(allowed_in_text))
                );
                assert!(!allowed_in_text(found));
            }
        }
        // The three kinds differ in length alone.
        if !text.is_empty() && text.len() <= Why::MAX_BYTES {
            let verdict = Text::parse(&text).map(|_| ());
            assert_eq!(Topic::parse(&text).map(|_| ()), verdict);
            assert_eq!(Why::parse(&text).map(|_| ()), verdict);
        }
    }
    assert!(passed > 2_000, "{passed}: the pool no longer makes texts");
}
