//! Codecs of the values that only what is stored has.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeTuple, Serializer};

use super::entry::{KeyHash, Owner};
use super::fold::Denial;
use crate::name::Name;
use crate::text::{Host, Text, Topic, Why};
use crate::wire::fields::{Bytes, Codec, Maybe, Uint, Word};
use crate::wire::record::{Reading, Writing, read_end, read_field, write_field};

/// Any number of 64 bits.
pub(super) type Num = Uint<0, { u64::MAX }>;

/// A text with rules of its own, read by its parser.
pub(super) struct Parsed;

pub(super) trait Parse: Sized {
    fn parsed(text: &str) -> Result<Self, impl fmt::Display>;
    fn text(&self) -> &str;
}

macro_rules! parse {
    ($($name:ident),+) => { $(
        impl Parse for $name {
            fn parsed(text: &str) -> Result<Self, impl fmt::Display> {
                Self::parse(text)
            }

            fn text(&self) -> &str {
                self.as_str()
            }
        }
    )+ };
}

parse!(Name, Text, Topic, Why, Host);

impl<T: Parse> Codec<T> for Parsed {
    fn write<S: Serializer>(value: &T, _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(value.text())
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<T, D::Error> {
        struct Legal<T>(&'static str, PhantomData<T>);

        impl<T: Parse> Visitor<'_> for Legal<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, a text", self.0)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
                T::parsed(text).map_err(|error| E::custom(format_args!("{}: {error}", self.0)))
            }
        }

        d.deserialize_string(Legal(field, PhantomData))
    }
}

/// True or false.
pub(super) struct Flag;

impl Codec<bool> for Flag {
    fn write<S: Serializer>(value: &bool, _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bool(*value)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<bool, D::Error> {
        struct Bool(&'static str);

        impl Visitor<'_> for Bool {
            type Value = bool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, true or false", self.0)
            }

            fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
                Ok(value)
            }
        }

        d.deserialize_bool(Bool(field))
    }
}

/// A hash of a key: its bytes.
pub(super) type Hash = Bytes<32, 32>;

impl Codec<KeyHash> for Hash {
    fn write<S: Serializer>(value: &KeyHash, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Self::write(value.as_bytes(), field, s)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<KeyHash, D::Error> {
        Self::read(field, d).map(KeyHash::from_bytes)
    }
}

/// An owner: the hash of the key, or null for a guest.
pub(super) struct OfOwner;

impl Codec<Owner> for OfOwner {
    fn write<S: Serializer>(value: &Owner, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        let hash = match value {
            Owner::Key(hash) => Some(*hash),
            Owner::Guest => None,
        };
        Maybe::<Hash>::write(&hash, field, s)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<Owner, D::Error> {
        Ok(Maybe::<Hash>::read(field, d)?.map_or(Owner::Guest, Owner::Key))
    }
}

impl Word for Denial {
    const WHAT: &'static str = "a denial";

