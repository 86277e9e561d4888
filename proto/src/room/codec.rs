//! Entries as a log stores them.
//!
//! What is stored is one CBOR item in the form of the wire (see [`wire`](crate::wire)): an array of [`FOLD_VERSION`], a
//! tag, and fields. Numbers are any of 64 bits, so that each entry can be written; values with rules (a name, a text)
//! are read by their own parsers. Only the one form of a value is read.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::entry::{
    Deed, Entry, KeyHash, LeaveEntry, Line, LoginEntry, Moderating, Owner, SessionKey, Settings,
};
use super::values::{Hash, Num, OfOwner, Parsed};
use crate::name::Name;
use crate::text::{Host, Text, Topic, Why};
use crate::wire::cbor::{check_form, read_item, write_item};
use crate::wire::fields::{Bytes, Codec, Maybe, OneWord, Word};
use crate::wire::record::{Nested, fields, read_end, read_field, write_field};
use crate::wire::{Act, DecodeError, SayKind};

/// The version of the fold, and of what is stored of it: the first number of an encoded [`Entry`] and of a checkpoint.
/// A later version that would make another room, or other events, of the same entries has another number.
pub const FOLD_VERSION: u64 = 2;

impl Entry {
    /// The entry as a log stores it. Every entry has one form, and no two have the same.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// The entry that [`encode`](Entry::encode) gave these bytes for.
    ///
    /// # Errors
    ///
    /// [`StoredError::Version`] where they begin as another version's, [`StoredError::Malformed`] where they are
    /// anything else but the bytes of an entry.
    pub fn decode(bytes: &[u8]) -> Result<Entry, StoredError> {
        decode(bytes)
    }
}

/// Why stored bytes are not an entry or a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoredError {
    /// Written by another version of the fold, this one: its entries would not make the same room here.
    Version(u64),
    /// Not what this version writes: damaged, or never an entry or a room, or a room that no log makes.
    Malformed(DecodeError),
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => {
                write!(f, "stored by version {found}, this is {FOLD_VERSION}")
            }
            Self::Malformed(_) => f.write_str("what is stored cannot be read"),
        }
    }
}

impl core::error::Error for StoredError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Version(_) => None,
            Self::Malformed(error) => Some(error),
        }
    }
}

pub(super) fn encode<T: Tagged>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = write_item(&Stored(value), &mut bytes);
    debug_assert!(written.is_ok(), "{written:?}: every value can be stored");
    bytes
}

pub(super) fn decode<T: Tagged>(bytes: &[u8]) -> Result<T, StoredError> {
    let mut rest = bytes;
    let read = read_item(&mut rest).map_err(StoredError::Malformed)?;
    let value = match read {
        Loaded::Here(value) => value,
        Loaded::Foreign(version) => return Err(StoredError::Version(version)),
    };
    check_form(&Stored(&value), bytes, rest).map_err(StoredError::Malformed)?;
    Ok(value)
}

/// What stands in an array behind a tag that says what it is.
pub(super) trait Tagged: Sized {
    /// What errors call it.
    const NAME: &'static str;

    /// How many elements it has, the tag among them.
    fn count(&self) -> usize;
    fn write<S: SerializeTuple>(&self, seq: &mut S) -> Result<(), S::Error>;
    fn read<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Self, A::Error>;
}

/// Writes [`Tagged`] for an enum: for each variant its tag, and its fields with their codecs.
macro_rules! tagged {
    ($name:ident as $what:literal { $(
        $variant:ident = $tag:literal { $( $field:tt: $type:ty => $codec:ty, )+ }
    )+ }) => {
        const _: () = {
            /// Which variant.
            enum Kind { $( $variant ),+ }

            impl Word for Kind {
                const WHAT: &'static str = concat!("a tag of ", $what);

                fn as_word(&self) -> &str {
                    match self { $( Self::$variant => $tag ),+ }
                }

                fn from_word(word: &str) -> Option<Self> {
                    match word {
                        $( $tag => Some(Self::$variant), )+
                        _ => None,
                    }
                }
            }

            impl Tagged for $name {
                const NAME: &'static str = $what;

                fn count(&self) -> usize {
                    match self { $( Self::$variant { .. } => [$tag $(, stringify!($field))+].len() ),+ }
                }

                fn write<S: SerializeTuple>(&self, seq: &mut S) -> Result<(), S::Error> {
                    match self { $( Self::$variant { .. } => {
                        seq.serialize_element($tag)?;
                        $( if let Self::$variant { $field: value, .. } = self {
                            write_field::<$codec, $type, S>(
                                seq, value, concat!($tag, ".", stringify!($field)),
                            )?;
                        } )+
                    } )+ }
                    Ok(())
                }

                fn read<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Self, A::Error> {
                    Ok(match read_field::<OneWord, Kind, A>(seq, $what)? {
                        $( Kind::$variant => Self::$variant { $(
                            $field: read_field::<$codec, $type, A>(
                                seq, concat!($tag, ".", stringify!($field)),
                            )?,
                        )+ }, )+
                    })
                }
            }
        };
    };
}

