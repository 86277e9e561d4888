//! `log import`: makes a log of an export.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::path::Path;

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::wire::{Event, Said, SayKind};

use super::super::error::StoreError;
use super::super::store::Store;
use super::super::thread::{open_store, take_folder};
use super::lines::{Line, RoomLine, parse};
use super::{DATABASE, ToolError};
use crate::printable::{Shown, printable};
use crate::words::catalogue::Both;
use crate::words::log::wrong;

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// How many rooms.
    pub rooms: u64,
    /// How many events.
    pub events: u64,
    /// Numbers that nothing was known of: each has a text that is not there.
    pub filled: u64,
    /// Rooms that begin with nobody known.
    pub unknown: Vec<RoomName>,
}

/// How many numbers may be filled: so many are no damage, but nonsense.
const MOST_FILLED: u64 = 10_000_000;
/// What a name is where nothing is known.
const NOBODY: &str = "?";

/// Makes a log in `folder`, which is not there or empty, of what `input` gives. `draw` gives random numbers, `wall_ms`
/// is the time. Every room gets another epoch: what clients remember of the log that was exported may not be here.
///
/// # Errors
///
/// The folder holds something; a line is not what it has to be; or the log cannot be written. The folder is as it was.
pub fn import(
    folder: &Path,
    input: &mut dyn BufRead,
    draw: fn() -> Result<u64, getrandom::Error>,
    wall_ms: u64,
) -> Result<Imported, ToolError> {
    let was_there = folder.exists();
    if was_there {
        let mut files = fs::read_dir(folder)
            .map_err(|error| StoreError::file(&folder.display().to_string(), error))?;
        if files.next().is_some() {
            return Err(ToolError::Used(folder.to_owned()));
        }
    }
    let lock = take_folder(folder)?;
    let read = read(folder, input, draw, wall_ms);
    if read.is_err() {
        for name in [DATABASE, "log.db-wal", "log.db-shm", "head", "lock"] {
            let _ = fs::remove_file(folder.join(name));
        }
        if !was_there {
            let _ = fs::remove_dir(folder);
        }
    }
    drop(lock);
    read
}

fn read(
    folder: &Path,
    input: &mut dyn BufRead,
    draw: fn() -> Result<u64, getrandom::Error>,
    wall_ms: u64,
) -> Result<Imported, ToolError> {
    let mut lines = Lines { input, number: 0 };
    match lines.next()? {
        Some(Line::Log) => {}
        _ => return Err(lines.wrong(wrong::HEADER)),
    }
    let mut rooms = BTreeMap::new();
    let mut next = lines.next()?;
    while let Some(Line::Room(room)) = next {
        if rooms.insert(room.name.clone(), (*room, 0)).is_some() {
            return Err(lines.wrong(wrong::TWICE));
        }
        next = lines.next()?;
    }
    let mut import = Import::begin(folder, rooms, draw)?;
    while let Some(line) = next {
        let Line::Event(room, event) = line else {
            return Err(lines.wrong(wrong::ORDER));
        };
        if let Err(why) = import.event(&room, &event)? {
            return Err(lines.wrong(why));
        }
        next = lines.next()?;
    }
    import.end(draw, wall_ms)
}

/// Lines with their numbers.
struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Line>, ToolError> {
        let mut line = String::new();
        self.number += 1;
        let length = self.input.read_line(&mut line).map_err(|error| {
            if error.kind() == std::io::ErrorKind::InvalidData {
                self.wrong(wrong::NOT_UTF8)
            } else {
                ToolError::Stdin(error)
            }
        })?;
        if length == 0 {
            return Ok(None);
        }
        parse(&line).map(Some).map_err(|why| self.wrong(why))
    }

    fn wrong(&self, why: impl Shown) -> ToolError {
        ToolError::Input {
            line: self.number,
            why: printable![why],
        }
    }
}

/// A log that is being made, in one transaction.
struct Import {
    store: Store,
    rooms: BTreeMap<RoomName, (RoomLine, u64)>,
    done: Imported,
}

