//! Section 8 of SPEC.md: the life of a line, gaps and private messages, as either side shows them from outside.

mod beside;
mod lines;
mod log;

use std::time::Duration;

use parlance_proto::client::{Action, Failure, LineState, State, What};
use parlance_proto::server::AppendFailure;
use parlance_proto::wire::{
    Bye, ByeCode, ErrorCode, Event, Gap, GapWhy, Identity, Joined, Message, Refused, Renamed,
    Resume, Told, Welcome,
};
use parlance_tests::requirement;
use parlance_tests::rig::{
    Bench, Room, brief, login, named, nick, said, say, settled, tell, topic, welcome,
};

const SENT: LineState = LineState::Sent;
const UNKNOWN: LineState = LineState::Unknown;
const NONE: [&str; 0] = [];

const ALICE: ([u8; 32], [u8; 16]) = ([0x44; 32], [0x55; 16]);
