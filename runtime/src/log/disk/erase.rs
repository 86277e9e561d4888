//! What is redacted leaves the log: the row of the event at once, the entry that it was made of once no start folds it
//! any more, and what the database has left of either in unused space where that is asked for.

use std::collections::BTreeMap;

use parlance_proto::name::RoomName;
use parlance_proto::wire::{Event, Message, encode};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::take_text;
use super::error::{Damage, StoreError};
use super::house::full_is_no_fault;
use super::search;
use super::store::{Noted, Store};
use super::writer::Writer;
use super::{schema, seal};

/// Made with the first erasing, so that a folder of before is one without. What `entries` says of an entry without a
/// body stays as it was written, since the chain leads over it: this is what vouches for it then. `rest` says what is
/// still to be done.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS erasures (n INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL,
        rest INTEGER NOT NULL, crc INTEGER NOT NULL);
";

/// Nothing is left to be done.
const NOTHING: u64 = 0;
/// Unused space may still hold the text.
const SPACE: u64 = 1;
/// The entry still has its body, too.
const BODY: u64 = 2;

/// A database of less than this is written anew in memory, another in a file that its system removes.
const IN_MEMORY: u64 = 64 << 20;

/// A line that was redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Erasure {
    room: u64,
    seq: u64,
    rest: u64,
    /// When, and the sum, as the entry was written.
    at: u64,
    entry: u32,
}

/// By the number of the entry.
pub(super) type Erasures = BTreeMap<u64, Erasure>;

impl Erasure {
    /// Whether an entry without a body, with this time and sum, is the one that was erased.
    pub(super) fn is_of(self, room: u64, at: u64, entry: u32) -> bool {
        self.is_done() && (self.room, self.at, self.entry) == (room, at, entry)
    }

    /// Whether the entry has no body any more.
    pub(super) fn is_done(self) -> bool {
        self.rest < BODY
    }

    /// The number of its room.
    pub(super) fn room(self) -> u64 {
        self.room
    }

    fn seal(self, n: u64) -> u32 {
        seal::erasure([
            n,
            self.room,
            self.seq,
            self.rest,
            self.at,
            self.entry.into(),
        ])
    }

