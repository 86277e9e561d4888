//! Retention: the oldest entries and events go, by size and by age, a slice at a time.

use parlance_proto::name::RoomName;
use rusqlite::{OptionalExtension, params};

use super::error::{Damage, StoreError};
use super::facts::save_room;
use super::schema;
use super::store::Store;

/// How much a log keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// The size of the database, in bytes, above which the oldest go.
    pub bytes: Option<u64>,
    /// How old an entry may get, in milliseconds by the log's clock.
    pub ms: Option<u64>,
}

/// How many entries go at once: a transaction of some milliseconds.
const SLICE: u64 = 1_000;
/// How many freed pages are given back to the file system at once.
const PAGES: u32 = 256;

impl Store {
    /// Takes out one slice of what is no longer to be kept, without committing: the rooms that lost events, each with
    /// the oldest that it still has. Empty where nothing was to go.
    ///
    /// Nothing goes that is in no checkpoint.
    ///
    /// # Errors
    ///
    /// It is still there if the transaction is rolled back.
    pub fn trim(&mut self, keep: Keep, now_ms: u64) -> Result<Vec<(RoomName, u64)>, StoreError> {
        let Some(cut) = self.cut(keep, now_ms)? else {
            return Ok(Vec::new());
        };
        self.begin()?;
        let trimmed = self.drop_events(cut)?;
        let chain = self.chain_at(cut)?.ok_or(Damage::NoEntry(cut))?;
        self.drop_erasures(cut)?;
        self.db
            .execute("DELETE FROM entries WHERE n <= ?1", [cut])?;
        self.facts.base = cut;
        self.facts.base_chain = chain;
        self.give_back_pages()?;
        Ok(trimmed)
    }

    /// The newest entry that goes with this slice, if one does.
    fn cut(&self, keep: Keep, now_ms: u64) -> Result<Option<u64>, StoreError> {
        let base = self.facts.base;
        let most = (base + SLICE).min(self.facts.settled);
        if most == base {
            return Ok(None);
        }
        if let Some(bytes) = keep.bytes
            && self.size()? > bytes
        {
            return Ok(Some(most));
        }
        let Some(ms) = keep.ms else { return Ok(None) };
        let oldest = now_ms.saturating_sub(ms);
        let young: Option<u64> = self
            .db
            .query_row(
                "SELECT n FROM entries WHERE n > ?1 AND n <= ?2 AND at >= ?3 ORDER BY n LIMIT 1",
                params![base, most, oldest],
                |row| row.get(0),
            )
            .optional()?;
        let cut = young.map_or(most, |young| young - 1);
        Ok((cut > base).then_some(cut))
    }

    /// How many bytes of the database are in use.
    ///
    /// # Errors
    ///
    /// The database failed.
    pub fn size(&self) -> Result<u64, StoreError> {
        let number = |pragma| schema::number(&self.db, pragma);
        let pages = number("page_count")? - number("freelist_count")?;
        Ok((pages * number("page_size")?).cast_unsigned())
    }

    fn give_back_pages(&self) -> Result<(), StoreError> {
        let mut vacuum = self
            .db
            .prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut steps = vacuum.query([])?;
        // Each step gives one page back.
        while steps.next()?.is_some() {}
        Ok(())
    }

    /// Drops the events that were made of the entries up to `cut`.
    fn drop_events(&mut self, cut: u64) -> Result<Vec<(RoomName, u64)>, StoreError> {
        let mut trimmed = Vec::new();
        for (name, room) in &mut self.rooms {
            // Each slice's events are those of its entries: no more than these.
            let newest: Option<u64> = self.db.query_row(
                "SELECT max(seq) FROM events WHERE room = ?1 AND seq < ?2 AND pos <= ?3",
                params![room.id, room.kept + SLICE, cut],
                |row| row.get(0),
            )?;
            let Some(newest) = newest else { continue };
            self.db.execute(
                "DELETE FROM events WHERE room = ?1 AND seq <= ?2",
                params![room.id, newest],
            )?;
            room.kept = newest + 1;
            save_room(&self.db, name, *room)?;
            trimmed.push((name.clone(), room.kept));
        }
        Ok(trimmed)
    }
}
