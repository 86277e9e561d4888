//! What is said of the lines that a person or a script has said.

use parlance_proto::client::{Failure, LineState};

use crate::printable::{Printable, Shown, printable};

/// A line that did not come back at once.
#[must_use]
pub fn pending(text: &Printable) -> Printable {
    printable!["pending: ", text]
}

/// A line that was shown as pending.
#[must_use]
pub fn sent(text: &Printable) -> Printable {
    printable!["sent: ", text]
}

/// A line that is not acknowledged, with its text, so that it is not lost.
#[must_use]
pub fn not_acknowledged(place: Option<u64>, state: &LineState, text: &Printable) -> Printable {
    printable![line(place), state_of(state), ": ", text]
}

/// The same for a private message.
#[must_use]
pub fn tell_failed(state: &LineState) -> Printable {
    printable!["private message ", state_of(state)]
}

/// Why a line failed.
#[must_use]
pub fn failure(failure: &Failure) -> Printable {
    match failure {
        Failure::Refused { code, text } => printable![code, ": ", Printable::field(text)],
        Failure::TooLong => printable!["longer than this server takes"],
        _ => printable!["not sent"],
    }
}

fn state_of(state: &LineState) -> Printable {
    match state {
        LineState::Failed(failure) => printable!["failed (", self::failure(failure), ")"],
        LineState::Unknown => printable!["unknown (it may have arrived)"],
        LineState::Sent => printable!["sent"],
        _ => printable!["still pending"],
    }
}

fn line(place: Option<u64>) -> Printable {
    place
        .map(|number| printable!["line ", number, " "])
        .unwrap_or_default()
}

/// How many lines are not acknowledged.
#[must_use]
pub fn count_not_acknowledged(count: u64, of: u64) -> Printable {
    printable![count, " of ", of, " lines not acknowledged"]
}

/// A line that cannot be said.
#[must_use]
pub fn line_refused(place: Option<u64>, error: &dyn Shown) -> Printable {
    match place {
        Some(number) => printable!["line ", number, " cannot be sent: ", error],
        None => printable![error],
    }
}

/// A line that is too long.
#[must_use]
pub fn line_too_long(place: Option<u64>, length: usize, limit: usize) -> Printable {
    line_refused(
        place,
        &printable![
            "it has ",
            length,
            " bytes, and a message at most ",
            limit,
            ": cut it"
        ],
    )
}

/// A line that is no text.
#[must_use]
pub fn line_not_utf8(place: Option<u64>) -> Printable {
    line_refused(place, &"it is not UTF-8 text")
}
