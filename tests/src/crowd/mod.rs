//! The real server in bad company: readers that do not read, people who come and go, everybody at once, sockets that
//! say nothing. What the members get is checked by the load generator's ledger; what the company gets is checked here.
//!
//! Only ratios of one run are figures of a server: the crowd shares the machine with it, and so may others.
//!
//! ```text
//!   slow ─┬─▶ readers ─┐
//!   held ─┤            │
//!   storm ┼─▶ comers ──┼─▶ guest (one socket)
//!   wave ─┤            │
//!   silent┴─▶ company (what the load generator says) ; report (the table)
//! ```

mod comers;
mod company;
mod guest;
pub mod held;
mod readers;
mod report;
pub mod silent;
pub mod slow;
pub mod storm;
pub mod wave;

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance::load::{Figures, LoadError, Options, Pace, cpu};

pub use parlance::load::PATIENCE;
use parlance_proto::wire::Bye;

pub use report::Report;

/// The number that stands in the names of the members.
const RUN: u32 = 0xc0;

/// How many talk, and how.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Members.
    pub members: usize,
    /// How many of them send.
    pub senders: usize,
    /// Lines a second over the room.
    pub rate: f64,
    /// How long they talk before it is measured.
    pub warm_up: Duration,
    /// How long it is measured.
    pub span: Duration,
    /// How long the last line may take after that.
    pub patience: Duration,
}

impl Talk {
    fn options(&self, server: SocketAddr, pid: u32) -> Options {
        Options {
            server,
            clients: self.members,
            senders: self.senders,
            pace: Pace::Rate(self.rate),
            size: company::LONGEST,
            duration: self.span,
            warm_up: self.warm_up,
            patience: self.patience,
            server_pid: Some(pid),
        }
    }

    /// The names of the members.
    fn names(&self) -> BTreeSet<String> {
        (0..self.members).map(|n| format!("{n}-{RUN:x}")).collect()
    }
}

/// Why nothing can be said of the server.
#[derive(Debug)]
pub enum Failure {
    /// The program or a socket.
    Io(io::Error),
    /// The load broke off.
    Load(LoadError),
    /// The server sent somebody away.
    Sent(Bye),
    /// The server ended a connection without a word.
    Ended,
    /// What the server sent is not the protocol, or not in order.
    Foreign(String),
    /// What was waited for did not come.
    Late(&'static str),
    /// The system does not tell what the server uses.
    Untold,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Io(error) => error.fmt(f),
            Failure::Load(error) => error.fmt(f),
            Failure::Sent(bye) => write!(f, "sent away: {}: {}", bye.code, bye.text),
            Failure::Ended => f.write_str("the server ended a connection without a word"),
            Failure::Foreign(what) => f.write_str(what),
            Failure::Late(what) => write!(f, "not in time: {what}"),
            Failure::Untold => f.write_str("the system does not tell the server's memory"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Failure::Load(error)
    }
}

/// The server's memory now, in bytes.
fn memory(pid: u32) -> Result<u64, Failure> {
    cpu::of(pid).map(|used| used.memory).ok_or(Failure::Untold)
}

/// The server's memory at the end of what was measured.
fn memory_after(figures: &Figures) -> Result<u64, Failure> {
    figures
        .server
        .map(|server| server.memory)
        .ok_or(Failure::Untold)
}
