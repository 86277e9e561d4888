//! Why a link or the whole client ended, and how a caller can misuse it.

use core::fmt;

use super::step::State;
use crate::wire::{Bye, DecodeError, FrameError, Kind};

/// Why a client ended; it does not come back by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndReason {
    /// It was asked to quit, and did.
    Quit,
    /// The server's last words, of a kind after which one does not return, or of any where reconnecting is off.
    Bye(Bye),
    /// The server broke the rules [ER-7].
    Violated(Violation),
    /// The link was lost or could not be opened while reconnecting was off, or while quitting.
    Lost(LostWhy),
}

/// How a link was lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LostWhy {
    /// It could not be opened.
    Unreachable,
    /// The server ended its stream without last words.
    Eof,
    /// It was reset.
    Reset,
    /// The server did not let us in within [`HANDSHAKE`](super::HANDSHAKE).
    Handshake,
    /// Nothing at all came for two and a half times the keepalive.
    Dead,
    /// The clock jumped: the machine slept, and the link with it.
    ClockJumped,
    /// The server's last words, of a kind after which one comes back.
    Bye(Bye),
    /// Somebody else has used this session; a fresh one was drawn [HS-21].
    ForeignSession,
    /// What was kept for this start was older than the truth: another start has gone on from it, or from something
    /// newer. A fresh session was drawn, and the lines that were kept are unknown [HS-22].
    KeptOld,
}

/// What a server did that no server may do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// A frame of no bytes, or of more than a server's may have [FR-4].
    Frame(FrameError),
    /// A body that is not one strict message [FR-6].
    Decode(DecodeError),
    /// A message that has no place in this phase.
    Unexpected {
        /// Which.
        message: Kind,
        /// Where the client was.
        state: State,
    },
    /// A version that was not offered.
    Version(u64),
    /// An event or a gap that does not begin right after the cursor [DL-17].
    Jump {
        /// The number that was due.
        due: u64,
        /// The number that came.
        came: u64,
    },
    /// A page of members whose `next` does not lead on.
    Page {
        /// Where the page began.
        from: u64,
        /// Where it says that the next one begins.
        next: u64,
    },
}

/// Why a line was not taken. Nothing has changed; try again or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SayError {
    /// [`MAX_OUTBOX`](super::MAX_OUTBOX) lines are unsettled: wait until one of them is.
    Full,
    /// More bytes than this server takes.
    TooLong {
        /// How many it takes.
        limit: u64,
    },
    /// A number of 2^63 or more names no event.
    OutOfRange,
    /// The client has been asked to quit.
    Quitting,
    /// The client has ended.
    Ended,
}

/// Why a private message was not taken. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TellError {
    /// There is no link to the room now; private messages are not kept for later [DL-18].
    NotLive,
    /// [`MAX_TELLS`](super::MAX_TELLS) are unanswered.
    Full,
    /// More bytes than this server takes.
    TooLong {
        /// How many it takes.
        limit: u64,
    },
    /// A number of 2^63 or more names no member.
    OutOfRange,
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndReason::Quit => f.write_str("quit"),
            EndReason::Bye(bye) => write_bye(bye, f),
            EndReason::Violated(violation) => write!(f, "the server broke the rules: {violation}"),
            EndReason::Lost(why) => write!(f, "{why}"),
        }
    }
}

impl fmt::Display for LostWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LostWhy::Unreachable => f.write_str("the server could not be reached"),
            LostWhy::Eof => f.write_str("the server closed the link without a word"),
            LostWhy::Reset => f.write_str("the link was reset"),
            LostWhy::Handshake => f.write_str("the server did not let us in in time"),
            LostWhy::Dead => f.write_str("nothing came from the server any more"),
            LostWhy::ClockJumped => f.write_str("the clock jumped"),
            LostWhy::Bye(bye) => write_bye(bye, f),
            LostWhy::ForeignSession => f.write_str("another program has used this session"),
            LostWhy::KeptOld => {
                f.write_str("what was kept here is older than what has been sent since")
            }
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Frame(error) => write!(f, "{error}"),
            Violation::Decode(error) => write!(f, "{error}"),
            Violation::Unexpected { message, state } => {
                write!(f, "{} while {state}", message.tag())
            }
            Violation::Version(version) => write!(f, "version {version}, which was not offered"),
            Violation::Jump { due, came } => write!(f, "event {came} where {due} was due"),
            Violation::Page { from, next } => {
                write!(f, "a page of members from {from} that leads to {next}")
            }
        }
    }
}

impl fmt::Display for SayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SayError::Full => f.write_str("too many lines are waiting to be acknowledged"),
            SayError::TooLong { limit } => write_too_long(*limit, f),
            SayError::OutOfRange => f.write_str("no event has that number"),
            SayError::Quitting => f.write_str("the client is quitting"),
            SayError::Ended => f.write_str("the client has ended"),
        }
    }
}

impl fmt::Display for TellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TellError::NotLive => f.write_str("not connected, and private messages do not wait"),
            TellError::Full => f.write_str("too many private messages are unanswered"),
            TellError::TooLong { limit } => write_too_long(*limit, f),
            TellError::OutOfRange => f.write_str("no member has that number"),
        }
    }
}

fn write_too_long(limit: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "the text has more than the {limit} bytes that this server takes"
    )
}

fn write_bye(bye: &Bye, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "the server says {}: {}", bye.code.as_str(), bye.text)
}

impl core::error::Error for Violation {}
impl core::error::Error for SayError {}
impl core::error::Error for TellError {}
