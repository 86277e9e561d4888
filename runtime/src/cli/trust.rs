//! `trust`: which key a server is known by.

use std::time::Duration;

use super::args::TrustArgs;
use super::block_on;
use crate::cli::value::Place;
use crate::client::output::{complain, line};
use crate::client::reach::{ConnectError, look};
use crate::exit::Exit;
use crate::state::StateFolder;
use crate::tls::pin::Pin;
use crate::trust::{KnownServers, TrustError};
use crate::words;

/// Looks at the key of a server, and keeps it if nothing speaks against it.
pub(super) fn trust(args: &TrustArgs) -> Exit {
    block_on(async {
        let shown = match look_for(&args.host, args.timeout).await {
            Ok(shown) => shown,
            Err(exit) => return exit,
        };
        decide(args, shown).unwrap_or_else(|error| {
            complain(&error.to_string());
            Exit::Fault
        })
    })
}

async fn look_for(place: &Place, patience: Duration) -> Result<Pin, Exit> {
    match tokio::time::timeout(patience, look(place)).await {
        Ok(Ok(shown)) => Ok(shown),
        Ok(Err(ConnectError::Forged)) => {
            complain(&words::trust::forged(place));
            Err(Exit::Trust)
        }
        Ok(Err(error)) => {
            complain(&words::not_reached(place, Some(&error)));
            Err(Exit::Unreachable)
        }
        Err(_) => {
            complain(&words::not_reached(place, None));
            Err(Exit::Unreachable)
        }
    }
}

fn decide(args: &TrustArgs, shown: Pin) -> Result<Exit, TrustError> {
    let place = &args.host;
    if args.pin.is_some_and(|given| !given.is(&shown)) {
        complain(&words::trust::not_that_pin(place, &shown));
        return Ok(Exit::Trust);
    }
    let servers = KnownServers::open(&StateFolder::open_default()?);
    match servers.get(place)? {
        Some(known) if known.is(&shown) => {
            return Ok(said(&words::trust::trusted_before(place, &known)));
        }
        Some(known) if !args.replace => {
            complain(&words::trust::other_key(place, &known, &shown));
            return Ok(Exit::Trust);
        }
        _ => {}
    }
    servers.put(place, shown)?;
    Ok(said(&words::trust::trusted(place, &shown)))
}

fn said(text: &str) -> Exit {
    line(text).err().unwrap_or(Exit::Clean)
}
