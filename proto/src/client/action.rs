//! What a client hands to its driver and its application.

use alloc::string::String;

use super::ending::{EndReason, LostWhy};
use super::outbox::{LineId, What};
use crate::time::Instant;
use crate::wire::{ErrorCode, Event, GapWhy, Told};

/// What is to be done or told, in order, from [`Client::poll`](super::Client::poll).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Open a link; then say [`connected`](super::Client::connected) or
    /// [`connect_failed`](super::Client::connect_failed).
    Connect,
    /// There was nothing to send and now there is: poll for it.
    Writable,
    /// Drop the socket now. Nothing of that link may be fed any more.
    Close,
    /// The room has let us in. Who one is and what the room looks like is asked of the client's getters.
    Welcome {
        /// The newest event of the room: once the cursor is there, history is over and what comes is live.
        head: u64,
        /// The cursor: the next event is the one after it, or a [`Gap`](Action::Gap) from there.
        start: u64,
    },
    /// An event of the room, each once and in order.
    Event(Event),
    /// The events `from..=to` are not coming.
    Gap {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
        /// Why not.
        why: GapWhy,
    },
    /// A line has left the outbox: the one change of its state.
    Line {
        /// Which.
        line: LineId,
        /// What it was to do, given back so that its text is never lost.
        what: What,
        /// Sent, failed or unknown.
        state: LineState,
    },
    /// A private message, to us or, with `reference`, our own.
    Told(Told),
    /// What became of our private message of that number. One that is unknown is never sent again by itself.
    Tell {
        /// The number that [`tell`](super::Client::tell) gave.
        reference: u64,
        /// Sent (queued for the addressee), failed or unknown.
        state: LineState,
    },
    /// The roster, or how many are in the room, has changed; said once for any number of changes, after the events.
    Roster,
    /// The remembered cursor is worthless and was dropped: what comes begins anew after the welcome's `start` [HS-19].
    Restarted {
        /// How that was seen.
        why: RestartWhy,
    },
    /// The link is gone; a new one is wanted at `retry_at`.
    Lost {
        /// How.
        why: LostWhy,
        /// When it is tried again.
        retry_at: Instant,
    },
    /// It is over: once, and the last action.
    Ended {
        /// Why.
        reason: EndReason,
    },
}

/// The states of a line that a person sees.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LineState {
    /// In the outbox.
    Pending,
    /// The room has it.
    Sent,
    /// The room certainly does not have it.
    Failed(Failure),
    /// It was written to a socket, and nobody can tell any more whether the room has it.
    Unknown,
}

/// Why a line or a private message failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Failure {
    /// The server refused it.
    Refused {
        /// The code.
        code: ErrorCode,
        /// The server's words; to be rendered safely.
        text: String,
    },
    /// The client ended, or the link went, before it was ever written to a socket.
    NotSent,
    /// Its text has more bytes than this server takes.
    TooLong,
}

/// Why a remembered cursor was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RestartWhy {
    /// The room has another epoch: it is another log, and old numbers mean nothing in it.
    Epoch,
    /// The room went on from elsewhere than was asked.
    Cursor,
}

/// When [`handle_timeout`](super::Client::handle_timeout) is wanted, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wake {
    /// When.
    pub at: Instant,
    /// What for.
    pub reason: Reason,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// To connect again.
    Retry,
    /// The server must have let us in.
    Handshake,
    /// Nothing came for a while: to ask whether the server is there.
    Ping,
    /// Nothing came for so long that the link is dead.
    Dead,
}
