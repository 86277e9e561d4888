//! What is done with a log while no server has it.

mod check;
mod events;
mod export;
mod import;
mod lines;
mod salvage;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use parlance_proto::name::RoomName;

pub use check::{Check, Checked, check};
pub use export::export;
pub use import::{Imported, import};
pub use salvage::Left;

pub(super) use events::Events;

use super::error::StoreError;
use super::store::Store;
use super::thread::{open_store, take_folder};
use crate::exit::Exit;
use crate::printable::Printable;
use crate::words::catalogue::Both;

/// Why a tool did not do what it is for. `Display` (in `words`) says it on one line.
#[derive(Debug)]
#[non_exhaustive]
pub enum ToolError {
    /// There is no log in the folder.
    NoLog(PathBuf),
    /// The log cannot be opened, or is damaged.
    Store(StoreError),
    /// There is no such room.
    NoRoom(RoomName),
    /// The folder for a new log holds something.
    Used(PathBuf),
    /// A line of an import is not what it has to be.
    Input {
        /// Which.
        line: u64,
        /// What is wrong.
        why: Printable,
    },
    /// What an import says of a room cannot be.
    Room(RoomName, Both),
    /// Stdin cannot be read.
    Stdin(io::Error),
    /// What was printed was not taken: how the command ends.
    Print(Exit),
}

impl std::error::Error for ToolError {}

impl From<StoreError> for ToolError {
    fn from(error: StoreError) -> ToolError {
        ToolError::Store(error)
    }
}

/// Takes a folder that holds a log, as a server does; nothing is made where there is none.
pub(super) fn take(folder: &Path) -> Result<File, ToolError> {
    if !folder.join(DATABASE).is_file() {
        return Err(ToolError::NoLog(folder.to_owned()));
    }
    Ok(take_folder(folder)?)
}

/// Opens the log in a folder that was taken; events that a crash kept from being noted are noted.
pub(super) fn open(folder: &Path) -> Result<(Store, Vec<super::recover::Recovered>), StoreError> {
    let mut store = open_store(folder, 0)?;
    let (rooms, unnoted) = store.recover()?;
    for noted in &unnoted {
        store.note(noted)?;
    }
    store.commit()?;
    Ok((store, rooms))
}

const DATABASE: &str = "log.db";
