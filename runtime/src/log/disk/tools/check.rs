//! `log check`: all that is stored is as it was written.

use std::path::Path;

use parlance_proto::name::RoomName;

use super::super::error::{Damage, StoreError};
use super::super::store::Store;
use super::events::Events;
use super::{ToolError, open, take};

/// A log that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its rooms, by name.
    pub rooms: Vec<Checked>,
    /// How many entries it keeps.
    pub entries: u64,
}

/// A room that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its name.
    pub name: RoomName,
    /// The oldest event kept.
    pub kept: u64,
    /// The newest event.
    pub head: u64,
    /// How many are in it.
    pub members: u64,
    /// Its epoch.
    pub epoch: u64,
}

/// Reads every page, entry, event and checkpoint of the log in `folder`, and folds what no checkpoint has.
///
/// # Errors
///
/// The first that is not as it was written; a server has the folder; or there is no log in it.
pub fn check(folder: &Path) -> Result<Check, ToolError> {
    let _lock = take(folder)?;
    let (store, recovered) = open(folder)?;
    check_pages(&store)?;
    check_rows(&store)?;
    let mut rooms = Vec::with_capacity(recovered.len());
    for room in recovered {
        rooms.push(Checked {
            kept: room.kept,
            head: room.fold.head(),
            members: room.fold.count(),
            epoch: room.fold.epoch(),
            name: room.name,
        });
    }
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Check {
        rooms,
        entries: store.end().count - store.facts.base,
    })
}

/// Compares the sums of all entries and events.
pub(super) fn check_rows(store: &Store) -> Result<(), StoreError> {
    store.walk(store.facts.base, |_, _, _, _| Ok(()))?;
    for room in store.room_names() {
        let mut events = Events::strict(store, &room)?;
        while events.next()?.is_some() {}
    }
    Ok(())
}

fn check_pages(store: &Store) -> Result<(), StoreError> {
    let said: String = store
        .db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => Err(Damage::Database(said.replace('\n', " ")).into()),
    }
}
