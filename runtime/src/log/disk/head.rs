//! The file `head`: how many entries there are, kept apart from the database, so that a log that was cut can be told
//! from one whose last change did not get whole onto the disk.

use super::error::{Damage, StoreError};
use super::files::Files;

const NAME: &str = "head";
/// Two slots, each in a sector of its own whatever disk it is. What is written goes into the one that was not synced
/// last, so that a torn write leaves the other whole.
const SLOT: usize = 4096;
const MAGIC: [u8; 8] = *b"parlhead";
/// Magic, turn, count, chain, sum.
const LEN: usize = 8 + 8 + 8 + 4 + 4;

/// The end of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many entries there ever were.
    pub count: u64,
    /// The sum of the chain at the last.
    pub chain: u32,
}

/// See the module.
#[derive(Debug)]
pub(super) struct HeadFile {
    /// Which of the two is newer: the one that bears the higher number.
    turn: u64,
    /// Where the next one goes.
    slot: u64,
    /// What it told when it was opened.
    found: Option<Head>,
    /// What was last written since.
    written: Option<Head>,
    /// Whether it was synced.
    synced: bool,
}

impl HeadFile {
    /// Reads what is there.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or neither of its slots is whole.
    pub(super) fn open(files: &mut dyn Files) -> Result<HeadFile, StoreError> {
        let bytes = files
            .read(NAME)
            .map_err(|error| StoreError::file(NAME, error))?;
        // The power may go while the first head is written: the file has its length then and nothing in it yet.
        let Some(bytes) = bytes.filter(|bytes| bytes.iter().any(|byte| *byte != 0)) else {
            return Ok(HeadFile {
                turn: 0,
                slot: 0,
                found: None,
                written: None,
                synced: false,
            });
        };
        let newest = bytes
            .chunks(SLOT)
            .zip(0..)
            .filter_map(|(bytes, at)| slot(bytes).map(|(turn, head)| (turn, head, at)))
            .max_by_key(|slot| slot.0);
        let (turn, head, slot) = newest.ok_or(Damage::Head)?;
        Ok(HeadFile {
            turn,
            // Nobody knows whether it was synced; the other was.
            slot,
            found: Some(head),
            written: None,
            synced: false,
        })
    }

    /// What it told when it was opened.
    pub(super) fn found(&self) -> Option<Head> {
        self.found
    }

    /// Writes another head, unless this process has written the same: one that was found may be in memory alone, and
    /// no sync would tell. It is for the end of this process that it is written at every commit; for that of the
    /// machine, now and then, it is [synced](HeadFile::sync).
    ///
    /// # Errors
    ///
    /// What was said before is still there; what is said now may be.
    pub(super) fn write(&mut self, files: &mut dyn Files, head: Head) -> Result<(), StoreError> {
        if self.written == Some(head) {
            return Ok(());
        }
        let turn = self.turn + 1;
        let mut bytes = Vec::with_capacity(SLOT);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&turn.to_le_bytes());
        bytes.extend_from_slice(&head.count.to_le_bytes());
        bytes.extend_from_slice(&head.chain.to_le_bytes());
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes.resize(SLOT, 0);
        let offset = self.slot * SLOT as u64;
        files
            .write(NAME, offset, &bytes)
            .map_err(|error| StoreError::file(NAME, error))?;
        self.turn = turn;
        self.written = Some(head);
        self.synced = false;
        Ok(())
    }

    /// Makes durable what was last written.
    ///
    /// # Errors
    ///
    /// It may be or not.
    pub(super) fn sync(&mut self, files: &mut dyn Files) -> Result<(), StoreError> {
        if !self.synced {
            files
                .sync(NAME)
                .map_err(|error| StoreError::file(NAME, error))?;
            self.synced = true;
            self.slot ^= 1;
        }
        Ok(())
    }
}

/// The turn and the head that a slot holds, if it is whole.
fn slot(bytes: &[u8]) -> Option<(u64, Head)> {
    let bytes = bytes.get(..LEN)?;
    let (said, sum) = bytes.split_at(LEN - 4);
    if said[..8] != MAGIC || crc32c::crc32c(said).to_le_bytes() != *sum {
        return None;
    }
    let number = |at: usize| u64::from_le_bytes(said[at..at + 8].try_into().unwrap_or_default());
    let chain = u32::from_le_bytes(said[24..28].try_into().unwrap_or_default());
    Some((
        number(8),
        Head {
            count: number(16),
            chain,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::files::Folder;
    use super::*;

    const FIRST: Head = Head { count: 1, chain: 7 };
    const SECOND: Head = Head { count: 2, chain: 9 };

    #[test]
    fn a_torn_write_leaves_what_was_said_before() {
        let home = tempfile::tempdir().unwrap();
        let mut files = Folder::new(home.path());
        let mut head = HeadFile::open(&mut files).unwrap();
        assert_eq!(head.found(), None);
        head.write(&mut files, SECOND).unwrap();
        head.write(&mut files, FIRST).unwrap();
        head.sync(&mut files).unwrap();
        let mut head = HeadFile::open(&mut files).unwrap();
        head.sync(&mut files).unwrap();
        // However often it is written before it is synced, the one that was stays.
        for again in [FIRST, SECOND, FIRST, SECOND] {
            head.write(&mut files, again).unwrap();
        }
        assert_eq!(HeadFile::open(&mut files).unwrap().found(), Some(SECOND));
        let whole = files.read(NAME).unwrap().unwrap();
        for (at, byte) in whole.iter().enumerate().skip(SLOT).take(LEN) {
            files.write(NAME, at as u64, &[byte ^ 0x40]).unwrap();
            assert_eq!(HeadFile::open(&mut files).unwrap().found(), Some(FIRST));
            files.write(NAME, at as u64, &[*byte]).unwrap();
        }
        files.write(NAME, 9, &[0xff]).unwrap();
        assert_eq!(HeadFile::open(&mut files).unwrap().found(), Some(SECOND));
        files.write(NAME, SLOT as u64 + 9, &[0xff]).unwrap();
        assert!(matches!(
            HeadFile::open(&mut files),
            Err(StoreError::Damaged(Damage::Head))
        ));
    }
}
