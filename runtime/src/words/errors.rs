//! What the errors of this crate say, and what to do about each.

use std::fmt;

use super::{cannot_listen, cause};
use crate::cli::value::ValueError;
use crate::client::commands::InputError;
use crate::client::reach::ConnectError;
use crate::client::slot::Unreadable;
use crate::identity::NotExported;
use crate::load::LoadError;
use crate::log::disk::StoreError;
use crate::printable::{Printable, Shown};
use crate::server::ServeError;
use crate::state::StateError;

/// These clean what they quote.
mod shown {
    use super::*;

    impl Shown for ConnectError {}
    impl Shown for InputError {}
    impl Shown for LoadError {}
    impl Shown for NotExported {}
    impl Shown for ServeError {}
    impl Shown for StateError {}
    impl Shown for StoreError {}
    impl Shown for Unreadable {}
    impl Shown for ValueError {}
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValueError::Link(error) => return error.fmt(f),
            ValueError::Span => "not a time: write it like 500ms, 30s, 2m or 1h",
            ValueError::Age => "not a time like 90m, 12h, 30d",
            ValueError::AgeRange => {
                "what is kept is kept for a second at least and 100 years at most"
            }
            ValueError::Keep => "a log keeps at least 1MiB",
            ValueError::SpanRange => "a time is above zero and at most 24h",
            ValueError::Size => "not a size: write it like 65536, 64KiB, 4MiB or 1GiB",
            ValueError::Rate => "not a rate: write a number of messages a second, at most 1000000",
            ValueError::TextSize => "a text to measure with has 16 to 16384 bytes",
            ValueError::Ring => "at least 64KiB, which is the largest frame",
            ValueError::Place => "not a server: write it like HOST, HOST:PORT or [IPV6]:PORT",
            ValueError::Network => {
                "not addresses: write them like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32"
            }
        })
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Connect(address, error) => {
                write!(f, "cannot reach {address}: {}", cause(error))
            }
            LoadError::Slow(joined) => {
                write!(
                    f,
                    "only {joined} members were let in; is the server overloaded?"
                )
            }
            LoadError::Sent(bye) => {
                let said = format!("{}: {}", bye.code, bye.text);
                write!(f, "sent away by the server: {}", Printable::field(&said))
            }
            LoadError::Closed => f.write_str("the server ended a connection without a word"),
            LoadError::Refused(text) => {
                write!(f, "the server refused a line: {}", Printable::field(text))
            }
            LoadError::Foreign => f.write_str("what the server sent is not this protocol"),
            LoadError::Io(error) => write!(f, "the load could not be run: {}", cause(error)),
        }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::NoHome => f.write_str(
                "no home folder is known to keep your key in: set HOME or XDG_STATE_HOME",
            ),
            StateError::Io { path, error } => write!(
                f,
                "cannot keep your state in {}: {}; set XDG_STATE_HOME to a folder that you can write",
                Printable::path(path),
                cause(error)
            ),
            StateError::Readable { path, mode } => write!(
                f,
                "{0} may be read by others (mode {mode:o}): say chmod go= {0}",
                Printable::path(path)
            ),
            StateError::NotAKey { path } => write!(
                f,
                "{} does not hold a key: move it away for a new one (your names on servers stay with the old)",
                Printable::path(path)
            ),
            StateError::NoKey => f.write_str(
                "this device has no identity yet: the first join draws one, and identity import takes that of another device",
            ),
            StateError::OtherKey(fingerprint) => write!(
                f,
                "this device has another identity, {fingerprint}, which would lose its names here: --replace keeps it beside the new one"
            ),
            StateError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
        }
    }
}

impl fmt::Display for NotExported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotExported::Foreign => f.write_str(
                "that is no exported identity: it is one line that begins with parlance-identity-1:",
            ),
            NotExported::Version => f.write_str(
                "that is an identity of another version: this program reads parlance-identity-1:",
            ),
            NotExported::Damaged => f.write_str(
                "that identity is damaged, a character is wrong or missing: copy the line again",
            ),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged => f.write_str("damaged, or of another place"),
            Unreadable::Foreign(error) => Printable::field(&error.to_string()).fmt(f),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen { address, error } => cannot_listen(*address, error).fmt(f),
            ServeError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
            ServeError::Key(error) => error.fmt(f),
            ServeError::Log(error) => error.fmt(f),
            ServeError::Access(error) => error.fmt(f),
            ServeError::LogStopped(why) => write!(
                f,
                "the log stopped, and so does the server: {}; what was acknowledged is kept, and clients come back by themselves to the next start",
                Printable::field(why)
            ),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Lookup(error) => {
                write!(f, "the name cannot be looked up: {}", cause(error))
            }
            ConnectError::NoAddress => f.write_str("the name leads nowhere"),
            ConnectError::Addresses(failures) => {
                for (nth, (address, error)) in failures.iter().enumerate() {
                    let comma = if nth == 0 { "" } else { ", " };
                    write!(f, "{comma}{} ({address})", cause(error))?;
                }
                Ok(())
            }
            ConnectError::OtherKey(other) => other.fmt(f),
            ConnectError::Forged => f.write_str("it does not hold the key that it shows"),
            ConnectError::Tls(rustls::Error::InvalidMessage(_)) => {
                f.write_str("what answers does not speak TLS: is it a server in clear text?")
            }
            ConnectError::Tls(error) => {
                // It may quote a certificate.
                let error = Printable::field(&error.to_string());
                write!(f, "no TLS with what answers: {error}")
            }
            ConnectError::NoHandshake(error) => {
                write!(f, "it did not finish the TLS handshake: {}", cause(error))
            }
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputError::Unknown(word) => write!(
                f,
                "there is no command /{}: /help lists them, and // sends a slash",
                Printable::field(word)
            ),
            InputError::Incomplete(usage) => write!(f, "write it like {usage}"),
            InputError::Text(error) => error.fmt(f),
            InputError::Name(error) => error.fmt(f),
            InputError::Nobody(name) => write!(
                f,
                "nobody who is or was here is called {}: say the number, like #4",
                Printable::field(name)
            ),
            InputError::NoLine(name) => write!(
                f,
                "no line of {} was seen here: say the number of the line, like #141 (parlance tail --json shows it)",
                Printable::field(name)
            ),
            InputError::NoMember(name) => {
                write!(
                    f,
                    "nobody here is called {}: /who lists who is",
                    Printable::field(name)
                )
            }
        }
    }
}
