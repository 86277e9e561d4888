//! The wire, version 1: what the bytes are.
//!
//! A *frame* is a length (4 bytes, big-endian, of what follows) and one CBOR data item in the core
//! deterministic encoding of RFC 8949. The item is a *message*: an array of fixed length, its tag
//! as a text and then its fields in order, an absent one as null. A receiver accepts only the bytes
//! that it would itself have written for that value, so every message has exactly one form.
//!
//! ```
//! use bytes::BytesMut;
//! use parlance_proto::wire::{Decoder, Message, Ping, decode, encode_frame};
//!
//! let mut out = BytesMut::new();
//! encode_frame(&Message::Ping(Ping { nonce: 5 }), &mut out)?;
//! assert_eq!(&out[..], b"\x00\x00\x00\x07\x82\x64PING\x05");
//!
//! let mut decoder = Decoder::default();
//! let mut input: &[u8] = &out;
//! while let Some(body) = decoder.next(&mut input, 1024)? {
//!     assert_eq!(decode(body)?, Message::Ping(Ping { nonce: 5 }));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules, downwards: frame and cbor (bytes), event and message (the vocabulary), then the
//! structs by who sends them, the codes, and the codecs that hold the limits of a field.

pub(crate) mod cbor;
mod codes;
mod event;
pub(crate) mod fields;
mod frame;
mod from_client;
mod from_server;
mod message;
mod reader;
pub(crate) mod record;
#[cfg(test)]
mod tests;
mod writer;

pub use cbor::{DecodeError, EncodeError, decode, encode};
pub use codes::{Act, ByeCode, ErrorCode, GapWhy, SayKind};
pub use event::Event;
pub use frame::{Decoder, FrameError, encode_frame};
pub use from_client::{
    Identity, Login, Mod, Nick, Ping, Pong, Proof, Quit, Resume, Say, SetTopic, Tell, Who,
};
pub use from_server::{
    Bye, Gap, Granted, Joined, Left, Listed, Members, Modded, Refused, Renamed, Said, Titled, Told,
    Welcome, You,
};
pub use message::{Kind, Message};

/// The version of the protocol that this crate speaks, as in `NAME.versions` and `CLIENT.version`.
pub const VERSION: u64 = 1;

/// Every number on the wire is below this, 2^63, so that each language can hold it in a signed
/// integer of 64 bits.
pub const UINT_END: u64 = 1 << 63;

/// Limits of a field, in bytes unless they say otherwise. Each is checked when a message is read
/// *and* when one is written.
pub mod limits {
    /// Versions in one `NAME`, a count.
    pub const VERSIONS: usize = 4;
    /// A text that is said or told.
    pub const TEXT: usize = 16_384;
    /// A topic.
    pub const TOPIC: usize = 512;
    /// A reason: of a leave, of moderation, of an `ERROR` or a `BYE`.
    pub const WHY: usize = 256;
    /// A name of a member or a room: 32 characters of at most 4 bytes. The empty one is read too,
    /// since a name that is none is `bad-name` and not `malformed`.
    pub const NAME: usize = 128;
    /// What is shown of an address.
    pub const HOST: usize = 64;
    /// The program that a client names itself as.
    pub const AGENT: usize = 64;
    /// An invitation.
    pub const PROOF: usize = 256;
    /// The key in an identity.
    pub const KEY: usize = 32;
    /// The session in an identity.
    pub const SESSION: usize = 16;
    /// A code of `BYE`.
    pub const CODE: usize = 32;
    /// Members in one `MEMBERS`, a count.
    pub const PAGE: usize = 256;
}
