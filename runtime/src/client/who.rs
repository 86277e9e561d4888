//! `who`: prints who is in a room, the one who asks among them.

use std::time::Duration;

use parlance_proto::client::{Action, LostWhy};

use super::connector::Connector;
use super::output::line;
use super::patience::Patience;
use super::render::member;
use super::{json, verdict};
use crate::exit::Exit;
use crate::signals::Signals;
use crate::words;

/// Joins, prints the members once they are all known, and leaves.
pub async fn who(
    mut connector: Connector,
    json: bool,
    timeout: Duration,
    mut signals: Signals,
) -> Exit {
    let patience = Patience::new(timeout, connector.clock().now());
    let mut lost: Option<LostWhy> = None;
    loop {
        let out_of_patience = patience.over(connector.clock());
        tokio::select! {
            action = connector.next() => match action {
                Action::Roster if connector.client().roster().is_complete() => {
                    let exit = print(&connector, json).err().unwrap_or(Exit::Clean);
                    connector.leave().await;
                    return exit;
                }
                Action::Lost { why, .. } => verdict::lost(&connector, why, &mut lost),
                Action::Ended { reason } => return verdict::ended(&connector, &reason, false),
                _ => {}
            },
            _ = signals.next() => return Exit::Clean,
            () = out_of_patience => {
                return verdict::not_reached(&connector, lost.as_ref());
            }
        }
    }
}

fn print(connector: &Connector, as_json: bool) -> Result<(), Exit> {
    for (number, who) in connector.client().roster().iter() {
        let host = who.host.as_deref();
        match as_json {
            true => line(json::member(number, &who.name, host, who.flags))?,
            false => line(words::listed(&member(&who.name, host), who.flags))?,
        }
    }
    Ok(())
}
