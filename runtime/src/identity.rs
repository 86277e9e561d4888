//! Who one is to a server: a key derived from the master key, and the randomness that the machines are given.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

use crate::state::MasterKey;
use crate::tls::pin::Pin;

/// What a key is for, so that it is good for nothing else.
const PURPOSE: &[u8] = b"parlance key v1";

/// The server that a key is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerId {
    /// One that is reached over the loopback interface in clear text: there the port says which.
    Loopback {
        /// The TCP port.
        port: u16,
    },
    /// One that is known by its key.
    Key(Pin),
}

impl ServerId {
    /// No two servers have the same bytes, and none the beginning of another's.
    fn bytes(self) -> Vec<u8> {
        format!("{self}\0").into_bytes()
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerId::Loopback { port } => write!(f, "loopback:{port}"),
            ServerId::Key(pin) => write!(f, "key:{pin}"),
        }
    }
}

/// The key of `name` at `server` [HS-15]: alice and bob on one machine are two people, and no server learns what
/// another is told.
#[must_use]
pub fn derive_key(master: &MasterKey, server: ServerId, name: &str) -> [u8; 32] {
    let server = server.bytes();
    let info = [PURPOSE, b"\0", &server, name.as_bytes()];
    let mut key = [0; 32];
    #[allow(
        clippy::expect_used,
        reason = "SHA-256 yields up to 8,160 bytes, and 32 are asked for"
    )]
    Hkdf::<Sha256>::new(None, master.as_bytes())
        .expand_multi_info(&info, &mut key)
        .expect("32 bytes are within what HKDF-SHA-256 yields");
    key
}

/// A seed for a machine, from the system.
///
/// # Errors
///
/// The system has no random bytes to give.
pub fn draw_seed() -> Result<u64, getrandom::Error> {
    getrandom::u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: ServerId = ServerId::Loopback { port: 8800 };

    fn master() -> MasterKey {
        MasterKey::new([7; 32])
    }

    #[test]
    fn every_input_changes_the_key() {
        let key = derive_key(&master(), SERVER, "alice");
        assert_eq!(key, derive_key(&master(), SERVER, "alice"));
        assert_ne!(key, derive_key(&master(), SERVER, "bob"));
        assert_ne!(
            key,
            derive_key(&master(), ServerId::Loopback { port: 880 }, "0alice")
        );
        assert_ne!(
            key,
            derive_key(&master(), ServerId::Loopback { port: 8801 }, "alice")
        );
        let pinned = |byte| derive_key(&master(), ServerId::Key(Pin::new([byte; 32])), "alice");
        assert_ne!(key, pinned(1));
        assert_ne!(pinned(1), pinned(2));
        assert_ne!(key, derive_key(&MasterKey::new([8; 32]), SERVER, "alice"));
        assert_ne!(&key, master().as_bytes());
    }

    /// Made with Python's `hmac` and `hashlib`: a change here locks people out of their names.
    #[test]
    fn the_derivation_never_changes() {
        let key = derive_key(&master(), SERVER, "alice");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "f2e382f16d17b9c3c6ed1752d3ea64381da64c18329be8ddb5ed5856d8b5ae2d"
        );
    }
}
