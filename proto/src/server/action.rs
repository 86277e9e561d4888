//! What a server asks of its driver, and the handles that name things to it.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::close::CloseReason;
use crate::name::{Name, RoomName};
use crate::room::{Entry, KeyHash, Moderating};
use crate::text::Host;
use crate::time::Instant;
use crate::wire::{Event, Proof, Told};

/// A connection. Numbers only go up and are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub(super) u64);

impl ConnId {
    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A request to the log, or a question whom to let in. Numbers only go up and are never used again, so that an answer may come
/// late, twice, out of order, or for a connection that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(super) u64);

impl Ticket {
    /// The ticket of this number, for whoever tests a log by itself. A server takes none that it did not give.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// Where a connection comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The peer's address, told to the peer alone.
    pub addr: Option<Host>,
    /// What the others are shown as the member's host. `[RM-11]`
    pub host: Option<Host>,
}

/// What the driver is to do. Drain with `poll` until there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The connection had nothing to send and now has: call `poll_transmit`.
    Writable(ConnId),
    /// Start or stop reading from the connection, as `wants_read` says.
    Reading(ConnId),
    /// Somebody wants to come in: answer with `admitted`. Only where [`Admission::Asked`] is set.
    ///
    /// [`Admission::Asked`]: super::Admission::Asked
    Admit {
        /// To be given back with the answer.
        ticket: Ticket,
        /// The connection.
        conn: ConnId,
        /// The room.
        room: RoomName,
        /// The hash of the key; none: a guest.
        key: Option<KeyHash>,
        /// What was shown for an invitation.
        proof: Option<Proof>,
    },
    /// Who was admitted by this ticket is in the room, or may be. Each ticket that was answered with
    /// [`Verdict::Admitted`] is followed by either this or `Unused`, once.
    Used {
        /// The ticket.
        ticket: Ticket,
    },
    /// Who was admitted by this ticket did not come in: what it took can be given back.
    Unused {
        /// The ticket.
        ticket: Ticket,
    },
    /// Append `entry` to the room's log, and answer with `appended` or `append_failed`.
    Append {
        /// The room.
        room: RoomName,
        /// To be given back with the answer.
        ticket: Ticket,
        /// What to append.
        entry: Arc<Entry>,
    },
    /// What the fold made of a position of the log, to be kept for `Read`.
    Made {
        /// The room.
        room: RoomName,
        /// The position.
        pos: u64,
        /// At most one event.
        event: Option<Event>,
    },
    /// Read events with a number above `after`, at most `limit` bytes of them encoded but at least
    /// one, and answer with `history`.
    Read {
        /// The room.
        room: RoomName,
        /// To be given back with the answer.
        ticket: Ticket,
        /// The number before the first event wanted.
        after: u64,
        /// How many bytes at most.
        limit: usize,
    },
    /// Hand `note` to every other reader of the room, at most once, and keep nothing.
    Pass {
        /// The room.
        room: RoomName,
        /// What to hand on.
        note: Note,
    },
    /// The room is empty and its place is wanted: a log that lives in memory drops it.
    Forget {
        /// The room.
        room: RoomName,
    },
    /// Let go of the connection. It comes exactly once, and is the last thing said about it.
    Closed {
        /// The connection.
        conn: ConnId,
        /// Why it ended.
        reason: CloseReason,
    },
    /// A fact for logs and metrics; never needed for correctness.
    Report(Report),
}

/// A fact for logs and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Report {
    /// A connection was let in.
    Admitted {
        /// The connection.
        conn: ConnId,
        /// The room.
        room: RoomName,
        /// The member's number.
        member: u64,
        /// Whether the session had been here before.
        resumed: bool,
    },
    /// A reader was told of events that are no longer kept.
    Gap {
        /// The connection.
        conn: ConnId,
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A room's senders wait for readers that keep pace, or no longer do.
    Held {
        /// The room.
        room: RoomName,
        /// Whether they wait now.
        held: bool,
    },
    /// An append is proposed again after an unknown outcome.
    Again {
        /// The room.
        room: RoomName,
    },
    /// A moderator did something, and the room has taken it. `[RM-20]`
    Moderated(Box<Moderated>),
    /// Somebody whom [`Config::operators`](super::Config::operators) names came in, and the room is told so. `[RM-19]`
    Appointed {
        /// The room.
        room: RoomName,
        /// The member's number.
        member: u64,
        /// The name.
        name: Name,
    },
    /// An event could not be encoded, so it was not published: a fault of ours.
    Unencodable {
        /// The room.
        room: RoomName,
        /// The event's number.
        seq: u64,
    },
}

/// Handed between the workers of a room, beside the log; not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// Which server asked.
    pub node: u64,
    /// Which connection there.
    pub conn: ConnId,
    /// What is asked of its reader, or answered.
    pub what: NoteKind,
    /// The private text, with its sender's reference.
    pub told: Told,
}

/// What a [`Note`] says of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteKind {
    /// It is for a member who is connected elsewhere.
    Deliver,
    /// It was queued for a connection of the addressee.
    Delivered,
}

/// The answer to [`Action::Admit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It may come in.
    Admitted,
    /// It may not.
    Refused,
}

/// Why an append failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppendFailure {
    /// Certain: the log does not have it and will not.
    NotStored,
    /// The log may have it, now or later.
    Unknown,
}

/// When the driver is to call `handle_timeout`, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wake {
    /// When.
    pub at: Instant,
    /// Why, for whoever wonders.
    pub reason: Reason,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A login is due.
    Handshake,
    /// A connection may send again.
    Rate,
    /// Silence: a ping is due.
    Ping,
    /// Nothing arrived for too long.
    Idle,
    /// Nothing was taken for too long.
    Stall,
    /// The peer had its time to end its stream.
    Linger,
    /// A member who lost the link has not come back.
    Grace,
    /// Something is proposed to the log again.
    Retry,
    /// The log has not answered.
    Ticket,
    /// The pace of readers who hold a room is looked at.
    Pace,
}

/// Counts since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// Events encoded into a room's stream.
    pub encoded: u64,
    /// Pages of events read back from the log and encoded again.
    pub pages: u64,
    /// Requests made of the log.
    pub tickets: u64,
    /// Connections closed since too much was held for all of them. `[LV-13]`
    pub shed: u64,
}

/// An act of moderation, for whoever keeps account of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Moderated {
    /// The room.
    pub room: RoomName,
    /// The number of the event that shows it.
    pub seq: u64,
    /// The moderator's number.
    pub member: u64,
    /// The moderator's name then.
    pub by: Name,
    /// What was asked for.
    pub asked: Moderating,
    /// What the one whom it was done to was called; none where it was done to nobody.
    pub whom: Option<Name>,
}
