//! Codecs: how the value of a field is written and read, and the limits that it keeps both ways.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::Serializer;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeSeq};

use super::UINT_END;
use super::record::{Reading, Writing};

/// How a value of type `T` stands in a field. `field` is for errors only.
///
/// What `write` writes, `read` reads, and each refuses what is outside the limits, so nothing is
/// ever sent that the other side would call malformed.
pub(crate) trait Codec<T> {
    fn write<S: Serializer>(value: &T, field: &'static str, s: S) -> Result<S::Ok, S::Error>;
    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<T, D::Error>;
}

/// What a field demands; as a `Display`, what errors say.
#[derive(Clone, Copy)]
struct Limit<N> {
    field: &'static str,
    what: &'static str,
    min: N,
    max: N,
}

impl<N: PartialOrd> Limit<N> {
    fn check<E>(self, n: N, error: impl FnOnce(Self) -> E) -> Result<(), E> {
        if n < self.min || n > self.max {
            return Err(error(self));
        }
        Ok(())
    }
}

impl<N: fmt::Display> fmt::Display for Limit<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field, what, min, ..
        } = self;
        write!(f, "{field}: {what} must be {min} to {}", self.max)
    }
}

/// A visitor that takes what is within a limit.
struct Within<N, T> {
    limit: Limit<N>,
    to: PhantomData<T>,
}

impl<N, T> Within<N, T> {
    const fn new(limit: Limit<N>) -> Self {
        let to = PhantomData;
        Self { limit, to }
    }
}

/// A number from `MIN` to `MAX`; by default all that are below 2^63.
pub(crate) struct Uint<const MIN: u64 = 0, const MAX: u64 = { UINT_END - 1 }>;

impl<const MIN: u64, const MAX: u64> Uint<MIN, MAX> {
    const fn limit(field: &'static str) -> Limit<u64> {
        Limit {
            field,
            what: "the number",
            min: MIN,
            max: MAX,
        }
    }
}

impl<const MIN: u64, const MAX: u64> Codec<u64> for Uint<MIN, MAX> {
    fn write<S: Serializer>(value: &u64, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Self::limit(field).check(*value, S::Error::custom)?;
        s.serialize_u64(*value)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<u64, D::Error> {
        d.deserialize_u64(Within::<_, u64>::new(Self::limit(field)))
    }
}

impl Visitor<'_> for Within<u64, u64> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.limit)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        self.limit.check(value, E::custom)?;
        Ok(value)
    }
}

/// The limit of a length or a count.
const fn length(field: &'static str, what: &'static str, min: usize, max: usize) -> Limit<usize> {
    Limit {
        field,
        what,
        min,
        max,
    }
}

/// A text of `MIN` to `MAX` bytes.
pub(crate) struct Text<const MIN: usize, const MAX: usize>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    const fn limit(field: &'static str) -> Limit<usize> {
        length(field, "the length of the text in bytes", MIN, MAX)
    }
}

impl<const MIN: usize, const MAX: usize> Codec<String> for Text<MIN, MAX> {
    fn write<S: Serializer>(value: &String, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Self::limit(field).check(value.len(), S::Error::custom)?;
        s.serialize_str(value)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<String, D::Error> {
        d.deserialize_string(Within::<_, String>::new(Self::limit(field)))
    }
}

impl Visitor<'_> for Within<usize, String> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.limit)
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<String, E> {
        self.limit.check(value.len(), E::custom)?;
        Ok(value)
    }
}

/// A byte string of `MIN` to `MAX` bytes.
pub(crate) struct Bytes<const MIN: usize, const MAX: usize>;

impl<const MIN: usize, const MAX: usize> Bytes<MIN, MAX> {
    const fn limit(field: &'static str) -> Limit<usize> {
        length(field, "the length of the byte string", MIN, MAX)
    }
}

