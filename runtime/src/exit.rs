//! How a command ended, as its exit status tells it.

use std::process::ExitCode;

/// The exit statuses of every command; scripts lean on the numbers, so they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// All that was sent is acknowledged, and the end was a clean one. A closed stdout counts as clean.
    Clean = 0,
    /// A fault, ours or the peer's.
    Fault = 1,
    /// The command line cannot be followed.
    Usage = 2,
    /// The server is not the one that is trusted, or nobody has said which one is.
    Trust = 3,
    /// Some lines are not acknowledged: failed, pending or unknown. Which, stands on stderr.
    Unacknowledged = 4,
    /// The server declined.
    Refused = 5,
    /// The server could not be reached in time.
    Unreachable = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
