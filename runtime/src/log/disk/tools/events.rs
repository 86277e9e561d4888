//! The events of a room as they are stored, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::name::RoomName;
use parlance_proto::wire::Event;
use rusqlite::{Connection, params};

use super::super::super::{redacted, take_text};
use super::super::error::{Damage, StoreError};
use super::super::store::{Store, whole};

/// How many rows are read at once.
const PAGE: u64 = 256;

/// Gives the events of a room in order. Strictly, the first that is missing or damaged is an error; else it is left out
/// and counted.
pub(crate) struct Events<'a> {
    db: &'a Connection,
    id: u64,
    name: String,
    next: u64,
    last: u64,
    /// The first number that was not read yet.
    unread: u64,
    ready: BTreeMap<u64, Row>,
    is_strict: bool,
    /// What the fold makes of the entries, in the place of what is stored.
    made: BTreeMap<u64, (u64, Event)>,
    /// Lines that were redacted by what is not noted yet: they are given without their text.
    redacted: BTreeSet<u64>,
    /// How many were left out.
    pub(super) lost: u64,
}

/// The position and the event of a row, if it is whole.
type Row = Option<(u64, Event)>;

impl<'a> Events<'a> {
    /// Of a room of a store that was opened.
    pub(super) fn strict(store: &'a Store, room: &RoomName) -> Result<Events<'a>, StoreError> {
        let row = store.rooms.get(room);
        let (id, kept, noted) = row.map_or((0, 1, 0), |row| (row.id, row.kept, row.noted));
        Ok(Events {
            db: &store.db,
            id,
            name: room.to_string(),
            next: kept,
            last: noted,
            unread: 0,
            ready: BTreeMap::new(),
            is_strict: true,
            made: BTreeMap::new(),
            redacted: BTreeSet::new(),
            lost: 0,
        })
    }

    /// The same from the event behind number `after` on.
    pub(crate) fn after(
        store: &'a Store,
        room: &RoomName,
        after: u64,
    ) -> Result<Events<'a>, StoreError> {
        let mut events = Events::strict(store, room)?;
        events.next = events.next.max(after + 1);
        Ok(events)
    }

    /// Of the room `id`, whatever is left of the events `next..=last`; `made` are known from elsewhere.
    pub(super) fn salvaged(
        db: &'a Connection,
        id: u64,
        (next, last): (u64, u64),
        made: BTreeMap<u64, (u64, Event)>,
    ) -> Events<'a> {
        Events {
            db,
            id,
            name: String::new(),
            next,
            last,
            unread: 0,
            ready: BTreeMap::new(),
            is_strict: false,
            redacted: made
                .values()
                .filter_map(|(_, event)| redacted(event))
                .collect(),
            made,
            lost: 0,
        }
    }

    /// The next event and its position.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Event)>, StoreError> {
        while self.next <= self.last {
            if self.next >= self.unread {
                self.fill()?;
            }
            let seq = self.next;
            self.next += 1;
            let stored = self.ready.remove(&seq);
            if self.is_strict {
                let room = || self.name.clone();
                return match stored {
                    Some(Some(found)) => Ok(Some(found)),
                    Some(None) => Err(Damage::Event(room(), seq).into()),
                    None => Err(Damage::NoEvent(room(), seq).into()),
                };
            }
            match stored.flatten().or_else(|| self.made.remove(&seq)) {
                Some((pos, mut event)) => {
                    if self.redacted.contains(&seq) {
                        take_text(&mut event);
                    }
                    return Ok(Some((pos, event)));
                }
                None => self.lost += 1,
            }
        }
        Ok(None)
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        let (from, to) = (self.next, self.last.min(self.next + PAGE - 1));
        self.unread = to + 1;
        let read = self.read(from, to);
        if self.is_strict {
            return read;
        }
        if read.is_err() {
            // A page of the database cannot be read: what stands on others can.
            for seq in from..=to {
                let _ = self.read(seq, seq);
            }
        }
        Ok(())
    }

    fn read(&mut self, from: u64, to: u64) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT seq, pos, crc, body FROM events WHERE room = ?1 AND seq >= ?2 AND seq <= ?3 ORDER BY seq",
        )?;
        let mut rows = statement.query(params![self.id, from, to])?;
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            let stored = (|| -> rusqlite::Result<_> {
                let pos: u64 = row.get(1)?;
                let body = row.get_ref(3)?.as_blob()?;
                Ok(whole(self.id, seq, pos, row.get(2)?, body).map(|event| (pos, event)))
            })();
            self.ready.insert(seq, stored.unwrap_or(None));
        }
        Ok(())
    }
}
