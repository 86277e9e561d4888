//! What a client keeps for its next start.
//!
//! A [`Saved`] is taken out of a running client and given to the next one, in whatever process that is. It is stored as
//! one CBOR item in the form of the wire (see [`wire`](crate::wire)), an array that begins with [`SAVED_VERSION`].

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::outbox::{MAX_OUTBOX, Stored, What};
use crate::name::Name;
use crate::room::Moderating;
use crate::text::{Text, Topic, Why};
use crate::wire::cbor::{check_form, read_item, write_item};
use crate::wire::fields::{self, Bytes, Codec as _, List, Maybe, OneWord, Uint, Word};
use crate::wire::record::{self, Nested};
use crate::wire::{Act, DecodeError, Resume, SayKind, limits};

/// The version of what is stored: the first number of an encoded [`Saved`].
pub const SAVED_VERSION: u64 = 2;

/// The greatest number that a client counts up from: far from the end of what the wire carries.
const MAX_COUNT: u64 = 1 << 62;

/// What a client must know to go on after its process has ended [DL-23]: its session and how far it has numbered in it,
/// its cursor, and the lines that are not settled.
///
/// It is secret as far as the lines are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Saved {
    pub(super) session: [u8; 16],
    pub(super) attempt: u64,
    /// The newest `id` given.
    pub(super) newest_id: u64,
    /// The newest `id` settled.
    pub(super) base: u64,
    pub(super) cursor: Option<Resume>,
    pub(super) lines: Vec<Stored>,
}

impl Saved {
    /// As it is stored. Every value has one form, and no two have the same.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let written = write_item(&Writing(self), &mut bytes);
        debug_assert!(written.is_ok(), "{written:?}: each part was checked before");
        bytes
    }

    /// What [`encode`](Self::encode) gave these bytes for.
    ///
    /// # Errors
    ///
    /// [`SavedError::Version`] where another version stored it, [`SavedError::Malformed`] where these are not the bytes
    /// of what a client can have kept.
    pub fn decode(bytes: &[u8]) -> Result<Self, SavedError> {
        // An array, and a number of one byte.
        if let [0x80..0x98, version @ 0..0x18, ..] = bytes
            && u64::from(*version) != SAVED_VERSION
        {
            return Err(SavedError::Version(u64::from(*version)));
        }
        let mut rest = bytes;
        let Read(saved) = read_item(&mut rest).map_err(SavedError::Malformed)?;
        check_form(&Writing(&saved), bytes, rest).map_err(SavedError::Malformed)?;
        Ok(saved)
    }

    /// How many lines are not settled.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// Takes what was read if a client can have kept it: numbered lines come first, their ids ascend, and all of them
    /// lie above what is settled and not above the newest.
    fn consistent(self) -> Result<Self, &'static str> {
        let ids = self.lines.iter().map(|line| line.id);
        let mut last = self.base;
        let mut numbering = true;
        for id in ids {
            numbering &= id != 0;
            if id != 0 && (!numbering || id <= last) {
                return Err("saved.lines: the ids do not ascend");
            }
            last = last.max(id);
        }
        if last > self.newest_id {
            return Err("saved.newest_id: an id is above it");
        }
        Ok(self)
    }
}

/// Why stored bytes are nothing to go on from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SavedError {
    /// Another version stored it, this one.
    Version(u64),
    /// Damaged, or never stored by a client.
    Malformed(DecodeError),
}

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => {
                write!(f, "stored by version {found}, this is {SAVED_VERSION}")
            }
            Self::Malformed(_) => f.write_str("what is stored cannot be read"),
        }
    }
}

impl core::error::Error for SavedError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Version(_) => None,
            Self::Malformed(error) => Some(error),
        }
    }
}

struct Writing<'a>(&'a Saved);

impl Serialize for Writing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Saved {
            session,
            attempt,
            newest_id,
            base,
            cursor,
            lines,
        } = self.0;
        let item = Item {
            version: SAVED_VERSION,
            session: *session,
            attempt: *attempt,
            newest_id: *newest_id,
            base: *base,
            cursor: *cursor,
            lines: lines.iter().map(Flat::of).collect(),
        };
        Nested::write(&item, "saved", serializer)
    }
}

struct Read(Saved);

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item: Item = Nested::read("saved", deserializer)?;
        let lines: Result<Vec<_>, _> = item.lines.into_iter().map(Flat::stored).collect();
        let saved = Saved {
            session: item.session,
            attempt: item.attempt,
            newest_id: item.newest_id,
            base: item.base,
            cursor: item.cursor,
            lines: lines.map_err(serde::de::Error::custom)?,
        };
        saved
            .consistent()
            .map(Read)
            .map_err(serde::de::Error::custom)
    }
}

