//! What the tools of the log say.

use std::fmt;
use std::path::Path;

use parlance_proto::name::RoomName;

use super::cannot_read_stdin;
use crate::log::disk::StoreError;
use crate::log::disk::tools::{Checked, Imported, Left, ToolError};
use crate::printable::{Printable, Shown, printable};

impl Shown for ToolError {}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::NoLog(folder) => write!(f, "{}: there is no log", Printable::path(folder)),
            ToolError::Store(StoreError::InUse(folder)) => write!(
                f,
                "{}: a server has this folder; end it first",
                Printable::path(folder)
            ),
            ToolError::Store(error) => error.fmt(f),
            ToolError::NoRoom(room) => write!(f, "there is no room {room}"),
            ToolError::Used(folder) => write!(
                f,
                "{}: holds something; import into a folder that is new or empty",
                Printable::path(folder)
            ),
            ToolError::Input { line, why } => write!(f, "line {line}: {}", Printable::field(why)),
            ToolError::Room(room, why) => write!(f, "{room}: {why}"),
            ToolError::Stdin(error) => cannot_read_stdin(error).fmt(f),
            ToolError::Print(_) => f.write_str("stdout is closed"),
        }
    }
}

/// A room that is whole.
#[must_use]
pub fn checked(room: &Checked) -> Printable {
    let events = match room.kept > room.head {
        true => printable!["no events"],
        false => printable!["events ", room.kept, "..", room.head],
    };
    printable![
        room.name,
        ": ",
        events,
        ", ",
        room.members,
        " members, epoch ",
        room.epoch
    ]
}

/// All is whole.
#[must_use]
pub fn all_checked(entries: u64) -> Printable {
    printable!["ok: ", entries, " entries"]
}

/// What a salvage left out; none where that is nothing.
#[must_use]
pub fn left_out(folder: &Path, left: &Left) -> Option<Printable> {
    let parts = [
        (left.events, "events"),
        (left.states, "states of rooms"),
        (left.rows, "rows of rooms"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0);
    let mut line = None;
    for (count, what) in parts {
        let line = match &mut line {
            None => line.insert(printable![Printable::path(folder), ": left out "]),
            Some(line) => {
                line.push(", ");
                line
            }
        };
        line.push(printable![count, " ", what]);
    }
    line
}

/// Something that was said, with its room.
#[must_use]
pub fn found(room: &RoomName, line: &Printable) -> Printable {
    printable![room, " ", line]
}

/// What was imported.
#[must_use]
pub fn imported(folder: &Path, imported: &Imported) -> Printable {
    let filled = match imported.filled {
        0 => Printable::default(),
        filled => printable!["; ", filled, " that are missing are shown as erased"],
    };
    printable![
        Printable::path(folder),
        ": ",
        imported.events,
        " events in ",
        imported.rooms,
        " rooms",
        filled
    ]
}

/// A room whose state was not in the import.
#[must_use]
pub fn nobody_known(room: &RoomName) -> Printable {
    printable![room, ": nobody is known in it any more, and names are free"]
}