    fn save(self, db: &Connection, n: u64) -> Result<(), StoreError> {
        db.prepare_cached(
            "INSERT OR REPLACE INTO erasures (n, room, seq, rest, crc) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![n, self.room, self.seq, self.rest, self.seal(n)])?;
        Ok(())
    }
}

/// Reads all of them.
pub(super) fn load(db: &Connection) -> Result<Erasures, StoreError> {
    let mut erasures = Erasures::new();
    let is_there: bool = db.query_row(
        "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'erasures'",
        [],
        |row| row.get(0),
    )?;
    if !is_there {
        return Ok(erasures);
    }
    let mut rows = db.prepare(
        "SELECT n, erasures.room, seq, rest, erasures.crc, at, entries.crc FROM erasures LEFT JOIN entries USING (n)",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let n: u64 = row.get(0)?;
        let (at, entry): (Option<u64>, Option<u32>) = (row.get(5)?, row.get(6)?);
        let (Some(at), Some(entry)) = (at, entry) else {
            return Err(Damage::NoEntry(n).into());
        };
        let erasure = Erasure {
            room: row.get(1)?,
            seq: row.get(2)?,
            rest: row.get(3)?,
            at,
            entry,
        };
        if row.get::<_, u32>(4)? != erasure.seal(n) || erasure.rest > BODY {
            return Err(Damage::Erasure(n).into());
        }
        erasures.insert(n, erasure);
    }
    Ok(erasures)
}

impl Store {
    /// Takes the text out of the event of that number, if it is a line, and keeps in mind that its entry is to follow.
    /// What is trimmed, is no line, or was never there is left alone.
    pub(super) fn redact(&mut self, room: &RoomName, seq: u64) -> Result<(), StoreError> {
        let row = self.room(room)?;
        if seq < row.kept || seq > row.noted {
            return Ok(());
        }
        let (mut event, pos) = self
            .event(row.id, seq)?
            .ok_or_else(|| Damage::Event(room.to_string(), seq))?;
        if !matches!(event, Event::Said(_)) || self.erasures.contains_key(&pos) {
            return Ok(());
        }
        let had_text = take_text(&mut event);
        if had_text {
            let body =
                encode(&Message::from(event)).map_err(|_| Damage::Event(room.to_string(), seq))?;
            let crc = seal::event(row.id, seq, pos, &body);
            self.db
                .prepare_cached(
                    "UPDATE events SET crc = ?1, body = ?2 WHERE room = ?3 AND seq = ?4",
                )?
                .execute(params![crc, body, row.id, seq])?;
        }
        let entry: Option<(u64, u32, bool)> = self
            .db
            .prepare_cached("SELECT at, crc, body IS NOT NULL FROM entries WHERE n = ?1")?
            .query_row([pos], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((at, entry, has_body)) = entry.filter(|(.., has_body)| *has_body || had_text)
        else {
            // What was imported without its text.
            return Ok(());
        };
        let erasure = Erasure {
            room: row.id,
            seq,
            rest: if has_body { BODY } else { SPACE },
            at,
            entry,
        };
        self.db.execute_batch(TABLE)?;
        erasure.save(&self.db, pos)?;
        self.erasures.insert(pos, erasure);
        Ok(())
    }

    /// The rooms of which a checkpoint is needed before what is redacted in them can go.
    pub(super) fn holds_back(&self) -> impl Iterator<Item = &RoomName> {
        self.rooms.iter().filter_map(|(name, row)| {
            let is_held = |(n, erasure): (&u64, &Erasure)| {
                erasure.room == row.id
                    && erasure.rest == BODY
                    && row.since.is_some_and(|since| since <= *n)
            };
            self.erasures.iter().any(is_held).then_some(name)
        })
    }

    /// Takes out the bodies of entries that were redacted and that no start folds any more, without committing; whether
    /// there were any.
    ///
    /// # Errors
    ///
    /// They are still there if the transaction is rolled back.
    pub(super) fn wipe(&mut self) -> Result<bool, StoreError> {
        let is_held = |n: u64, erasure: &Erasure| {
            let mut rooms = self.rooms.values();
            let room = rooms.find(|row| row.id == erasure.room);
            room.is_some_and(|row| row.since.is_some_and(|since| since <= n))
        };
        let free: Vec<(u64, Erasure)> = self
            .erasures
            .iter()
            .filter(|(n, erasure)| erasure.rest == BODY && !is_held(**n, erasure))
            .map(|(n, erasure)| (*n, *erasure))
            .collect();
        if free.is_empty() {
            return Ok(false);
        }
        // The words in it are the text. It can be made again, but not be told of this.
        search::forget(&mut *self.files)?;
        self.begin()?;
        for (n, mut erasure) in free {
            self.db
                .execute("UPDATE entries SET body = NULL WHERE n = ?1", [n])?;
            erasure.rest = SPACE;
            erasure.save(&self.db, n)?;
            self.erasures.insert(n, erasure);
        }
        Ok(true)
    }

    /// Whether something that was redacted is still to go: what stands in unused space, too, if `at_once`.
    fn owes(&self, at_once: bool) -> bool {
        let most = if at_once { NOTHING } else { SPACE };
        self.erasures.values().any(|erasure| erasure.rest > most)
    }

    /// Whether unused space may hold what was erased.
    pub(super) fn is_unclean(&self) -> bool {
        self.erasures.values().any(|erasure| erasure.rest == SPACE)
    }

    /// Writes the database anew, without what stands in unused space.
    ///
    /// Each row that goes is overwritten with zeroes, but what the database moved to another page before may still
    /// stand where it was.
    ///
    /// # Errors
    ///
    /// It is as it was; but for [`StoreError::Full`] this log must not go on.
    pub(super) fn clean(&mut self) -> Result<(), StoreError> {
        let store = match self.size()? < IN_MEMORY {
            true => "MEMORY",
            false => "FILE",
        };
        self.db.execute_batch(&format!(
            "PRAGMA temp_store = {store}; VACUUM; PRAGMA temp_store = MEMORY;"
        ))?;
        schema::checkpoint(&self.db, true)?;
        self.begin()?;
        for (n, erasure) in &mut self.erasures {
            if erasure.rest == SPACE {
                erasure.rest = NOTHING;
                erasure.save(&self.db, *n)?;
            }
        }
        self.commit().map(|_| ())
    }

    /// Forgets the erasures up to entry `cut`, which go with it.
    pub(super) fn drop_erasures(&mut self, cut: u64) -> Result<(), StoreError> {
        let later = self.erasures.split_off(&(cut + 1));
        let gone = std::mem::replace(&mut self.erasures, later);
        if !gone.is_empty() {
            self.db
                .execute("DELETE FROM erasures WHERE n <= ?1", [cut])?;
        }
        Ok(())
    }
}

impl Writer {
    /// The same writer; what is redacted leaves its folder at once, and not when a checkpoint has come by itself.
    #[must_use]
    pub fn erasing_at_once(mut self, at_once: bool) -> Writer {
        self.erases_at_once = at_once;
        self
    }

    /// Takes out what was redacted, as far as it can go. Where there is no space it is done later.
    pub(super) fn erase(&mut self) -> Result<(), StoreError> {
        if self.full.is_some() || !self.store.owes(self.erases_at_once) {
            return Ok(());
        }
        let noted = self.note_all().and_then(|()| self.commit());
        let wiped = match noted.and_then(|()| self.store.wipe()) {
            Ok(false) => false,
            wiped => match wiped.and_then(|_| self.commit()) {
                Err(StoreError::Full) => return self.take_back(),
                committed => committed.map(|()| true)?,
            },
        };
        if wiped {
            // What it was written with stands in the write-ahead log.
            full_is_no_fault(self.store.tidy(true))?;
            self.untidy = 0;
        }
        if self.erases_at_once && self.store.is_unclean() {
            match self.store.clean() {
                Err(StoreError::Full) => self.take_back()?,
                cleaned => cleaned?,
            }
        }
        Ok(())
    }

    /// Takes the text out of a line that waits to be noted, so that nobody reads it where there is no space to note that
    /// it was redacted.
    pub(super) fn redact_waiting(&mut self, room: &RoomName, seq: u64) {
        let is_it = |noted: &&mut Noted| noted.room == *room && noted.event.seq() == seq;
        if let Some(noted) = self.unnoted.iter_mut().find(is_it) {
            take_text(&mut noted.event);
        }
    }
}
