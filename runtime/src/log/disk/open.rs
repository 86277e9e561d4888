//! Opening a store: what is there is synced, read, and compared with what was acknowledged.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::OptionalExtension;

use super::erase::{self, Erasures};
use super::error::{Damage, StoreError};
use super::facts::{Facts, load_rooms};
use super::files::Files;
use super::head::{Head, HeadFile};
use super::schema;
use super::store::Store;

/// Where a log stands.
pub struct Place<'a> {
    /// The path of the database.
    pub database: &'a Path,
    /// The file system, by the name that SQLite knows it by; `None` is the system's.
    pub vfs: Option<&'a str>,
    /// The files beside it.
    pub files: Box<dyn Files>,
}

impl Store {
    /// Opens the log at `place`, made where there is none; `node` is what a new one calls its server.
    ///
    /// What is there is written once more, brought into the database file and synced first: a crash of this machine
    /// takes nothing back that this start has shown.
    ///
    /// # Errors
    ///
    /// The log is damaged, or not ours, or cannot be opened; [`StoreError::Full`] where nothing is wrong but that.
    pub fn open(place: Place<'_>, node: u64) -> Result<Store, StoreError> {
        let Place {
            database,
            vfs,
            mut files,
        } = place;
        let head = HeadFile::open(&mut *files)?;
        let db = schema::open(database, vfs)?;
        write_again(&mut *files, database)?;
        schema::checkpoint(&db, true)?;
        let mut store = Store {
            db,
            files,
            head,
            facts: Facts::default(),
            stored: None,
            rooms: BTreeMap::new(),
            erasures: Erasures::new(),
            last: Head::default(),
            synced: Head::default(),
        };
        store.load()?;
        store.compare_head()?;
        if store.stored.is_none() {
            store.facts.node = node;
            store.begin()?;
            store.commit()?;
        }
        store.sync_head()?;
        Ok(store)
    }

    /// Reads what the database holds into the fields.
    pub(super) fn load(&mut self) -> Result<(), StoreError> {
        self.stored = Facts::load(&self.db)?;
        self.facts = self.stored.unwrap_or(Facts {
            node: self.facts.node,
            ..Facts::default()
        });
        self.rooms = load_rooms(&self.db)?;
        self.erasures = erase::load(&self.db)?;
        if self.rooms.len() as u64 != self.facts.rooms {
            return Err(Damage::Fact("rooms").into());
        }
        let newest = self
            .db
            .query_row(
                "SELECT n, chain FROM entries ORDER BY n DESC LIMIT 1",
                [],
                |row| {
                    Ok(Head {
                        count: row.get(0)?,
                        chain: row.get(1)?,
                    })
                },
            )
            .optional()?;
        if self.stored.is_none() && newest.is_some() {
            return Err(Damage::Fact("facts").into());
        }
        self.last = newest.unwrap_or(Head {
            count: self.facts.base,
            chain: self.facts.base_chain,
        });
        self.synced = self.last;
        Ok(())
    }

    /// Whether all is there that was acknowledged, as far as the file `head` was told.
    fn compare_head(&self) -> Result<(), StoreError> {
        let Some(head) = self.head.found() else {
            // It is made with the log; only one that is new may be without.
            let is_new = self.last.count == 0;
            return if is_new {
                Ok(())
            } else {
                Err(Damage::Head.into())
            };
        };
        if self.last.count < head.count {
            return Err(Damage::Cut {
                found: self.last.count,
                acknowledged: head.count,
            }
            .into());
        }
        // Of what retention took since, there is nothing to compare.
        if head.count >= self.facts.base && self.chain_at(head.count)? != Some(head.chain) {
            return Err(Damage::Chain(head.count).into());
        }
        Ok(())
    }
}

/// Writes what stands in the write-ahead log once more; the checkpoint that follows syncs it first.
///
/// A sync that failed in a process before this one may have left what it was for in memory alone, where it is read as
/// if it were stored, and no sync from then on would write it or say so. What is brought into the database from there
/// would stand beside a write-ahead log that loses its end with the power.
fn write_again(files: &mut dyn Files, database: &Path) -> Result<(), StoreError> {
    let Some(name) = database.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let name = format!("{name}-wal");
    let fail = |error| StoreError::file(&name, error);
    match files.read(&name).map_err(fail)? {
        Some(bytes) if !bytes.is_empty() => files.write(&name, 0, &bytes).map_err(fail),
        _ => Ok(()),
    }
}
