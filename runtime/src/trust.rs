//! Which key each server is known by, and how a server may be spoken to.
//!
//! One text file in the state folder holds a line for each server: where it is, and its pin. It is read by people, too,
//! and replaced whole under a lock.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::value::Place;
use crate::state::{StateError, StateFolder, io_error, write_secret};
use crate::tls::pin::Pin;

/// The file in the state folder.
const FILE: &str = "known_servers";

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In clear text.
    Clear,
    /// By TLS, with the server that holds this key and no other.
    Tls {
        /// The key.
        pin: Pin,
        /// Whether the server was not known by it before.
        new: bool,
    },
}

/// Why a server cannot be spoken to.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrustError {
    /// The state folder cannot be used.
    State(StateError),
    /// A line of the file cannot be read.
    BadLine {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// Nobody has said which key it holds.
    NotKnown(Place),
    /// It is known by another key than was given now.
    Other {
        /// Where it is.
        place: Place,
        /// The key that it is known by.
        known: Pin,
        /// The one that was given.
        given: Pin,
    },
    /// Clear text was asked for where it is known by a key.
    KnownAndInsecure(Place),
}

impl std::error::Error for TrustError {}

impl From<StateError> for TrustError {
    fn from(error: StateError) -> TrustError {
        TrustError::State(error)
    }
}

/// How to speak to the server at `place`, of whom a person has `given` the pin, or has asked for clear text.
///
/// # Errors
///
/// It cannot be known who would hear it, and it would go over a network [TR-3]; or it is known, and by something else.
pub fn way(place: &Place, given: Option<Pin>, insecure: bool) -> Result<Way, TrustError> {
    let local = place.is_loopback();
    if local && given.is_none() && !KnownServers::are_any()? {
        // Who has never gone anywhere else needs no folder.
        return Ok(Way::Clear);
    }
    let known = KnownServers::open(&StateFolder::open_default()?).get(place)?;
    decide(place, given, known, insecure)
}

fn decide(
    place: &Place,
    given: Option<Pin>,
    known: Option<Pin>,
    insecure: bool,
) -> Result<Way, TrustError> {
    match (given, known) {
        (None, None) if insecure || place.is_loopback() => Ok(Way::Clear),
        (None, None) => Err(TrustError::NotKnown(place.clone())),
        _ if insecure => Err(TrustError::KnownAndInsecure(place.clone())),
        (Some(given), Some(known)) if !known.is(&given) => Err(TrustError::Other {
            place: place.clone(),
            known,
            given,
        }),
        (_, Some(pin)) => Ok(Way::Tls { pin, new: false }),
        (Some(pin), None) => Ok(Way::Tls { pin, new: true }),
    }
}

/// The file.
#[derive(Clone, Debug)]
pub struct KnownServers {
    path: PathBuf,
}

impl KnownServers {
    /// The file of this folder; it need not be there.
    #[must_use]
    pub fn open(folder: &StateFolder) -> KnownServers {
        KnownServers {
            path: folder.path().join(FILE),
        }
    }

    fn are_any() -> Result<bool, StateError> {
        Ok(StateFolder::default_path()?.join(FILE).exists())
    }

    /// The pin of the server at `place`.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn get(&self, place: &Place) -> Result<Option<Pin>, TrustError> {
        let at = label(place);
        let known = self.read()?;
        Ok(known
            .into_iter()
            .find(|(label, _)| *label == at)
            .map(|(_, pin)| pin))
    }

    /// From now on the server at `place` is known by `pin`, and by nothing else.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written; it is as it was.
    pub fn put(&self, place: &Place, pin: Pin) -> Result<(), TrustError> {
        let lock = self.path.with_extension("lock");
        let lock = File::create(&lock)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(io_error(&lock))?;
        let at = label(place);
        let mut known = self.read()?;
        known.retain(|(label, _)| *label != at);
        known.push((at, pin));
        let text: String = known
            .iter()
            .map(|(label, pin)| format!("{label} {pin}\n"))
            .collect();
        let draft = self.path.with_extension("new");
        write_secret(&draft, text.as_bytes())
            .and_then(|()| std::fs::rename(&draft, &self.path))
            .and_then(|()| sync_folder(&self.path))
            .map_err(io_error(&self.path))?;
        drop(lock);
        Ok(())
    }

    fn read(&self) -> Result<Vec<(String, Pin)>, TrustError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(io_error(&self.path)(error).into()),
        };
        let mut known = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pair = line.split_once(' ').and_then(|(label, pin)| {
                label.parse::<Place>().ok()?;
                Some((label.to_owned(), pin.trim().parse().ok()?))
            });
            // A pin that cannot be read is none that may be passed over.
            known.push(pair.ok_or_else(|| TrustError::BadLine {
                path: self.path.clone(),
                line: number,
            })?);
        }
        Ok(known)
    }
}