impl Import {
    fn begin(
        folder: &Path,
        rooms: BTreeMap<RoomName, (RoomLine, u64)>,
        draw: fn() -> Result<u64, getrandom::Error>,
    ) -> Result<Import, ToolError> {
        let folds = || rooms.values().filter_map(|(line, _)| line.fold.as_ref());
        // Whom the server of the export had in its rooms are seen off by the one that takes its place.
        let node = folds()
            .flat_map(|fold| fold.members_after(0))
            .find_map(|(_, member)| member.logins.iter().next().map(|(_, login)| login.node));
        let node = match node {
            Some(node) => node,
            None => draw().map_err(StoreError::Random)?,
        };
        let mut store = open_store(folder, node)?;
        store.begin()?;
        // What follows stands above all that a state knows of, so that nothing that is appended is taken for old.
        let heads = rooms.values().map(|(line, _)| line.head + 1);
        store.start_at(folds().map(Room::pos).chain(heads).max().unwrap_or(0));
        for (name, (line, _)) in &rooms {
            store.keep_from(name, line.kept)?;
        }
        Ok(Import {
            store,
            rooms,
            done: Imported::default(),
        })
    }

    /// Takes an event; says what is wrong with it within.
    fn event(&mut self, name: &RoomName, event: &Event) -> Result<Result<(), Both>, ToolError> {
        let Some((line, at)) = self.rooms.get_mut(name) else {
            return Ok(Err(wrong::NO_ROOM_LINE));
        };
        let noted = self.store.span(name).map_or(0, |(_, noted)| noted);
        if event.seq() <= noted || event.seq() > line.head {
            return Ok(Err(wrong::NUMBER));
        }
        let before = *at;
        *at = event.at();
        if let Err(why) = self.fill(name, event.seq(), before)? {
            return Ok(Err(why));
        }
        self.store.put(name, event)?;
        self.done.events += 1;
        Ok(Ok(()))
    }

    /// Fills the numbers below `end`, so that none shifts.
    fn fill(&mut self, name: &RoomName, end: u64, at: u64) -> Result<Result<(), Both>, ToolError> {
        let first = self.store.span(name).map_or(0, |(_, noted)| noted) + 1;
        self.done.filled = self.done.filled.saturating_add(end.saturating_sub(first));
        if self.done.filled > MOST_FILLED {
            return Ok(Err(wrong::TOO_MANY_MISSING));
        }
        for seq in first..end {
            let lost = Event::Said(Said {
                seq,
                at,
                member: 0,
                session: 0,
                id: 0,
                name: NOBODY.to_owned(),
                kind: SayKind::Say,
                re: None,
                text: None,
            });
            self.store.put(name, &lost)?;
        }
        Ok(Ok(()))
    }

    fn end(
        mut self,
        draw: fn() -> Result<u64, getrandom::Error>,
        wall_ms: u64,
    ) -> Result<Imported, ToolError> {
        let rooms = std::mem::take(&mut self.rooms);
        for (name, (line, at)) in &rooms {
            if let Err(why) = self.fill(name, line.head + 1, *at)? {
                return Err(ToolError::Room(name.clone(), why));
            }
        }
        for (name, (line, at)) in rooms {
            let last = self.store.last.count;
            let fold = match line.fold {
                Some(fold) => fold,
                None => {
                    let drawn = draw_epoch(draw)?;
                    self.done.unknown.push(name.clone());
                    let known = line.epoch.unwrap_or(drawn);
                    Room::continued(known, line.head, at, last)
                        .or_else(|| Room::continued(drawn, line.head, at, last))
                        .ok_or(ToolError::Room(name.clone(), wrong::HEAD_BEYOND))?
                }
            };
            self.store
                .checkpoint(&name, fold.pos(), &fold.to_checkpoint())?;
            self.done.rooms += 1;
        }
        self.store.facts.settled = self.store.last.count;
        for name in self.store.room_names() {
            let epoch = draw_epoch(draw)?;
            let entry = Entry::Epoch { epoch };
            self.store.append(&name, wall_ms, &entry.encode())?;
        }
        self.store.commit()?;
        self.store.tidy(true)?;
        self.store.sync_head()?;
        // As a server would: what it would refuse is refused now.
        self.store
            .walk(self.store.facts.base, |_, _, _, _| Ok(()))?;
        self.store.recover()?;
        Ok(self.done)
    }
}

fn draw_epoch(draw: fn() -> Result<u64, getrandom::Error>) -> Result<u64, StoreError> {
    Ok((draw().map_err(StoreError::Random)? >> 1).max(1))
}