impl<const MIN: usize, const MAX: usize> Codec<Vec<u8>> for Bytes<MIN, MAX> {
    fn write<S: Serializer>(value: &Vec<u8>, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Self::limit(field).check(value.len(), S::Error::custom)?;
        s.serialize_bytes(value)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<Vec<u8>, D::Error> {
        d.deserialize_bytes(Within::<_, Octets<Vec<u8>>>::new(Self::limit(field)))
    }
}

impl<const N: usize> Codec<[u8; N]> for Bytes<N, N> {
    fn write<S: Serializer>(value: &[u8; N], _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(value)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<[u8; N], D::Error> {
        d.deserialize_bytes(Within::<_, Octets<[u8; N]>>::new(Self::limit(field)))
    }
}

impl<T> Visitor<'_> for Within<usize, Octets<T>>
where
    T: for<'a> TryFrom<&'a [u8]>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.limit)
    }

    fn visit_bytes<E: de::Error>(self, value: &[u8]) -> Result<T, E> {
        self.limit.check(value.len(), E::custom)?;
        T::try_from(value).map_err(|_| E::custom(self.limit))
    }
}

/// Marks a value that is made of a byte string.
struct Octets<T>(PhantomData<T>);

/// A value or null.
pub(crate) struct Maybe<C>(PhantomData<C>);

impl<C: Codec<T>, T> Codec<Option<T>> for Maybe<C> {
    fn write<S: Serializer>(
        value: &Option<T>,
        field: &'static str,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => s.serialize_some(&Writing::<C, T>::new(value, field)),
            None => s.serialize_none(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<Option<T>, D::Error> {
        struct OrNull<C, T>(&'static str, PhantomData<(C, T)>);

        impl<'de, C: Codec<T>, T> Visitor<'de> for OrNull<C, T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} or null", self.0)
            }

            fn visit_none<E: de::Error>(self) -> Result<Option<T>, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Option<T>, D::Error> {
                C::read(self.0, d).map(Some)
            }
        }

        d.deserialize_option(OrNull::<C, T>(field, PhantomData))
    }
}

/// An array of `MIN` to `MAX` values.
pub(crate) struct List<C, const MIN: usize, const MAX: usize>(PhantomData<C>);

impl<C, const MIN: usize, const MAX: usize> List<C, MIN, MAX> {
    const fn limit(field: &'static str) -> Limit<usize> {
        length(field, "the length of the array", MIN, MAX)
    }
}

impl<C: Codec<T>, T, const MIN: usize, const MAX: usize> Codec<Vec<T>> for List<C, MIN, MAX> {
    fn write<S: Serializer>(value: &Vec<T>, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Self::limit(field).check(value.len(), S::Error::custom)?;
        let mut seq = s.serialize_seq(Some(value.len()))?;
        for item in value {
            seq.serialize_element(&Writing::<C, T>::new(item, field))?;
        }
        seq.end()
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<Vec<T>, D::Error> {
        struct Items<C, T>(Limit<usize>, PhantomData<(C, T)>);

        impl<'de, C: Codec<T>, T> Visitor<'de> for Items<C, T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }

            // Room is made for what has come, never for what a header announces.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element_seed(Reading::<C, T>::new(self.0.field))? {
                    items.push(item);
                    if items.len() > self.0.max {
                        break;
                    }
                }
                self.0.check(items.len(), de::Error::custom)?;
                Ok(items)
            }
        }

        d.deserialize_seq(Items::<C, T>(Self::limit(field), PhantomData))
    }
}

/// A type whose values are texts on the wire.
pub(crate) trait Word: Sized {
    /// What errors call it.
    const WHAT: &'static str;

    fn as_word(&self) -> &str;
    fn from_word(word: &str) -> Option<Self>;
}

/// A word of a list.
pub(crate) struct OneWord;

impl<T: Word> Codec<T> for OneWord {
    fn write<S: Serializer>(value: &T, _: &'static str, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(value.as_word())
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<T, D::Error> {
        struct Known<T>(&'static str, PhantomData<T>);

        impl<T: Word> Visitor<'_> for Known<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}: {}", self.0, T::WHAT)
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
                T::from_word(word)
                    .ok_or_else(|| E::custom(format_args!("{}: not {}", self.0, T::WHAT)))
            }
        }

        // Lent, never owned: a long text where a word belongs is refused unread.
        d.deserialize_str(Known::<T>(field, PhantomData))
    }
}