    fn as_word(&self) -> &str {
        match self {
            Self::NoMember => "no-member",
            Self::NoEvent => "no-event",
            Self::Taken => "taken",
            Self::NotAllowed => "not-allowed",
            Self::Muted => "muted",
            Self::SlowMode => "slow-mode",
            Self::Full => "full",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "no-member" => Some(Self::NoMember),
            "no-event" => Some(Self::NoEvent),
            "taken" => Some(Self::Taken),
            "not-allowed" => Some(Self::NotAllowed),
            "muted" => Some(Self::Muted),
            "slow-mode" => Some(Self::SlowMode),
            "full" => Some(Self::Full),
            _ => None,
        }
    }
}

/// Two values: an array of two.
pub(super) struct Pair<A, B>(PhantomData<(A, B)>);

impl<CA: Codec<A>, CB: Codec<B>, A, B> Codec<(A, B)> for Pair<CA, CB> {
    fn write<S: Serializer>(value: &(A, B), field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_tuple(2)?;
        write_field::<CA, A, _>(&mut seq, &value.0, field)?;
        write_field::<CB, B, _>(&mut seq, &value.1, field)?;
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<(A, B), D::Error> {
        struct Both<CA, CB, A, B>(&'static str, PhantomData<(CA, CB, A, B)>);

        impl<'de, CA: Codec<A>, CB: Codec<B>, A, B> Visitor<'de> for Both<CA, CB, A, B> {
            type Value = (A, B);

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, an array of two", self.0)
            }

            fn visit_seq<Q: SeqAccess<'de>>(self, mut seq: Q) -> Result<(A, B), Q::Error> {
                let first = read_field::<CA, A, Q>(&mut seq, self.0)?;
                let second = read_field::<CB, B, Q>(&mut seq, self.0)?;
                read_end(&mut seq, self.0)?;
                Ok((first, second))
            }
        }

        d.deserialize_tuple(2, Both::<CA, CB, A, B>(field, PhantomData))
    }
}

/// A map: an array of pairs, ascending by their keys.
pub(super) struct Map<K, V>(PhantomData<(K, V)>);

impl<CK: Codec<K>, CV: Codec<V>, K: Ord, V> Codec<BTreeMap<K, V>> for Map<CK, CV> {
    fn write<S: Serializer>(
        value: &BTreeMap<K, V>,
        field: &'static str,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_seq(Some(value.len()))?;
        for (key, value) in value {
            seq.serialize_element(&Item::<CK, CV, K, V>(key, value, field, PhantomData))?;
        }
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(
        field: &'static str,
        d: D,
    ) -> Result<BTreeMap<K, V>, D::Error> {
        struct Items<CK, CV, K, V>(&'static str, PhantomData<(CK, CV, K, V)>);

        impl<'de, CK: Codec<K>, CV: Codec<V>, K: Ord, V> Visitor<'de> for Items<CK, CV, K, V> {
            type Value = BTreeMap<K, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, an array of pairs", self.0)
            }

            // Room is made for what has come, never for what a header announces.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                let item = || Reading::<Pair<CK, CV>, (K, V)>::new(self.0);
                while let Some((key, value)) = seq.next_element_seed(item())? {
                    if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                        return Err(A::Error::custom(format_args!("{} out of order", self.0)));
                    }
                    map.insert(key, value);
                }
                Ok(map)
            }
        }

        d.deserialize_seq(Items::<CK, CV, K, V>(field, PhantomData))
    }
}

/// A set: an array, ascending.
pub(super) struct Set<C>(PhantomData<C>);

impl<C: Codec<K>, K: Ord> Codec<BTreeSet<K>> for Set<C> {
    fn write<S: Serializer>(
        value: &BTreeSet<K>,
        field: &'static str,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_seq(Some(value.len()))?;
        for item in value {
            seq.serialize_element(&Writing::<C, K>::new(item, field))?;
        }
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<BTreeSet<K>, D::Error> {
        struct Items<C, K>(&'static str, PhantomData<(C, K)>);

        impl<'de, C: Codec<K>, K: Ord> Visitor<'de> for Items<C, K> {
            type Value = BTreeSet<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}, an array", self.0)
            }

            // Room is made for what has come, never for what a header announces.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut set = BTreeSet::new();
                let item = || Reading::<C, K>::new(self.0);
                while let Some(item) = seq.next_element_seed(item())? {
                    if set.last().is_some_and(|last| *last >= item) {
                        return Err(A::Error::custom(format_args!("{} out of order", self.0)));
                    }
                    set.insert(item);
                }
                Ok(set)
            }
        }

        d.deserialize_seq(Items::<C, K>(field, PhantomData))
    }
}

/// One pair of a map on its way out.
struct Item<'a, CK, CV, K, V>(&'a K, &'a V, &'static str, PhantomData<(CK, CV)>);

impl<CK: Codec<K>, CV: Codec<V>, K, V> serde::Serialize for Item<'_, CK, CV, K, V> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut seq = s.serialize_tuple(2)?;
        seq.serialize_element(&Writing::<CK, K>::new(self.0, self.2))?;
        seq.serialize_element(&Writing::<CV, V>::new(self.1, self.2))?;
        seq.end()
    }
}