tagged! {
    Entry as "an entry" {
        Founded = "founded" { epoch: u64 => Num, settings: Settings => Nested, }
        Settings = "settings" { 0: Settings => Nested, }
        Epoch = "epoch" { epoch: u64 => Num, }
        Login = "login" { 0: LoginEntry => Nested, }
        Leave = "leave" { 0: LeaveEntry => Nested, }
        Line = "line" { 0: Line => Nested, }
        Operator = "operator" { key: KeyHash => Hash, }
    }
}

tagged! {
    Deed as "a deed" {
        Say = "say" { kind: SayKind => OneWord, re: Option<u64> => Maybe<Num>, text: Text => Parsed, }
        Nick = "nick" { name: Name => Parsed, }
        Topic = "topic" { topic: Option<Topic> => Maybe<Parsed>, }
        Mod = "mod" { 0: Moderating => Nested, }
    }
}

fields! {
    Moderating as "mod" {
        act: Act => OneWord,
        who: Option<u64> => Maybe<Num>,
        secs: Option<u64> => Maybe<Num>,
        why: Option<Why> => Maybe<Parsed>,
    }
}

fields! {
    Settings as "settings" {
        announce_below: u64 => Num,
        sessions: u64 => Num,
        session_idle_ms: u64 => Num,
        claims: u64 => Num,
        claim_idle_ms: u64 => Num,
    }
}

fields! {
    SessionKey as "session" {
        owner: Owner => OfOwner,
        session: [u8; 16] => Bytes<16, 16>,
    }
}

fields! {
    LoginEntry as "login" {
        session: SessionKey => Nested,
        attempt: u64 => Num,
        nonce: u64 => Num,
        node: u64 => Num,
        name: Name => Parsed,
        host: Option<Host> => Maybe<Parsed>,
        address: Option<Host> => Maybe<Parsed>,
    }
}

fields! {
    LeaveEntry as "leave" {
        session: SessionKey => Nested,
        attempt: u64 => Num,
        why: Option<Why> => Maybe<Parsed>,
    }
}

fields! {
    Line as "line" {
        session: SessionKey => Nested,
        attempt: u64 => Num,
        member: u64 => Num,
        id: u64 => Num,
        after: u64 => Num,
        deed: Deed => Within,
    }
}

/// The codec of a tagged value within another.
pub(super) struct Within;

impl<T: Tagged> Codec<T> for Within {
    fn write<S: Serializer>(value: &T, _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_tuple(value.count())?;
        value.write(&mut seq)?;
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(_: &'static str, d: D) -> Result<T, D::Error> {
        d.deserialize_seq(Elements::<T>(PhantomData))
    }
}

/// Reads the elements of a tagged value, all that there are.
struct Elements<T>(PhantomData<T>);

impl<'de, T: Tagged> Visitor<'de> for Elements<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, an array", T::NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        let value = T::read(&mut seq)?;
        read_end(&mut seq, T::NAME)?;
        Ok(value)
    }
}

/// A value on its way out, behind the version.
struct Stored<'a, T>(&'a T);

impl<T: Tagged> Serialize for Stored<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_tuple(self.0.count().saturating_add(1))?;
        seq.serialize_element(&FOLD_VERSION)?;
        self.0.write(&mut seq)?;
        seq.end()
    }
}

/// What was read behind the version.
enum Loaded<T> {
    Here(T),
    /// Another version's: nothing behind its number was looked at.
    Foreign(u64),
}

impl<'de, T: Tagged> Deserialize<'de> for Loaded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Versioned<T>(PhantomData<T>);

        impl<'de, T: Tagged> Visitor<'de> for Versioned<T> {
            type Value = Loaded<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a version and {}, an array", T::NAME)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loaded<T>, A::Error> {
                match read_field::<Num, u64, A>(&mut seq, "version")? {
                    FOLD_VERSION => Elements(PhantomData).visit_seq(seq).map(Loaded::Here),
                    version => Ok(Loaded::Foreign(version)),
                }
            }
        }

        deserializer.deserialize_seq(Versioned(PhantomData))
    }
}
