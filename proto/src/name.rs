//! Names of people and of rooms.
//!
//! A [`Name`] that exists is legal: [`Name::parse`] is the only way to one, and it refuses what breaks a rule and
//! never alters it [TX-7]. Two names are the same where they share a [`Skeleton`] [TX-3].

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use unicode_security::skeleton;

use crate::unicode::{
    allowed_in_name, is_normalized, is_variation_selector, longer_than, string_value,
};

/// What a member is called: NFC, 1 to [32](Name::MAX_CHARS) characters, single inner spaces, not reserved.
///
/// It has no control, format, private-use, unassigned or separator character, and none that shows nothing, such as
/// U+2800 or U+3164 [TX-1]: what a name holds is seen. A variation selector passes right after a character that it can
/// choose the form of, so once and never first or after a space: names in Han characters (U+845B U+E0100) and in
/// Mongolian script are written with them, and keyboards put U+FE0F after emoji. Emoji pass, but not those joined
/// by U+200D (a family, a flag with a device) or made of tags (the flag of Scotland), since these are format
/// characters; they pass in a [`Text`](crate::text::Text). So do the words of Persian and of Indic languages that are
/// written with U+200C or U+200D.
///
/// Equality and order are those of the bytes; whether two names may stand side by side in a room is asked of
/// [`Name::skeletons`]. A clone is a counted reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The most characters (code points) a name has: 32, which are at most 128 bytes [TX-1].
    pub const MAX_CHARS: usize = 32;

    /// Takes `name` as it is, or refuses it.
    ///
    /// The work is bounded, whatever the length of `name`: beyond 128 bytes nothing is looked at.
    ///
    /// # Errors
    ///
    /// The first that applies, in this order: [`NameError::Empty`], [`TooLong`](NameError::TooLong) and
    /// [`Character`](NameError::Character) [TX-1], [`Space`](NameError::Space) [TX-2],
    /// [`NotNormalized`](NameError::NotNormalized) [TX-1], [`Reserved`](NameError::Reserved) [TX-4].
    pub fn parse(name: &str) -> Result<Name, NameError> {
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if longer_than(name, Name::MAX_CHARS) {
            return Err(NameError::TooLong);
        }
        if let Some(c) = misfit(name) {
            return Err(NameError::Character(c));
        }
        if name.starts_with(' ') || name.ends_with(' ') || name.contains("  ") {
            return Err(NameError::Space);
        }
        if !is_normalized(name) {
            return Err(NameError::NotNormalized);
        }
        if is_reserved(name) {
            return Err(NameError::Reserved);
        }
        Ok(Name(Arc::from(name)))
    }

    /// What this name is the same by [TX-3]: the skeleton of it as written, then that of its lowercase, which are often
    /// equal. Computed at each call.
    ///
    /// Two names are the same where any of the one's is any of the other's, so a name holds both: `ALICE` those of
    /// `allce` and `alice`. Sameness does not carry over: `Ian` is the same as `lan` and as `ian`, which differ.
    #[must_use]
    pub fn skeletons(&self) -> [Skeleton; 2] {
        skeletons(&self.0).map(|key| Skeleton(Arc::from(key)))
    }
}

/// What two names are the same by: K(name) or K(lowercase(name)), where K(s) is
/// skeleton(lowercase(skeleton(NFC(s)))) [TX-3].
///
/// `skeleton` is that of UTS #39 in Unicode 18.0 (NFD, without default-ignorable characters, each character by its
/// prototype, NFD), `lowercase` the full mapping of Unicode, in which a U+03A3 that ends a word becomes U+03C2. In K
/// the first `skeleton` takes what looks alike for one, the second finds what only the lowercase looks like: `M` is
/// `m`, which is `rn`.
///
/// K(name) is of looks before case: there `Ian` is `lan`, `ALICE` is `allce`, and a capital that looks like a letter
/// other than its own small one leaves that one. K(lowercase(name)) is of case before looks: there `Ian` is `ian`, and
/// `ALICE` is `alice`.
///
/// It is for comparing, never for showing, and no name: it may have 960 bytes (32 times U+FDFA), and is NFD. It is
/// never empty, since each name holds a character that shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Skeleton(Arc<str>);

/// What a room is called: 1 to [32](RoomName::MAX_CHARS) of `a-z 0-9 - _ .`, the first a letter or digit [TX-5].
///
/// No two of them look alike enough to need a skeleton, and each can stand in a file name or a subject of a broker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName(Arc<str>);

impl RoomName {
    /// The most characters, which are bytes, a room's name has: 32 [TX-5].
    pub const MAX_CHARS: usize = 32;

