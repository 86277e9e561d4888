//! Space put by: when the disk is full for what people say, logins and leaves go on in it.

use super::error::StoreError;
use super::files::Files;

pub(super) const NAME: &str = "reserve";
/// How much: some hundred logins, each of which rewrites a few pages.
const SIZE: usize = 4 << 20;
/// It is filled in pieces of this many bytes.
const PIECE: usize = 64 << 10;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Reserve {
    taken: bool,
}

impl Reserve {
    /// Puts the space by, unless it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`]: there is none, or not enough; what was taken of it is not given back by this.
    pub(super) fn take(&mut self, files: &mut dyn Files) -> Result<(), StoreError> {
        if self.taken {
            return Ok(());
        }
        let fail = |error| StoreError::file(NAME, error);
        let there = files.read(NAME).map_err(fail)?;
        if there.is_none_or(|bytes| bytes.len() < SIZE) {
            // A file system may store a run of zeroes as a hole, which takes no space.
            let piece = vec![0xa5; PIECE];
            for offset in (0..SIZE).step_by(PIECE) {
                files.write(NAME, offset as u64, &piece).map_err(fail)?;
            }
            files.sync(NAME).map_err(fail)?;
        }
        self.taken = true;
        Ok(())
    }

    /// Gives the space back to the file system.
    ///
    /// # Errors
    ///
    /// It is still put by.
    pub(super) fn give(&mut self, files: &mut dyn Files) -> Result<(), StoreError> {
        self.taken = false;
        files
            .clear(NAME)
            .map_err(|error| StoreError::file(NAME, error))
    }
}
