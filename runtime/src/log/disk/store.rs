//! The log in a database: entries by their number, events by theirs. It has no thread and reads no clock; what it is
//! told is durable once [`Store::commit`] has returned.

use std::collections::BTreeMap;
use std::fmt;

use parlance_proto::name::RoomName;
use parlance_proto::wire::{Event, Message, decode, encode};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{redacted, take_text};
use super::erase::Erasures;
use super::error::{Damage, StoreError};
use super::facts::{Facts, RoomRow, save_room};
use super::files::Files;
use super::head::{Head, HeadFile};
use super::house::full_is_no_fault;
use super::{schema, seal};

/// See the module.
pub struct Store {
    pub(super) db: Connection,
    pub(super) files: Box<dyn Files>,
    pub(super) head: HeadFile,
    pub(super) facts: Facts,
    /// As they stand in the database.
    pub(super) stored: Option<Facts>,
    pub(super) rooms: BTreeMap<RoomName, RoomRow>,
    /// What was redacted, as far as its entries are there.
    pub(super) erasures: Erasures,
    /// The newest entry, committed or not.
    pub(super) last: Head,
    /// The newest entry that is committed.
    pub(super) synced: Head,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("last", &self.last)
            .field("rooms", &self.rooms.len())
            .finish_non_exhaustive()
    }
}

/// An event to be noted.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The room.
    pub room: RoomName,
    /// The entry that it was made of.
    pub pos: u64,
    /// The event.
    pub event: Event,
}

impl Store {
    /// Who this reader of the log is, over all its starts.
    #[must_use]
    pub fn node(&self) -> u64 {
        self.facts.node
    }

    /// The end of the log as it is committed.
    #[must_use]
    pub fn end(&self) -> Head {
        self.synced
    }

    /// The oldest event of a room that is kept, and the newest that is noted; `None` where there is no such room.
    #[must_use]
    pub fn span(&self, room: &RoomName) -> Option<(u64, u64)> {
        self.rooms.get(room).map(|room| (room.kept, room.noted))
    }

    /// The rooms, by name.
    #[must_use]
    pub fn room_names(&self) -> Vec<RoomName> {
        self.rooms.keys().cloned().collect()
    }