fn label(place: &Place) -> String {
    place.to_string().to_ascii_lowercase()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    fn pin(byte: u8) -> Pin {
        Pin::new([byte; Pin::LEN])
    }

    #[test]
    fn only_this_machine_and_who_insists_gets_clear_text() {
        let (near, far) = (place("localhost:8800"), place("example.org"));
        let tls = |byte, new| Way::Tls {
            pin: pin(byte),
            new,
        };
        for (at, given, known, insecure, expected) in [
            (&near, None, None, false, Ok(Way::Clear)),
            (&near, None, None, true, Ok(Way::Clear)),
            (&near, Some(1), None, false, Ok(tls(1, true))),
            (&near, None, Some(1), false, Ok(tls(1, false))),
            (&far, None, None, false, Err("not known")),
            (&far, None, None, true, Ok(Way::Clear)),
            (&far, Some(1), None, false, Ok(tls(1, true))),
            (&far, None, Some(1), false, Ok(tls(1, false))),
            (&far, Some(1), Some(1), false, Ok(tls(1, false))),
            (&far, Some(1), Some(2), false, Err("other")),
            (&far, None, Some(1), true, Err("insecure")),
            (&far, Some(1), None, true, Err("insecure")),
        ] {
            let decided = decide(at, given.map(pin), known.map(pin), insecure);
            let decided = decided.map_err(|error| match error {
                TrustError::NotKnown(_) => "not known",
                TrustError::Other { .. } => "other",
                TrustError::KnownAndInsecure(_) => "insecure",
                _ => "?",
            });
            assert_eq!(decided, expected, "{at} {given:?} {known:?} {insecure}");
        }
    }

    #[test]
    fn what_is_put_is_got_by_any_spelling_of_the_host() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&home.path().join("state")).unwrap();
        let known = KnownServers::open(&folder);
        assert_eq!(known.get(&place("example.org")).unwrap(), None);
        known.put(&place("Example.org"), pin(1)).unwrap();
        known.put(&place("example.org:99"), pin(2)).unwrap();
        known.put(&place("[::1]:7"), pin(3)).unwrap();
        for (at, byte) in [
            ("EXAMPLE.ORG:8800", 1),
            ("example.org:99", 2),
            ("[::1]:7", 3),
        ] {
            assert_eq!(known.get(&place(at)).unwrap(), Some(pin(byte)), "{at}");
        }
        known.put(&place("example.org"), pin(4)).unwrap();
        assert_eq!(known.get(&place("example.org")).unwrap(), Some(pin(4)));
        assert_eq!(known.read().unwrap().len(), 3);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::open(&home.path().join("state")).unwrap();
        let known = KnownServers::open(&folder);
        let good = format!("example.org:8800 {}", pin(1));
        for bad in ["example.org", "example.org:8800 AAAA", "a b c", "\u{fffd}"] {
            std::fs::write(&known.path, format!("# mine\n\n{good}\n{bad}\n")).unwrap();
            let read = known.get(&place("example.org"));
            assert!(
                matches!(read, Err(TrustError::BadLine { line: 4, .. })),
                "{bad}"
            );
            assert!(known.put(&place("other.org"), pin(2)).is_err(), "{bad}");
        }
    }
}
