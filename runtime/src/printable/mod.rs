//! The one way from what others wrote to a screen, a log line or a file name [TX-7].
//!
//! Names, texts and reasons come over the wire from a server that may mean harm; paths, hosts and the words of system
//! errors come from the environment. Nothing of it may move the cursor, set a title, reverse what stands beside it, or
//! begin a line that looks like another's. So whatever prints takes a [`Printable`], or another value that is
//! [`Shown`], and no string:
//!
//! ```
//! # use parlance::client::output::complain;
//! # use parlance::printable::Printable;
//! let name = String::from("eve\u{1b}[2J");
//! complain(&Printable::name(&name));
//! complain("nobody is here");
//! ```
//!
//! ```compile_fail
//! # use parlance::client::output::complain;
//! # use parlance::printable::Printable;
//! let name = String::from("eve\u{1b}[2J");
//! complain(name.as_str());
//! ```
//!
//! ```compile_fail
//! # use parlance::client::output::complain;
//! # use parlance::printable::Printable;
//! let name = String::from("eve\u{1b}[2J");
//! complain(&format!("{name} is here"));
//! ```

mod clean;
mod file_name;
mod measure;
mod shown;

use std::fmt::{self, Write as _};
use std::path::Path;

use serde_json::Value;

pub use shown::Shown;

use clean::{Kind, cleaned, escaped};

/// A text that a terminal shows and does nothing else with.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Printable(String);

impl Printable {
    /// The longest line of a log, in bytes.
    pub const LOG_LINE: usize = 1024;

    /// A name or a host, on one line: whatever has no width, and each space that a name may not have, is marked.
    #[must_use]
    pub fn name(name: &str) -> Printable {
        Printable(cleaned(name, Kind::Name))
    }

    /// A topic, a reason, or any other words that have to stay on one line.
    #[must_use]
    pub fn field(field: &str) -> Printable {
        Printable(cleaned(field, Kind::Field))
    }

    /// A text: its tabs stay, and each further line is indented.
    #[must_use]
    pub fn text(text: &str) -> Printable {
        Printable(cleaned(text, Kind::Text))
    }

    /// A path, on one line.
    #[must_use]
    pub fn path(path: &Path) -> Printable {
        Printable::field(&path.to_string_lossy())
    }

    /// A value as one line of JSON, with whatever a terminal could act on escaped, so that it parses to the same value.
    #[must_use]
    pub fn json(value: &Value) -> Printable {
        Printable(escaped(value.to_string()))
    }

    /// Whatever another thing is called, as the name of a file that stays in its folder: 1 to 120 bytes of
    /// `a-z 0-9 - _ . % ~`, neither hidden nor a device of any system. No two names have the same, on file systems that do
    /// not heed case either.
    #[must_use]
    pub fn file_name(name: &str) -> String {
        file_name::file_name(name)
    }

    /// Appends what may be shown as it is.
    pub fn push(&mut self, piece: impl Shown) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "{piece}");
    }

    /// What is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line made of pieces, each of which is [`Shown`].
macro_rules! printable {
    ($($piece:expr),* $(,)?) => {{
        let mut line = $crate::printable::Printable::default();
        $(line.push(&$piece);)*
        line
    }};
}
pub(crate) use printable;

#[cfg(test)]
mod tests;
