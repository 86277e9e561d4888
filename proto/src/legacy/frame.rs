//! Frames: a length of 32 bits, in the wide form four zeros, and a body.

use alloc::vec::Vec;
use core::fmt;

use super::pickle::{self, Kind};

/// How many bytes stand before a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    /// Eight, of which the last four are zero: a C `long` of 64 bits.
    Wide,
    /// Four.
    Narrow,
}

/// Cuts a stream into bodies, however it was cut into pieces. It holds what came of one frame and no
/// more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reader {
    /// None: found out at the first frame, and fixed from then on.
    width: Option<Width>,
    length: [u8; 4],
    /// How much of the header has come.
    have: u8,
    body: Vec<u8>,
}

/// A header that is refused: there is no way on from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameRefused {
    /// A length of 0 or over the limit.
    Length {
        /// The length.
        len: u32,
        /// The limit.
        limit: u32,
    },
    /// The last four bytes of a wide header are not zero.
    Upper,
    /// What follows the length is neither the rest of a wide header nor a body.
    Stranger,
}

/// Whether this byte, the first after a length, is of the seed's wire; a native body begins with
/// another. `[LG-1]`
#[must_use]
pub const fn is_seed(fifth: u8) -> bool {
    matches!(fifth, 0 | b'(' | 0x80)
}

impl Reader {
    /// For a stream of this width.
    #[must_use]
    pub fn of_width(width: Width) -> Self {
        Self {
            width: Some(width),
            ..Self::default()
        }
    }

    /// For a stream of which these four bytes have come.
    #[must_use]
    pub fn after_length(length: [u8; 4]) -> Self {
        Self {
            length,
            have: 4,
            ..Self::default()
        }
    }

    /// The width, once it is known.
    #[must_use]
    pub const fn width(&self) -> Option<Width> {
        self.width
    }

    /// Whether a frame has begun and is not whole.
    #[must_use]
    pub const fn is_mid_frame(&self) -> bool {
        self.have > 0
    }

    /// How many bytes of a frame are held.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.body.len().saturating_add(usize::from(self.have))
    }

    /// Takes from `input` until one body is whole. `None`: all of it was taken, or the next byte is
    /// needed to tell the width. A length is judged before anything of the body is kept, and memory
    /// follows what came. `[LG-2]`
    ///
    /// # Errors
    ///
    /// [`FrameRefused`]; every later call says the same.
    pub fn next(&mut self, input: &mut &[u8], limit: u32) -> Result<Option<Vec<u8>>, FrameRefused> {
        while self.have < 4 {
            let Some(byte) = first(input) else {
                return Ok(None);
            };
            if let Some(slot) = self.length.get_mut(usize::from(self.have)) {
                *slot = byte;
            }
            self.have = self.have.saturating_add(1);
        }
        let len = u32::from_be_bytes(self.length);
        if len == 0 || len > limit {
            return Err(FrameRefused::Length { len, limit });
        }
        let width = match (self.width, input.first()) {
            (Some(width), _) => width,
            (None, None) => return Ok(None),
            (None, Some(0)) => Width::Wide,
            (None, Some(b'(' | 0x80)) => Width::Narrow,
            (None, Some(_)) => return Err(FrameRefused::Stranger),
        };
        self.width = Some(width);
        while width == Width::Wide && self.have < 8 {
            match input.first() {
                None => return Ok(None),
                Some(0) => first(input),
                Some(_) => return Err(FrameRefused::Upper),
            };
            self.have = self.have.saturating_add(1);
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let missing = len.saturating_sub(self.body.len());
        let (taken, rest) = input.split_at_checked(missing).unwrap_or((input, &[]));
        self.body.extend_from_slice(taken);
        *input = rest;
        if self.body.len() < len {
            return Ok(None);
        }
        self.have = 0;
        Ok(Some(core::mem::take(&mut self.body)))
    }
}

fn first(input: &mut &[u8]) -> Option<u8> {
    let (first, rest) = input.split_first()?;
    *input = rest;
    Some(*first)
}

/// Appends a text as one frame.
pub fn write_frame(text: &str, width: Width, kind: Kind, out: &mut Vec<u8>) {
    let body = pickle::write(text, kind);
    // A text is far below 4 GiB: it came through the limits of a wire.
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    if width == Width::Wide {
        out.extend_from_slice(&[0; 4]);
    }
    out.extend_from_slice(&body);
}

impl fmt::Display for FrameRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len, limit } => write!(f, "a frame of {len} bytes: 1 to {limit} may be"),
            Self::Upper => f.write_str("the upper half of the length is not zero"),
            Self::Stranger => f.write_str("neither a header nor a pickle"),
        }
    }
}

impl core::error::Error for FrameRefused {}
