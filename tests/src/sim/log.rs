//! The log that the workers share: it stores, refuses, loses answers, forgets old events and can lose its tail.

use std::collections::BTreeMap;
use std::sync::Arc;

use parlance_proto::name::RoomName;
use parlance_proto::room::Entry;
use parlance_proto::server::Ticket;
use parlance_proto::wire::Event;

/// What the log does with one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Stored, and told so.
    Stored,
    /// Stored, told so, and told again later, in one way or another.
    StoredTwice,
    /// Certainly not stored, and told so.
    Refused,
    /// Stored, but the answer says *unknown*.
    UnknownStored,
    /// Said to be *unknown* first, and stored only afterwards.
    UnknownLate,
    /// Not stored, and the answer says *unknown*.
    UnknownLost,
    /// Stored, and no answer ever.
    SilentStored,
    /// Not stored, and no answer ever.
    SilentLost,
}

impl Fate {
    /// Whether the outcome is in doubt for the server.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        !matches!(self, Fate::Stored | Fate::StoredTwice | Fate::Refused)
    }
}

/// One entry that was stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The log's clock, in milliseconds since 1970.
    pub at: u64,
    /// What was stored.
    pub entry: Arc<Entry>,
    /// The life of a worker that proposed it, and its ticket if the reader of that life is to bear it.
    pub ticket: Option<(u64, Ticket)>,
}

/// The log of one room.
#[derive(Clone, Debug, Default)]
pub struct RoomLog {
    /// Entries; position 1 is the first.
    pub entries: Vec<Stored>,
    /// What the fold made of each position, as the first worker said.
    pub made: BTreeMap<u64, Option<Event>>,
    /// The events by `seq`; none is ever taken out, `first` says what the log still gives.
    pub events: BTreeMap<u64, Event>,
    /// The log gives events from this `seq` on.
    pub first: u64,
    /// No worker was shown a position beyond this one.
    pub shown: u64,
    /// A checkpoint, and the position it stands at.
    pub checkpoint: Option<(u64, parlance_proto::room::Room)>,
}

impl RoomLog {
    /// The newest position.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The entry at `pos`.
    #[must_use]
    pub fn at(&self, pos: u64) -> Option<&Stored> {
        self.entries.get(usize::try_from(pos.checked_sub(1)?).ok()?)
    }

    /// The newest event's number.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.events.last_key_value().map_or(0, |(seq, _)| *seq)
    }

    /// The epoch that the first founding gave; 0 for a log without one.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.entries
            .iter()
            .find_map(|stored| match &*stored.entry {
                Entry::Founded { epoch, .. } => Some(*epoch),
                _ => None,
            })
            .unwrap_or(0)
    }

    /// Notes what a worker says that its fold made of `pos`.
    ///
    /// # Errors
    ///
    /// What is wrong with it: another worker's fold made something else, or its number is not the next.
    pub fn note_made(&mut self, pos: u64, event: Option<Event>) -> Result<(), String> {
        if pos > self.shown || pos == 0 {
            return Err(format!("made of position {pos}, which no worker was shown"));
        }
        if let Some(known) = self.made.get(&pos) {
            if *known != event {
                return Err(format!(
                    "P1 replicas differ at {pos}: {known:?} and {event:?}"
                ));
            }
            return Ok(());
        }
        if let Some(event) = &event {
            let next = self.head() + 1;
            if event.seq() != next {
                return Err(format!("seq {} given where {next} is next", event.seq()));
            }
            if let Some((_, before)) = self.events.last_key_value()
                && before.at() > event.at()
            {
                return Err(format!("time falls from {} to {}", before.at(), event.at()));
            }
            self.events.insert(next, event.clone());
        }
        self.made.insert(pos, event);
        Ok(())
    }

    /// What a read of the events after `after` gives, in at most `limit` bytes or so (one at least).
    #[must_use]
    pub fn read(&self, after: u64, limit: usize) -> Vec<Event> {
        let mut size = 0;
        let mut all = Vec::new();
        for (_, event) in self.events.range((after + 1).max(self.first)..) {
            size += cost(event);
            if size > limit && !all.is_empty() {
                break;
            }
            all.push(event.clone());
        }
        all
    }

    /// Drops what was stored but never shown to a worker; how many entries that were.
    pub fn lose_tail(&mut self) -> usize {
        let keep = usize::try_from(self.shown)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        let lost = self.entries.len() - keep;
        self.entries.truncate(keep);
        lost
    }

    /// Forgets events so that only `keep` remain; the first one still there.
    pub fn trim(&mut self, keep: u64) -> u64 {
        self.first = self
            .first
            .max((self.head() + 1).saturating_sub(keep))
            .max(1);
        self.first
    }
}

/// About as many bytes as an event's frame has.
fn cost(event: &Event) -> usize {
    let text = match event {
        Event::Said(said) => said.text.as_ref().map_or(0, |t| t.len()),
        Event::Titled(titled) => titled.topic.as_ref().map_or(0, |t| t.len()),
        _ => 64,
    };
    text + 64
}

/// The logs of all rooms, and those that a crash of everything took away.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// The living logs.
    pub rooms: BTreeMap<RoomName, RoomLog>,
    /// Logs that were lost whole (a memory log whose process died), with their room.
    pub gone: Vec<(RoomName, RoomLog)>,
}

impl Log {
    /// The log of `room`, made if need be.
    pub fn room(&mut self, room: &RoomName) -> &mut RoomLog {
        self.rooms.entry(room.clone()).or_insert_with(|| RoomLog {
            first: 1,
            ..RoomLog::default()
        })
    }

    /// Loses every room whole.
    pub fn lose_all(&mut self) {
        let rooms = core::mem::take(&mut self.rooms);
        self.gone.extend(rooms);
    }

    /// The log of `room` under `epoch`, living or gone.
    #[must_use]
    pub fn under(&self, room: &RoomName, epoch: u64) -> Option<&RoomLog> {
        let living = self.rooms.get(room).filter(|log| log.epoch() == epoch);
        living.or_else(|| {
            self.gone
                .iter()
                .find(|(name, log)| name == room && log.epoch() == epoch)
                .map(|(_, log)| log)
        })
    }
}
