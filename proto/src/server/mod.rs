//! The server: any number of connections, the rooms that they are in, and one log behind each room.
//!
//! A [`Server`] is a pure value. The driver feeds it what happened, with the time at which it did,
//! and then drains [`poll`](Server::poll); it never fails because of a peer. What is for a socket is
//! fetched with [`poll_transmit`](Server::poll_transmit) when that socket is writable.
//!
//! ```text
//!   bytes ──receive──▶ peer (phases) ──step──▶ lines ──Append──▶ log
//!                                                                 │ appended
//!   bytes ◀─poll_transmit── cursor ◀── stream ◀── event ◀── fold ◀┘
//! ```

mod action;
mod admission;
mod answers;
mod append;
mod ceiling;
mod closing;
mod due;
mod fanout;
mod flow;
mod limits;
mod lines;
mod login;
mod moderation;
mod pace;
mod peer;
mod presence;
mod rooms;
#[cfg(feature = "legacy")]
mod seed;
mod step;
#[cfg(test)]
mod tests;
mod timers;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

pub use action::{
    Action, AppendFailure, ConnId, Counters, Moderated, Note, NoteKind, Origin, Reason, Report,
    Ticket, Verdict, Wake,
};
pub use limits::{
    ANSWERS, Admission, CLIENT_FRAME, Config, HELLO_FRAME, HISTORY, Limits, PACE_BYTES, PACE_SHARE,
    PACE_STILL, PACE_TIME, PAGE, PIECE, Rate, SERVER_FRAME, WINDOW,
};

pub use crate::transmit::Transmit;

use crate::close::{CloseReason, Violation};
use crate::name::RoomName;
use crate::rng::Rng;
use crate::room::Room;
use crate::time::Instant;
use crate::wire::decode;
use admission::Questions;
use append::Tickets;
use ceiling::Held;
use flow::Take;
use peer::{Peer, Phase};
use rooms::Rooms;
use timers::Timers;

/// How many actions there is room for, whatever comes.
const ACTIONS_KEPT: usize = 256;

/// The server machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    config: Config,
    rng: Rng,
    rooms: Rooms,
    /// Boxed: a tree's places are half empty where keys only grow.
    peers: BTreeMap<ConnId, Box<Peer>>,
    accepted: u64,
    /// Live connections that are not read.
    paused: BTreeSet<ConnId>,
    tickets: Tickets,
    questions: Questions,
    held: Held,
    timers: Timers,
    actions: VecDeque<Action>,
    counters: Counters,
    down: bool,
    /// The log answers nothing any more.
    mute: bool,
    /// Clients of the seed are taken, too.
    #[cfg(feature = "legacy")]
    seed_wire: bool,
}