    /// Takes `name` as it is, or refuses it; an upper-case letter is refused, not lowered.
    ///
    /// # Errors
    ///
    /// The first that applies, in this order: [`RoomNameError::Empty`], [`TooLong`](RoomNameError::TooLong),
    /// [`Character`](RoomNameError::Character), [`First`](RoomNameError::First) [TX-5].
    pub fn parse(name: &str) -> Result<RoomName, RoomNameError> {
        let first = name.chars().next().ok_or(RoomNameError::Empty)?;
        if longer_than(name, RoomName::MAX_CHARS) {
            return Err(RoomNameError::TooLong);
        }
        let allowed = |c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
        if let Some(c) = name.chars().find(|&c| !allowed(c)) {
            return Err(RoomNameError::Character(c));
        }
        if matches!(first, '-' | '_' | '.') {
            return Err(RoomNameError::First(first));
        }
        Ok(RoomName(Arc::from(name)))
    }

    /// `lobby`, the room of those who name none.
    #[must_use]
    pub fn lobby() -> RoomName {
        RoomName(Arc::from("lobby"))
    }
}

string_value!(Name, Skeleton, RoomName);

/// Why a [`Name`] was refused. `Display` says what is wrong and what to do, in less than 128 bytes of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameError {
    /// It has no character [TX-1].
    Empty,
    /// It has more than [`Name::MAX_CHARS`] characters [TX-1].
    TooLong,
    /// It is not in normalization form C [TX-1].
    NotNormalized,
    /// It begins or ends with a space, or has two in a row [TX-2].
    Space,
    /// The first character that no name has there: control, format, private use, unassigned, a separator other than
    /// U+0020, one that shows nothing, or a variation selector without a character before it [TX-1]. (A surrogate is none of Rust's characters; the decoder refuses it as not UTF-8.)
    Character(char),
    /// It is `server`, or the same by one of its skeletons [TX-4].
    Reserved,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            NameError::Empty => f.write_str("the name is empty: give one of 1 to 32 characters"),
            NameError::TooLong => f.write_str("the name has more than 32 characters: shorten it"),
            NameError::NotNormalized => {
                f.write_str("the name is not in Unicode normalization form C: normalize it first")
            }
            NameError::Space => {
                f.write_str("the name has a space at an end or two in a row: take that space out")
            }
            NameError::Character(c) => {
                write!(
                    f,
                    "the name has U+{:04X}, which may not be there: take it out",
                    u32::from(c)
                )
            }
            NameError::Reserved => {
                f.write_str("the name is the server's or looks like it: choose another")
            }
        }
    }
}

impl core::error::Error for NameError {}

/// Why a [`RoomName`] was refused. `Display` says what is wrong and what to do, in less than 128 bytes of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RoomNameError {
    /// It has no character [TX-5].
    Empty,
    /// It has more than [`RoomName::MAX_CHARS`] characters [TX-5].
    TooLong,
    /// The first character that is none of `a-z 0-9 - _ .` [TX-5].
    Character(char),
    /// It begins with this one of `- _ .` [TX-5].
    First(char),
}

impl fmt::Display for RoomNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            RoomNameError::Empty => {
                f.write_str("the room name is empty: give one of 1 to 32 characters")
            }
            RoomNameError::TooLong => {
                f.write_str("the room name has more than 32 characters: shorten it")
            }
            RoomNameError::Character(c) => {
                let code = u32::from(c);
                write!(
                    f,
                    "the room name has U+{code:04X}: use only a-z, 0-9 and . _ -"
                )
            }
            RoomNameError::First(c) => {
                write!(
                    f,
                    "the room name begins with {c}: begin it with a letter or digit"
                )
            }
        }
    }
}

impl core::error::Error for RoomNameError {}

/// The first character that `name` may not have where it is [TX-1].
fn misfit(name: &str) -> Option<char> {
    let mut before = ' ';
    name.chars().find(|&c| {
        let based = before != ' ' && !is_variation_selector(before);
        before = c;
        !allowed_in_name(c) || (is_variation_selector(c) && !based)
    })
}

/// K(name) and K(lowercase(name)), of a name that is NFC [TX-3].
fn skeletons(name: &str) -> [String; 2] {
    [sameness(name), sameness(&name.to_lowercase())]
}

/// K of [TX-3]: skeleton(lowercase(skeleton(NFC(s)))). NFC goes unsaid, since a skeleton begins with NFD.
///
/// `str::to_lowercase` has one rule that looks around, for a final U+03A3; no skeleton holds that (a test says so).
fn sameness(s: &str) -> String {
    let looks: String = skeleton(s).collect();
    skeleton(&looks.to_lowercase()).collect()
}

/// Whether `name`, which is NFC, is the same as [`RESERVED`] [TX-4]. In ASCII only the case can differ (a test says so).
fn is_reserved(name: &str) -> bool {
    if name.is_ascii() {
        name.eq_ignore_ascii_case(RESERVED)
    } else {
        skeletons(name).iter().any(|key| key == RESERVED)
    }
}

/// The name that speaks for the room itself; it is its own skeleton, as written and in lowercase.
const RESERVED: &str = "server";

#[cfg(test)]
mod tests;
