//! The door: what the [`Gate`] decides is done to sockets here.

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

use parlance_proto::close::Full;
use parlance_proto::server::Limits;
use parlance_proto::time::Instant;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::Peer;
use super::gate::{Entrance, Gate, GateLimits, Pass};
use super::network::Network;
use super::proxy::{self, HeaderFault};
use super::worker::Worker;
use crate::identity::draw_seed;
use crate::tls::acceptor::Acceptor;
use crate::tls::pin::Pin;
use crate::tls::server_key::KeyError;
use crate::tls::session::Session;

/// How many are told at a time that something is full; beyond it a socket is just closed, so that a flood costs no
/// memory.
pub const FAREWELLS: usize = 64;
/// So many bytes may wait in the system for a peer that takes none. Without a bound it lets megabytes wait, and hides for
/// minutes that a slow peer takes some of them [LV-6]; a peer that keeps up never has so many.
const UNSENT: u32 = 16 * 1024;
/// After so long without a word the system asks whether the peer's machine is still there.
const QUIET: Duration = Duration::from_secs(60);
/// The least time between two reports of those who were turned away: a flood is not to fill the operator's disk.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Who may connect, and what is shown of him.
#[derive(Clone, Debug, Default)]
pub struct DoorOptions {
    /// How many.
    pub limits: GateLimits,
    /// Where proxies are that begin each connection with a header of the PROXY protocol. The limits of an address do
    /// not hold for theirs, but for those that they name.
    pub proxies: Vec<Network>,
    /// Whether the hosts of members are shown to others wherever they are.
    pub show_hosts: bool,
}

/// Why a connection was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TurnedAway {
    /// There are as many connections as there may be.
    ServerFull,
    /// The address has as many as it may, or has begun as many.
    AddressFull,
    /// Too many have not logged in.
    Strangers,
    /// A proxy did not say whose it is.
    Header(HeaderFault),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Door {
    gate: RefCell<Gate>,
    /// How many are being told why they are not let in.
    farewells: Cell<usize>,
    /// What connections begin with, unless they are clear text.
    tls: Option<Acceptor>,
    proxies: Vec<Network>,
    pub(super) show_hosts: bool,
    /// How long a header of a proxy may take.
    handshake: Duration,
    /// How long the system may keep what a peer does not take.
    #[cfg(target_os = "linux")]
    patience: Duration,
    turned_away: Cell<Tally>,
}

impl Door {
    pub(super) fn new(options: DoorOptions, tls: Option<Acceptor>, limits: &Limits) -> Door {
        Door {
            gate: RefCell::new(Gate::new(options.limits)),
            farewells: Cell::new(0),
            tls,
            proxies: options.proxies,
            show_hosts: options.show_hosts,
            handshake: limits.handshake,
            #[cfg(target_os = "linux")]
            patience: limits.dead_after.max(limits.stall),
            turned_away: Cell::default(),
        }
    }

    /// What a connection begins with, unless it is clear text.
    pub(super) fn session(&self) -> Result<Option<Session>, rustls::Error> {
        self.tls.as_ref().map(Acceptor::session).transpose()
    }

    /// Reads the server's key again, if it has one.
    pub(super) fn reload(&self) -> Option<Result<Pin, KeyError>> {
        self.tls.as_ref().map(Acceptor::reload)
    }

    /// A connection that was let in has logged in.
    pub(super) fn logged_in(&self, pass: &mut Pass) {
        self.gate.borrow_mut().logged_in(pass);
    }

    /// A connection is over, one that was let in or one that was told why not.
    pub(super) fn left(&self, pass: Option<Pass>) {
        match pass {
            Some(pass) => self.give_back(pass),
            None => self.farewells.set(self.farewells.get().saturating_sub(1)),
        }
    }

    pub(super) fn give_back(&self, pass: Pass) {
        self.gate.borrow_mut().left(pass);
    }

    /// A connection is being told why it is not let in.
    pub(super) fn tells(&self) {
        self.farewells.set(self.farewells.get() + 1);
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    fn enter(&self, address: IpAddr, now: Instant, dice: u64) -> Entrance {
        let mut gate = self.gate.borrow_mut();
        match self.is_proxy(address) {
            true => gate.enter_unnamed(dice),
            false => gate.enter(address, now, dice),
        }
    }

    /// They only save something; on a socket that is broken already they fail, and that shows when it is read from.
    fn prepare(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        // A client of the seed is never pinged: the system finds out that its machine is gone [LG-9].
        let _ = SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(QUIET));
        let _ = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT);
        // The system would go on for a quarter of an hour with what a peer that has vanished does not acknowledge, long
        // after we have closed, and hold it in memory for as long; and a peer that we do not read from, since it sends
        // too fast or a room is held, is not judged by its silence [LV-3]. A window that stays shut counts for the system
        // as silence, too: hence not below the time in which a peer that takes nothing is told so.
        #[cfg(target_os = "linux")]
        let _ = SockRef::from(stream).set_tcp_user_timeout(Some(self.patience));
    }

    fn turn_away(&self, stream: TcpStream, peer: Peer, entrance: &Entrance, worker: &Rc<Worker>) {
        let why = match entrance {
            Entrance::Tell(Full::Address) => TurnedAway::AddressFull,
            Entrance::Tell(Full::Server | Full::Rooms) => TurnedAway::ServerFull,
            Entrance::Drop | Entrance::Enter(_) => TurnedAway::Strangers,
        };
        if let Entrance::Tell(full) = entrance
            && self.farewells.get() < FAREWELLS
        {
            worker.turn_away(stream, peer, *full);
        }
        self.report(peer.address, why, worker);
    }

    fn report(&self, address: SocketAddr, why: TurnedAway, worker: &Rc<Worker>) {
        let mut tally = self.turned_away.get();
        if let Some(others) = tally.add(worker.now()) {
            worker.watch().turned_away(address, why, others);
        }
        self.turned_away.set(tally);
    }
}

