//! What people write: texts, topics, reasons, and the hosts shown beside names.
//!
//! A value that exists is legal; what breaks a rule is refused with where and why, and never altered [TX-7]. The
//! rules [TX-6] are the same for [`Text`], [`Topic`] and [`Why`], which differ in length alone: NFC, no unassigned,
//! private-use or surrogate code point, no control but TAB and LF, no U+2028 or U+2029, and no bidi embedding,
//! override or isolate (U+202A-202E, U+2066-2069). Other format characters pass, so that emoji joined by U+200D and
//! words with U+200C stay whole; a client that shows a text sees to those it minds.

use alloc::sync::Arc;
use core::fmt;

use crate::unicode::{allowed_in_text, ascii_in_text, is_normalized, string_value};

/// What a member says: 1 to [16,384](Text::MAX_BYTES) bytes of UTF-8 [TX-6]. A clone is a counted reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// The most bytes of UTF-8: 16,384 [TX-6].
    pub const MAX_BYTES: usize = 16_384;

    /// Takes `text` as it is, or refuses it. Beyond the limit nothing but the length is looked at.
    ///
    /// # Errors
    ///
    /// The first that applies, in this order: [`TextError::Empty`], [`TooLong`](TextError::TooLong),
    /// [`Character`](TextError::Character), [`NotNormalized`](TextError::NotNormalized) [TX-6].
    pub fn parse(text: &str) -> Result<Text, TextError> {
        check_filled(text)?;
        check_text(text, Text::MAX_BYTES)?;
        Ok(Text(Arc::from(text)))
    }
}

/// What a room is about: 1 to [512](Topic::MAX_BYTES) bytes of UTF-8, by the rules of a [`Text`] [TX-6].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// The most bytes of UTF-8: 512 [TX-6].
    pub const MAX_BYTES: usize = 512;

    /// Takes `topic` as it is, or refuses it. A room without a topic has none at all, not an empty one.
    ///
    /// # Errors
    ///
    /// As [`Text::parse`], with this limit [TX-6].
    pub fn parse(topic: &str) -> Result<Topic, TextError> {
        check_filled(topic)?;
        check_text(topic, Topic::MAX_BYTES)?;
        Ok(Topic(Arc::from(topic)))
    }
}

/// The reason given for a leave or a moderation: 0 to [256](Why::MAX_BYTES) bytes of UTF-8, by the rules of a
/// [`Text`] but that it may be empty [TX-6].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Why(Arc<str>);

impl Why {
    /// The most bytes of UTF-8: 256 [TX-6].
    pub const MAX_BYTES: usize = 256;

    /// Takes `why` as it is, or refuses it.
    ///
    /// # Errors
    ///
    /// As [`Text::parse`], with this limit and never [`TextError::Empty`] [TX-6].
    pub fn parse(why: &str) -> Result<Why, TextError> {
        check_text(why, Why::MAX_BYTES)?;
        Ok(Why(Arc::from(why)))
    }
}

/// A host as it is shown to others: 1 to [64](Host::MAX_BYTES) bytes, each a visible ASCII character (0x21-0x7E), so
/// that it never needs escaping [TX-6]. What it means, an address or a name, is its maker's business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Arc<str>);

impl Host {
    /// The most bytes: 64 [TX-6].
    pub const MAX_BYTES: usize = 64;

    /// Takes `host` as it is, or refuses it.
    ///
    /// # Errors
    ///
    /// The first that applies, in this order: [`TextError::Empty`], [`TooLong`](TextError::TooLong),
    /// [`Character`](TextError::Character) [TX-6].
    pub fn parse(host: &str) -> Result<Host, TextError> {
        check_filled(host)?;
        check_length(host, Host::MAX_BYTES)?;
        refuse(host.char_indices().find(|(_, c)| !c.is_ascii_graphic()))?;
        Ok(Host(Arc::from(host)))
    }
}

string_value!(Text, Topic, Why, Host);

/// Why a [`Text`], [`Topic`], [`Why`] or [`Host`] was refused. `Display` says what is wrong and what to do, in less
/// than 128 bytes of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextError {
    /// It has no character [TX-6].
    Empty,
    /// It has more bytes than its kind may have [TX-6].
    TooLong {
        /// The most bytes that it may have.
        limit: usize,
        /// The bytes that it has.
        got: usize,
    },
    /// It is not in normalization form C [TX-6].
    NotNormalized,
    /// The first character that it may not have [TX-6].
    Character {
        /// Where it begins, in bytes from the start.
        at: usize,
        /// Which it is.
        found: char,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            TextError::Empty => f.write_str("the text is empty: give at least one character"),
            TextError::TooLong { limit, got } => {
                write!(
                    f,
                    "the text has {got} bytes, {limit} at most: shorten it or send it in parts"
                )
            }
            TextError::NotNormalized => {
                f.write_str("the text is not in Unicode normalization form C: normalize it first")
            }
            TextError::Character { at, found } => {
                let code = u32::from(found);
                write!(
                    f,
                    "the text has U+{code:04X} at byte {at}, which is not allowed: take it out"
                )
            }
        }
    }
}

impl core::error::Error for TextError {}

/// The rules that [`Text`], [`Topic`] and [`Why`] share.
fn check_text(text: &str, limit: usize) -> Result<(), TextError> {
    check_length(text, limit)?;
    if text.is_ascii() {
        return refuse(
            text.bytes()
                .map(char::from)
                .enumerate()
                .find(|&(_, c)| !ascii_in_text(c)),
        );
    }
    refuse(text.char_indices().find(|&(_, c)| !allowed_in_text(c)))?;
    if is_normalized(text) {
        Ok(())
    } else {
        Err(TextError::NotNormalized)
    }
}

fn check_filled(text: &str) -> Result<(), TextError> {
    if text.is_empty() {
        Err(TextError::Empty)
    } else {
        Ok(())
    }
}

fn check_length(text: &str, limit: usize) -> Result<(), TextError> {
    let got = text.len();
    if got > limit {
        Err(TextError::TooLong { limit, got })
    } else {
        Ok(())
    }
}

fn refuse(offender: Option<(usize, char)>) -> Result<(), TextError> {
    offender.map_or(Ok(()), |(at, found)| {
        Err(TextError::Character { at, found })
    })
}

#[cfg(test)]
mod tests;
