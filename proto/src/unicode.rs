//! What names and texts share: which characters they may hold, and the check for NFC.
//!
//! The tables are those of Unicode 18.0. Only lowercase comes from `core`, which may be one version older; the
//! tests below assert both and list what differs.

use unicode_normalization::is_nfc;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a name may hold `c` [TX-1]. What does not show, or shows as a gap, is refused besides U+0020: Cc, Cf, Cn,
/// Co, Cs, Zl, Zp, Zs, and [what is blank](is_blank) in other categories.
///
/// A [variation selector](is_variation_selector) passes here; where it stands is for the name to judge.
pub(crate) fn allowed_in_name(c: char) -> bool {
    use GeneralCategory as G;
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !matches!(
        c.general_category(),
        G::Control
            | G::Format
            | G::PrivateUse
            | G::Surrogate
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::SpaceSeparator
    ) && !is_blank(c)
}

/// Whether `c` shows nothing although it is a letter, mark or symbol by its category: the default-ignorable ones but
/// for variation selectors (combining grapheme joiner, Hangul fillers, Khmer inherent vowels), and those with an empty
/// glyph (blank Braille pattern, filler of Khitan, blank hieroglyphs, null notehead).
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{3164}' | '\u{FFA0}'
    ) || matches!(
        c,
        '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16FE4}' | '\u{1D159}'
    )
}

/// Whether `c` shows nothing itself and chooses the form of the character before it: Mongolian, U+FE00-FE0F (emoji,
/// ideographs that NFC would unify) and U+E0100-E01EF (ideographs as a family writes them).
pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(
        c,
        '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Whether a text may hold `c` [TX-6]: all but Cn, Co, Cs, Zl (U+2028), Zp (U+2029), Cc other than TAB and LF, and the
/// bidi embeddings, overrides and isolates.
pub(crate) fn allowed_in_text(c: char) -> bool {
    use GeneralCategory as G;
    if c.is_ascii() {
        return ascii_in_text(c);
    }
    if matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') {
        return false;
    }
    !matches!(
        c.general_category(),
        G::Control
            | G::PrivateUse
            | G::Surrogate
            | G::Unassigned
            | G::LineSeparator
            | G::ParagraphSeparator
    )
}

/// The part of [`allowed_in_text`] that pure ASCII needs.
pub(crate) fn ascii_in_text(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='~')
}

/// Whether `s` is in normalization form C; never a new string [TX-7]. Linear in `s` but for sorting runs of
/// combining marks, so bound the length before.
pub(crate) fn is_normalized(s: &str) -> bool {
    s.is_ascii() || is_nfc(s)
}

/// Whether `s` has more than `limit` characters (code points). At most 4 x `limit` bytes are looked at.
pub(crate) fn longer_than(s: &str, limit: usize) -> bool {
    s.len() > limit.saturating_mul(4) || s.chars().count() > limit
}

