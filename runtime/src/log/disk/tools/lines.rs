//! The lines of an export as they are read.

use parlance_proto::name::RoomName;
use parlance_proto::room::Room;
use parlance_proto::wire::{Event, Message, encode};
use serde_json::Value;

use super::export::VERSION;
use crate::client::json;
use crate::printable::{Printable, printable};
use crate::words::log::wrong;

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
pub(super) fn parse(line: &str) -> Result<Line, Printable> {
    let object: Value = serde_json::from_str(line).map_err(|_| printable![wrong::NOT_JSON])?;
    let room = || {
        let room = object.get("room").and_then(Value::as_str);
        let room = room.and_then(|room| RoomName::parse(room).ok());
        room.ok_or_else(|| printable![wrong::NO_ROOM])
    };
    match object.get("type").and_then(Value::as_str) {
        Some("log") => match object.get("version").and_then(Value::as_u64) {
            Some(VERSION) => Ok(Line::Log),
            Some(other) => Err(wrong::version(other, VERSION)),
            None => Err(printable![wrong::NO_VERSION]),
        },
        Some("room") => Ok(Line::Room(Box::new(parse_room(room()?, &object)?))),
        Some(_) => {
            let event = json::parse(&object).ok_or_else(|| printable![wrong::NOT_AN_EVENT])?;
            // What no peer would take is not stored.
            encode(&Message::from(event.clone()))
                .map_err(|error| Printable::field(&error.to_string()))?;
            Ok(Line::Event(room()?, event))
        }
        None => Err(printable![wrong::NO_TYPE]),
    }
}

fn parse_room(name: RoomName, object: &Value) -> Result<RoomLine, Printable> {
    let number = |key: &'static str| {
        let number = object.get(key).and_then(Value::as_u64);
        number
            .filter(|number| *number < MOST)
            .ok_or_else(|| wrong::not_a_number(key))
    };
    let (kept, head) = (number("kept")?, number("head")?);
    if kept == 0 || kept > head + 1 {
        return Err(printable![wrong::KEPT]);
    }
    let fold = match object.get("state") {
        Some(Value::Null) => None,
        Some(Value::String(hex)) => {
            let bytes = unhex(hex).ok_or_else(|| printable![wrong::NOT_HEX])?;
            let fold = Room::from_checkpoint(&bytes)
                .map_err(|error| wrong::state(&Printable::field(&error.to_string())))?;
            if fold.head() != head || fold.pos() >= MOST {
                return Err(printable![wrong::OTHER_STATE]);
            }
            Some(fold)
        }
        _ => return Err(printable![wrong::NO_STATE]),
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
