//! What a person's client keeps in the state folder for its next start: one file for each server, room and name.
//!
//! The file is replaced whole: a draft is written and synced, takes the name of the old one, and the folder is synced.
//! So at any moment of a crash the old one is there or the new one. A checksum over its content and its place tells one
//! that was damaged or belongs elsewhere. A lock beside it, held while the client runs, keeps a second one off.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use parlance_proto::client::{Saved, SavedError};
use sha2::{Digest, Sha256};

use crate::state::{StateError, StateFolder, io_error, write_secret};

/// The folder in the state folder.
const FOLDER: &str = "sessions";
/// What a file begins with; behind it come the checksum and the encoded [`Saved`].
const MAGIC: &[u8] = b"parlance session\n";
/// The length of a checksum.
const SUM: usize = 32;
/// More than the fullest outbox takes.
const MOST: u64 = 32 << 20;

/// A place in the state folder that is this process's alone.
#[derive(Debug)]
pub struct Slot {
    folder: PathBuf,
    name: String,
    /// Which server, room and name: part of the checksum.
    label: Vec<u8>,
    newest: Option<Saved>,
    /// Held, not used.
    _lock: File,
}

/// What was there at the start.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// Nothing.
    Nothing,
    /// What to go on from.
    Saved(Saved),
    /// A file that is nothing to go on from; it was moved to this place, with what texts it may hold.
    Unreadable {
        /// Why not.
        why: Unreadable,
        /// Where it is now.
        moved: PathBuf,
    },
}

/// Why a file is nothing to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// Cut, altered, or of another place.
    Damaged,
    /// Whole, and not of this version of the program.
    Foreign(SavedError),
}

