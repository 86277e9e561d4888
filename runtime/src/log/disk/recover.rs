//! What a start begins from: each room as of its checkpoint, and the entries after it folded once more.

use std::collections::BTreeMap;

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room, StoredError};
use rusqlite::{Connection, OptionalExtension};

use super::error::{Damage, StoreError};
use super::seal;
use super::store::{Noted, Store};

/// A room as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Its name.
    pub name: RoomName,
    /// Its state after its last entry.
    pub fold: Room,
    /// The oldest event kept.
    pub kept: u64,
}

impl Store {
    /// The state of every room, and the events that were made of entries but are not noted, which the writer is to be
    /// told again. Every sum on the way is checked; an event that is noted must be the one that the fold makes now.
    ///
    /// # Errors
    ///
    /// Something is missing or not as it was written; nothing is to be shown then.
    pub fn recover(&mut self) -> Result<(Vec<Recovered>, Vec<Noted>), StoreError> {
        let mut folds = BTreeMap::new();
        for (name, row) in &self.rooms {
            let fold = self.checkpoint_of(row.id, name)?;
            if row.noted < fold.head() {
                return Err(Damage::NoEvent(name.to_string(), row.noted + 1).into());
            }
            folds.insert(row.id, (name.clone(), fold, 0, 0));
        }
        self.compare_erasures(&folds)?;
        let unnoted = self.fold_on(&mut folds)?;
        let mut rooms = Vec::with_capacity(folds.len());
        for (name, fold, first, last) in folds.into_values() {
            let Some(row) = self.rooms.get_mut(&name) else {
                continue;
            };
            row.last = last;
            row.since = (first > 0).then_some(first);
            rooms.push(Recovered {
                kept: row.kept,
                name,
                fold,
            });
        }
        Ok((rooms, unnoted))
    }

    /// Whether each entry without its body is one that is not folded any more.
    fn compare_erasures(&self, folds: &Folds) -> Result<(), StoreError> {
        let is_missed = |n: u64, room: u64| {
            let fold = folds.get(&room).map(|(_, fold, ..)| fold.pos());
            n > self.facts.settled && fold.is_some_and(|pos| n > pos)
        };
        let mut erased = self
            .erasures
            .iter()
            .filter(|(_, erasure)| erasure.is_done());
        match erased.find(|(n, erasure)| is_missed(**n, erasure.room())) {
            Some((n, _)) => Err(Damage::Entry(*n).into()),
            None => Ok(()),
        }
    }

    /// Folds the entries that are in no checkpoint.
    fn fold_on(&self, folds: &mut Folds) -> Result<Vec<Noted>, StoreError> {
        let mut unnoted = Vec::new();
        self.walk(self.facts.settled, |n, at, room, body| {
            // An entry of a room that was forgotten since is nobody's.
            let Some((name, fold, first, last)) = folds.get_mut(&room) else {
                return Ok(());
            };
            if n <= fold.pos() {
                return Ok(());
            }
            let entry =
                Entry::decode(body).map_err(|error| stored_error(error, Damage::Entry(n)))?;
            *last = n;
            *first = if *first == 0 { n } else { *first };
            let Some(event) = fold.apply(n, at, &entry).event else {
                return Ok(());
            };
            let noted = Noted {
                room: name.clone(),
                pos: n,
                event,
            };
            if !self.is_noted(&noted)? {
                unnoted.push(noted);
            }
            Ok(())
        })?;
        for (name, row) in &self.rooms {
            // What is noted was made of an entry that is there.
            if folds
                .get(&row.id)
                .is_none_or(|(_, fold, ..)| fold.head() < row.noted)
            {
                return Err(Damage::Event(name.to_string(), row.noted).into());
            }
        }
        Ok(unnoted)
    }

    /// The state of a room as of its checkpoint; as before its first entry where there is none.
    pub(super) fn checkpoint_of(&self, id: u64, name: &RoomName) -> Result<Room, StoreError> {
        let damage = || Damage::Checkpoint(name.to_string());
        match stored_state(&self.db, id)? {
            Ok(fold) => Ok(fold.unwrap_or_default()),
            Err(Some(error)) => Err(stored_error(error, damage())),
            Err(None) => Err(damage().into()),
        }
    }

    /// Shows every entry above `after`, in order, once its sums are checked: number, time, number of its room, body. One
    /// that was imported has none and is not shown: its sum is that of an empty body, and checked all the same. Nor is
    /// one that was redacted, which is what is known of it.
    pub(super) fn walk(
        &self,
        after: u64,
        mut show: impl FnMut(u64, u64, u64, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut chain = self.chain_at(after)?.ok_or(Damage::NoEntry(after))?;
        let mut next = after + 1;
        let mut rows = self
            .db
            .prepare("SELECT n, room, at, crc, chain, body FROM entries WHERE n > ?1 ORDER BY n")?;
        let mut rows = rows.query([after])?;
        while let Some(row) = rows.next()? {
            let n: u64 = row.get(0)?;
            if n != next {
                return Err(Damage::NoEntry(next).into());
            }
            let (room, at, crc): (u64, u64, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
            let body = row
                .get_ref(5)?
                .as_blob_or_null()
                .map_err(rusqlite::Error::from)?;
            let is_erased = || {
                let erasure = self.erasures.get(&n);
                body.is_none() && erasure.is_some_and(|erasure| erasure.is_of(room, at, crc))
            };
            let is_gone = body.is_none() && n > self.facts.settled;
            let sum = seal::entry(n, at, room, body.unwrap_or_default());
            if (is_gone || crc != sum) && !is_erased() {
                return Err(Damage::Entry(n).into());
            }
            chain = seal::chain(chain, crc);
            if row.get::<_, u32>(4)? != chain {
                return Err(Damage::Chain(n).into());
            }
            if let Some(body) = body {
                show(n, at, room, body)?;
            }
            next += 1;
        }
        if next != self.last.count + 1 {
            return Err(Damage::NoEntry(next).into());
        }
        Ok(())
    }
}

/// By the number of the room: its name, its state, and the first and the last entry after its checkpoint.
type Folds = BTreeMap<u64, (RoomName, Room, u64, u64)>;

/// The state of a room as of its checkpoint, if there is one. One that is not whole is an error within: with what is
/// wrong with it where its sum is right.
pub(super) fn stored_state(
    db: &Connection,
    id: u64,
) -> Result<Result<Option<Room>, Option<StoredError>>, StoreError> {
    let stored = db
        .query_row(
            "SELECT pos, crc, body FROM checkpoints WHERE room = ?1",
            [id],
            |row| {
                Ok((
                    row.get::<_, u64>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                ))
            },
        )
        .optional()?;
    let Some((pos, crc, body)) = stored else {
        return Ok(Ok(None));
    };
    if crc != seal::checkpoint(id, pos, &body) {
        return Ok(Err(None));
    }
    Ok(match Room::from_checkpoint(&body) {
        Ok(fold) if fold.pos() == pos => Ok(Some(fold)),
        Ok(_) => Err(None),
        Err(error) => Err(Some(error)),
    })
}

/// What is stored by a newer program is not damaged.
fn stored_error(error: StoredError, damage: Damage) -> StoreError {
    match error {
        StoredError::Version(version) => StoreError::Format(format!(
            "{damage}: made by a newer parlance (version {version} of its rules); run that one"
        )),
        _ => damage.into(),
    }
}
