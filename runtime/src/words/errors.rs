//! What the errors of this crate say, and what to do about each.

use std::fmt;

use super::{cannot_listen, cause};
use crate::cli::value::ValueError;
use crate::client::commands::InputError;
use crate::client::reach::ConnectError;
use crate::client::show;
use crate::client::slot::Unreadable;
use crate::load::LoadError;
use crate::server::ServeError;
use crate::state::StateError;

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
                write!(f, "sent away by the server: {}: {}", bye.code, bye.text)
            }
            LoadError::Closed => f.write_str("the server ended a connection without a word"),
            LoadError::Refused(text) => write!(f, "the server refused a line: {text}"),
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
                path.display(),
                cause(error)
            ),
            StateError::Readable { path, mode } => write!(
                f,
                "{} may be read by others (mode {mode:o}): say chmod go= {}",
                path.display(),
                path.display()
            ),
            StateError::NotAKey { path } => write!(
                f,
                "{} does not hold a key: move it away for a new one (your names on servers stay with the old)",
                path.display()
            ),
            StateError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged => f.write_str("damaged, or of another place"),
            Unreadable::Foreign(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen { address, error } => f.write_str(&cannot_listen(*address, error)),
            ServeError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
            ServeError::Key(error) => error.fmt(f),
            ServeError::Log(error) => error.fmt(f),
            ServeError::LogStopped(why) => write!(
                f,
                "the log stopped, and so does the server: {why}; what was acknowledged is kept, and clients come back by themselves to the next start"
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
            ConnectError::Tls(error) => write!(f, "no TLS with what answers: {error}"),
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
                show::field(word)
            ),
            InputError::Incomplete(usage) => write!(f, "write it like {usage}"),
            InputError::Text(error) => error.fmt(f),
            InputError::Name(error) => error.fmt(f),
            InputError::NoMember(name) => {
                write!(
                    f,
                    "nobody here is called {}: /who lists who is",
                    show::field(name)
                )
            }
        }
    }
}