/// The array that is stored.
struct Item {
    version: u64,
    session: [u8; 16],
    attempt: u64,
    newest_id: u64,
    base: u64,
    cursor: Option<Resume>,
    lines: Vec<Flat>,
}

record::fields! {
    Item as "saved" {
        version: u64 => Uint<SAVED_VERSION, SAVED_VERSION>,
        session: [u8; 16] => Bytes<{ limits::SESSION }, { limits::SESSION }>,
        attempt: u64 => Uint<0, MAX_COUNT>,
        newest_id: u64 => Uint<0, MAX_COUNT>,
        base: u64 => Uint<0, MAX_COUNT>,
        cursor: Option<Resume> => Maybe<Nested>,
        lines: Vec<Flat> => List<Nested, 0, MAX_OUTBOX>,
    }
}

/// A line as it stands in that array.
struct Flat {
    id: u64,
    written: Option<u64>,
    verb: Verb,
    /// The event that is answered, or whom or what an act of moderation is about.
    re: Option<u64>,
    secs: Option<u64>,
    text: Option<String>,
}

record::fields! {
    Flat as "saved.line" {
        id: u64 => Uint<0, MAX_COUNT>,
        written: Option<u64> => Maybe<Uint>,
        verb: Verb => OneWord,
        re: Option<u64> => Maybe<Uint>,
        secs: Option<u64> => Maybe<Uint>,
        text: Option<String> => Maybe<fields::Text<1, { limits::TEXT }>>,
    }
}

/// What a line does, without its words.
enum Verb {
    Say,
    Action,
    Notice,
    Nick,
    Topic,
    Mod(Act),
}

impl Word for Verb {
    const WHAT: &'static str = "what a line does";

    fn as_word(&self) -> &str {
        match self {
            Self::Say => "say",
            Self::Action => "action",
            Self::Notice => "notice",
            Self::Nick => "nick",
            Self::Topic => "topic",
            Self::Mod(act) => act.as_word(),
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "say" => Self::Say,
            "action" => Self::Action,
            "notice" => Self::Notice,
            "nick" => Self::Nick,
            "topic" => Self::Topic,
            act => Self::Mod(Act::from_word(act)?),
        })
    }
}

impl Flat {
    fn of(line: &Stored) -> Self {
        let mut secs = None;
        let (verb, re, text) = match &line.what {
            What::Say { kind, re, text } => {
                let verb = match kind {
                    SayKind::Say => Verb::Say,
                    SayKind::Action => Verb::Action,
                    SayKind::Notice => Verb::Notice,
                };
                (verb, *re, Some(text.as_str()))
            }
            What::Nick(name) => (Verb::Nick, None, Some(name.as_str())),
            What::Topic(topic) => (Verb::Topic, None, topic.as_ref().map(Topic::as_str)),
            What::Mod(asked) => {
                secs = asked.secs;
                let why = asked.why.as_ref().map(Why::as_str);
                (Verb::Mod(asked.act), asked.who, why)
            }
        };
        Self {
            id: line.id,
            written: line.written,
            verb,
            re,
            secs,
            text: text.map(String::from),
        }
    }

    fn stored(self) -> Result<Stored, &'static str> {
        const ILLEGAL: &str = "saved.line: no line has such a text";
        let text = self.text.as_deref();
        let say = |kind| -> Result<What, &'static str> {
            let text = Text::parse(text.unwrap_or_default()).map_err(|_| ILLEGAL)?;
            let re = self.re;
            Ok(What::Say { kind, re, text })
        };
        let what = match self.verb {
            Verb::Say => say(SayKind::Say)?,
            Verb::Action => say(SayKind::Action)?,
            Verb::Notice => say(SayKind::Notice)?,
            Verb::Nick => What::Nick(Name::parse(text.unwrap_or_default()).map_err(|_| ILLEGAL)?),
            Verb::Topic => {
                let topic = text.map(Topic::parse).transpose();
                What::Topic(topic.map_err(|_| ILLEGAL)?)
            }
            Verb::Mod(act) => {
                let why = text.map(Why::parse).transpose();
                What::Mod(Moderating {
                    act,
                    who: self.re,
                    secs: self.secs,
                    why: why.map_err(|_| ILLEGAL)?,
                })
            }
        };
        Ok(Stored {
            what,
            id: self.id,
            written: self.written,
        })
    }
}
