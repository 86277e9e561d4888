//! What the tools of the log say.

use std::fmt;
use std::path::Path;

use parlance_proto::name::RoomName;

use super::cannot_read_stdin;
use crate::log::disk::StoreError;
use crate::log::disk::tools::{Checked, Imported, Left, ToolError};

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolError::NoLog(folder) => write!(f, "{}: there is no log", folder.display()),
            ToolError::Store(StoreError::InUse(folder)) => write!(
                f,
                "{}: a server has this folder; end it first",
                folder.display()
            ),
            ToolError::Store(error) => error.fmt(f),
            ToolError::NoRoom(room) => write!(f, "there is no room {room}"),
            ToolError::Used(folder) => write!(
                f,
                "{}: holds something; import into a folder that is new or empty",
                folder.display()
            ),
            ToolError::Input { line, why } => write!(f, "line {line}: {why}"),
            ToolError::Room(room, why) => write!(f, "{room}: {why}"),
            ToolError::Stdin(error) => f.write_str(&cannot_read_stdin(error)),
            ToolError::Print(_) => f.write_str("stdout is closed"),
        }
    }
}

/// A room that is whole.
#[must_use]
pub fn checked(room: &Checked) -> String {
    let events = match room.kept > room.head {
        true => "no events".to_owned(),
        false => format!("events {}..{}", room.kept, room.head),
    };
    format!(
        "{}: {events}, {} members, epoch {}",
        room.name, room.members, room.epoch
    )
}

/// All is whole.
#[must_use]
pub fn all_checked(entries: u64) -> String {
    format!("ok: {entries} entries")
}

/// What a salvage left out; none where that is nothing.
#[must_use]
pub fn left_out(folder: &Path, left: &Left) -> Option<String> {
    let parts: Vec<String> = [
        (left.events, "events"),
        (left.states, "states of rooms"),
        (left.rows, "rows of rooms"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    (!parts.is_empty()).then(|| format!("{}: left out {}", folder.display(), parts.join(", ")))
}

/// Something that was said, with its room.
#[must_use]
pub fn found(room: &RoomName, line: &str) -> String {
    format!("{room} {line}")
}

/// What was imported.
#[must_use]
pub fn imported(folder: &Path, imported: &Imported) -> String {
    let filled = match imported.filled {
        0 => String::new(),
        filled => format!("; {filled} that are missing are shown as erased"),
    };
    format!(
        "{}: {} events in {} rooms{filled}",
        folder.display(),
        imported.events,
        imported.rooms
    )
}

/// A room whose state was not in the import.
#[must_use]
pub fn nobody_known(room: &RoomName) -> String {
    format!("{room}: nobody is known in it any more, and names are free")
}
