//! The database of who may come in: `access.db`, for its owner alone.
//!
//! Of an invitation it holds the SHA-256, of a key the hash that the machine gives. The server and the command line have
//! it open at the same time: each change is one transaction, and waits for the other's.

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::KeyHash;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::error::AccessError;
use crate::link::Secret;

/// How many invitations there may be at once: each login that shows one is compared with all of them.
pub const INVITATIONS: u64 = 1_000;
/// How many keys are remembered as let in, over all rooms; as many as a room remembers claims. The one that has not come
/// for the longest time goes, and needs an invitation again.
pub const KEYS: u64 = 100_000;

/// How long one process waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);
/// An invitation that has expired is listed for so long, in milliseconds: a week, to see what became of it.
const REMEMBERED_MS: u64 = 7 * 86_400_000;
/// That a key has come is noted when it was last noted longer ago than this, in milliseconds: a day. A login of a member
/// need not wait for the disk.
const NOTED_MS: u64 = 86_400_000;
/// `parl`: says that the file is ours.
const APPLICATION: i64 = 0x7061_726c;
/// The version of the tables, apart from the log's.
const VERSION: i64 = 1;
/// Permission bits of others than the owner.
const OTHERS: u32 = 0o077;

/// Times are in milliseconds since 1970. The number of an invitation is not given again.
const TABLES: &str = "
    CREATE TABLE invitations (id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, room TEXT NOT NULL,
        uses INTEGER NOT NULL, expires INTEGER NOT NULL, made INTEGER NOT NULL) STRICT;
    CREATE TABLE keys (key BLOB NOT NULL, room TEXT NOT NULL, invitation INTEGER NOT NULL, admitted INTEGER NOT NULL,
        came INTEGER NOT NULL, PRIMARY KEY (key, room)) STRICT, WITHOUT ROWID;
    CREATE INDEX keys_by_age ON keys (came);
";

/// See the module.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    most_keys: u64,
}

/// An invitation as its maker sees it: without the secret, which only the link has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The number that people type.
    pub id: u64,
    /// The room.
    pub room: String,
    /// How many more it lets in.
    pub uses: u64,
    /// Until when, in milliseconds since 1970.
    pub expires: u64,
    /// When it was made.
    pub made: u64,
}

/// Whether somebody may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The key was let into this room before.
    Known,
    /// An invitation counts, and one use of it is taken: the number of the invitation.
    Invited(i64),
    /// Neither.
    Refused,
}

impl Store {
    /// Opens the database in `folder`; makes it (0600) where it is not there.
    ///
    /// # Errors
    ///
    /// Others may read it, it is not ours, or it cannot be opened.
    pub fn open(folder: &Path) -> Result<Store, AccessError> {
        let path = folder.join("access.db");
        own(&path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = Connection::open_with_flags(&path, flags)?;
        db.busy_timeout(PATIENCE)?;
        db.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
        let _: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        // What is answered is on the disk.
        db.execute_batch("PRAGMA synchronous = FULL")?;
        prepare(&mut db, &path)?;
        let most_keys = KEYS;
        Ok(Store { db, most_keys })
    }

    /// Makes an invitation to `room`, for so many uses and so long from `now` on: what goes into the link, and its
    /// number.
    ///
    /// # Errors
    ///
    /// There are [`INVITATIONS`] that count, or it cannot be stored.
    pub fn make(
        &mut self,
        uses: u64,
        valid: Duration,
        room: &RoomName,
        now: u64,
    ) -> Result<(Secret, u64), AccessError> {
        let secret = Secret::draw()?;
        let valid = u64::try_from(valid.as_millis()).unwrap_or(u64::MAX);
        let expires = now.saturating_add(valid).min(i64::MAX as u64);
        let tx = self.begin()?;
        tx.execute(
            "DELETE FROM invitations WHERE expires < ?1",
            [now.saturating_sub(REMEMBERED_MS)],
        )?;
        if count(&tx, "invitations")? >= INVITATIONS {
            tx.execute(
                "DELETE FROM invitations WHERE expires <= ?1 OR uses = 0",
                [now],
            )?;
        }
        if count(&tx, "invitations")? >= INVITATIONS {
            return Err(AccessError::Full);
        }
        tx.execute(
            "INSERT INTO invitations (hash, room, uses, expires, made) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![secret.hash(), room.as_str(), uses, expires, now],
        )?;
        let id = tx.last_insert_rowid();
        tx.commit()?;
        Ok((secret, u64::try_from(id).unwrap_or(0)))
    }

    /// All invitations, those that count no more among them, by number.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    pub fn list(&self) -> Result<Vec<Invitation>, AccessError> {
        let mut all = self
            .db
            .prepare("SELECT id, room, uses, expires, made FROM invitations ORDER BY id")?;
        let all = all.query_map([], |row| {
            Ok(Invitation {
                id: row.get(0)?,
                room: row.get(1)?,
                uses: row.get(2)?,
                expires: row.get(3)?,
                made: row.get(4)?,
            })
        })?;
        Ok(all.collect::<Result<_, _>>()?)
    }

    /// Takes an invitation back; whether there was one of that number. Who came in by it stays.
    ///
    /// # Errors
    ///
    /// It cannot be changed.
    pub fn revoke(&mut self, id: u64) -> Result<bool, AccessError> {
        let Ok(id) = i64::try_from(id) else {
            return Ok(false);
        };
        let gone = self
            .db
            .execute("DELETE FROM invitations WHERE id = ?1", [id])?;
        Ok(gone > 0)
    }

