//! Reading CBOR strictly: every item in its one form, or refused while it is read.
//!
//! What the wire uses of CBOR is little: numbers, texts, byte strings, arrays and null. Their heads have one shortest
//! form, and a number, a text or a byte string has no other freedom, so a value that was read here is written as the
//! very bytes it was read from. Nothing is written again to find that out (debug builds do, and the tests).

use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::cbor::DecodeError;

pub(super) const UINT: u8 = 0;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

pub(super) const NULL: u8 = 0xf6;
const UNDEFINED: u8 = 0xf7;
/// In a head, in place of a length: it is told later.
const INDEFINITE: u8 = 31;

/// Takes items off the front of a slice. What is lent from it is not copied.
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    /// Bytes of the whole.
    length: usize,
    /// How deep arrays may still stand in each other.
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8], depth: usize) -> Self {
        let length = bytes.len();
        let rest = bytes;
        Self {
            rest,
            length,
            depth,
        }
    }

    /// Refuses to have anything left.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(DecodeError::Trailing { bytes }),
        }
    }

    fn head(&mut self) -> Result<Head, Fault> {
        let (first, rest) = self.rest.split_first().ok_or(TRUNCATED)?;
        let (major, short) = (first >> 5, first & 0x1f);
        // The least number that needs so many bytes: a lower one has a shorter form.
        let (number, least, rest) = match short {
            0..24 => (u64::from(short), 0, rest),
            24 => {
                let ([byte], rest) = rest.split_first_chunk().ok_or(TRUNCATED)?;
                (u64::from(*byte), 24, rest)
            }
            25 => {
                let (bytes, rest) = rest.split_first_chunk().ok_or(TRUNCATED)?;
                (u64::from(u16::from_be_bytes(*bytes)), 1 << 8, rest)
            }
            26 => {
                let (bytes, rest) = rest.split_first_chunk().ok_or(TRUNCATED)?;
                (u64::from(u32::from_be_bytes(*bytes)), 1 << 16, rest)
            }
            27 => {
                let (bytes, rest) = rest.split_first_chunk().ok_or(TRUNCATED)?;
                (u64::from_be_bytes(*bytes), 1 << 32, rest)
            }
            INDEFINITE if (BYTES..TAG).contains(&major) => return Err(NOT_CANONICAL),
            _ => return Err(self.syntax()),
        };
        if major == TAG || *first == UNDEFINED || (number < least && major < SIMPLE) {
            return Err(NOT_CANONICAL);
        }
        self.rest = rest;
        Ok(Head { major, number })
    }

    /// The number in the head of an item of this type.
    fn expect<'v, V: Visitor<'v>>(&mut self, major: u8, visitor: &V) -> Result<u64, Fault> {
        let head = self.head()?;
        if head.major == major {
            Ok(head.number)
        } else {
            Err(head.unexpected(visitor))
        }
    }

    fn octets(&mut self, length: u64) -> Result<&'de [u8], Fault> {
        let length = usize::try_from(length).map_err(|_| TRUNCATED)?;
        let (octets, rest) = self.rest.split_at_checked(length).ok_or(TRUNCATED)?;
        self.rest = rest;
        Ok(octets)
    }

    fn text(&mut self, length: u64) -> Result<&'de str, Fault> {
        let before = self.syntax();
        core::str::from_utf8(self.octets(length)?).map_err(|_| before)
    }

    fn array<V: Visitor<'de>>(&mut self, length: u64, visitor: V) -> Result<V::Value, Fault> {
        self.depth = self.depth.checked_sub(1).ok_or(TOO_DEEP)?;
        let mut elements = Elements {
            reader: self,
            left: length,
        };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.left > 0 {
            return Err(de::Error::custom("an array has too many elements"));
        }
        self.depth = self.depth.saturating_add(1);
        Ok(value)
    }

    fn syntax(&self) -> Fault {
        let offset = self.length.saturating_sub(self.rest.len());
        Fault(DecodeError::Syntax { offset })
    }
}

/// The head of an item: its type, and its number or length.
#[derive(Clone, Copy)]
struct Head {
    major: u8,
    number: u64,
}

impl Head {
    /// What it is must not say what the peer sent.
    fn unexpected<'v, V: Visitor<'v>>(self, visitor: &V) -> Fault {
        let what = match self.major {
            UINT => "a number",
            1 => "a negative number",
            BYTES => "a byte string",
            TEXT => "a text",
            ARRAY => "an array",
            5 => "a map",
            _ if self.number == u64::from(NULL & 0x1f) => "null",
            _ => "a simple value or a float",
        };
        de::Error::invalid_type(Unexpected::Other(what), visitor)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let head = self.head()?;
        match head.major {
            UINT => visitor.visit_u64(head.number),
            BYTES => visitor.visit_borrowed_bytes(self.octets(head.number)?),
            TEXT => visitor.visit_borrowed_str(self.text(head.number)?),
            ARRAY => self.array(head.number, visitor),
            SIMPLE if head.number == u64::from(NULL & 0x1f) => visitor.visit_none(),
            _ => Err(head.unexpected(&visitor)),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = self.expect(UINT, &visitor)?;
        visitor.visit_u64(number)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let length = self.expect(TEXT, &visitor)?;
        visitor.visit_borrowed_str(self.text(length)?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let length = self.expect(BYTES, &visitor)?;
        visitor.visit_borrowed_bytes(self.octets(length)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.rest.split_first() {
            Some((&NULL, rest)) => {
                self.rest = rest;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let length = self.expect(ARRAY, &visitor)?;
        self.array(length, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char byte_buf unit unit_struct newtype_struct
        tuple_struct map struct enum identifier ignored_any
    }
}

/// The elements of an array that are still to come.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u64,
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// Why reading stopped.
#[derive(Debug)]
pub(super) struct Fault(pub(super) DecodeError);

const TRUNCATED: Fault = Fault(DecodeError::Truncated);
const NOT_CANONICAL: Fault = Fault(DecodeError::NotCanonical);
const TOO_DEEP: Fault = Fault(DecodeError::TooDeep);

impl de::Error for Fault {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        let reason: String = reason.to_string();
        Fault(DecodeError::Invalid { reason })
    }
}

impl core::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
