//! Section 7 of SPEC.md: what a room is after its log, and what a client makes of it.

mod fold;
mod people;
mod roster;

use std::sync::Arc;
use std::time::Duration;

use parlance_proto::client::{EndReason, Violation};
use parlance_proto::name::RoomName;
use parlance_proto::room::{self, Entry};
use parlance_proto::server::Origin;
use parlance_proto::text::Host;
use parlance_proto::wire::{
    Act, Event, Joined, Left, Listed, Members, Message, Modded, Quit, Resume, Titled, Welcome, Who,
};
use parlance_tests::requirement;
use parlance_tests::rig::{
    Bench, Logged, Proposal, Room, brief, guest, login, named, nick, say, topic, welcome, who,
};

const MS: Duration = Duration::from_millis(1);
const NONE: [&str; 0] = [];
const DAY_MS: u64 = 86_400_000;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn quit() -> Message {
    Message::Quit(Quit { why: None })
}

/// Logs in with a key and a session of one's own, by a letter.
fn keyed(letter: u8, session: u8, attempt: u64) -> Message {
    let name = format!("user-{}", char::from(letter));
    login(&name, [letter; 32], [session; 16], attempt)
}
