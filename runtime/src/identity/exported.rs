//! A master key as a line of text, so that another device can have it, and what tells whether two devices have the same.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::printable::Shown;
use crate::state::MasterKey;

/// What a line of any version begins with.
const FAMILY: &str = "parlance-identity-";
/// What a line begins with; behind it come the key and its checksum in base64url, 48 characters.
const PREFIX: &str = "parlance-identity-1:";
/// Bytes of the checksum, which is there against a slip and not against a person.
const SUM: usize = 4;
/// What the checksum and the fingerprint are of beside the key, so that neither is good for anything else.
const SUM_OF: &[u8] = b"parlance identity v1\0";
const FINGERPRINT_OF: &[u8] = b"parlance fingerprint v1\0";

/// An exported key: secret, like the key itself, and only shown where that is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Exported(String);

impl Exported {
    /// The line of a key, without an end of line.
    #[must_use]
    pub fn of(master: &MasterKey) -> Exported {
        let bytes = [&master.as_bytes()[..], &sum(master)].concat();
        Exported(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The key of a line; white space around it does not count.
    ///
    /// # Errors
    ///
    /// It is no such line, of another version, or not as it was written.
    pub fn parse(line: &str) -> Result<MasterKey, NotExported> {
        let line = line.trim();
        let Some(encoded) = line.strip_prefix(PREFIX) else {
            return Err(match line.starts_with(FAMILY) {
                true => NotExported::Version,
                false => NotExported::Foreign,
            });
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| NotExported::Damaged)?;
        let (key, said) = bytes
            .split_first_chunk::<{ MasterKey::LEN }>()
            .ok_or(NotExported::Damaged)?;
        let key = MasterKey::new(*key);
        match said == sum(&key) {
            true => Ok(key),
            false => Err(NotExported::Damaged),
        }
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Shown for Exported {}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exported(secret)")
    }
}

/// Why a line is no exported key. `Display` says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotExported {
    /// It is something else.
    Foreign,
    /// It is of another version.
    Version,
    /// A character is wrong, missing or too many.
    Damaged,
}

impl std::error::Error for NotExported {}

/// Tells one key from another and nothing of either: 8 bytes of a hash, as `0123-4567-89ab-cdef`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// That of a key.
    #[must_use]
    pub fn of(master: &MasterKey) -> Fingerprint {
        Fingerprint(hash(FINGERPRINT_OF, master))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, byte) in self.0.iter().enumerate() {
            let dash = if nth > 0 && nth % 2 == 0 { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl Shown for Fingerprint {}

fn sum(master: &MasterKey) -> [u8; SUM] {
    hash(SUM_OF, master)
}

/// The beginning of a SHA-256.
fn hash<const LENGTH: usize>(purpose: &[u8], master: &MasterKey) -> [u8; LENGTH] {
    let mut hasher = Sha256::new();
    hasher.update(purpose);
    hasher.update(master.as_bytes());
    let whole: [u8; 32] = hasher.finalize().into();
    std::array::from_fn(|at| whole[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new([byte; MasterKey::LEN])
    }

    /// Made with Python's `hashlib` and `base64`: a change here makes the exports that people have worthless.
    #[test]
    fn the_line_never_changes() {
        assert_eq!(
            Exported::of(&key(7)).to_string(),
            "parlance-identity-1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwdG4bLj"
        );
        assert_eq!(Fingerprint::of(&key(7)).to_string(), "9426-fab8-7882-56cb");
    }

    #[test]
    fn a_key_comes_back_and_the_ends_of_lines_do_not_count() {
        for byte in [0, 1, 7, 0xff] {
            let line = Exported::of(&key(byte)).to_string();
            assert_eq!(line.len(), PREFIX.len() + 48);
            for around in ["", "\n", "\r\n", " \t"] {
                assert_eq!(
                    Exported::parse(&format!("{around}{line}{around}")),
                    Ok(key(byte))
                );
            }
        }
    }

    #[test]
    fn whatever_is_not_as_it_was_written_is_refused() {
        let line = Exported::of(&key(7)).to_string();
        for at in PREFIX.len()..line.len() {
            for other in ["A", "B", "_", "-", "=", "+", "/", " ", "", "AA", "\n", "é"] {
                let mut changed = line.clone();
                changed.replace_range(at..=at, other);
                if changed.trim() != line {
                    assert_eq!(
                        Exported::parse(&changed),
                        Err(NotExported::Damaged),
                        "{at} {other}"
                    );
                }
            }
            assert_eq!(
                Exported::parse(&line[..at]),
                Err(NotExported::Damaged),
                "cut at {at}"
            );
        }
        // Two that changed places.
        let swapped = line.replacen("Bw", "wB", 1);
        assert_eq!(Exported::parse(&swapped), Err(NotExported::Damaged));
        let twice = format!("{line}\n{line}");
        assert_eq!(Exported::parse(&twice), Err(NotExported::Damaged));
        for (text, error) in [
            ("", NotExported::Foreign),
            ("-----BEGIN OPENSSH PRIVATE KEY-----", NotExported::Foreign),
            ("parlance-identity-2:AAAA", NotExported::Version),
            ("parlance-identity-1", NotExported::Version),
            ("Parlance-identity-1:AAAA", NotExported::Foreign),
        ] {
            assert_eq!(Exported::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_not_what_they_are() {
        assert_ne!(Fingerprint::of(&key(7)), Fingerprint::of(&key(8)));
        let debug = format!("{:?}", Exported::of(&key(7)));
        assert!(!debug.contains("Bw"), "{debug}");
        assert!(!Fingerprint::of(&key(7)).to_string().contains("0707"));
    }
}
