//! `invite`: links that let people in.

use std::path::PathBuf;

use super::args::{InviteArgs, InviteTool, NewInvite};
use crate::client::output::{complain, line};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::invites::{self, AccessError, Address, Store};
use crate::link::Link;
use crate::printable::Shown;
use crate::words;

pub(super) fn invite(args: InviteArgs) -> Exit {
    let done = match args.tool {
        None => make(args.data, args.new),
        Some(InviteTool::List) => list(args.data),
        Some(InviteTool::Revoke { id }) => revoke(args.data, id),
    };
    done.unwrap_or_else(|error| {
        complain(&error);
        Exit::Fault
    })
}

fn make(data: Option<PathBuf>, new: NewInvite) -> Result<Exit, AccessError> {
    let folder = folder(data)?;
    let address = Address::read(&folder)?;
    let place = match new.host {
        Some(place) => place,
        None if address.is_unspecified() => {
            complain(words::invites::which_host(&folder));
            return Ok(Exit::Usage);
        }
        None => address.place,
    };
    let now = Clock::start().wall_ms();
    let mut store = Store::open(&folder)?;
    let (secret, id) = store.make(new.uses.into(), new.valid, &new.room, now)?;
    let told = words::invites::made(id, new.uses, &new.room, new.valid, now);
    let link = Link {
        host: place.host,
        port: place.port,
        room: new.room,
        pin: address.pin,
        invite: Some(secret),
    };
    complain(&told);
    Ok(print(&link))
}

fn list(data: Option<PathBuf>) -> Result<Exit, AccessError> {
    let all = Store::open(&folder(data)?)?.list()?;
    if all.is_empty() {
        complain(words::invites::NONE);
    }
    let now = Clock::start().wall_ms();
    let mut exit = Exit::Clean;
    for invitation in &all {
        exit = print(words::invites::listed(invitation, now));
        if exit != Exit::Clean {
            break;
        }
    }
    Ok(exit)
}

fn revoke(data: Option<PathBuf>, id: u64) -> Result<Exit, AccessError> {
    let was_there = Store::open(&folder(data)?)?.revoke(id)?;
    if was_there {
        complain(words::invites::revoked(id));
        return Ok(Exit::Clean);
    }
    complain(words::invites::no_such(id));
    Ok(Exit::Fault)
}

fn folder(data: Option<PathBuf>) -> Result<PathBuf, AccessError> {
    match data {
        Some(folder) => Ok(folder),
        None => Ok(invites::default_folder()?),
    }
}

fn print(text: impl Shown) -> Exit {
    line(text).map_or_else(|exit| exit, |()| Exit::Clean)
}
