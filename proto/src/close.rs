//! Why a connection ended, and the one mapping from that to the wire.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::name::{NameError, RoomNameError};
use crate::text::Why;
use crate::wire::limits::WHY;
use crate::wire::{Bye, ByeCode, DecodeError, FrameError, Kind};

/// Why a connection ended. The first reason stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The peer broke the rules.
    Violated(Violation),
    /// The server declined, politely.
    Refused(Refusal),
    /// The peer said QUIT and everything it had sent is settled.
    Quit,
    /// The peer ended its stream, and everything it had sent is settled.
    PeerEof,
    /// The link broke.
    PeerReset,
    /// No login in time.
    Handshake,
    /// Nothing arrived for the dead time.
    Idle,
    /// The peer took nothing for the stall time.
    Stalled,
    /// A newer connect of the same session.
    Replaced,
    /// A moderator put the member out. `[RM-20]`
    PutOut {
        /// For now, or for longer: then he is not let in again.
        banned: bool,
        /// What the moderator said.
        why: Option<Why>,
    },
    /// The server ends.
    Shutdown {
        /// After how many seconds a client may try again.
        retry: Option<u64>,
    },
    /// The server cannot go on with this connection for a reason of its own.
    Busy {
        /// After how many seconds a client may try again.
        retry: Option<u64>,
    },
}

/// The peer broke the rules of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A length of 0 or over the limit.
    TooBig(FrameError),
    /// Bytes that are not one strict message.
    Malformed(DecodeError),
    /// A message that the phase does not allow.
    Unexpected {
        /// The message.
        kind: Kind,
        /// The phase it arrived in, as SPEC.md names it.
        phase: &'static str,
    },
}

/// The server declines a login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No common version.
    Version,
    /// The name breaks a rule.
    BadName(NameError),
    /// The room's name breaks a rule.
    BadRoom(RoomNameError),
    /// The name is another's, or looks like it.
    Taken,
    /// No place.
    Full(Full),
    /// No invitation, or one that does not hold. `[HS-23]`
    Forbidden,
    /// An older connect of this session, or one that has ended.
    Stale,
    /// A session that the room has forgotten.
    Session,
    /// A moderator keeps the key out, or strangers from there. `[RM-23]`
    Banned,
}

/// What there is no place in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Full {
    /// Among the rooms, for another one.
    Rooms,
    /// In the server, for another connection.
    Server,
    /// In the server, for another connection of the peer's address.
    Address,
}

impl CloseReason {
    /// The last words for this end; none where nobody is there to hear them or none are due.
    /// Serves `[ER-1]`.
    #[must_use]
    pub fn last_words(&self) -> Option<Bye> {
        let (code, text, retry) = match self {
            Self::PeerEof | Self::PeerReset => return None,
            Self::Violated(violation) => (violation.code(), violation.to_string(), None),
            Self::Refused(refusal) => (refusal.code(), refusal.to_string(), refusal.retry()),
            Self::Quit => (ByeCode::QUIT, String::from("until next time"), None),
            Self::Handshake => {
                let text = String::from("no complete NAME in time");
                (ByeCode::TIMEOUT, text, None)
            }
            Self::Idle => (
                ByeCode::IDLE,
                String::from("nothing was heard from you"),
                None,
            ),
            Self::Stalled => (
                ByeCode::STALLED,
                String::from("you took nothing for too long"),
                None,
            ),
            Self::Replaced => {
                let text = String::from("a newer connection of your session took over");
                (ByeCode::REPLACED, text, None)
            }
            Self::PutOut { banned, .. } => {
                let code = if *banned {
                    ByeCode::BANNED
                } else {
                    ByeCode::KICKED
                };
                (code, self.to_string(), None)
            }
            Self::Shutdown { retry } => (
                ByeCode::SHUTDOWN,
                String::from("the server is going down"),
                *retry,
            ),
            Self::Busy { retry } => (
                ByeCode::BUSY,
                String::from("the server cannot keep up"),
                *retry,
            ),
        };
        let text = shortened(text);
        Some(Bye { code, text, retry })
    }
}

/// What a `BYE` has room for: an error may quote what the peer sent at any length, and last words
/// that cannot be encoded are not said at all. `[FR-11]`
fn shortened(mut text: String) -> String {
    while text.len() > WHY {
        text.pop();
    }
    text
}

impl Violation {
    /// The code of its last words.
    #[must_use]
    pub fn code(&self) -> ByeCode {
        match self {
            Self::TooBig(_) => ByeCode::TOO_BIG,
            Self::Malformed(_) => ByeCode::MALFORMED,
            Self::Unexpected { .. } => ByeCode::UNEXPECTED,
        }
    }
}

impl Refusal {
    /// The code of its last words.
    #[must_use]
    pub fn code(&self) -> ByeCode {
        match self {
            Self::Version => ByeCode::VERSION,
            Self::BadName(_) => ByeCode::BAD_NAME,
            Self::BadRoom(_) => ByeCode::BAD_ROOM,
            Self::Taken => ByeCode::TAKEN,
            Self::Full(_) => ByeCode::FULL,
            Self::Forbidden => ByeCode::FORBIDDEN,
            Self::Stale => ByeCode::STALE,
            Self::Session => ByeCode::SESSION,
            Self::Banned => ByeCode::BANNED,
        }
    }

    /// After how many seconds there may be a place, where that is a matter of time: connections come
    /// and go sooner than what an address has had in the last minutes is forgotten.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        match self {
            Self::Full(Full::Server) => Some(5),
            Self::Full(Full::Address) => Some(60),
            Self::Full(Full::Rooms)
            | Self::Version
            | Self::BadName(_)
            | Self::BadRoom(_)
            | Self::Taken
            | Self::Forbidden
            | Self::Stale
            | Self::Session
            | Self::Banned => None,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Violated(violation) => violation.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Quit => f.write_str("quit"),
            Self::PeerEof => f.write_str("end of stream"),
            Self::PeerReset => f.write_str("the link broke"),
            Self::Handshake => f.write_str("no login in time"),
            Self::Idle => f.write_str("idle"),
            Self::Stalled => f.write_str("stalled"),
            Self::Replaced => f.write_str("replaced by a newer connection"),
            Self::PutOut { banned, why } => {
                f.write_str(if *banned { "banned" } else { "kicked" })?;
                match why {
                    Some(why) => write!(f, ": {why}"),
                    None => Ok(()),
                }
            }
            Self::Shutdown { .. } => f.write_str("shutdown"),
            Self::Busy { .. } => f.write_str("busy"),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooBig(error) => error.fmt(f),
            Self::Malformed(error) => error.fmt(f),
            Self::Unexpected { kind, phase } => {
                let what = format!("{} is not allowed in {phase}", kind.tag());
                f.write_str(&what)
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("no common version: this server speaks 1"),
            Self::BadName(error) => error.fmt(f),
            Self::BadRoom(error) => error.fmt(f),
            Self::Taken => f.write_str("the name is taken, or looks like one that is"),
            Self::Full(full) => full.fmt(f),
            Self::Forbidden => f.write_str(
                "one comes in by invitation, and you have shown none that holds: ask for one",
            ),
            Self::Stale => f.write_str("a newer connection of your session exists or has ended"),
            Self::Session => f.write_str("the room does not know your session any more"),
            Self::Banned => f.write_str("a moderator keeps you out of this room"),
        }
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rooms => "there is no place for another room",
            Self::Server => "the server is full: try again later",
            Self::Address => "too many connections from your address: try again later",
        })
    }
}

impl core::error::Error for Violation {}
impl core::error::Error for Refusal {}