/// `as_str`, `Display` and `AsRef<str>` for a value that is one checked `Arc<str>`.
macro_rules! string_value {
    ($($kind:ident),+) => {$(
        impl $kind {
            /// The characters, exactly as they were given [TX-7].
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl core::fmt::Display for $kind {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $kind {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )+};
}
pub(crate) use string_value;

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]
pub(crate) mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    /// What `core` may lag behind: the capitals that Unicode 18.0 added, which `core` of Unicode 17.0 leaves as they are.
    const CAPITALS_OF_18: [char; 20] = [
        '\u{A7DD}',
        '\u{A7E2}',
        '\u{AB6C}',
        '\u{AB6D}',
        '\u{1DF40}',
        '\u{1DF48}',
        '\u{1DF4A}',
        '\u{1DF4D}',
        '\u{1DF51}',
        '\u{1DF68}',
        '\u{1DF6A}',
        '\u{1DF6C}',
        '\u{1DF6E}',
        '\u{1DF72}',
        '\u{1DF74}',
        '\u{1DF76}',
        '\u{1DF78}',
        '\u{1DF7A}',
        '\u{1DF7C}',
        '\u{1DF7E}',
    ];

    /// [TX-1] One Unicode everywhere: 18.0. Allowed: `core` (lowercase only) at 17.0 or 18.0, and at 17.0 exactly the
    /// capitals above have no lowercase yet. A newer `core` must fail here, and the other tables go with it.
    #[test]
    fn versions() {
        let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
        assert_eq!((major, minor, patch), (18, 0, 0));
        assert_eq!(unicode_properties::UNICODE_VERSION, (18, 0, 0));
        assert_eq!(unicode_security::UNICODE_VERSION, (18, 0, 0));

        let core = char::UNICODE_VERSION;
        assert!(matches!(core, (17 | 18, 0, 0)), "core has {core:?}");
        let unknown: Vec<char> = ('\0'..=char::MAX)
            .filter(|c| c.general_category() == GeneralCategory::UppercaseLetter)
            .filter(|c| !c.is_uppercase())
            .collect();
        let allowed: &[char] = if core.0 == 18 { &[] } else { &CAPITALS_OF_18 };
        assert_eq!(
            unknown,
            allowed,
            "{}",
            unknown.iter().collect::<String>().escape_unicode()
        );
    }

    /// A text may hold whatever a name may; what it may hold besides is named here.
    #[test]
    fn name_characters_are_text_characters() {
        for c in '\0'..=char::MAX {
            assert!(!allowed_in_name(c) || allowed_in_text(c), "{c:?}");
            if allowed_in_text(c) && !allowed_in_name(c) {
                let category = c.general_category();
                assert!(
                    matches!(c, '\t' | '\n')
                        || is_blank(c)
                        || matches!(
                            category,
                            GeneralCategory::Format | GeneralCategory::SpaceSeparator
                        ),
                    "{c:?} {category:?}"
                );
            }
        }
    }

    /// [TX-1] What a name may hold leaves something of itself in a skeleton, but for variation selectors: the tables
    /// written out above have all default-ignorable characters of Unicode 18.0, and no other without need.
    #[test]
    fn all_that_names_hold_shows() {
        let mut blank = Vec::new();
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let ignorable = unicode_security::skeleton(c.encode_utf8(&mut buffer))
                .next()
                .is_none();
            if allowed_in_name(c) {
                assert_eq!(ignorable, is_variation_selector(c), "{c:?}");
            }
            assert!(!is_variation_selector(c) || allowed_in_name(c), "{c:?}");
            if is_blank(c) && !ignorable {
                blank.push(c);
            }
        }
        assert_eq!(
            blank,
            [
                '\u{2800}',
                '\u{13441}',
                '\u{13442}',
                '\u{16FE4}',
                '\u{1D159}'
            ]
        );
    }

    /// The fast path for ASCII says what the tables say.
    #[test]
    fn ascii_agrees_with_the_tables() {
        for c in '\0'..='\x7F' {
            let control = c.general_category() == GeneralCategory::Control;
            assert_eq!(allowed_in_name(c), !control, "{c:?}");
            assert_eq!(
                allowed_in_text(c),
                !control || matches!(c, '\t' | '\n'),
                "{c:?}"
            );
        }
    }

    #[test]
    fn length_counts_characters() {
        assert!(!longer_than(&"\u{1F980}".repeat(32), 32));
        assert!(longer_than(&"\u{1F980}".repeat(33), 32));
        assert!(!longer_than(&"a".repeat(32), 32));
        assert!(longer_than(&"a".repeat(33), 32));
        assert!(longer_than(&"a".repeat(1 << 20), 32));
    }

    /// Numbers below what is asked for, the same ones at each run.
    pub(crate) fn noise(mut seed: u64) -> impl FnMut(usize) -> usize {
        move |below| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        }
    }

    /// A string of fewer than 40 characters, all but one in 64 out of `pool`; half of them in NFC, so that more pass.
    pub(crate) fn scramble(draw: &mut impl FnMut(usize) -> usize, pool: &[char]) -> String {
        let mut chars = Vec::new();
        for _ in 0..draw(40) {
            let from_pool = draw(64) != 0;
            let any = draw(0x11_0000) as u32;
            chars.extend(if from_pool {
                pool.get(draw(pool.len())).copied()
            } else {
                char::from_u32(any)
            });
        }
        if draw(2) == 0 {
            chars.into_iter().collect()
        } else {
            unicode_normalization::UnicodeNormalization::nfc(chars.into_iter()).collect()
        }
    }
}
