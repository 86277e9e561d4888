//! What is said of keys and of who a server is.

use std::fmt;
use std::net::SocketAddr;

use super::cause;
use crate::cli::value::Place;
use crate::tls::pin::{NotAPin, Pin};
use crate::tls::server_key::KeyError;
use crate::trust::TrustError;

impl fmt::Display for NotAPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the pin of a server: it is 43 characters of A-Z a-z 0-9 - _")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Io { path, error } => {
                write!(
                    f,
                    "cannot use the server's key: {}: {}",
                    path.display(),
                    cause(error)
                )
            }
            KeyError::Readable { path, mode } => write!(
                f,
                "{} holds a private key and may be read by others (mode {mode:o}): say chmod go= {}",
                path.display(),
                path.display()
            ),
            KeyError::NoKey { path } => {
                write!(f, "{} holds no private key in PEM", path.display())
            }
            KeyError::NoCertificate { path } => {
                write!(f, "{} holds no certificate in PEM", path.display())
            }
            KeyError::Unusable(error) => {
                write!(f, "the certificate and the key cannot be used: {error}")
            }
            KeyError::Make(error) => write!(f, "no key could be made: {error}"),
        }
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrustError::State(error) => error.fmt(f),
            TrustError::BadLine { path, line } => write!(
                f,
                "{} cannot be read in line {line}: mend or remove that line",
                path.display()
            ),
            TrustError::NotKnown(place) => f.write_str(&not_known(place)),
            TrustError::Other {
                place,
                known,
                given,
            } => write!(
                f,
                "{place} is known by pin {known}, and the one given is {given}; nothing was sent to it. If whoever runs it says that this is right: parlance trust --replace --pin {given} {place}"
            ),
            TrustError::KnownAndInsecure(place) => write!(
                f,
                "{place} is known by its key, so it is not spoken to in clear text: leave out --insecure"
            ),
        }
    }
}

/// The server's key was read again.
#[must_use]
pub fn key_reloaded(pin: &Pin) -> String {
    format!("the key was read again: pin {pin}")
}

/// The server's key could not be read again.
#[must_use]
pub fn key_not_reloaded(error: &KeyError) -> String {
    format!("the key was not read again, the old one stays: {error}")
}

/// Who the server is.
#[must_use]
pub fn pin_of_server(pin: &Pin) -> String {
    format!("TLS, pin {pin}")
}

/// What a connection began with is no TLS.
#[must_use]
pub fn no_tls(address: SocketAddr, error: &dyn fmt::Display) -> String {
    format!("{address} was let go: no TLS handshake: {error}")
}

/// A server that is not known is about to be reached over a network.
#[must_use]
pub fn not_known(place: &Place) -> String {
    format!(
        "{place} is not known yet: ask whoever runs it for an invitation (parlance://...), or look at its key with: parlance trust {place}"
    )
}

/// The server showed another key than before. Nothing was said to it.
#[must_use]
pub fn other_key(place: &Place, known: &Pin, shown: &Pin) -> String {
    format!(
        "{place} is not the server that you know: known by pin {known}, it shows {shown}; nothing was sent to it. If whoever runs it says that this is right: parlance trust --replace {place}"
    )
}

/// What answers shows the right key and does not hold it.
#[must_use]
pub fn forged(place: &Place) -> String {
    format!(
        "{place} does not hold the key that it shows: somebody is in between; nothing was sent to it"
    )
}

/// A server is known now.
#[must_use]
pub fn trusted(place: &Place, pin: &Pin) -> String {
    format!("{place} is known by pin {pin} from now on")
}

/// A server was known already.
#[must_use]
pub fn trusted_before(place: &Place, pin: &Pin) -> String {
    format!("{place} is known by pin {pin}")
}

/// The pin that was given is not the server's.
#[must_use]
pub fn not_that_pin(place: &Place, shown: &Pin) -> String {
    format!("{place} shows pin {shown}, which is not the one given: nothing is kept")
}
