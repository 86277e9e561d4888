//! What is left of a log that is damaged. Nothing here trusts a row for more than its sum vouches for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::wire::Event;
use rusqlite::{Connection, Row, params};

use super::super::error::StoreError;
use super::super::facts::Facts;
use super::super::recover::stored_state;
use super::super::{schema, seal};
use super::events::Events;
use super::export::Source;
use super::{DATABASE, ToolError};

/// How much was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Events that are missing or damaged.
    pub events: u64,
    /// Rooms of which it is not known who is who in them.
    pub states: u64,
    /// Rooms whose own row is missing or damaged: they are called as it reads, or by their number.
    pub rows: u64,
}

/// A database of which anything may be damaged.
pub(super) struct Salvage {
    db: Connection,
    /// Entries up to this one are gone by retention; unknown where that fact is damaged.
    base: Option<u64>,
    /// By number: the name, and the oldest event kept where that is vouched for.
    rooms: BTreeMap<u64, (RoomName, Option<u64>)>,
    damaged: u64,
}

/// By number, the events that the fold makes, each with its position.
type Made = BTreeMap<u64, (u64, Event)>;

impl Salvage {
    pub(super) fn open(folder: &Path) -> Result<Salvage, ToolError> {
        let db = schema::open(&folder.join(DATABASE), None)?;
        let facts = Facts::load(&db).ok().flatten();
        let mut salvage = Salvage {
            db,
            base: facts.map(|facts| facts.base),
            rooms: BTreeMap::new(),
            damaged: 0,
        };
        salvage.read_rooms();
        Ok(salvage)
    }

    /// What is left out so far.
    pub(super) fn left(&self) -> Left {
        Left {
            rows: self.damaged,
            ..Left::default()
        }
    }

    /// The rooms, each with what is left of it.
    pub(super) fn sources(&self, left: &mut Left) -> Result<Vec<Source<'_>>, ToolError> {
        let mut sources = Vec::with_capacity(self.rooms.len());
        for (&id, (name, oldest)) in &self.rooms {
            let (fold, made) = self
                .state(id)
                .map_or((None, Made::new()), |(fold, made)| (Some(fold), made));
            let stored = self.bound(id, "DESC");
            let epoch = fold.as_ref().map(Room::epoch);
            let known = fold.as_ref().map_or(0, Room::head);
            let head = stored.unwrap_or(0).max(known);
            // A state that knows less than what was noted is an old one.
            let fold = fold.filter(|fold| fold.head() == head);
            left.states += u64::from(fold.is_none());
            let first = made.keys().next().copied();
            let first = self.bound(id, "ASC").into_iter().chain(first).min();
            let kept = oldest.or(first).unwrap_or(head + 1);
            sources.push(Source {
                name: name.clone(),
                epoch,
                kept,
                head,
                fold,
                events: Events::salvaged(&self.db, id, (kept, head), made),
            });
        }
        Ok(sources)
    }

    fn read_rooms(&mut self) {
        let mut names = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let sql = "SELECT id, name, kept, crc FROM rooms ORDER BY id";
        let rows: Vec<(u64, String, u64, u32)> = rows(&self.db, sql, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        });
        let mut named = BTreeMap::new();
        for (id, name, kept, crc) in rows {
            let is_whole = crc == seal::room(id, kept, &name);
            self.damaged += u64::from(!is_whole);
            ids.insert(id);
            let kept = is_whole.then_some(kept);
            named.extend(RoomName::parse(&name).ok().map(|name| (id, (name, kept))));
        }
        let sql = "SELECT DISTINCT room FROM events";
        let with_events: Vec<u64> = self::rows(&self.db, sql, |row| row.get(0));
        for id in with_events {
            self.damaged += u64::from(ids.insert(id));
        }
        for id in ids {
            let named = named.remove(&id);
            let room = named.filter(|(name, _)| names.insert(name.to_string()));
            let numbered = || {
                RoomName::parse(&format!("room-{id}"))
                    .ok()
                    .map(|name| (name, None))
            };
            self.rooms
                .extend(room.or_else(numbered).map(|room| (id, room)));
        }
    }

    /// The number of the first or the last event of a room that can be read.
    fn bound(&self, id: u64, order: &str) -> Option<u64> {
        let sql = format!("SELECT seq FROM events WHERE room = ?1 ORDER BY seq {order} LIMIT 1");
        self.db.query_row(&sql, [id], |row| row.get(0)).ok()
    }

    /// The state of a room after its last entry, and what was made of entries after its checkpoint; none where an entry
    /// on the way is damaged or gone.
    fn state(&self, id: u64) -> Option<(Room, Made)> {
        let from_first = || (self.base == Some(0)).then(Room::new);
        let mut fold = match stored_state(&self.db, id) {
            Ok(Ok(Some(fold))) => fold,
            _ => from_first()?,
        };
        let mut made = Made::new();
        self.fold_on(id, &mut fold, &mut made).ok().flatten()?;
        Some((fold, made))
    }

    /// `None` where an entry of the room is not as it was written, or one is missing that may be of it.
    fn fold_on(&self, id: u64, fold: &mut Room, made: &mut Made) -> Result<Option<()>, StoreError> {
        let mut next = fold.pos().max(self.base.unwrap_or(0)) + 1;
        let mut entries = self
            .db
            .prepare("SELECT n, room, at, crc, body FROM entries WHERE n >= ?1 ORDER BY n")?;
        let mut rows = entries.query(params![next])?;
        while let Some(row) = rows.next()? {
            let (n, room, at, crc): (u64, u64, u64, u32) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let body = row
                .get_ref(4)?
                .as_blob_or_null()
                .map_err(rusqlite::Error::from)?;
            let is_whole = crc == seal::entry(n, at, room, body.unwrap_or_default());
            if n != next || !is_whole && room == id {
                return Ok(None);
            }
            next += 1;
            let Some(body) = body.filter(|_| room == id) else {
                continue;
            };
            let Ok(entry) = Entry::decode(body) else {
                return Ok(None);
            };
            if let Some(event) = fold.apply(n, at, &entry).event {
                made.insert(event.seq(), (n, event));
            }
        }
        Ok(Some(()))
    }
}

/// The rows of a query, as many as can be read.
fn rows<T>(db: &Connection, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
    let Ok(mut statement) = db.prepare(sql) else {
        return Vec::new();
    };
    let Ok(found) = statement.query_map([], |row| Ok(read(row).ok())) else {
        return Vec::new();
    };
    // The first that cannot be read ends it.
    found.map_while(Result::ok).flatten().collect()
}
