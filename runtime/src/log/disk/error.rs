//! What can go wrong with a log on disk.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rusqlite::ffi::ErrorCode;

use crate::printable::Printable;

/// Why the log cannot be opened, or cannot go on. `Display` says it on one line, with what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has the folder.
    InUse(PathBuf),
    /// The disk has no space. What was asked for is certainly not stored; what is stored can be read.
    Full,
    /// What is stored is not what was written. Nothing of it is shown.
    Damaged(Damage),
    /// The folder holds something else, or was written by a newer program.
    Format(String),
    /// The database failed. Whether the last change is stored is unknown.
    Database(rusqlite::Error),
    /// A file beside the database failed.
    File {
        /// Which.
        name: String,
        /// Why.
        error: io::Error,
    },
    /// The system gave no random bytes.
    Random(getrandom::Error),
}

/// What is wrong with a log that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// An entry does not have the sum it was stored with.
    Entry(u64),
    /// The entry of this number is missing.
    NoEntry(u64),
    /// The chain breaks at this entry: one before it was changed, dropped or put in.
    Chain(u64),
    /// The event of this number of the room does not have its sum, or is not that event.
    Event(String, u64),
    /// The event of this number of the room is missing.
    NoEvent(String, u64),
    /// The checkpoint of this room does not have its sum, or is none.
    Checkpoint(String),
    /// What is known of this entry, which was redacted, does not have its sum.
    Erasure(u64),
    /// A fact about the log itself does not have its sum.
    Fact(&'static str),
    /// The room in this row does not have its sum.
    Room(i64),
    /// Fewer entries are there than were acknowledged.
    Cut {
        /// How many there are.
        found: u64,
        /// How many there were at least.
        acknowledged: u64,
    },
    /// The file that tells how many entries there were is gone or damaged itself.
    Head,
    /// The database itself is not whole.
    Database(String),
}

impl std::error::Error for StoreError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::InUse(folder) => write!(
                f,
                "{}: another server has this folder; end it, or take another with --data",
                Printable::path(folder)
            ),
            StoreError::Full => f.write_str("the disk has no space left: free some"),
            StoreError::Damaged(damage) => write!(
                f,
                "the log is damaged: {damage}; restore a backup, or `parlance log export --salvage` what is whole"
            ),
            StoreError::Format(what) => Printable::field(what).fmt(f),
            StoreError::Database(error) => {
                let error = Printable::field(&error.to_string());
                write!(f, "the log's database failed: {error}")
            }
            StoreError::File { name, error } => {
                Printable::field(&format!("{name}: {error}")).fmt(f)
            }
            StoreError::Random(error) => write!(f, "no random bytes: {error}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Entry(n) => write!(f, "entry {n} is not as it was written"),
            Damage::NoEntry(n) => write!(f, "entry {n} is missing"),
            Damage::Chain(n) => write!(f, "what stands before entry {n} is not what did"),
            Damage::Event(room, seq) => {
                let room = Printable::name(room);
                write!(f, "event {seq} of {room} is not as it was written")
            }
            Damage::NoEvent(room, seq) => {
                write!(f, "event {seq} of {} is missing", Printable::name(room))
            }
            Damage::Checkpoint(room) => {
                let room = Printable::name(room);
                write!(f, "the checkpoint of {room} is not whole")
            }
            Damage::Erasure(n) => {
                write!(
                    f,
                    "what is known of the redacted entry {n} is not as it was written"
                )
            }
            Damage::Fact(key) => write!(f, "its {key} is not as it was written"),
            Damage::Room(id) => write!(f, "room number {id} is not as it was written"),
            Damage::Cut {
                found,
                acknowledged,
            } => write!(
                f,
                "{found} entries are there and {acknowledged} were acknowledged"
            ),
            Damage::Head => f.write_str("the file `head` is missing or not whole"),
            Damage::Database(what) => {
                write!(f, "the database is not whole: {}", Printable::field(what))
            }
        }
    }
}

impl From<Damage> for StoreError {
    fn from(damage: Damage) -> Self {
        StoreError::Damaged(damage)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::ConstraintViolation,
            ) => StoreError::Damaged(Damage::Database(error.to_string())),
            _ => match error {
                // A column that does not hold what we write there.
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::FromSqlConversionFailure(..) => {
                    StoreError::Damaged(Damage::Database(error.to_string()))
                }
                error => StoreError::Database(error),
            },
        }
    }
}

impl StoreError {
    /// The error of a file; one that says there is no space is [`Full`](StoreError::Full).
    pub(super) fn file(name: &str, error: io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::File {
                name: name.to_owned(),
                error,
            },
        }
    }
}