    /// Appends an entry, with the time `at` in milliseconds since 1970; its position.
    ///
    /// # Errors
    ///
    /// It is not stored if the transaction is rolled back.
    pub fn append(&mut self, room: &RoomName, at: u64, body: &[u8]) -> Result<u64, StoreError> {
        let id = self.room(room)?.id;
        let n = self.last.count + 1;
        let crc = seal::entry(n, at, id, body);
        let chain = seal::chain(self.last.chain, crc);
        self.db
            .prepare_cached("INSERT INTO entries (n, room, at, crc, chain, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![n, id, at, crc, chain, body])?;
        self.last = Head { count: n, chain };
        if let Some(room) = self.rooms.get_mut(room) {
            room.last = n;
            room.since = room.since.or(Some(n));
        }
        Ok(n)
    }

    /// Notes an event. One that is noted already is compared with what is stored: no event ever gets another number.
    /// The line that it redacts, if it does, loses its text by the same transaction.
    ///
    /// # Errors
    ///
    /// It is not the next of its room and is not what is stored either.
    pub fn note(&mut self, noted: &Noted) -> Result<(), StoreError> {
        let Noted { room, pos, event } = noted;
        let seq = event.seq();
        let row = self.room(room)?;
        if self.is_noted(noted)? {
            return Ok(());
        }
        if seq != row.noted + 1 {
            return Err(Damage::NoEvent(room.to_string(), row.noted + 1).into());
        }
        // The server has encoded the same event to send it.
        let body = encode(&Message::from(event.clone()))
            .map_err(|_| Damage::Event(room.to_string(), seq))?;
        let crc = seal::event(row.id, seq, *pos, &body);
        self.db
            .prepare_cached(
                "INSERT INTO events (room, seq, pos, crc, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![row.id, seq, pos, crc, body])?;
        if let Some(row) = self.rooms.get_mut(room) {
            row.noted = seq;
        }
        match redacted(event) {
            Some(line) => self.redact(room, line),
            None => Ok(()),
        }
    }

    /// The events of a room above `after` that are noted, as many as `limit` encoded bytes hold and at least one where
    /// there is one. What lies between `after` and the first is gone by retention.
    ///
    /// # Errors
    ///
    /// One is missing or not as it was written: nothing is given then.
    pub fn read(
        &self,
        room: &RoomName,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let Some(row) = self.rooms.get(room) else {
            return Ok(Vec::new());
        };
        let mut next = after.saturating_add(1).max(row.kept);
        let mut events = Vec::new();
        let mut left = limit;
        let mut statement = self.db.prepare_cached(
            "SELECT seq, pos, crc, body FROM events WHERE room = ?1 AND seq >= ?2 ORDER BY seq",
        )?;
        let mut found = statement.query(params![row.id, next])?;
        while next <= row.noted {
            let Some(stored) = found.next()? else {
                return Err(Damage::NoEvent(room.to_string(), next).into());
            };
            if stored.get::<_, u64>(0)? != next {
                return Err(Damage::NoEvent(room.to_string(), next).into());
            }
            let body = stored
                .get_ref(3)?
                .as_blob()
                .map_err(rusqlite::Error::from)?;
            if body.len() > left && !events.is_empty() {
                break;
            }
            let event = whole(row.id, next, stored.get(1)?, stored.get(2)?, body);
            events.push(event.ok_or_else(|| Damage::Event(room.to_string(), next))?);
            left = left.saturating_sub(body.len());
            next += 1;
        }
        Ok(events)
    }

    /// Keeps the state of a room after the entry at `pos`.
    ///
    /// # Errors
    ///
    /// It is not stored; the one before is.
    pub fn checkpoint(&mut self, room: &RoomName, pos: u64, body: &[u8]) -> Result<(), StoreError> {
        let row = self.room(room)?;
        self.db.execute(
            "INSERT OR REPLACE INTO checkpoints (room, pos, crc, body) VALUES (?1, ?2, ?3, ?4)",
            params![row.id, pos, seal::checkpoint(row.id, pos, body), body],
        )?;
        if let Some(row) = self.rooms.get_mut(room) {
            row.since = (row.last > pos).then_some(pos + 1);
        }
        let since = self.rooms.values().filter_map(|room| room.since).min();
        let settled = since.map_or(self.last.count, |since| since - 1);
        self.facts.settled = self.facts.settled.max(settled);
        Ok(())
    }

    /// The rooms that have an entry older than the newest `cadence` in no checkpoint.
    #[must_use]
    pub fn due(&self, cadence: u64) -> Vec<RoomName> {
        let old = self.last.count.saturating_sub(cadence);
        let due = |room: &RoomRow| room.since.is_some_and(|since| since <= old);
        let rooms = self.rooms.iter().filter(|(_, room)| due(room));
        rooms.map(|(name, _)| name.clone()).collect()
    }

    /// Drops a room and its events. Its entries stay until retention takes them, since the chain leads over them.
    ///
    /// # Errors
    ///
    /// It is still there if the transaction is rolled back.
    pub fn forget(&mut self, room: &RoomName) -> Result<(), StoreError> {
        self.begin()?;
        let Some(row) = self.rooms.remove(room) else {
            return Ok(());
        };
        for table in ["events", "checkpoints"] {
            self.db
                .execute(&format!("DELETE FROM {table} WHERE room = ?1"), [row.id])?;
        }
        self.db
            .execute("DELETE FROM rooms WHERE id = ?1", [row.id])?;
        self.facts.rooms -= 1;
        Ok(())
    }

    /// Makes all since the last commit durable; whether there was anything.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`]: nothing of it is stored once it is rolled back. Any other: nobody knows, and this log
    /// must not go on.
    pub fn commit(&mut self) -> Result<bool, StoreError> {
        if self.db.is_autocommit() {
            return Ok(false);
        }
        if self.stored != Some(self.facts) {
            self.facts.save(&self.db, self.stored)?;
        }
        self.db.execute_batch("COMMIT")?;
        self.stored = Some(self.facts);
        self.synced = self.last;
        // It is stored, whether that can be said there or not.
        full_is_no_fault(self.head.write(&mut *self.files, self.synced))?;
        Ok(true)
    }

    /// Takes back all since the last commit.
    ///
    /// # Errors
    ///
    /// The database failed: this log must not go on.
    pub fn roll_back(&mut self) -> Result<(), StoreError> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        let before = std::mem::take(&mut self.rooms);
        self.load()?;
        for (name, row) in &mut self.rooms {
            if let Some(before) = before.get(name) {
                // A checkpoint may have been taken back too: every entry since the last that is known to be in one.
                row.last = before.last.min(self.last.count);
                row.since = (row.last > self.facts.settled).then_some(self.facts.settled + 1);
            }
        }
        Ok(())
    }

    /// Brings committed changes from the write-ahead log into the database file, so that the former stays small; it
    /// gives its space back if `give_back` says so.
    ///
    /// # Errors
    ///
    /// It failed; what is committed is durable all the same, but unless it is [`StoreError::Full`] this log must not go on.
    pub fn tidy(&mut self, give_back: bool) -> Result<(), StoreError> {
        schema::checkpoint(&self.db, give_back)
    }

    /// Makes durable what the file `head` says of how far the log is committed.
    ///
    /// # Errors
    ///
    /// As of a file; but for [`StoreError::Full`] this log must not go on.
    pub fn sync_head(&mut self) -> Result<(), StoreError> {
        self.head.write(&mut *self.files, self.synced)?;
        self.head.sync(&mut *self.files)
    }

    /// The files beside the database.
    pub(super) fn files(&mut self) -> &mut dyn Files {
        &mut *self.files
    }

    /// Begins a transaction unless one is open.
    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        if self.db.is_autocommit() {
            self.db.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(())
    }

    /// The chain at entry `n`; `None` where there is no such entry.
    pub(super) fn chain_at(&self, n: u64) -> Result<Option<u32>, StoreError> {
        if n == self.facts.base {
            return Ok(Some(self.facts.base_chain));
        }
        let chain = self
            .db
            .query_row("SELECT chain FROM entries WHERE n = ?1", [n], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(chain)
    }

    /// The row of a room, made where there is none; begins a transaction.
    pub(super) fn room(&mut self, name: &RoomName) -> Result<RoomRow, StoreError> {
        self.begin()?;
        if let Some(room) = self.rooms.get(name) {
            return Ok(*room);
        }
        self.facts.made += 1;
        self.facts.rooms += 1;
        let room = RoomRow {
            id: self.facts.made,
            kept: 1,
            noted: 0,
            last: 0,
            since: None,
        };
        save_room(&self.db, name, room)?;
        self.rooms.insert(name.clone(), room);
        Ok(room)
    }

    /// Whether an event is noted already. One of the same number that is not the same is damage.
    pub(super) fn is_noted(&self, noted: &Noted) -> Result<bool, StoreError> {
        let seq = noted.event.seq();
        let Some(row) = self.rooms.get(&noted.room).filter(|row| seq <= row.noted) else {
            return Ok(false);
        };
        match self.event(row.id, seq)? {
            Some((stored, pos)) if pos == noted.pos && self.is_same(&stored, noted) => Ok(true),
            None if seq < row.kept => Ok(true),
            _ => Err(Damage::Event(noted.room.to_string(), seq).into()),
        }
    }

    /// Whether what is stored is this event, or what its redaction left of it.
    fn is_same(&self, stored: &Event, noted: &Noted) -> bool {
        if *stored == noted.event || !self.erasures.contains_key(&noted.pos) {
            return *stored == noted.event;
        }
        let mut erased = noted.event.clone();
        take_text(&mut erased) && *stored == erased
    }

    pub(super) fn event(&self, room: u64, seq: u64) -> Result<Option<(Event, u64)>, StoreError> {
        let stored = self
            .db
            .prepare_cached("SELECT pos, crc, body FROM events WHERE room = ?1 AND seq = ?2")?
            .query_row(params![room, seq], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
            })
            .optional()?;
        Ok(stored.and_then(|(pos, crc, body)| {
            whole(room, seq, pos, crc, &body).map(|event| (event, pos))
        }))
    }
}

/// The event that a row holds, if it is as it was written.
pub(super) fn whole(room: u64, seq: u64, pos: u64, crc: u32, body: &[u8]) -> Option<Event> {
    if crc != seal::event(room, seq, pos, body) {
        return None;
    }
    let event = Event::try_from(decode(body).ok()?).ok()?;
    (event.seq() == seq).then_some(event)
}
