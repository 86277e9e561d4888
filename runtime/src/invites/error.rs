//! Why the database of invitations cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use crate::state::StateError;

/// Why who may come in cannot be looked up or changed. `Display` (in `words`) says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum AccessError {
    /// A file could not be made, opened, read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read it.
    Readable {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another server has the folder.
    InUse(PathBuf),
    /// It is another program's, or another version's.
    Foreign(PathBuf),
    /// SQLite could not do it.
    Database(rusqlite::Error),
    /// There are as many invitations as there may be, and all of them count.
    Full,
    /// No server has said in this folder where it is.
    NoAddress(PathBuf),
    /// What stands there is no address of a server.
    NotAnAddress(PathBuf),
    /// The system gave no random bytes.
    Random(getrandom::Error),
    /// The state folder cannot be used.
    State(StateError),
}

impl std::error::Error for AccessError {}

impl AccessError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> AccessError {
        let path = path.to_owned();
        move |error| AccessError::Io { path, error }
    }
}

impl From<rusqlite::Error> for AccessError {
    fn from(error: rusqlite::Error) -> AccessError {
        AccessError::Database(error)
    }
}

impl From<getrandom::Error> for AccessError {
    fn from(error: getrandom::Error) -> AccessError {
        AccessError::Random(error)
    }
}

impl From<StateError> for AccessError {
    fn from(error: StateError) -> AccessError {
        AccessError::State(error)
    }
}
