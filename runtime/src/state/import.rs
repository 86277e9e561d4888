//! Putting the master key of another device in the place of this one's.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{MasterKey, StateError, StateFolder, io_error, read_key};
use crate::identity::Fingerprint;

/// So many keys are kept beside of one day.
const OLD_A_DAY: u32 = 100;

/// What an import found and did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Imported {
    /// There was no key.
    New,
    /// It was there already.
    Same,
    /// Another one was there, which is in this file now.
    Replaced(PathBuf),
}

impl StateFolder {
    /// Puts `key` in the place of the master key. Another key that is there is moved to a file beside it with `date` in
    /// its name, if `replace` says so. At any moment of a crash the old one is in its place, or the new one, whole.
    ///
    /// # Errors
    ///
    /// There is another key and `replace` does not say so; or the file of the key cannot be read or replaced. What was
    /// there is then as it was.
    pub fn import_key(
        &self,
        key: &MasterKey,
        replace: bool,
        date: &str,
    ) -> Result<Imported, StateError> {
        let path = self.key_path();
        let folder = File::open(&self.path).map_err(io_error(&self.path))?;
        // One import at a time; the lock goes with the file.
        folder.lock().map_err(io_error(&self.path))?;
        let there = match read_key(&path) {
            Ok(None) => {
                if self.place(key, &path)? {
                    folder.sync_all().map_err(io_error(&path))?;
                    return Ok(Imported::New);
                }
                // Somebody joined just now.
                read_key(&path)
            }
            there => there,
        };
        match there {
            Ok(Some(there)) if there == *key => Ok(Imported::Same),
            Ok(Some(_)) | Err(StateError::NotAKey { .. }) if replace => {
                let old = self.keep_old(&path, date).map_err(io_error(&path))?;
                self.with_draft(key, |draft| std::fs::rename(draft, &path))
                    .and_then(|()| folder.sync_all())
                    .map_err(io_error(&path))?;
                Ok(Imported::Replaced(old))
            }
            Ok(Some(there)) => Err(StateError::OtherKey(Fingerprint::of(&there))),
            Ok(None) => Err(StateError::NoKey),
            Err(error) => Err(error),
        }
    }

    /// Gives what is at `path` a second name.
    fn keep_old(&self, path: &Path, date: &str) -> io::Result<PathBuf> {
        for nth in 1..=OLD_A_DAY {
            let number = if nth == 1 {
                String::new()
            } else {
                format!("-{nth}")
            };
            let old = self.path.join(format!("master.key.old-{date}{number}"));
            match std::fs::hard_link(path, &old) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                linked => return linked.map(|()| old),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::state::write_secret;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new([byte; MasterKey::LEN])
    }

    fn folder() -> (tempfile::TempDir, StateFolder) {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&home.path().join("parlance")).unwrap();
        (home, folder)
    }

    fn files(folder: &StateFolder) -> Vec<String> {
        let entries = std::fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_key_may_come_from_elsewhere() {
        let (_home, folder) = folder();
        assert!(matches!(folder.known_key(), Err(StateError::NoKey)));
        assert!(files(&folder).is_empty(), "asking draws none");
        assert_eq!(
            folder.import_key(&key(7), false, "d").unwrap(),
            Imported::New
        );
        assert_eq!(folder.master_key().unwrap(), key(7));
        assert_eq!(
            folder.import_key(&key(7), false, "d").unwrap(),
            Imported::Same
        );
        assert_eq!(
            folder.import_key(&key(7), true, "d").unwrap(),
            Imported::Same
        );
        assert_eq!(files(&folder), ["master.key"]);
        let mode = folder.key_path().metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn another_key_stays_unless_it_is_to_be_replaced_and_then_beside() {
        let (_home, folder) = folder();
        folder.import_key(&key(1), false, "2026-11-25").unwrap();
        let refused = folder.import_key(&key(2), false, "2026-11-25");
        assert!(
            matches!(refused, Err(StateError::OtherKey(there)) if there == Fingerprint::of(&key(1)))
        );
        assert_eq!(folder.known_key().unwrap(), key(1));
        assert_eq!(files(&folder), ["master.key"]);
        for (byte, name) in [
            (2, "master.key.old-2026-11-25"),
            (3, "master.key.old-2026-11-25-2"),
            (4, "master.key.old-2026-11-25-3"),
        ] {
            let old = folder.path().join(name);
            let done = folder.import_key(&key(byte), true, "2026-11-25").unwrap();
            assert_eq!(done, Imported::Replaced(old.clone()));
            assert_eq!(folder.known_key().unwrap(), key(byte));
            assert_eq!(read_key(&old).unwrap(), Some(key(byte - 1)), "{name}");
        }
        assert_eq!(files(&folder).len(), 4, "no draft stays");
    }

    #[test]
    fn what_is_no_key_is_replaced_only_if_asked_for_and_kept_as_well() {
        let (_home, folder) = folder();
        write_secret(&folder.key_path(), b"half a ke").unwrap();
        let refused = folder.import_key(&key(2), false, "d");
        assert!(matches!(refused, Err(StateError::NotAKey { .. })));
        let done = folder.import_key(&key(2), true, "d").unwrap();
        let old = folder.path().join("master.key.old-d");
        assert_eq!(done, Imported::Replaced(old.clone()));
        assert_eq!(std::fs::read(old).unwrap(), b"half a ke");
        assert_eq!(folder.known_key().unwrap(), key(2));
    }

    #[test]
    fn an_import_that_fails_leaves_what_was() {
        let (_home, folder) = folder();
        folder.import_key(&key(1), false, "d").unwrap();
        // Where the draft is to be written, nothing can be.
        let draft = folder
            .path()
            .join(format!("master.key.{}", std::process::id()));
        std::fs::create_dir(draft).unwrap();
        let failed = folder.import_key(&key(2), true, "d");
        assert!(matches!(failed, Err(StateError::Io { .. })), "{failed:?}");
        assert_eq!(folder.known_key().unwrap(), key(1));
    }
}
