//! `log export`: a log as lines of JSON, which `log import` makes a log of again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use parlance_proto::name::RoomName;
use parlance_proto::room::Room;
use parlance_proto::wire::Event;
use serde_json::json;

use super::super::error::StoreError;
use super::check::check_rows;
use super::events::Events;
use super::salvage::{Left, Salvage};
use super::{ToolError, open, take};
use crate::client::json;
use crate::exit::Exit;
use crate::printable::Printable;

/// The version of the lines.
pub(super) const VERSION: u64 = 1;

/// A room as it is exported.
pub(super) struct Source<'a> {
    pub(super) name: RoomName,
    pub(super) epoch: Option<u64>,
    pub(super) kept: u64,
    pub(super) head: u64,
    pub(super) fold: Option<Room>,
    pub(super) events: Events<'a>,
}

/// Gives the log in `folder` to `print`, a line at a time; of one room where that is said. With `salvage` what is
/// damaged is left out, and how much that was is the answer; nothing is given another number.
///
/// # Errors
///
/// Something is damaged and `salvage` does not say to go on; a server has the folder; there is no log in it, or no such
/// room; or a line could not be printed.
pub fn export(
    folder: &Path,
    room: Option<&RoomName>,
    salvage: bool,
    print: &mut dyn FnMut(&Printable) -> Result<(), Exit>,
) -> Result<Left, ToolError> {
    let _lock = take(folder)?;
    if salvage {
        let salvage = Salvage::open(folder)?;
        let mut left = salvage.left();
        let mut sources = only(salvage.sources(&mut left)?, room)?;
        lines(&mut sources, print)?;
        left.events = sources.iter().map(|source| source.events.lost).sum();
        return Ok(left);
    }
    let (store, rooms) = open(folder)?;
    // All of it, before a line of it is out: what follows from one cannot be taken back.
    check_rows(&store)?;
    let mut sources = Vec::with_capacity(rooms.len());
    for room in rooms {
        sources.push(Source {
            epoch: Some(room.fold.epoch()),
            kept: room.kept,
            head: room.fold.head(),
            events: Events::strict(&store, &room.name)?,
            fold: Some(room.fold),
            name: room.name,
        });
    }
    lines(&mut only(sources, room)?, print)?;
    Ok(Left::default())
}

fn only<'a>(
    mut sources: Vec<Source<'a>>,
    room: Option<&RoomName>,
) -> Result<Vec<Source<'a>>, ToolError> {
    if let Some(room) = room {
        sources.retain(|source| source.name == *room);
        if sources.is_empty() {
            return Err(ToolError::NoRoom(room.clone()));
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn lines(
    sources: &mut [Source<'_>],
    print: &mut dyn FnMut(&Printable) -> Result<(), Exit>,
) -> Result<(), ToolError> {
    let mut print = |line: &Printable| print(line).map_err(ToolError::Print);
    print(&Printable::json(
        &json!({"v": json::VERSION, "type": "log", "version": VERSION}),
    ))?;
    for source in &*sources {
        let state = source.fold.as_ref().map(|fold| hex(&fold.to_checkpoint()));
        print(&Printable::json(&json!({
            "v": json::VERSION, "type": "room", "room": source.name.as_str(), "epoch": source.epoch,
            "kept": source.kept, "head": source.head, "state": state,
        })))?;
    }
    // Each room's next event, by its place in the log.
    let mut next: BTreeMap<(u64, usize), Event> = BTreeMap::new();
    for (nth, source) in sources.iter_mut().enumerate() {
        advance(&mut next, nth, source)?;
    }
    while let Some(((_, nth), event)) = next.pop_first() {
        let source = &mut sources[nth];
        print(&json::event_of(&source.name, &event))?;
        advance(&mut next, nth, source)?;
    }
    Ok(())
}

fn advance(
    next: &mut BTreeMap<(u64, usize), Event>,
    nth: usize,
    source: &mut Source<'_>,
) -> Result<(), StoreError> {
    if let Some((pos, event)) = source.events.next()? {
        next.insert((pos, nth), event);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
