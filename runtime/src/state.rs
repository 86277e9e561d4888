//! The state folder and the master key in it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Permission bits of others than the owner: none may be set on anything here.
pub(crate) const OTHERS: u32 = 0o077;

/// A person's secret, from which the key for every server and name is derived.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; Self::LEN]);

impl MasterKey {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// A key from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; Self::LEN]) -> MasterKey {
        MasterKey(bytes)
    }

    /// Its bytes: secret.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(secret)")
    }
}

/// Why the state folder cannot be used. `Display` says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateError {
    /// Neither `XDG_STATE_HOME` nor a home folder is known.
    NoHome,
    /// A file or the folder could not be made, opened or read.
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
    /// The file of the master key does not hold a key.
    NotAKey {
        /// Which.
        path: PathBuf,
    },
    /// The system gave no random bytes.
    Random(getrandom::Error),
}

impl std::error::Error for StateError {}

/// A folder for this person alone.
#[derive(Clone, Debug)]
pub struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// `$XDG_STATE_HOME/parlance`, else `~/.local/state/parlance`; made (0700) where it is not there.
    ///
    /// # Errors
    ///
    /// No home folder, a folder that cannot be made, or one that others may read.
    pub fn open_default() -> Result<StateFolder, StateError> {
        StateFolder::open(&StateFolder::default_path()?)
    }

    /// Where that is, whether it is there or not.
    ///
    /// # Errors
    ///
    /// No home folder.
    pub fn default_path() -> Result<PathBuf, StateError> {
        let xdg = etcetera::base_strategy::Xdg::new().map_err(|_| StateError::NoHome)?;
        let state = xdg.state_dir().ok_or(StateError::NoHome)?;
        Ok(state.join("parlance"))
    }

    /// The folder at `path`, made (0700) where it is not there.
    ///
    /// # Errors
    ///
    /// A folder that cannot be made, or one that others may read.
    pub fn open(path: &Path) -> Result<StateFolder, StateError> {
        make_private(path)?;
        let metadata = path.metadata().map_err(io_error(path))?;
        refuse_readable(path, metadata.mode())?;
        Ok(StateFolder {
            path: path.to_owned(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The master key, drawn at its first use.
    ///
    /// Two processes that need it at once get the same one: it appears in the folder whole, and only once.
    ///
    /// # Errors
    ///
    /// A file that others may read, that is no key, or that cannot be read or made.
    pub fn master_key(&self) -> Result<MasterKey, StateError> {
        let path = self.path.join("master.key");
        match read_key(&path)? {
            Some(key) => Ok(key),
            None => {
                self.draw_key(&path)?;
                read_key(&path)?.ok_or_else(|| io_error(&path)(io::ErrorKind::NotFound.into()))
            }
        }
    }

    /// Puts a fresh key at `path`, unless another process was quicker.
    fn draw_key(&self, path: &Path) -> Result<(), StateError> {
        let mut key = [0; MasterKey::LEN];
        getrandom::fill(&mut key).map_err(StateError::Random)?;
        let draft = self.path.join(format!("master.key.{}", std::process::id()));
        let written =
            write_secret(&draft, &key).and_then(|()| match std::fs::hard_link(&draft, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked,
            });
        // The draft has done its work or failed; that it may stay behind hurts nobody.
        let _ = std::fs::remove_file(&draft);
        written.map_err(io_error(path))
    }
}

/// Makes a folder for the owner alone, where there is none.
pub(crate) fn make_private(path: &Path) -> Result<(), StateError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io_error(path))
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |error| StateError::Io { path, error }
}

fn refuse_readable(path: &Path, mode: u32) -> Result<(), StateError> {
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(StateError::Readable {
        path: path.to_owned(),
        mode: mode & 0o777,
    })
}

fn read_key(path: &Path) -> Result<Option<MasterKey>, StateError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path)(error)),
    };
    let metadata = file.metadata().map_err(io_error(path))?;
    refuse_readable(path, metadata.mode())?;
    let mut bytes = Vec::with_capacity(MasterKey::LEN + 1);
    file.take(MasterKey::LEN as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error(path))?;
    let key = <[u8; MasterKey::LEN]>::try_from(bytes).map_err(|_| StateError::NotAKey {
        path: path.to_owned(),
    })?;
    Ok(Some(MasterKey(key)))
}

/// Writes a file for the owner alone (0600), anew, and makes its content durable.
pub(crate) fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    // What a process of the same number left behind when it was killed.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    // The umask can only have taken bits away; an unusual one must not lock the owner out.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(secret)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_key_is_made_once_and_for_the_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/parlance");
        let first = StateFolder::open(&path).unwrap().master_key().unwrap();
        let again = StateFolder::open(&path).unwrap().master_key().unwrap();
        assert_eq!(first, again);
        assert_ne!(first.as_bytes(), &[0; MasterKey::LEN]);
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("master.key")), 0o600);
        let files: Vec<_> = std::fs::read_dir(&path).unwrap().collect();
        assert_eq!(files.len(), 1, "the draft is gone: {files:?}");
    }

    #[test]
    fn processes_that_start_at_once_get_one_key() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&home.path().join("parlance")).unwrap();
        let path = folder.path.join("master.key");
        folder.draw_key(&path).unwrap();
        let first = folder.master_key().unwrap();
        folder.draw_key(&path).unwrap();
        assert_eq!(folder.master_key().unwrap(), first);
    }

    #[test]
    fn what_others_may_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("parlance");
        let folder = StateFolder::open(&path).unwrap();
        folder.master_key().unwrap();
        let file = path.join("master.key");
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let refused = folder.master_key();
        assert!(matches!(
            refused,
            Err(StateError::Readable { mode: 0o640, .. })
        ));
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        let refused = StateFolder::open(&path);
        assert!(matches!(
            refused,
            Err(StateError::Readable { mode: 0o755, .. })
        ));
    }

    #[test]
    fn a_file_of_another_length_is_no_key() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&home.path().join("parlance")).unwrap();
        for length in [0, 31, 33, 4096] {
            write_secret(&folder.path.join("master.key"), &vec![7; length]).unwrap();
            let refused = folder.master_key();
            assert!(
                matches!(refused, Err(StateError::NotAKey { .. })),
                "{length}"
            );
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", MasterKey::new([0xab; MasterKey::LEN]));
        assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
    }
}
