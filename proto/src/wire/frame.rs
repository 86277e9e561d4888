//! Frames: bodies with their length before them, cut out of a stream.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::{BufMut, BytesMut};

use super::cbor::{self, EncodeError};
use super::message::Message;

/// Bytes of the length before a body.
const HEADER: usize = 4;

/// Appends `message` to `out` as a frame: its length and its body.
///
/// # Errors
///
/// Where a field is over its limit; `out` is then as it was.
pub fn encode_frame(message: &Message, out: &mut BytesMut) -> Result<(), EncodeError> {
    let start = out.len();
    out.put_u32(0);
    let written = cbor::encode_into(message, out);
    let length = out.len().saturating_sub(start).saturating_sub(HEADER);
    match (written, u32::try_from(length), out.get_mut(start..)) {
        (Ok(()), Ok(length), Some(mut header)) => {
            header.put_u32(length);
            Ok(())
        }
        (written, ..) => {
            out.truncate(start);
            written
        }
    }
}

/// Cuts a stream into the bodies of its frames, however the stream was cut into pieces.
///
/// It holds at most the one frame that has begun, and never more than was received of it. Two
/// decoders are equal if they hold the same.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    header: [u8; HEADER],
    /// How much of `header` has come; 0 between frames.
    have: usize,
    /// What has come of the body. Between frames: the last one, if it was lent from here.
    body: Vec<u8>,
}

impl Decoder {
    /// Takes from `input` until one body is whole, and lends it: from `input` itself where all of
    /// it stands there, or else from what was gathered. `None`: all of `input` was taken, and no
    /// frame is whole yet. To be called until then.
    ///
    /// `limit` is the longest body allowed, in bytes; the length is checked against it as soon as
    /// its fourth byte is there, before anything of the body is kept `[FR-2]`.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooBig`] for a length of 0 or over `limit`. There is no way on from there:
    /// every later call says the same.
    pub fn next<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
        limit: u32,
    ) -> Result<Option<&'d [u8]>, FrameError> {
        if self.have == 0 {
            // Given back, not kept for later: most connections are idle most of the time.
            self.body = Vec::new();
            if let Some(body) = lend(input, limit) {
                return Ok(Some(body));
            }
        }
        if !self.fill_header(input) {
            return Ok(None);
        }
        let length = check(self.header, limit)?;
        let missing = length.saturating_sub(self.body.len());
        let (taken, rest) = input.split_at_checked(missing).unwrap_or((input, &[]));
        self.body.extend_from_slice(taken);
        *input = rest;
        if self.body.len() < length {
            return Ok(None);
        }
        self.have = 0;
        Ok(Some(&self.body))
    }

    /// Gives back the memory of the frame that was lent last; until then it is held for nothing.
    pub fn give_back(&mut self) {
        if self.have == 0 {
            self.body = Vec::new();
        }
    }

    /// Whether a frame has begun and is not whole: an end of the stream here is a cut.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        self.have > 0
    }

    /// How many bytes of the frame that has begun are held, its length included.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let (header, body) = self.held();
        header.len().saturating_add(body.len())
    }

    /// Takes what is missing of the length; whether it is whole.
    fn fill_header(&mut self, input: &mut &[u8]) -> bool {
        for slot in self.header.iter_mut().skip(self.have) {
            let Some((first, rest)) = input.split_first() else {
                return false;
            };
            *slot = *first;
            *input = rest;
            self.have = self.have.saturating_add(1);
        }
        true
    }

    /// What has come of the frame that has begun: of its length, and of its body.
    fn held(&self) -> (&[u8], &[u8]) {
        if self.have == 0 {
            return (&[], &[]);
        }
        (self.header.get(..self.have).unwrap_or_default(), &self.body)
    }
}

impl PartialEq for Decoder {
    fn eq(&self, other: &Self) -> bool {
        self.held() == other.held()
    }
}

impl Eq for Decoder {}

impl Hash for Decoder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.held().hash(state);
    }
}

/// The body of a frame that stands whole and legal at the start of `input`, which goes past it.
fn lend<'i>(input: &mut &'i [u8], limit: u32) -> Option<&'i [u8]> {
    let (header, rest) = input.split_first_chunk()?;
    let (body, rest) = rest.split_at_checked(check(*header, limit).ok()?)?;
    *input = rest;
    Some(body)
}

fn check(header: [u8; HEADER], limit: u32) -> Result<usize, FrameError> {
    let length = u32::from_be_bytes(header);
    let error = FrameError::TooBig { length, limit };
    if length == 0 || length > limit {
        return Err(error);
    }
    usize::try_from(length).map_err(|_| error)
}

/// Why a stream cannot be cut into frames any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrameError {
    /// A length of 0, or over the limit. A peer that sends it is told `too-big`.
    TooBig {
        /// The length, in bytes.
        length: u32,
        /// The longest allowed.
        limit: u32,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig { length: 0, .. } => f.write_str("a frame of no bytes"),
            Self::TooBig { length, limit } => {
                write!(f, "a frame of {length} bytes, where {limit} are allowed")
            }
        }
    }
}

impl core::error::Error for FrameError {}

#[cfg(test)]
mod tests;
