//! The server: one worker, its listener, and its end.

mod connection;
mod door;
mod gate;
mod links;
mod listener;
mod network;
mod proxy;
#[cfg(test)]
mod tests;
mod worker;

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::name::Name;
use parlance_proto::room::KeyHash;
use parlance_proto::server::{Admission, Config, Report, Server};
use tokio::task::LocalSet;

use crate::cli::value::Place;
use crate::clock::Clock;
use crate::identity::{ServerId, derive_key, draw_seed};
use crate::invites::{AccessError, Address, Doorman};
use crate::link::Link;
use crate::log::Log;
use crate::log::disk::{self, DiskLog, Keep, Recovered, StoreError};
use crate::log::memory::MemoryLog;
use crate::state::MasterKey;
use crate::tls::acceptor::Acceptor;
use crate::tls::pin::Pin;
use crate::tls::server_key::{KeyError, KeySource};
use door::Door;
use listener::Listener;
use worker::Worker;

pub use door::{DoorOptions, FAREWELLS, TurnedAway};
pub use gate::{GateLimits, NEW_WINDOW};
pub use network::Network;
pub use proxy::HeaderFault;

/// How long the last words may take to reach those who read slowly.
const FLUSH: Duration = Duration::from_secs(2);
/// How many seconds those who are sent away wait at least: drawn from 1 to this, and each adds a wait of its own.
const RETRY: u64 = 3;

/// What a server is told at the start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who may moderate in every room, whoever came first.
    pub admins: Option<Admins>,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The limits and settings of the machine. Its `node` is drawn anew.
    pub config: Config,
    /// Who may connect.
    pub door: DoorOptions,
    /// Where messages are kept.
    pub log: LogOptions,
    /// The key for TLS; without one the server speaks clear text.
    pub key: Option<KeySource>,
    /// Who may come in.
    pub access: Access,
    /// Whether clients of the seed are taken, too: in clear text only, since they know nothing else.
    pub seed_wire: bool,
}

/// People who may moderate: the names that one person has at this server.
#[derive(Clone, Debug)]
pub struct Admins {
    /// That person's secret.
    pub master: MasterKey,
    /// The names.
    pub names: Vec<Name>,
}

impl Admins {
    /// The keys that clients show this server for these names [HS-15].
    fn keys(&self, server: ServerId) -> impl Iterator<Item = KeyHash> {
        let key = move |name: &Name| derive_key(&self.master, server, name.as_str());
        self.names.iter().map(move |name| KeyHash::of(&key(name)))
    }
}

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever comes.
    Open,
    /// By invitation.
    Invited {
        /// Where invitations are kept, and who was let in; and where the server says how it is reached.
        folder: PathBuf,
        /// By which name others reach it, if not by the address that it listens on.
        host: Option<Place>,
    },
}

/// Where messages are kept.
#[derive(Clone, Debug)]
pub enum LogOptions {
    /// In memory, as long as the server runs.
    Memory {
        /// The bound for each room, in bytes.
        bound: usize,
    },
    /// In a folder, through restarts and crashes.
    Disk {
        /// The folder.
        folder: PathBuf,
        /// How much is kept.
        keep: Keep,
        /// Whether what is redacted leaves the folder at once.
        erase: bool,
        /// Whether every room gets another epoch: for a folder that was put back from a backup.
        new_epochs: bool,
    },
}

/// A connection as the one who runs the server is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it comes from: what a proxy that is believed says, or the other end of the socket.
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
    /// The server's key, where it has one, and who that makes it.
    fn key(&self, pin: Pin) {
        let _ = pin;
    }
    /// The key was read again, or could not be and the one before stays.
    fn reloaded(&self, result: Result<Pin, KeyError>) {
        let _ = result;
    }
    /// What a connection said is no TLS: it is over.
    fn tls_failed(&self, peer: Peer, error: &rustls::Error) {
        let _ = (peer, error);
    }
    /// A connection was turned away, and so were `others` since this was last said: it is not said of each.
    fn turned_away(&self, address: SocketAddr, why: TurnedAway, others: u64) {
        let _ = (address, why, others);
    }
    /// No connection can be taken now; it is tried again after `wait`.
    fn accept_waits(&self, error: &std::io::Error, wait: Duration);
    /// An invitation for the first who comes.
    fn invitation(&self, link: &Link) {
        let _ = link;
    }
    /// Who wanted to come in could not be looked up, and is told that the server is busy.
    fn door_failed(&self, why: &str) {
        let _ = why;
    }
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
    /// The key could not be had.
    Key(KeyError),
    /// The log could not be opened.
    Log(StoreError),
    /// The invitations could not be opened.
    Access(AccessError),
    /// The log stopped while the server ran: nothing that it had not answered was acknowledged.
    LogStopped(String),
}

impl std::error::Error for ServeError {}

