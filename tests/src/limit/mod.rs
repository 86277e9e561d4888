//! Servers side by side under one generator: the bare loop that is the limit, parlance, and Redis.
//!
//! Only ratios of one run are figures of a server: the generator shares the machine with it, and so may others.

pub mod bare;
pub mod line;
pub mod resp;
pub mod server;
pub mod table;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance::load::{self, Figures, LoadError, Options, Pace, Spec};
use parlance_proto::name::RoomName;

use line::Lines;
use resp::Resp;
use server::Kind;

/// One comparison.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How many members.
    pub clients: usize,
    /// How many of them send.
    pub senders: usize,
    /// How fast.
    pub pace: Pace,
    /// Bytes of a text.
    pub size: usize,
    /// How long each server is measured in a round.
    pub span: Duration,
    /// How long each runs before that.
    pub warm_up: Duration,
}

/// Starts the server anew, loads it, and ends it.
///
/// # Errors
///
/// It could not be started, or the load could not be run.
pub fn measure(kind: &Kind, setup: &Setup) -> Result<Figures, MeasureError> {
    let server = server::start(kind).map_err(MeasureError::Start)?;
    let options = options(setup, server.address(), server.pid());
    let silent = &mut |_| ();
    match kind {
        Kind::Bare(_) => load::run(&options, Lines::new(setup.clients), silent),
        Kind::Redis => load::run(&options, Resp::new(setup.clients, setup.size), silent),
        Kind::Parlance(_) => {
            let spec = Spec::new(RoomName::lobby(), std::process::id(), setup.clients);
            load::run(&options, spec, silent)
        }
    }
    .map_err(MeasureError::Load)
}

fn options(setup: &Setup, server: SocketAddr, pid: u32) -> Options {
    Options {
        server,
        clients: setup.clients,
        senders: setup.senders.min(setup.clients),
        pace: setup.pace,
        size: setup.size,
        duration: setup.span,
        warm_up: setup.warm_up,
        patience: load::PATIENCE,
        server_pid: Some(pid),
    }
}

/// Why a server could not be measured.
#[derive(Debug)]
pub enum MeasureError {
    /// It did not start.
    Start(io::Error),
    /// The load broke off.
    Load(LoadError),
}

impl std::fmt::Display for MeasureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MeasureError::Start(error) => write!(f, "not started: {error}"),
            MeasureError::Load(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MeasureError {}