impl Server {
    /// A server without connections. `seed` is where epochs and the sessions of guests come from:
    /// two servers over one log, or two starts of one, must not share it.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            config,
            rng: Rng::new(seed),
            rooms: Rooms::default(),
            peers: BTreeMap::new(),
            accepted: 0,
            paused: BTreeSet::new(),
            tickets: Tickets::default(),
            questions: Questions::default(),
            held: Held::default(),
            timers: Timers::default(),
            actions: VecDeque::new(),
            counters: Counters::default(),
            down: false,
            mute: false,
            #[cfg(feature = "legacy")]
            seed_wire: false,
        }
    }

    /// A connection was accepted. It waits for `NAME`, for the handshake time at most. `[HS-5]`
    pub fn accept(&mut self, origin: Origin, now: Instant) -> ConnId {
        self.accepted = self.accepted.saturating_add(1);
        let conn = ConnId(self.accepted);
        #[cfg_attr(
            not(feature = "legacy"),
            expect(unused_mut, reason = "set by the feature")
        )]
        let mut peer = Peer::new(origin, &self.config.limits, now);
        #[cfg(feature = "legacy")]
        peer.input.expect_seed(self.seed_wire);
        self.peers.insert(conn, Box::new(peer));
        if self.down {
            self.close(conn, CloseReason::Shutdown { retry: Some(1) }, now);
        }
        self.arm(conn);
        conn
    }

    /// Bytes arrived. However they are cut, the outcome is the same `[FR-5]`; what the peer does
    /// wrong becomes its last words. What arrives beyond a pause is kept and taken when that ends,
    /// so stop reading while [`wants_read`](Self::wants_read) is false.
    pub fn receive(&mut self, conn: ConnId, bytes: &[u8], now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if bytes.is_empty() || peer.input.ended {
            return;
        }
        if peer.seat().is_some() && peer.input.reading {
            peer.due.heard(&self.config.limits, now);
        }
        if peer.input.held.is_none() {
            let mut rest = bytes;
            self.take_frames(conn, &mut rest, now);
            if let Some(peer) = self.peers.get_mut(&conn) {
                peer.input.hold(rest);
                peer.input.decoder.give_back();
                self.held.weigh(peer);
            }
        } else {
            peer.input.hold(bytes);
            self.take_held(conn, now);
        }
        self.tell_reading(conn, now);
        self.arm(conn);
        self.keep_ceiling(now);
    }

    /// The peer ended its stream; it may still be read from. What it sent before is settled and what
    /// is due to it is written before it is closed. `[ER-5]`
    pub fn receive_eof(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.input.ended = true;
        self.end_of_input(conn, now);
        self.tell_reading(conn, now);
        self.arm(conn);
    }

    /// The link is gone in both directions: nothing can be read or written any more.
    pub fn receive_reset(&mut self, conn: ConnId, now: Instant) {
        if self.peers.contains_key(&conn) {
            self.unseat(conn, &CloseReason::PeerReset, now);
            self.gone(conn, CloseReason::PeerReset);
        }
    }

    /// The socket took some bytes of the piece in hand, but not all: the peer is not stalled. A
    /// driver that never says so only judges very slow takers more harshly. `[LV-6]`
    pub fn progress(&mut self, conn: ConnId, now: Instant) {
        let stall = self.config.limits.stall;
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if peer.due.stall.is_some() {
            peer.due.stall = Some(now.saturating_add(stall));
        }
        if let Some(seat) = peer.seat_mut() {
            seat.pace.moved = true;
        }
    }

    /// The next thing for the driver to do; drain it after every input.
    pub fn poll(&mut self) -> Option<Action> {
        let action = self.actions.pop_front();
        if action.is_none() && self.actions.capacity() > ACTIONS_KEPT {
            // A burst, of one action for each reader of a large room, is not to be held for ever.
            self.actions = VecDeque::new();
        }
        action
    }

    /// Whether the driver should read from the connection. A level, so that a lost
    /// [`Action::Reading`] heals itself.
    #[must_use]
    pub fn wants_read(&self, conn: ConnId) -> bool {
        // A live one by what was last told: whatever makes it wait is noticed when it next sends, and
        // only who was told to stop is told to go on.
        self.peers.get(&conn).is_some_and(|peer| match &peer.phase {
            Phase::Live(_) => peer.input.reading,
            Phase::AwaitName
            | Phase::Asking(_)
            | Phase::Joining(_)
            | Phase::Leaving(_)
            | Phase::Closing(_) => self.reads(peer),
        })
    }

    /// Ends the server: `BYE shutdown`, with `retry` in seconds, to everybody, after what is due to
    /// them and at hand `[ER-6]`. Members stay members: they come back to the next start.
    pub fn shutdown(&mut self, retry: Option<u64>, now: Instant) {
        self.down = true;
        let all: Vec<ConnId> = self.peers.keys().copied().collect();
        for conn in all {
            self.dismiss(conn, CloseReason::Shutdown { retry }, now);
            self.arm(conn);
        }
    }

    /// Ends the server because its log has failed: as [`shutdown`](Self::shutdown), but nothing is waited for that the
    /// log would have to answer. No line is refused: nobody knows what of it is stored. `[ER-6]`
    pub fn abandon(&mut self, retry: Option<u64>, now: Instant) {
        self.mute = true;
        self.shutdown(retry, now);
    }

    /// Takes over the state of a room from a checkpoint, before its later entries are given by
    /// `appended`. A room that is there already keeps its state.
    pub fn restore(&mut self, name: RoomName, fold: Room, now: Instant) {
        if self.rooms.find(&name).is_none() {
            let room = self.rooms.insert(name, fold);
            self.adopt_logins(room, now);
        }
    }

    /// The fold of a room, for whoever wants to look.
    #[must_use]
    pub fn room(&self, name: &RoomName) -> Option<&Room> {
        let room = self.rooms.get(self.rooms.find(name)?)?;
        Some(&room.fold)
    }

    /// The rooms and their folds, in the order in which they were made.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, &Room)> {
        self.rooms.iter().map(|room| (&room.name, &room.fold))
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.peers.len()
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Takes frames from `bytes` as long as the connection may; leaves the rest.
    fn take_frames(&mut self, conn: ConnId, bytes: &mut &[u8], now: Instant) {
        while !bytes.is_empty() {
            match self.may_take(conn, now) {
                Take::Now => {}
                Take::Wait => return,
                Take::Discard => {
                    *bytes = &[];
                    return;
                }
            }
            #[cfg(feature = "legacy")]
            match self.take_seed(conn, bytes, now) {
                seed::Taken::Native => {}
                seed::Taken::All => return,
                seed::Taken::Frame => continue,
            }
            let Some(peer) = self.peers.get_mut(&conn) else {
                return;
            };
            let limit = peer.frame_limit();
            let taken = match peer.input.decoder.next(bytes, limit) {
                Ok(None) => return,
                Ok(Some(body)) => decode(body)
                    .map(|message| (message, body.len()))
                    .map_err(Violation::Malformed),
                Err(error) => Err(Violation::TooBig(error)),
            };
            match taken {
                Ok((message, size)) => {
                    peer.input
                        .charge(&self.config.limits, size.saturating_add(4), now);
                    self.step(conn, message, now);
                }
                Err(violation) => self.close(conn, CloseReason::Violated(violation), now),
            }
        }
    }

    /// Takes what was held back when a pause ends.
    fn take_held(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let mut held = peer
            .input
            .held
            .take()
            .map_or_else(bytes::BytesMut::new, |held| *held);
        let mut rest: &[u8] = &held;
        self.take_frames(conn, &mut rest, now);
        let taken = held.len().saturating_sub(rest.len());
        if let Some(peer) = self.peers.get_mut(&conn) {
            bytes::Buf::advance(&mut held, taken);
            // What is held is little and rare: give the memory back when it is used up.
            peer.input.held = (!held.is_empty()).then(|| Box::new(held));
            peer.input.decoder.give_back();
            self.held.weigh(peer);
        }
    }

    /// A pause may be over: takes what was held, and tells the driver.
    fn resume_input(&mut self, conn: ConnId, now: Instant) {
        self.take_held(conn, now);
        self.end_of_input(conn, now);
        self.tell_reading(conn, now);
        self.arm(conn);
    }

    /// Acts on the peer's end of stream, once everything before it is taken.
    fn end_of_input(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get(&conn) else {
            return;
        };
        if !peer.input.ended || peer.input.held.is_some() {
            return;
        }
        match &peer.phase {
            Phase::AwaitName => self.gone(conn, CloseReason::PeerEof),
            Phase::Live(_) => self.dismiss(conn, CloseReason::PeerEof, now),
            Phase::Closing(closing) if closing.shut => self.let_go(conn),
            // The login is under way, or the end is: both go on to their end.
            Phase::Asking(_) | Phase::Joining(_) | Phase::Leaving(_) | Phase::Closing(_) => {}
        }
    }
}
