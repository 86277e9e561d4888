//! `log`: the tools for a log that no server has.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use parlance_proto::client::Roster;
use parlance_proto::name::RoomName;

use super::args::LogTool;
use crate::client::json;
use crate::client::output::{complain, line};
use crate::client::render::Renderer;
use crate::clock::Clock;
use crate::exit::Exit;
use crate::identity::draw_seed;
use crate::log::disk::tools::{self, ToolError};
use crate::log::disk::{self, Query};
use crate::printable::Printable;
use crate::words;

pub(super) fn log(tool: LogTool) -> Exit {
    let done = match tool {
        LogTool::Check { folder } => check(&folder),
        LogTool::Export {
            folder,
            room,
            salvage,
        } => export(&folder, room.as_ref(), salvage),
        LogTool::Search {
            folder,
            words,
            room,
            json,
            limit,
        } => search(&folder, &Query { words, room, limit }, json),
        LogTool::Import { folder } => import(&folder),
    };
    match done {
        Ok(()) => Exit::Clean,
        Err(ToolError::Print(exit)) => exit,
        Err(error) => {
            complain(error);
            Exit::Fault
        }
    }
}

fn check(folder: &Path) -> Result<(), ToolError> {
    let checked = tools::check(folder)?;
    for room in &checked.rooms {
        line(words::log::checked(room)).map_err(ToolError::Print)?;
    }
    line(words::log::all_checked(checked.entries)).map_err(ToolError::Print)
}

fn export(folder: &Path, room: Option<&RoomName>, salvage: bool) -> Result<(), ToolError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut print = |line: &Printable| writeln!(out, "{line}").map_err(|error| unprinted(&error));
    let left = tools::export(folder, room, salvage, &mut print)?;
    out.flush()
        .map_err(|error| ToolError::Print(unprinted(&error)))?;
    if let Some(left) = words::log::left_out(folder, &left) {
        complain(&left);
    }
    Ok(())
}

fn search(folder: &Path, query: &Query, as_json: bool) -> Result<(), ToolError> {
    let mut renderer = Renderer::new();
    for (room, event) in disk::search(folder, query)? {
        let told = match as_json {
            true => json::event_of(&room, &event),
            false => words::log::found(&room, &renderer.event(&event, &Roster::default())),
        };
        line(&told).map_err(ToolError::Print)?;
    }
    Ok(())
}

fn import(folder: &Path) -> Result<(), ToolError> {
    let now = Clock::start().wall_ms();
    let imported = tools::import(folder, &mut io::stdin().lock(), draw_seed, now)?;
    for room in &imported.unknown {
        complain(words::log::nobody_known(room));
    }
    complain(words::log::imported(folder, &imported));
    Ok(())
}

fn unprinted(error: &io::Error) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Clean;
    }
    complain(words::cannot_print(error));
    Exit::Fault
}
