//! Messages to bytes and back, strictly.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{BufMut, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::message::Message;
use super::reader::{Fault, Reader};
use super::writer::{Unfit, Writer};

/// How deep arrays may stand in each other. Version 1 goes to 3; the rest is a guard of the stack.
const DEPTH: usize = 16;

/// Reads the one message that `body` (a frame without its length) is.
///
/// # Errors
///
/// Where `body` is anything but the exact bytes that [`encode`] gives for a message: see
/// [`DecodeError`]. A peer that sends it is told `malformed`.
pub fn decode(body: &[u8]) -> Result<Message, DecodeError> {
    let mut reader = Reader::new(body, DEPTH);
    let message = Message::deserialize(&mut reader).map_err(|Fault(error)| error)?;
    reader.end()?;
    debug_assert!(
        is_canonical(&message, body),
        "read from other bytes than it is written as: {message:?}"
    );
    Ok(message)
}

/// Takes one item off the front of `rest`, in whichever form.
pub(crate) fn read_item<T: DeserializeOwned>(rest: &mut &[u8]) -> Result<T, DecodeError> {
    ciborium::de::from_reader_with_recursion_limit(rest, DEPTH).map_err(decode_error)
}

/// Refuses `body`, of which `rest` was not read, unless `value` would be written as exactly these bytes.
pub(crate) fn check_form<T: Serialize>(
    value: &T,
    body: &[u8],
    rest: &[u8],
) -> Result<(), DecodeError> {
    if !rest.is_empty() {
        return Err(DecodeError::Trailing { bytes: rest.len() });
    }
    if is_canonical(value, body) {
        Ok(())
    } else {
        Err(DecodeError::NotCanonical)
    }
}

/// Writes `message` as the body of a frame, without the length.
///
/// # Errors
///
/// Where a field is over its limit, so that [`decode`] would refuse what was written.
pub fn encode(message: &Message) -> Result<Vec<u8>, EncodeError> {
    let mut body = Vec::new();
    write_item(message, &mut body)?;
    Ok(body)
}

/// Appends `value` to `out` as one item; on an error `out` may hold part of it.
pub(crate) fn write_item<T: Serialize>(
    value: &T,
    out: &mut impl BufMut,
) -> Result<(), EncodeError> {
    value
        .serialize(&mut Writer(out))
        .map_err(|Unfit(error)| error)
}

/// Appends the body of `message` to `out`; on an error `out` may hold part of it.
pub(super) fn encode_into(message: &Message, out: &mut BytesMut) -> Result<(), EncodeError> {
    write_item(message, out)
}

/// Whether `value` would be written as exactly these bytes, as another library writes it. Nothing is allocated for it.
fn is_canonical<T: Serialize>(value: &T, body: &[u8]) -> bool {
    let mut left = body;
    ciborium::into_writer(value, Comparing(&mut left)).is_ok() && left.is_empty()
}

/// A writer that only compares: it takes what is written off the front of the slice.
struct Comparing<'a, 'b>(&'a mut &'b [u8]);

/// What was written is not what stands there.
#[derive(Debug)]
struct Differs;

impl ciborium_io::Write for Comparing<'_, '_> {
    type Error = Differs;

    fn write_all(&mut self, data: &[u8]) -> Result<(), Differs> {
        *self.0 = self.0.strip_prefix(data).ok_or(Differs)?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Differs> {
        Ok(())
    }
}

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The item goes on past the end of the frame.
    Truncated,
    /// Not CBOR, at this byte of the body.
    Syntax {
        /// Bytes before it.
        offset: usize,
    },
    /// CBOR, but not a message: of the wrong shape, or a field over its limit.
    Invalid {
        /// Which field, and what it must be; never anything that the peer sent as text.
        reason: String,
    },
    /// Arrays in arrays beyond all need.
    TooDeep,
    /// A message, and then more.
    Trailing {
        /// How many bytes more.
        bytes: usize,
    },
    /// A message, but not in its one form: a longer length or number than needed, an indefinite
    /// length, a tag, undefined.
    NotCanonical,
}

fn decode_error<E>(error: ciborium::de::Error<E>) -> DecodeError {
    match error {
        ciborium::de::Error::Io(_) => DecodeError::Truncated,
        ciborium::de::Error::Syntax(offset) => DecodeError::Syntax { offset },
        ciborium::de::Error::Semantic(_, reason) => DecodeError::Invalid { reason },
        ciborium::de::Error::RecursionLimitExceeded => DecodeError::TooDeep,
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the item is longer than its frame"),
            Self::Syntax { offset } => write!(f, "not well-formed at byte {offset}"),
            Self::Invalid { reason } => f.write_str(reason),
            Self::TooDeep => f.write_str("nested too deep"),
            Self::Trailing { bytes } => write!(f, "{bytes} bytes behind the item"),
            Self::NotCanonical => f.write_str("not in the deterministic encoding"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// A field is over its limit: the message would be refused by whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EncodeError {
    reason: String,
}

impl EncodeError {
    pub(super) fn because(reason: String) -> Self {
        Self { reason }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl core::error::Error for EncodeError {}
