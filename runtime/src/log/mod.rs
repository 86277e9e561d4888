//! The log behind a server: what keeps the entries of each room in one order, and the events made of them.
//!
//! A log is told what to do by calls that never block, and answers by [`Log::poll`], at once or much later: a log on
//! disk answers when it has synced, one in a cluster when a quorum has it, and both give entries that another worker
//! or node appended by the same [`Answer::Appended`], without a ticket. The worker does not know the difference.

pub mod disk;
pub mod memory;
mod time;

use std::sync::Arc;
use std::task::{Context, Poll};

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::server::{AppendFailure, Note, Ticket};
use parlance_proto::wire::{Act, Event};

/// An entry that a server wants in the log of a room.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The room.
    pub room: RoomName,
    /// Given back with the answer.
    pub ticket: Ticket,
    /// What is to be appended.
    pub entry: Arc<Entry>,
}

/// The number of the event that this one redacts, if it does.
fn redacted(event: &Event) -> Option<u64> {
    match event {
        Event::Modded(modded) if modded.act == Act::Redact => modded.who,
        _ => None,
    }
}

/// Takes the text out of an event; whether it was a line that had one.
fn take_text(event: &mut Event) -> bool {
    match event {
        Event::Said(said) => said.text.take().is_some(),
        _ => false,
    }
}

/// What a log has to say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// The entry is in the log, and stays there as far as this log promises.
    Appended {
        /// The room.
        room: RoomName,
        /// The position, which is the log's business: ascending in a room, and no more is known of it.
        pos: u64,
        /// When, in milliseconds since 1970, by the log's clock.
        at: u64,
        /// The entry.
        entry: Arc<Entry>,
        /// That of the proposal; `None` where another reader of this log made it.
        ticket: Option<Ticket>,
    },
    /// The entry is not in the log, or it is unknown whether it is.
    Failed {
        /// That of the proposal.
        ticket: Ticket,
        /// Which of the two.
        why: AppendFailure,
    },
    /// Events that were asked for, ascending by number. What lies between the number asked for and the first is gone.
    History {
        /// That of the question.
        ticket: Ticket,
        /// The events.
        events: Vec<Event>,
    },
    /// The log keeps events of the room only from `first` on.
    Trimmed {
        /// The room.
        room: RoomName,
        /// The oldest event kept.
        first: u64,
    },
    /// The log can promise nothing any more, and answers nothing after this.
    Stopped {
        /// Why, for the one who runs the server.
        why: String,
    },
    /// A note that another reader passed to all.
    Passed {
        /// The room.
        room: RoomName,
        /// The note.
        note: Note,
    },
}

/// A log of many rooms, as one worker sees it. No call blocks.
pub trait Log {
    /// Appends the proposals in order and leaves `batch` empty. Each is answered by [`Answer::Appended`] or
    /// [`Answer::Failed`], in whatever order, or never.
    fn append(&mut self, batch: &mut Vec<Proposal>);

    /// Notes what the fold made of the entry at `pos`. It may be kept with a later commit: after a crash the fold
    /// makes it again. Where it says that a line is redacted, that line is read without its text from then on.
    fn made(&mut self, room: &RoomName, pos: u64, event: Option<Event>);

    /// Asks for the events above `after`, at most `limit` encoded bytes of them (but one, if there is one): answered
    /// by [`Answer::History`]. Only what was noted is given.
    fn read(&mut self, room: &RoomName, ticket: Ticket, after: u64, limit: usize);

    /// Passes a note to every other reader of the room; not kept, at most once.
    fn pass(&mut self, room: RoomName, note: Note);

    /// The room is empty and its place is wanted. A log that promises more than this process does not drop it.
    fn forget(&mut self, room: &RoomName);

    /// A room whose state is wanted, so that the entries before need not be folded again at the next start. It is
    /// answered by [`checkpoint`](Log::checkpoint), or not at all where there is no such room.
    fn wants_checkpoint(&mut self) -> Option<RoomName> {
        None
    }

    /// The state of a room. What the fold made of the entries in it was given by [`made`](Log::made) before.
    fn checkpoint(&mut self, room: &RoomName, fold: &Room) {
        let _ = (room, fold);
    }

    /// The next answer that is there.
    fn poll(&mut self) -> Option<Answer>;

    /// Ready when [`poll`](Log::poll) has something that no call of this worker brought about; wakes by `cx`.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
