//! What is said of invitations and of links.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use parlance_proto::name::RoomName;

use super::cause;
use crate::invites::{AccessError, INVITATIONS, Invitation};
use crate::link::Link;
use crate::link::LinkError;
use crate::printable::{Printable, Shown, printable};

/// These clean what they quote.
impl Shown for AccessError {}
impl Shown for LinkError {}
/// Whatever stands in it has been read by a parser of its own.
impl Shown for Link {}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LinkError::Scheme => "a link begins with parlance://",
            LinkError::Place => "the link's server is not HOST, HOST:PORT or [IPV6]:PORT",
            LinkError::Room => "the link names no room: parlance://HOST:PORT/ROOM",
            LinkError::Pin => "the link's pin is not whole: copy it again",
            LinkError::Invite => "the link's invitation is not whole: copy it again",
            LinkError::Unknown => "the link says something that this version does not know",
        })
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Io { path, error } => {
                write!(f, "{}: {}", Printable::path(path), cause(error))
            }
            AccessError::Readable { path, mode } => write!(
                f,
                "{} may be read by others (mode {mode:o}): say chmod go= {}",
                Printable::path(path),
                Printable::path(path)
            ),
            AccessError::InUse(folder) => write!(
                f,
                "another server keeps its invitations in {}: give this one a folder of its own with --data",
                Printable::path(folder)
            ),
            AccessError::Foreign(path) => write!(
                f,
                "{}: of another program, or of another version of this one",
                Printable::path(path)
            ),
            AccessError::Database(error) => {
                let error = Printable::field(&error.to_string());
                write!(f, "the invitations cannot be used: {error}")
            }
            AccessError::Full => write!(
                f,
                "there are {INVITATIONS} invitations: revoke some (parlance invite list)"
            ),
            AccessError::NoAddress(folder) => write!(
                f,
                "no server that asks for invitations has run with {}: start it first, or say which folder with --data",
                Printable::path(folder)
            ),
            AccessError::NotAnAddress(path) => write!(
                f,
                "{}: not the address of a server; start the server again",
                Printable::path(path)
            ),
            AccessError::Random(error) => write!(f, "the system gives no random bytes: {error}"),
            AccessError::State(error) => error.fmt(f),
        }
    }
}

/// An invitation was made at `now`, in milliseconds since 1970; its link stands on stdout.
#[must_use]
pub fn made(id: u64, uses: u32, room: &RoomName, valid: Duration, now: u64) -> Printable {
    let valid = u64::try_from(valid.as_millis()).unwrap_or(u64::MAX);
    printable![
        "invitation ",
        id,
        ": lets ",
        people(uses.into()),
        " into ",
        room,
        " until ",
        time(now.saturating_add(valid)),
        "; whoever has the link can use it",
    ]
}

fn people(uses: u64) -> Printable {
    match uses {
        1 => printable!["one person"],
        uses => printable![uses, " people"],
    }
}

/// An invitation in the list, at a time in milliseconds since 1970.
#[must_use]
pub fn listed(invitation: &Invitation, now: u64) -> Printable {
    let Invitation {
        id,
        room,
        uses,
        expires,
        ..
    } = invitation;
    let state = match (uses, *expires <= now) {
        (_, true) => printable!["expired ", time(*expires)],
        (0, false) => printable!["used up"],
        (uses, false) => printable![people(*uses), " until ", time(*expires)],
    };
    printable![id, "  ", Printable::name(room), "  ", state]
}

/// What a server says that is not open.
pub const BY_INVITATION: &str =
    "by invitation only: parlance invite makes a link that lets somebody in";

/// There are none.
pub const NONE: &str = "no invitations; make one with: parlance invite";

/// It was taken back.
#[must_use]
pub fn revoked(id: u64) -> Printable {
    printable!["invitation ", id, " is revoked; who came in by it stays"]
}

/// There is no such invitation.
#[must_use]
pub fn no_such(id: u64) -> Printable {
    printable![
        "there is no invitation ",
        id,
        ": parlance invite list shows which there are"
    ]
}

/// The server of this folder listens on every address of the machine.
#[must_use]
pub fn which_host(folder: &Path) -> Printable {
    printable![
        "the server of ",
        Printable::path(folder),
        " listens on every address: say by which one reaches it, with --host HOST",
    ]
}

/// A link and `--room` contradict each other.
#[must_use]
pub fn two_rooms(link: &RoomName, flag: &RoomName) -> Printable {
    printable![
        "the link is for ",
        link,
        ", and --room says ",
        flag,
        ": leave --room out"
    ]
}

/// A link and `--pin` contradict each other.
pub const TWO_PINS: &str = "the link and --pin name two keys: leave --pin out";

/// The line with which somebody comes in; a server says it at its start.
#[must_use]
pub fn come_in(link: &Link) -> Printable {
    printable![
        "for one person, within 24 hours: parlance join '",
        link,
        "'"
    ]
}

/// Why an invitation stays here.
pub const NOT_OVER_CLEAR_TEXT: &str =
    "the invitation is not shown to that server: it would go over the network in clear text";

/// The door cannot be kept.
#[must_use]
pub fn failed(why: &Printable) -> Printable {
    printable!["somebody could not be let in or turned away: ", why]
}

/// In the zone of this system, to the minute.
fn time(ms: u64) -> Printable {
    let at = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.map_or_else(
        || printable!["the end of time"],
        |at| {
            let zoned = at.to_zoned_datetime(TimeZone::system());
            Printable::field(&zoned.strftime("%Y-%m-%d %H:%M").to_string())
        },
    )
}