impl Slot {
    /// Takes the place of this server, room and name; `None` where another process has it.
    ///
    /// # Errors
    ///
    /// The folder, the lock or the file cannot be used.
    pub fn open(
        state: &StateFolder,
        server: &str,
        room: &str,
        name: &str,
    ) -> Result<Option<(Slot, Found)>, StateError> {
        let folder = state.path().join(FOLDER);
        StateFolder::open(&folder)?;
        let label = label(&[server, room, name]);
        let hash = hex(&Sha256::digest(&label));
        let lock_path = folder.join(format!("{hash}.lock"));
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(io_error(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(io_error(&lock_path)(error)),
        }
        let mut slot = Slot {
            folder,
            name: hash,
            label,
            newest: None,
            _lock: lock,
        };
        let found = slot.find()?;
        Ok(Some((slot, found)))
    }

    /// Makes `saved` durable in the place of what was there.
    ///
    /// # Errors
    ///
    /// It is not, and what was there may be older than the truth now: say [`give_up`](Self::give_up).
    pub fn keep(&mut self, saved: Saved) -> io::Result<()> {
        if self.newest.as_ref() == Some(&saved) {
            return Ok(());
        }
        let body = saved.encode();
        let file = [MAGIC, &sum(&self.label, &body), &body].concat();
        let draft = self.folder.join(format!("{}.new", self.name));
        write_secret(&draft, &file)?;
        std::fs::rename(&draft, self.path())?;
        File::open(&self.folder)?.sync_all()?;
        self.newest = Some(saved);
        Ok(())
    }

    /// Forgets what was kept, since it is older than the truth. Where even that fails, the next start is told by the
    /// room [HS-22].
    pub fn give_up(self) {
        let _ = std::fs::remove_file(self.path());
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn find(&mut self) -> Result<Found, StateError> {
        let path = self.path();
        let Some(file) = read(&path).map_err(io_error(&path))? else {
            return Ok(Found::Nothing);
        };
        match parse(&self.label, &file) {
            Ok(saved) => {
                self.newest = Some(saved.clone());
                Ok(Found::Saved(saved))
            }
            Err(why) => {
                let moved = self.folder.join(format!("{}.unreadable", self.name));
                std::fs::rename(&path, &moved).map_err(io_error(&path))?;
                Ok(Found::Unreadable { why, moved })
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn parse(label: &[u8], file: &[u8]) -> Result<Saved, Unreadable> {
    let rest = file.strip_prefix(MAGIC).ok_or(Unreadable::Damaged)?;
    let (said, body) = rest.split_at_checked(SUM).ok_or(Unreadable::Damaged)?;
    if said != sum(label, body) {
        return Err(Unreadable::Damaged);
    }
    Saved::decode(body).map_err(Unreadable::Foreign)
}

fn sum(label: &[u8], body: &[u8]) -> [u8; SUM] {
    let mut hasher = Sha256::new();
    hasher.update(label);
    hasher.update(body);
    hasher.finalize().into()
}

/// No two places have the same bytes, and none the beginning of another's.
fn label(parts: &[&str]) -> Vec<u8> {
    let length = |part: &str| (part.len() as u64).to_be_bytes();
    let with_length = |part: &&str| [&length(part)[..], part.as_bytes()].concat();
    parts.iter().flat_map(with_length).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use parlance_proto::client::{Action, Client, ClientConfig};
    use parlance_proto::name::{Name, RoomName};
    use parlance_proto::text::Text;
    use parlance_proto::time::Instant;
    use parlance_proto::wire::SayKind;

    use super::*;

    struct Home {
        state: StateFolder,
        path: PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Home {
        fn new() -> Home {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("parlance");
            Home {
                state: StateFolder::open(&path).unwrap(),
                path,
                _folder: folder,
            }
        }

        fn open(&self, name: &str) -> (Slot, Found) {
            let slot = Slot::open(&self.state, "loopback:8800", "lobby", name);
            slot.unwrap().expect("nobody else has it")
        }

        fn saved(&self, name: &str) -> Option<Saved> {
            match self.open(name).1 {
                Found::Saved(saved) => Some(saved),
                _ => None,
            }
        }
    }

    fn saved(texts: &[&str]) -> Saved {
        let now = Instant::ZERO;
        let config = ClientConfig::new(Name::parse("alice").unwrap(), RoomName::lobby());
        let mut client = Client::kept(config, None, 5, now);
        for text in texts {
            let text = Text::parse(text).unwrap();
            client.say(SayKind::Say, None, text, now).unwrap();
        }
        assert_eq!(client.poll(), Some(Action::Connect));
        client.saved()
    }

    #[test]
    fn what_was_kept_last_is_found_by_the_next() {
        let home = Home::new();
        let (mut slot, found) = home.open("alice");
        assert!(matches!(found, Found::Nothing));
        slot.keep(saved(&["a"])).unwrap();
        slot.keep(saved(&["a", "b"])).unwrap();
        drop(slot);
        assert_eq!(home.saved("alice"), Some(saved(&["a", "b"])));
        assert_eq!(home.saved("bob"), None, "another place");
    }

    #[test]
    fn only_the_owner_may_look() {
        let home = Home::new();
        let (mut slot, _) = home.open("alice");
        slot.keep(saved(&["a"])).unwrap();
        let folder = home.path.join(FOLDER);
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        let files: Vec<_> = folder.read_dir().unwrap().map(|f| f.unwrap()).collect();
        assert_eq!(files.len(), 2, "no draft is left: {files:?}");
        for file in files {
            let mode = file.metadata().unwrap().mode() & 0o777;
            assert_eq!(mode, 0o600, "{file:?}");
        }
    }

    #[test]
    fn one_place_is_one_process_at_a_time() {
        let home = Home::new();
        let first = home.open("alice");
        let second = Slot::open(&home.state, "loopback:8800", "lobby", "alice").unwrap();
        assert!(second.is_none());
        drop(first);
        home.open("alice");
    }

    #[test]
    fn any_name_makes_a_file_in_the_folder() {
        let home = Home::new();
        let mut names = std::collections::BTreeSet::new();
        for name in ["../../x", "/mu/", "CON", "a\nb", "你好", &"x".repeat(255)] {
            let (mut slot, _) = home.open(name);
            slot.keep(saved(&["a"])).unwrap();
            assert_eq!(slot.path().parent(), Some(&*home.path.join(FOLDER)));
            assert!(names.insert(slot.name));
        }
        assert_ne!(label(&["a", "bc"]), label(&["ab", "c"]));
    }

    #[test]
    fn a_damaged_file_is_never_gone_on_from() {
        let home = Home::new();
        let (mut slot, _) = home.open("alice");
        slot.keep(saved(&["a"])).unwrap();
        let (path, label) = (slot.path(), slot.label.clone());
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            assert_eq!(parse(&label, &whole[..cut]), Err(Unreadable::Damaged));
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(parse(&label, &flipped), Err(Unreadable::Damaged), "{at}");
            }
        }
        drop(slot);
        std::fs::write(&path, &whole[..40]).unwrap();
        let (_, found) = home.open("alice");
        let Found::Unreadable { why, moved } = found else {
            panic!("{found:?}");
        };
        assert_eq!(why, Unreadable::Damaged);
        assert_eq!(std::fs::read(moved).unwrap(), &whole[..40]);
        assert_eq!(home.saved("alice"), None, "told once");
    }

    #[test]
    fn the_file_of_another_place_or_version_is_foreign() {
        let home = Home::new();
        let (mut alice, _) = home.open("alice");
        alice.keep(saved(&["a"])).unwrap();
        let (bob, _) = home.open("bob");
        std::fs::copy(alice.path(), bob.path()).unwrap();
        drop(bob);
        let (bob, found) = home.open("bob");
        assert!(matches!(
            found,
            Found::Unreadable {
                why: Unreadable::Damaged,
                ..
            }
        ));

        let mut body = saved(&["a"]).encode();
        body[1] = 1;
        let file = [MAGIC, &sum(&bob.label, &body), &body].concat();
        let foreign = Unreadable::Foreign(SavedError::Version(1));
        assert_eq!(parse(&bob.label, &file), Err(foreign));
    }

    #[test]
    fn a_draft_that_was_left_behind_is_in_nobodys_way() {
        let home = Home::new();
        let (mut slot, _) = home.open("alice");
        let draft = slot.folder.join(format!("{}.new", slot.name));
        std::fs::write(&draft, b"half").unwrap();
        slot.keep(saved(&["a"])).unwrap();
        drop(slot);
        assert!(home.saved("alice").is_some());
    }

    #[test]
    fn what_cannot_be_kept_is_forgotten() {
        let home = Home::new();
        let (mut slot, _) = home.open("alice");
        slot.keep(saved(&["a"])).unwrap();
        // A folder where the draft is to be: it cannot be written.
        let draft = slot.folder.join(format!("{}.new", slot.name));
        std::fs::create_dir(draft).unwrap();
        assert!(slot.keep(saved(&["a", "b"])).is_err());
        slot.give_up();
        assert_eq!(home.saved("alice"), None);
    }
}
