//! Facts about the log as a whole, one number each, and its rooms.

use std::collections::BTreeMap;

use parlance_proto::name::RoomName;
use rusqlite::{Connection, params};

use super::error::{Damage, StoreError};
use super::seal;

/// What is known of the log as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Which reader of the log this is, over all its starts.
    pub(super) node: u64,
    /// Entries up to this one are gone by retention.
    pub(super) base: u64,
    /// The chain at that entry.
    pub(super) base_chain: u32,
    /// Entries up to this one are in the checkpoints of their rooms.
    pub(super) settled: u64,
    /// How many numbers of rooms were given.
    pub(super) made: u64,
    /// How many rooms there are.
    pub(super) rooms: u64,
}

const NODE: &str = "node";
const BASE: &str = "base";
const BASE_CHAIN: &str = "base-chain";
const SETTLED: &str = "settled";
const MADE: &str = "rooms-made";
const ROOMS: &str = "rooms";

impl Facts {
    fn all(self) -> [(&'static str, u64); 6] {
        [
            (NODE, self.node),
            (BASE, self.base),
            (BASE_CHAIN, self.base_chain.into()),
            (SETTLED, self.settled),
            (MADE, self.made),
            (ROOMS, self.rooms),
        ]
    }

    /// Reads them; `None` where there are none yet.
    pub(super) fn load(db: &Connection) -> Result<Option<Facts>, StoreError> {
        let count: u64 = db.query_row("SELECT count(*) FROM facts", [], |row| row.get(0))?;
        if count == 0 {
            return Ok(None);
        }
        Ok(Some(Facts {
            node: load(db, NODE)?,
            base: load(db, BASE)?,
            base_chain: u32::try_from(load(db, BASE_CHAIN)?)
                .map_err(|_| Damage::Fact(BASE_CHAIN))?,
            settled: load(db, SETTLED)?,
            made: load(db, MADE)?,
            rooms: load(db, ROOMS)?,
        }))
    }

    /// Writes those that are not as `stored` has them.
    pub(super) fn save(self, db: &Connection, stored: Option<Facts>) -> Result<(), StoreError> {
        let before = stored.map(Facts::all);
        for (index, (key, value)) in self.all().into_iter().enumerate() {
            if before.is_some_and(|before| before[index].1 == value) {
                continue;
            }
            db.execute(
                "INSERT OR REPLACE INTO facts (key, value, crc) VALUES (?1, ?2, ?3)",
                params![key, value.cast_signed(), seal::fact(key, value)],
            )?;
        }
        Ok(())
    }
}

fn load(db: &Connection, key: &'static str) -> Result<u64, StoreError> {
    let row = db.query_row(
        "SELECT value, crc FROM facts WHERE key = ?1",
        [key],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?)),
    );
    match row {
        Ok((value, crc)) if crc == seal::fact(key, value.cast_unsigned()) => {
            Ok(value.cast_unsigned())
        }
        Ok(_) | Err(rusqlite::Error::QueryReturnedNoRows) => Err(Damage::Fact(key).into()),
        Err(error) => Err(error.into()),
    }
}

/// A room of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RoomRow {
    pub(super) id: u64,
    /// The oldest event kept.
    pub(super) kept: u64,
    /// The newest event noted, or one below `kept`.
    pub(super) noted: u64,
    /// The newest entry of it that is known.
    pub(super) last: u64,
    /// The first entry that is not in its checkpoint, or one before that.
    pub(super) since: Option<u64>,
}

/// Reads all rooms. What they have beyond their checkpoints is not known yet.
pub(super) fn load_rooms(db: &Connection) -> Result<BTreeMap<RoomName, RoomRow>, StoreError> {
    let mut rooms = BTreeMap::new();
    let mut rows = db.prepare(
        "SELECT id, name, kept, crc, (SELECT max(seq) FROM events WHERE room = id) FROM rooms",
    )?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (id, kept): (i64, u64) = (row.get(0)?, row.get(2)?);
        let damaged = Damage::Room(id);
        let name: String = row.get(1)?;
        let id = id.cast_unsigned();
        if row.get::<_, u32>(3)? != seal::room(id, kept, &name) {
            return Err(damaged.into());
        }
        let name = RoomName::parse(&name).map_err(|_| damaged)?;
        let noted = row
            .get::<_, Option<u64>>(4)?
            .unwrap_or(kept.saturating_sub(1));
        rooms.insert(
            name,
            RoomRow {
                id,
                kept,
                noted,
                last: 0,
                since: None,
            },
        );
    }
    Ok(rooms)
}

/// Writes the row of a room.
pub(super) fn save_room(db: &Connection, name: &RoomName, room: RoomRow) -> Result<(), StoreError> {
    db.execute(
        "INSERT OR REPLACE INTO rooms (id, name, kept, crc) VALUES (?1, ?2, ?3, ?4)",
        params![
            room.id,
            name.as_str(),
            room.kept,
            seal::room(room.id, room.kept, name.as_str())
        ],
    )?;
    Ok(())
}