    /// Whether `key` (none: a guest) may come into `room`, by what it was before or by `proof`. Of an invitation one use
    /// is taken, and is on the disk when this returns; [`give_back`](Self::give_back) if nothing came of it.
    ///
    /// # Errors
    ///
    /// It cannot be looked up, or not be stored: then nothing was taken.
    pub fn check(
        &mut self,
        room: &RoomName,
        key: Option<&KeyHash>,
        proof: Option<&[u8]>,
        now: u64,
    ) -> Result<Checked, AccessError> {
        if let Some(key) = key
            && self.knows(room, key, now)?
        {
            return Ok(Checked::Known);
        }
        let Some(proof) = proof else {
            return Ok(Checked::Refused);
        };
        Ok(self
            .redeem(room, key, proof, now)?
            .map_or(Checked::Refused, Checked::Invited))
    }

    /// Whether the key was let into the room before.
    ///
    /// # Errors
    ///
    /// It cannot be looked up.
    pub(super) fn knows(
        &mut self,
        room: &RoomName,
        key: &KeyHash,
        now: u64,
    ) -> Result<bool, AccessError> {
        let came: Option<u64> = self
            .db
            .query_row(
                "SELECT came FROM keys WHERE key = ?1 AND room = ?2",
                params![key.as_bytes(), room.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        if came.is_some_and(|came| came.saturating_add(NOTED_MS) < now) {
            self.db.execute(
                "UPDATE keys SET came = ?3 WHERE key = ?1 AND room = ?2",
                params![key.as_bytes(), room.as_str(), now],
            )?;
        }
        Ok(came.is_some())
    }

    /// Takes one use of the invitation that `proof` is, if it counts for this room now; its number.
    ///
    /// Whether there is none, it has expired, is used up or is for another room: the same is done.
    pub(super) fn redeem(
        &mut self,
        room: &RoomName,
        key: Option<&KeyHash>,
        proof: &[u8],
        now: u64,
    ) -> Result<Option<i64>, AccessError> {
        let most_keys = self.most_keys;
        let tx = self.begin()?;
        let id = find(&tx, proof)?;
        let taken = tx.execute(
            "UPDATE invitations SET uses = uses - 1 WHERE id = ?1 AND room = ?2 AND uses > 0 AND expires > ?3",
            params![id, room.as_str(), now],
        )?;
        if taken == 0 {
            return Ok(None);
        }
        if let Some(key) = key {
            tx.execute(
                "INSERT OR REPLACE INTO keys (key, room, invitation, admitted, came) VALUES (?1, ?2, ?3, ?4, ?4)",
                params![key.as_bytes(), room.as_str(), id, now],
            )?;
            forget_oldest(&tx, most_keys)?;
        }
        tx.commit()?;
        Ok(Some(id))
    }

    /// Gives back the use that was taken of an invitation, and forgets the key that came by it: it did not come in.
    ///
    /// # Errors
    ///
    /// It cannot be stored.
    pub fn give_back(
        &mut self,
        invitation: i64,
        room: &RoomName,
        key: Option<&KeyHash>,
    ) -> Result<(), AccessError> {
        let tx = self.begin()?;
        tx.execute(
            "UPDATE invitations SET uses = uses + 1 WHERE id = ?1",
            [invitation],
        )?;
        if let Some(key) = key {
            tx.execute(
                "DELETE FROM keys WHERE key = ?1 AND room = ?2 AND invitation = ?3",
                params![key.as_bytes(), room.as_str(), invitation],
            )?;
        }
        tx.commit()?;
        Ok(())
    }

    /// A change that no other process comes in between of.
    fn begin(&mut self) -> Result<Transaction<'_>, AccessError> {
        Ok(self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// The number of the invitation that `proof` is; 0 if it is none. It is compared with every one there is, whatever the
/// comparisons before have given, and each in a time that does not depend on how much is right [HS-24].
fn find(db: &Connection, proof: &[u8]) -> Result<i64, AccessError> {
    let shown: [u8; 32] = Sha256::digest(proof).into();
    let mut found = 0_i64;
    let mut all = db.prepare_cached("SELECT id, hash FROM invitations")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (id, hash): (i64, [u8; 32]) = (row.get(0)?, row.get(1)?);
        found.conditional_assign(&id, hash.ct_eq(&shown));
    }
    Ok(found)
}

fn forget_oldest(db: &Connection, most: u64) -> Result<(), AccessError> {
    let excess = count(db, "keys")?.saturating_sub(most);
    if excess > 0 {
        db.execute(
            "DELETE FROM keys WHERE (key, room) IN (SELECT key, room FROM keys ORDER BY came LIMIT ?1)",
            [excess],
        )?;
    }
    Ok(())
}

fn count(db: &Connection, table: &str) -> Result<u64, AccessError> {
    Ok(
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })?,
    )
}

/// Makes the file for its owner alone where it is not there; refuses one that others may read. What SQLite makes beside
/// it gets the same mode.
fn own(path: &Path) -> Result<(), AccessError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(AccessError::io(path))?;
    let mode = file.metadata().map_err(AccessError::io(path))?.mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = path.to_owned();
    Err(AccessError::Readable { path, mode })
}

/// Makes the tables where the file is new; refuses what is not ours.
fn prepare(db: &mut Connection, path: &Path) -> Result<(), AccessError> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number =
        |what: &str| tx.query_row(&format!("PRAGMA {what}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let is_new = count(&tx, "sqlite_schema")? == 0;
    if is_new {
        tx.execute_batch(&format!(
            "{TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
        ))?;
        tx.commit()?;
    } else if (application, version) != (APPLICATION, VERSION) {
        return Err(AccessError::Foreign(path.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
