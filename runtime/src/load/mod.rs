//! A load generator: many members on one thread, each of whom checks that it hears everything once and in order.
//!
//! It is readiness-driven, and lean rather than complete: a frame is looked at only as far as its number and its text.
//! The loop and the checks do not know the protocol ([`Dialect`]), so that a bare line server can be measured by the
//! very same ones; [`Spec`] speaks SPEC.md.
//!
//! ```text
//!   engine ──▶ dialect (frames) ──▶ ledger (checks, latency)
//!     └─ member (socket)               └─▶ figures
//! ```

mod connect;
pub mod cpu;
pub mod dialect;
mod engine;
pub mod figures;
pub mod ledger;
pub mod mark;
mod member;
pub mod spec;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance_proto::wire::Bye;

pub use dialect::Dialect;
pub use engine::{Progress, run};
pub use figures::Figures;
pub use spec::Spec;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server.
    pub server: SocketAddr,
    /// How many members join.
    pub clients: usize,
    /// How many of them send; at most `clients` and [`mark::SENDERS`].
    pub senders: usize,
    /// How fast.
    pub pace: Pace,
    /// Bytes of a text, at least [`mark::LENGTH`].
    pub size: usize,
    /// How long it is measured.
    pub duration: Duration,
    /// How long it runs before that.
    pub warm_up: Duration,
    /// How long it is waited, at the end, for what has not come; a tenth of it if nothing comes at all.
    pub patience: Duration,
    /// The process of the server, where its CPU and memory are to be told.
    pub server_pid: Option<u32>,
}

/// [`Options::patience`] where nothing is to hold anybody up for long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How fast messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many over the whole room that their senders have not got back.
    Window(usize),
    /// So many a second over the whole room, whatever has come back. A message's time counts from when it was due.
    Rate(f64),
}

/// Why there are no figures.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// No connection could be opened.
    Connect(SocketAddr, io::Error),
    /// Not all members were let in in time: so many were.
    Slow(usize),
    /// The server sent a member away.
    Sent(Bye),
    /// The server ended a connection without a word.
    Closed,
    /// The server refused a line, in these words.
    Refused(String),
    /// What the server sent is not the protocol.
    Foreign,
    /// A system call failed.
    Io(io::Error),
}

impl std::error::Error for LoadError {}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> LoadError {
        LoadError::Io(error)
    }
}
