//! Section 9 of SPEC.md: who is there, who may wait for whom, and who comes back when.

mod again;
mod alive;
mod apart;
mod pressure;

use std::time::Duration;

use parlance_proto::client::{Action, LostWhy, Reason, State};
use parlance_proto::close::CloseReason;
use parlance_proto::server::{ANSWERS, ConnId, PACE_BYTES};
use parlance_proto::wire::{Bye, ByeCode, Message, Ping, Pong};
use parlance_tests::requirement;
use parlance_tests::rig::{Bench, Room, brief, guest, login, said, say, tell, welcome, who};

const MS: Duration = Duration::from_millis(1);
const NONE: [&str; 0] = [];

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