/// Serves until `stop` is ready, then tells everybody, waits until it has reached them (but not for ever), and
/// returns. A second `stop` cuts that short. Each time `reload` is ready the key is read again.
///
/// # Errors
///
/// It could not begin, or its log stopped.
pub async fn serve(
    options: Options,
    watch: Rc<dyn Watch>,
    stop: impl AsyncFnMut(),
    reload: impl AsyncFnMut(),
) -> Result<(), ServeError> {
    let clock = Clock::start();
    let mut config = options.config;
    let seed = draw_seed().map_err(ServeError::Random)?;
    let retry = 1 + draw_seed().map_err(ServeError::Random)? % RETRY;
    let tls = options.key.map(Acceptor::new).transpose();
    let tls = tls.map_err(ServeError::Key)?;
    let (log, rooms) = open_log(options.log, clock, &mut config)?;
    let doorman = open_door(&options.access, clock, &mut config)?;
    let listener = Listener::bind(options.listen).map_err(|error| ServeError::Listen {
        address: options.listen,
        error,
    })?;

    let pin = tls.as_ref().map(Acceptor::pin);
    if let Some(admins) = &options.admins {
        let port = listener.address().port();
        let id = pin.map_or(ServerId::Loopback { port }, ServerId::Key);
        config.operators.extend(admins.keys(id));
    }
    let door = Door::new(options.door, tls, &config.limits);
    let mut server = Server::new(config, seed);
    server.set_seed_wire(options.seed_wire && pin.is_none());
    let worker = Worker::new(clock, server, log, door, Rc::clone(&watch));
    for room in rooms {
        worker.restore(room);
    }
    if let Some(doorman) = doorman {
        worker.post(doorman);
    }
    let invitation = match options.access {
        Access::Open => None,
        Access::Invited { folder, host } => {
            let address = Address::of(host, listener.address(), pin);
            let made = address
                .write(&folder)
                .and_then(|()| address.invitation(&folder, clock));
            let made = made.map_err(ServeError::Access)?;
            worker.is_reached(folder, address);
            Some(made)
        }
    };
    watch.listening(listener.address());
    if let Some(pin) = pin {
        watch.key(pin);
    }
    if let Some(link) = &invitation {
        watch.invitation(link);
    }
    run(Rc::clone(&worker), listener, retry, stop, reload).await;
    match worker.fault() {
        Some(why) => Err(ServeError::LogStopped(why)),
        None => Ok(()),
    }
}

/// Opens the log; the machine is told who it is, and what it has to rely on.
fn open_log(
    options: LogOptions,
    clock: Clock,
    config: &mut Config,
) -> Result<(Box<dyn Log>, Vec<Recovered>), ServeError> {
    config.node = draw_seed().map_err(ServeError::Random)?;
    match options {
        LogOptions::Memory { bound } => Ok((Box::new(MemoryLog::new(clock, bound)), Vec::new())),
        LogOptions::Disk {
            folder,
            keep,
            erase,
            new_epochs,
        } => {
            let options = disk::Options {
                keep,
                erase,
                node: config.node,
                new_epochs: new_epochs.then_some(draw_seed),
            };
            let opened = DiskLog::open(&folder, options, clock).map_err(ServeError::Log)?;
            config.node = opened.node;
            config.durable = true;
            Ok((Box::new(opened.log), opened.rooms))
        }
    }
}

/// Has the machine ask whom to let in, and somebody answer; none where whoever comes is let in.
fn open_door(
    access: &Access,
    clock: Clock,
    config: &mut Config,
) -> Result<Option<Doorman>, ServeError> {
    match access {
        Access::Open => {
            config.admission = Admission::Open;
            Ok(None)
        }
        Access::Invited { folder, .. } => {
            config.admission = Admission::Asked;
            let doorman = Doorman::open(folder, clock).map_err(ServeError::Access)?;
            Ok(Some(doorman))
        }
    }
}

async fn run(
    worker: Rc<Worker>,
    listener: Listener,
    retry: u64,
    mut stop: impl AsyncFnMut(),
    mut reload: impl AsyncFnMut(),
) {
    let tasks = LocalSet::new();
    worker::spawn(&tasks, &worker);
    let accepting = tasks.spawn_local(listener::accept(listener, Rc::clone(&worker)));
    tasks
        .run_until(async {
            tokio::select! {
                () = stop() => {}
                () = worker.log_stops() => {}
                () = reload_on(&worker, &mut reload) => {}
            }
            accepting.abort();
            // Aborting takes effect when the task is next looked at; the listener is to be gone before the last words.
            let _ = accepting.await;
            let has_log = worker.fault().is_none();
            worker.with(|server, now| match has_log {
                true => server.shutdown(Some(retry), now),
                false => server.abandon(Some(retry), now),
            });
            tokio::select! {
                () = worker.empty() => {}
                () = tokio::time::sleep(FLUSH) => {}
                () = stop() => {}
            }
            worker.checkpoint_all();
        })
        .await;
}

async fn reload_on(worker: &Worker, reload: &mut impl AsyncFnMut()) {
    loop {
        reload().await;
        worker.reload();
    }
}