/// A connection has come in at the listener.
pub(super) fn arrive(worker: &Rc<Worker>, stream: TcpStream, address: SocketAddr) {
    let door = worker.door();
    door.prepare(&stream);
    let peer = Peer {
        address,
        descriptor: stream.as_raw_fd(),
    };
    // Without random bytes it is the worst throw: then, as with a true one, chance decides only in a crowd.
    let dice = draw_seed().unwrap_or(0);
    match door.enter(address.ip(), worker.now(), dice) {
        Entrance::Enter(pass) if door.is_proxy(address.ip()) => {
            tokio::task::spawn_local(hear_proxy(Rc::clone(worker), stream, peer, pass));
        }
        Entrance::Enter(pass) => worker.accept(stream, peer, pass),
        refused => door.turn_away(stream, peer, &refused, worker),
    }
}

/// Waits until the proxy has said whose connection it is. It counts as one before login all the while.
async fn hear_proxy(worker: Rc<Worker>, stream: TcpStream, mut peer: Peer, mut pass: Pass) {
    let door = worker.door();
    let header = tokio::time::timeout(door.handshake, proxy::take_header(&worker, &stream)).await;
    match header.unwrap_or(Err(HeaderFault::Late)) {
        Ok(source) => {
            let named = source.map_or(Ok(()), |source| {
                peer.address = source;
                door.gate
                    .borrow_mut()
                    .name(&mut pass, source.ip(), worker.now())
            });
            match named {
                Ok(()) => worker.accept(stream, peer, pass),
                Err(full) => {
                    door.give_back(pass);
                    door.turn_away(stream, peer, &Entrance::Tell(full), &worker);
                }
            }
        }
        Err(fault) => {
            door.give_back(pass);
            door.report(peer.address, TurnedAway::Header(fault), &worker);
        }
    }
}

/// How many were turned away since that was last told.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    untold: u64,
    told: Option<Instant>,
}

impl Tally {
    /// One more; how many others it is to be told with, if it is time.
    fn add(&mut self, now: Instant) -> Option<u64> {
        let is_due = self
            .told
            .is_none_or(|told| now.saturating_duration_since(told) >= REPORT_EVERY);
        if is_due {
            self.told = Some(now);
            return Some(std::mem::take(&mut self.untold));
        }
        self.untold += 1;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_gives_up_a_peer_that_has_vanished_and_none_that_the_machine_waits_for() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let seconds = Duration::from_secs;
        for (dead_after, stall, expected) in [(75, 30, 75), (75, 600, 600)] {
            let limits = Limits {
                dead_after: seconds(dead_after),
                stall: seconds(stall),
                ..Limits::default()
            };
            let door = Door::new(DoorOptions::default(), None, &limits);
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
                let stream = stream.unwrap();
                door.prepare(&stream);
                let timeout = SockRef::from(&stream).tcp_user_timeout().unwrap();
                assert_eq!(timeout, Some(seconds(expected)));
                assert!(stream.nodelay().unwrap());
            });
        }
    }

    #[test]
    fn the_system_asks_after_a_peer_that_says_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
            let stream = stream.unwrap();
            Door::new(DoorOptions::default(), None, &Limits::default()).prepare(&stream);
            assert!(SockRef::from(&stream).keepalive().unwrap());
        });
    }

    #[test]
    fn a_proxy_may_have_any_number_of_connections_and_nobody_else() {
        let options = DoorOptions {
            proxies: vec![Network::new("192.0.2.0".parse().unwrap(), Some(24)).unwrap()],
            ..DoorOptions::default()
        };
        let door = Door::new(options, None, &Limits::default());
        let come = |address: &str, times: usize| {
            let address = address.parse().unwrap();
            let passes = (0..times).map(|_| door.enter(address, Instant::ZERO, 0));
            passes
                .filter(|entrance| matches!(entrance, Entrance::Enter(_)))
                .count()
        };
        assert_eq!(come("192.0.2.7", 40), 40);
        assert_eq!(come("192.0.3.7", 40), 16);
    }

    #[test]
    fn a_flood_is_reported_by_a_number_now_and_then() {
        let mut tally = Tally::default();
        let at = Instant::from_millis;
        assert_eq!(tally.add(at(5)), Some(0));
        for n in 0..1_000 {
            assert_eq!(tally.add(at(6 + n)), None);
        }
        assert_eq!(tally.add(at(10_004)), None);
        assert_eq!(tally.add(at(10_005)), Some(1_001));
        assert_eq!(tally.add(at(30_000)), Some(0));
    }
}
