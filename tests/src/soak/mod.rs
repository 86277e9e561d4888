//! The real server, killed again and again while people talk: what was acknowledged is there, once, under its number.
//!
//! `kill -9` takes from a process what it has not handed to the system; what the system has not handed to the disk is
//! for the simulated disk.

mod crew;
mod ledger;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

pub use ledger::{Fault, Ledger};

use parlance::clock::Clock;

use crate::running::Running;
use crate::sim::rng::Rng;
use crew::Crew;

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How often the server is killed.
    pub loops: u32,
    /// How many talk.
    pub senders: u32,
    /// Where the moments of death come from.
    pub seed: u64,
    /// Whether the server is asked to end, and may say so, in place of being killed.
    pub gently: bool,
}

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How many lines were acknowledged.
    pub acknowledged: u64,
    /// How many logins went on in a session that the server knew.
    pub resumed: u64,
    /// The newest event.
    pub head: u64,
}

/// A server that lives lives this long, at least and at most.
const LIFE: (u64, u64) = (5, 90);
/// How long the crew may take to be in and to have an acknowledgement, for the first and for the last time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the plan with the program at `parlance` over a log in `folder`; `told` hears of each loop.
///
/// # Errors
///
/// The program could not be run, or something was lost, repeated, renumbered, or shown and taken back.
pub fn run(
    parlance: &Path,
    folder: &Path,
    plan: Plan,
    told: &mut dyn FnMut(u32, &Ledger),
) -> Result<Outcome, Failure> {
    let mut rng = Rng::new(plan.seed);
    let mut ledger = Ledger::default();
    let mut server = start(parlance, folder, (Ipv4Addr::LOCALHOST, 0).into())?;
    let mut crew = Crew::new(server.address(), plan.senders, plan.seed);
    crew.talk_until(&mut ledger, PATIENCE, |crew, ledger| {
        crew.all_in() && ledger.acknowledged() > 0
    })?;
    for nth in 1..=plan.loops {
        let life = LIFE.0 + rng.below(LIFE.1 - LIFE.0);
        crew.talk_for(&mut ledger, Duration::from_millis(life))?;
        let address = server.address();
        if plan.gently {
            server.end()?;
        } else {
            server.kill()?;
        }
        server = start(parlance, folder, address)?;
        // Some deaths come before anybody is back.
        if rng.below(8) > 0 {
            let before = ledger.acknowledged();
            crew.talk_until(&mut ledger, PATIENCE, |_, ledger| {
                ledger.acknowledged() > before
            })?;
        }
        told(nth, &ledger);
    }
    crew.settle(&mut ledger, PATIENCE)?;
    let head = crew.read_all(&ledger, PATIENCE)?;
    server.end()?;
    Ok(Outcome {
        acknowledged: ledger.acknowledged(),
        resumed: ledger.resumed(),
        head,
    })
}

/// A server whose members may stay away longer than any run lasts.
fn start(parlance: &Path, folder: &Path, listen: SocketAddr) -> io::Result<Running> {
    let data = folder.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    Running::parlance(parlance, listen, &["--grace", "10m", "--data", data])
}

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// The program or a socket.
    Io(io::Error),
    /// A promise was broken.
    Fault(Fault),
    /// What was waited for did not come.
    Late(&'static str),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Io(error) => error.fmt(f),
            Failure::Fault(fault) => write!(f, "{fault:?}"),
            Failure::Late(what) => write!(f, "not in time: {what}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::Fault(fault)
    }
}

/// Waits no longer than `limit`.
fn within(
    limit: Duration,
    what: &'static str,
    mut ask: impl FnMut() -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let clock = Clock::start();
    let end = clock.now().saturating_add(limit);
    while !ask()? {
        if clock.now() > end {
            return Err(Failure::Late(what));
        }
    }
    Ok(())
}
