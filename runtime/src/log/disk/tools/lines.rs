//! The lines of an export as they are read.

use parlance_proto::name::RoomName;
use parlance_proto::room::Room;
use parlance_proto::wire::{Event, Message, encode};
use serde_json::Value;

use super::export::VERSION;
use crate::client::json;

/// A line.
pub(super) enum Line {
    /// The first.
    Log,
    /// A room.
    Room(Box<RoomLine>),
    /// An event of a room.
    Event(RoomName, Event),
}

/// What is said of a room.
pub(super) struct RoomLine {
    pub(super) name: RoomName,
    pub(super) epoch: Option<u64>,
    pub(super) kept: u64,
    pub(super) head: u64,
    /// None where it is not known.
    pub(super) fold: Option<Room>,
}

/// Numbers and places beyond this are nobody's.
const MOST: u64 = 1 << 62;

/// Reads a line; what is wrong with it where that cannot be.
pub(super) fn parse(line: &str) -> Result<Line, String> {
    let object: Value = serde_json::from_str(line).map_err(|_| "not JSON".to_owned())?;
    let room = || {
        let room = object.get("room").and_then(Value::as_str);
        let room = room.and_then(|room| RoomName::parse(room).ok());
        room.ok_or_else(|| "no room is named".to_owned())
    };
    match object.get("type").and_then(Value::as_str) {
        Some("log") => match object.get("version").and_then(Value::as_u64) {
            Some(VERSION) => Ok(Line::Log),
            Some(other) => Err(format!(
                "an export of version {other}; this program reads {VERSION}"
            )),
            None => Err("no version is said".to_owned()),
        },
        Some("room") => Ok(Line::Room(Box::new(parse_room(room()?, &object)?))),
        Some(_) => {
            let event = json::parse(&object).ok_or("not an event")?;
            // What no peer would take is not stored.
            encode(&Message::from(event.clone())).map_err(|error| error.to_string())?;
            Ok(Line::Event(room()?, event))
        }
        None => Err("it has no type".to_owned()),
    }
}

fn parse_room(name: RoomName, object: &Value) -> Result<RoomLine, String> {
    let number = |key: &str| {
        let number = object.get(key).and_then(Value::as_u64);
        number
            .filter(|number| *number < MOST)
            .ok_or_else(|| format!("its {key} is not a number"))
    };
    let (kept, head) = (number("kept")?, number("head")?);
    if kept == 0 || kept > head + 1 {
        return Err("its kept is not between 1 and its head".to_owned());
    }
    let fold = match object.get("state") {
        Some(Value::Null) => None,
        Some(Value::String(hex)) => {
            let bytes = unhex(hex).ok_or("its state is not hexadecimal")?;
            let fold =
                Room::from_checkpoint(&bytes).map_err(|error| format!("its state: {error}"))?;
            if fold.head() != head || fold.pos() >= MOST {
                return Err("its state is not the one at its head".to_owned());
            }
            Some(fold)
        }
        _ => return Err("it has no state".to_owned()),
    };
    Ok(RoomLine {
        name,
        epoch: object.get("epoch").and_then(Value::as_u64),
        kept,
        head,
        fold,
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| {
        let text = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(text, 16).ok()
    });
    bytes.collect()
}
