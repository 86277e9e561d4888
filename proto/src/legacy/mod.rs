//! The wire of the program that this project began from: feature `legacy`, and off where a server's
//! configuration does not turn it on. SPEC.md, "The seed's wire".
//!
//! A frame is a length and a body, and a body is a Python pickle of one string in a tuple. It is never
//! unpickled: [`pickle::read`] knows the few ways to write such a value, in one straight line, and
//! nothing else. `[LG-3]` What a peer is told is in the width and the kind that it wrote itself. `[LG-5]`

mod frame;
pub mod pickle;
pub mod words;

pub use frame::{FrameRefused, Reader, Width, is_seed, write_frame};
pub use pickle::{BodyRefused, Kind};

use crate::wire::limits;

/// The longest text, in bytes, as on the native wire. `[LG-2]`
pub const TEXT: usize = limits::TEXT;
/// The longest body before a login: a name at its fullest, each byte written as four. `[LG-2]`
pub const HELLO_BODY: u32 = 4 * 128 + 128;
/// The longest body after it: a text at its fullest, each byte written as four. `[LG-2]`
pub const BODY: u32 = 4 * 16_384 + 64;
/// No frame of ours has a longer body, unless one character needs more: readers that take a body in one
/// go find it in one segment. `[LG-6]`
pub const PIECE: usize = 1400;
