//! The server: one worker, its listener, and its end.

mod connection;
mod links;
mod listener;
#[cfg(test)]
mod tests;
mod worker;

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::server::{Config, Report, Server};
use tokio::task::LocalSet;

use crate::clock::Clock;
use crate::identity::draw_seed;
use crate::log::memory::MemoryLog;
use listener::Listener;
use worker::Worker;

/// How long the last words may take to reach those who read slowly.
const FLUSH: Duration = Duration::from_secs(2);
/// How many seconds those who are sent away wait at least: drawn from 1 to this, and each adds a wait of its own.
const RETRY: u64 = 3;

/// What a server is told at the start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The limits and settings of the machine. Its `node` is drawn anew.
    pub config: Config,
    /// The bound of the memory log for each room, in bytes.
    pub memory: usize,
}

/// A connection as the one who runs the server is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it comes from.
    pub address: SocketAddr,
    /// The descriptor of its socket.
    pub descriptor: RawFd,
}

/// What the one who runs the server is told. No call may block.
pub trait Watch {
    /// The server listens.
    fn listening(&self, address: SocketAddr);
    /// A connection was taken.
    fn accepted(&self, peer: Peer);
    /// A connection is over.
    fn closed(&self, peer: Peer, reason: &CloseReason);
    /// No connection can be taken now; it is tried again after `wait`.
    fn accept_waits(&self, error: &std::io::Error, wait: Duration);
    /// A fact for logs and metrics.
    fn report(&self, report: &Report) {
        let _ = report;
    }
}

/// Why a server did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The address could not be had.
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The system gave no random bytes.
    Random(getrandom::Error),
}

impl std::error::Error for ServeError {}

/// Serves until `stop` is ready, then tells everybody, waits until it has reached them (but not for ever), and
/// returns. A second `stop` cuts that short.
///
/// # Errors
///
/// It could not begin.
pub async fn serve(
    options: Options,
    watch: Rc<dyn Watch>,
    stop: impl AsyncFnMut(),
) -> Result<(), ServeError> {
    let mut config = options.config;
    config.node = draw_seed().map_err(ServeError::Random)?;
    let seed = draw_seed().map_err(ServeError::Random)?;
    let retry = 1 + draw_seed().map_err(ServeError::Random)? % RETRY;
    let listener = Listener::bind(options.listen).map_err(|error| ServeError::Listen {
        address: options.listen,
        error,
    })?;
    watch.listening(listener.address());

    let clock = Clock::start();
    let log = Box::new(MemoryLog::new(clock, options.memory));
    let worker = Worker::new(clock, Server::new(config, seed), log, watch);
    run(worker, listener, retry, stop).await;
    Ok(())
}

async fn run(worker: Rc<Worker>, listener: Listener, retry: u64, mut stop: impl AsyncFnMut()) {
    let tasks = LocalSet::new();
    worker::spawn(&tasks, &worker);
    let accepting = tasks.spawn_local(listener::accept(listener, Rc::clone(&worker)));
    tasks
        .run_until(async {
            stop().await;
            accepting.abort();
            // Aborting takes effect when the task is next looked at; the listener is to be gone before the last words.
            let _ = accepting.await;
            worker.with(|server, now| server.shutdown(Some(retry), now));
            tokio::select! {
                () = worker.empty() => {}
                () = tokio::time::sleep(FLUSH) => {}
                () = stop() => {}
            }
        })
        .await;
}
