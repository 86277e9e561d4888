//! The writer: what has arrived since it last looked goes into one transaction, with one sync for all of it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::Room;
use parlance_proto::server::Ticket;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, Message, encode};

use super::super::{Answer, Proposal, redacted};
use super::batch::{Batch, Written};
use super::error::StoreError;
use super::house::{Looked, full_is_no_fault};
use super::reserve::Reserve;
use super::retain::Keep;
use super::store::{Noted, Store};

/// What a row costs beside its body, and a transaction beside its rows, in bytes, roughly.
const ROW: u64 = 64;
/// See [`ROW`]: the pages at the ends of two tables.
const COMMIT: u64 = 4 * 4096;
/// How long the disk counts as full before it is looked at again.
const FULL: Duration = Duration::from_secs(1);

/// What a writer is told.
#[derive(Debug)]
pub enum Command {
    /// Append these, in this order.
    Append(Vec<Proposal>),
    /// The fold made this event of an entry.
    Note(Noted),
    /// The events of a room above `after`, at most `limit` bytes of them, are wanted.
    Read {
        /// The room.
        room: RoomName,
        /// Given back with the answer.
        ticket: Ticket,
        /// The number before the first.
        after: u64,
        /// At most so many bytes, but one event at least.
        limit: usize,
    },
    /// The state of a room after the entry at its position.
    Checkpoint(RoomName, Box<Room>),
    /// Drop the room.
    Forget(RoomName),
}

/// The time, as a turn is told it.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// By the monotonic clock.
    pub now: Instant,
    /// Milliseconds since 1970.
    pub wall_ms: u64,
}

/// See the module. It has no thread and reads no clock.
#[derive(Debug)]
pub struct Writer {
    pub(super) store: Store,
    pub(super) keep: Keep,
    /// Events that are not committed yet, oldest first; the first `inserted` are in the open transaction.
    pub(super) unnoted: VecDeque<Noted>,
    pub(super) inserted: usize,
    /// Rooms that are to be dropped: before anything is appended, which may be the same room anew.
    forgotten: Vec<RoomName>,
    pub(super) reserve: Reserve,
    /// Since when there is no space, or since it was last looked.
    pub(super) full: Option<Instant>,
    /// Bytes written since the write-ahead log was brought in.
    pub(super) untidy: u64,
    /// Rooms of which a checkpoint was asked for and has not come.
    pub(super) asked: BTreeSet<RoomName>,
    pub(super) looked: Looked,
    /// Whether what is redacted goes at once.
    pub(super) erases_at_once: bool,
}

/// What a turn had to do for its own sake.
#[derive(Debug, Default)]
pub struct Turn {
    /// Answers, in order.
    pub answers: Vec<Answer>,
    /// Rooms of which a checkpoint is wanted.
    pub due: Vec<RoomName>,
}

impl Writer {
    /// A writer of `store`; `unnoted` is what [`Store::recover`] found not noted.
    ///
    /// # Errors
    ///
    /// A file beside the database failed. That there is no space is no error: it is said with each answer.
    pub fn new(
        mut store: Store,
        unnoted: Vec<Noted>,
        keep: Keep,
        times: Times,
    ) -> Result<Writer, StoreError> {
        let mut reserve = Reserve::default();
        let full = match reserve.take(store.files()) {
            Ok(()) => None,
            Err(StoreError::Full) => Some(times.now),
            Err(error) => return Err(error),
        };
        Ok(Writer {
            store,
            keep,
            unnoted: unnoted.into(),
            inserted: 0,
            forgotten: Vec::new(),
            reserve,
            full,
            untidy: 0,
            asked: BTreeSet::new(),
            looked: Looked::at(times.now),
            erases_at_once: false,
        })
    }

    /// Does all that it is told, in one transaction; what it answers is durable.
    ///
    /// # Errors
    ///
    /// The log cannot go on: nothing may be answered any more, since nobody knows what is stored.
    pub fn turn(&mut self, commands: Vec<Command>, times: Times) -> Result<Turn, StoreError> {
        let mut turn = Turn::default();
        let mut batch = Batch::default();
        self.look_at_space(times)?;
        for command in commands {
            match command {
                Command::Append(proposals) => batch.appends.extend(proposals),
                Command::Note(noted) => {
                    if let Some(line) = redacted(&noted.event) {
                        self.redact_waiting(&noted.room, line);
                    }
                    self.unnoted.push_back(noted);
                }
                Command::Checkpoint(room, fold) => {
                    self.asked.remove(&room);
                    batch.states.push((room, fold));
                }
                Command::Forget(room) => {
                    self.forget(room);
                }
                Command::Read {
                    room,
                    ticket,
                    after,
                    limit,
                } => batch.reads.push((room, ticket, after, limit)),
            }
        }
        self.attempt(batch, times, &mut turn.answers)?;
        self.keep_house(times, &mut turn)?;
        Ok(turn)
    }

