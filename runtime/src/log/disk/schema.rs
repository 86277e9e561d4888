//! The database: how it is opened, and its tables.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::{Damage, StoreError};

/// `parl`: says that the file is ours.
const APPLICATION: i64 = 0x7061_726c;
/// The version of the tables. A folder of a newer one is refused, never guessed at.
const VERSION: i64 = 1;

/// Numbers count over all rooms, so that one chain of sums holds all entries. A room's row may go, its number is not
/// given again. `pos` of an event is the number of the entry that it was made of. The body of an entry is null where
/// the log was imported: only what came of it is known, and it is in a checkpoint; and where it was redacted (`erase.rs`).
const TABLES: &str = "
    CREATE TABLE facts (key TEXT PRIMARY KEY, value INTEGER NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kept INTEGER NOT NULL, crc INTEGER NOT NULL);
    CREATE TABLE entries (n INTEGER PRIMARY KEY, room INTEGER NOT NULL, at INTEGER NOT NULL,
        crc INTEGER NOT NULL, chain INTEGER NOT NULL, body BLOB);
    CREATE TABLE events (room INTEGER NOT NULL, seq INTEGER NOT NULL, pos INTEGER NOT NULL,
        crc INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (room, seq)) WITHOUT ROWID;
    CREATE TABLE checkpoints (room INTEGER PRIMARY KEY, pos INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL);
";

/// Opens the database at `path`, in the file system that SQLite knows as `vfs`; makes its tables where it is new.
///
/// # Errors
///
/// It is somebody else's, newer than this program, not whole, or cannot be opened.
pub(super) fn open(path: &Path, vfs: Option<&str>) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }?;
    // Before anything is read: then no memory is shared with others, and none is missing where none can be.
    let _: String = db.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |row| row.get(0))?;
    let ours = number(&db, "application_id")?;
    let version = number(&db, "user_version")?;
    let is_new: bool = db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })?;
    if !is_new && ours != APPLICATION {
        return Err(StoreError::Format(format!(
            "{}: a database of another program; take another folder with --data",
            path.display()
        )));
    }
    if !is_new && version != VERSION {
        return Err(StoreError::Format(format!(
            "{}: made by another version of parlance (its format is {version}, this program's {VERSION})",
            path.display()
        )));
    }
    if is_new {
        // Before the first table, or pages that are freed are never given back.
        db.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA cell_size_check = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    // What goes is overwritten with zeroes where it stands.
    let _: i64 = db.query_row("PRAGMA secure_delete = ON", [], |row| row.get(0))?;
    let mode = keep_a_log(&db)?;
    if mode != "wal" {
        return Err(Damage::Database(format!("its journal mode is {mode}")).into());
    }
    // Ours, so that its errors are seen: those of the automatic one are not.
    let _: i64 = db.query_row("PRAGMA wal_autocheckpoint = 0", [], |row| row.get(0))?;
    if is_new {
        db.execute_batch(&format!(
            "BEGIN IMMEDIATE; {TABLES}
             PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    Ok(db)
}

/// Has the database keep a write-ahead log; the mode that it is in now.
fn keep_a_log(db: &Connection) -> Result<String, StoreError> {
    let mut statement = db.prepare("PRAGMA journal_mode = WAL")?;
    let mut rows = statement.query([])?;
    let mut mode = String::new();
    // To the end: it gives the new mode first and commits it then, and only the last step says that this failed.
    while let Some(row) = rows.next()? {
        mode = row.get(0)?;
    }
    Ok(mode)
}

/// Brings what is in the write-ahead log into the database file and syncs both.
///
/// # Errors
///
/// It could not be done; what is stored is stored all the same.
pub(super) fn checkpoint(db: &Connection, truncate: bool) -> Result<(), StoreError> {
    let mode = if truncate { "TRUNCATE" } else { "PASSIVE" };
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let _busy: i64 = db.query_row(&sql, [], |row| row.get(0))?;
    Ok(())
}

/// A number that the database keeps in its first page or knows of itself.
pub(super) fn number(db: &Connection, pragma: &str) -> Result<i64, StoreError> {
    Ok(db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0))?)
}
