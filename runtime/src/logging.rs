//! What goes to stderr: what a command says to its person, and the log of a server; as text, or as JSON with
//! `--log-format json`. `RUST_LOG` says how much of the log is written; it does not touch what a person is told.

use std::io::{self, Write};
use std::sync::OnceLock;

use clap::ValueEnum;
use serde_json::json;

use crate::client::json;
use crate::clock::Clock;
use crate::printable::{Printable, printable};
use crate::words;
use crate::words::catalogue::NO_HELP;

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something should be looked at.
    Warn,
    /// What an operator wants to know.
    Info,
    /// Each connection.
    Debug,
}

impl Level {
    /// By its name in `RUST_LOG`, whatever its case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Level> {
        match name.to_ascii_lowercase().as_str() {
            "error" => Some(Level::Error),
            "warn" => Some(Level::Warn),
            "info" => Some(Level::Info),
            "debug" | "trace" => Some(Level::Debug),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// How stderr is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people.
    #[default]
    #[value(help = NO_HELP)]
    Text,
    /// One JSON object a line.
    #[value(help = NO_HELP)]
    Json,
}

/// Which lines of the log are written, as `RUST_LOG` says it: levels, and levels of targets, such as
/// `warn,parlance::door=debug`; `off` is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    rest: Option<Level>,
    targets: Vec<(String, Option<Level>)>,
}

impl Filter {
    /// Reads it; a part that cannot be read says nothing, and nothing at all is `info`.
    #[must_use]
    pub fn parse(text: &str) -> Filter {
        let mut filter = Filter {
            rest: Some(Level::Info),
            targets: Vec::new(),
        };
        for part in text.split(',').map(str::trim) {
            let (target, level) = match part.split_once('=') {
                Some((target, level)) => (Some(target.trim()), level.trim()),
                None => (None, part),
            };
            let level = match Level::by_name(level) {
                None if !level.eq_ignore_ascii_case("off") => continue,
                level => level,
            };
            match target {
                Some(target) => filter.targets.push((target.to_owned(), level)),
                None => filter.rest = level,
            }
        }
        filter
    }

    /// Whether a line is written: the longest target that it is in decides.
    #[must_use]
    pub fn lets(&self, level: Level, target: &str) -> bool {
        let is_in = |of: &str| {
            let rest = target.strip_prefix(of);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let most = self.targets.iter().filter(|(of, _)| is_in(of));
        let most = most.max_by_key(|(of, _)| of.len());
        most.map_or(self.rest, |(_, level)| *level)
            .is_some_and(|most| level <= most)
    }
}

struct Setting {
    format: Format,
    filter: Filter,
}

static SETTING: OnceLock<Setting> = OnceLock::new();

/// Says once how stderr is written; before that it is text, at `info`.
pub fn set_up(format: Format, filter: Filter) {
    let _ = SETTING.set(Setting { format, filter });
}

/// Writes what a person is told.
pub(crate) fn tell(text: &Printable) {
    write(Level::Warn, words::PROGRAM, text);
}

/// Writes a line of the log, which is never longer than [`Printable::LOG_LINE`].
pub fn log(level: Level, target: &'static str, text: &Printable) {
    let lets = match SETTING.get() {
        Some(setting) => setting.filter.lets(level, target),
        None => level <= Level::Info,
    };
    if lets {
        write(level, target, &text.bounded(Printable::LOG_LINE));
    }
}

/// That stderr may be closed is nobody's concern.
fn write(level: Level, target: &'static str, text: &Printable) {
    let format = SETTING.get().map_or(Format::Text, |setting| setting.format);
    let line = match format {
        Format::Text => printable![words::PROGRAM, ": ", text, "\n"],
        Format::Json => {
            let object = json!({
                "v": json::VERSION,
                "type": "diagnostic",
                "at": json::at(Clock::start().wall_ms()),
                "level": level.name(),
                "target": target,
                "message": text.as_str(),
            });
            printable![Printable::json(&object), "\n"]
        }
    };
    let _ = io::stderr().lock().write_all(line.as_str().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_log_is_read_as_elsewhere() {
        let lets = |text: &str, level, target| Filter::parse(text).lets(level, target);
        assert!(lets("", Level::Info, "parlance::server"));
        assert!(!lets("", Level::Debug, "parlance::server"));
        assert!(!lets("warn", Level::Info, "parlance::server"));
        assert!(lets("DEBUG", Level::Debug, "parlance::server"));
        assert!(!lets("off", Level::Error, "parlance::server"));
        assert!(lets(
            "off,parlance::door=debug",
            Level::Debug,
            "parlance::door"
        ));
        assert!(!lets(
            "off,parlance::door=debug",
            Level::Error,
            "parlance::server"
        ));
        assert!(!lets("debug,parlance=off", Level::Error, "parlance::door"));
        assert!(lets(
            "parlance=off,parlance::door=info",
            Level::Info,
            "parlance::door"
        ));
        assert!(
            !lets("info,par=debug", Level::Debug, "parlance::door"),
            "no part of a name"
        );
        assert!(lets("nonsense,=,", Level::Info, "parlance::door"));
    }
}