    /// Commits what is there, for an end that may take a moment: nothing is left to be done at the next start.
    ///
    /// # Errors
    ///
    /// As [`turn`](Writer::turn). All that was answered is durable all the same.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        let ended = self.note_all().and_then(|()| self.commit());
        match ended {
            Ok(()) => {
                self.erase()?;
                self.store.tidy(false)?;
            }
            Err(StoreError::Full) => {}
            Err(error) => return Err(error),
        }
        full_is_no_fault(self.store.sync_head())
    }

    /// The store, for whoever wants to look.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn attempt(
        &mut self,
        mut batch: Batch,
        times: Times,
        answers: &mut Vec<Answer>,
    ) -> Result<(), StoreError> {
        if self.full.is_some() {
            batch.refuse_lines(answers);
        }
        match self.write(&batch, times) {
            Err(StoreError::Full) => {}
            written => return written.map(|places| batch.answer(places, answers)),
        }
        // Lines are refused, with certainty: they are rolled back. Logins and leaves go on from the reserve.
        self.take_back()?;
        self.full = Some(times.now);
        self.untidy = u64::MAX / 2;
        self.reserve.give(self.store.files())?;
        batch.refuse_lines(answers);
        match self.write(&batch, times) {
            Err(StoreError::Full) => {}
            written => return written.map(|places| batch.answer(places, answers)),
        }
        self.take_back()?;
        batch.refuse_all(answers);
        // What is stored can be read.
        let reads = self.read_all(&batch)?;
        answers.extend(reads);
        Ok(())
    }

    /// Writes a batch and commits it; what it read, and where its appends stand.
    fn write(&mut self, batch: &Batch, times: Times) -> Result<Written, StoreError> {
        self.note_all()?;
        let reads = self.read_all(batch)?;
        for room in &self.forgotten {
            self.store.forget(room)?;
        }
        for (room, fold) in &batch.states {
            let body = fold.to_checkpoint();
            self.untidy += body.len() as u64;
            self.store.checkpoint(room, fold.pos(), &body)?;
        }
        let mut places = Vec::with_capacity(batch.appends.len());
        for proposal in &batch.appends {
            let body = proposal.entry.encode();
            self.untidy += body.len() as u64 + ROW;
            places.push(self.store.append(&proposal.room, times.wall_ms, &body)?);
        }
        if !places.is_empty() || !batch.states.is_empty() || !self.forgotten.is_empty() {
            self.commit()?;
        }
        Ok(Written {
            reads,
            places,
            at: times.wall_ms,
        })
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        if self.store.commit()? {
            self.unnoted.drain(..self.inserted);
            self.inserted = 0;
            self.forgotten.clear();
            self.untidy += COMMIT;
        }
        Ok(())
    }

    fn forget(&mut self, room: RoomName) {
        let lost = self.unnoted.iter().take(self.inserted);
        self.inserted -= lost.filter(|noted| noted.room == room).count();
        self.unnoted.retain(|noted| noted.room != room);
        self.forgotten.push(room);
    }

    pub(super) fn take_back(&mut self) -> Result<(), StoreError> {
        self.inserted = 0;
        self.store.roll_back()
    }

    pub(super) fn note_all(&mut self) -> Result<(), StoreError> {
        while let Some(noted) = self.unnoted.get(self.inserted) {
            self.store.note(noted)?;
            self.inserted += 1;
            self.untidy += ROW;
        }
        Ok(())
    }

    fn read_all(&self, batch: &Batch) -> Result<Vec<Answer>, StoreError> {
        let mut answers = Vec::with_capacity(batch.reads.len());
        for (room, ticket, after, limit) in &batch.reads {
            answers.push(Answer::History {
                ticket: *ticket,
                events: self.read(room, *after, *limit)?,
            });
        }
        Ok(answers)
    }

    /// What is stored, and after it what could not be stored yet.
    fn read(&self, room: &RoomName, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        let mut events = self.store.read(room, after, limit)?;
        let stored = self.store.span(room).map_or(0, |(_, noted)| noted);
        if events.last().is_some_and(|last| last.seq() < stored) {
            return Ok(events); // The page is full.
        }
        let size =
            |event: &Event| encode(&Message::from(event.clone())).map_or(0, |body| body.len());
        let mut left = limit.saturating_sub(events.iter().map(size).sum());
        let waiting = self.unnoted.iter().skip(self.inserted);
        let is_next = |noted: &&Noted| noted.room == *room && noted.event.seq() > after.max(stored);
        for noted in waiting.filter(is_next) {
            let size = size(&noted.event);
            if size > left && !events.is_empty() {
                break;
            }
            left = left.saturating_sub(size);
            events.push(noted.event.clone());
        }
        Ok(events)
    }

    /// After a while without space, whether there is some again.
    fn look_at_space(&mut self, times: Times) -> Result<(), StoreError> {
        let Some(since) = self.full else {
            return Ok(());
        };
        if times.now.saturating_duration_since(since) < FULL {
            return Ok(());
        }
        self.full = match self.reserve.take(self.store.files()) {
            Ok(()) => None,
            Err(StoreError::Full) => {
                self.reserve.give(self.store.files())?;
                Some(times.now)
            }
            Err(error) => return Err(error),
        };
        Ok(())
    }
}
