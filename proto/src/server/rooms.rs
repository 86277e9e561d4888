//! A room as the server holds it: the fold, the stream, its readers, and what is on its way.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Server;
use super::action::{Action, ConnId};
use super::admission::Place;
use super::lines::Lines;
use super::presence::Grace;
use crate::close::CloseReason;
use crate::name::RoomName;
use crate::room::{Entry, Room, SessionKey, Stream};
use crate::time::Instant;

/// A room, by a number of this server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RoomId(u64);

/// All rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Rooms {
    by_id: BTreeMap<RoomId, RoomState>,
    by_name: BTreeMap<RoomName, RoomId>,
    made: u64,
}

/// One room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RoomState {
    pub(super) name: RoomName,
    pub(super) fold: Room,
    pub(super) stream: Stream,
    /// The oldest event that the log keeps, as far as is known.
    pub(super) kept: u64,
    /// The connections that have a seat.
    pub(super) readers: BTreeSet<ConnId>,
    /// Readers that have all there is and are told of the next event; some may be gone since.
    pub(super) idle: Vec<ConnId>,
    /// The connection of each session that is logged in here.
    pub(super) seats: BTreeMap<SessionKey, ConnId>,
    /// Connections whose login is proposed, by its nonce.
    pub(super) joining: BTreeMap<u64, ConnId>,
    /// What the driver has granted to logins that the fold has not judged, by their nonce.
    pub(super) places: BTreeMap<u64, Place>,
    /// What each session has proposed and the fold has not taken.
    pub(super) lines: BTreeMap<SessionKey, Lines>,
    /// Logins of this server that end unless they come back.
    pub(super) grace: BTreeMap<SessionKey, Grace>,
    /// Who waits for the events after which number.
    pub(super) reads: BTreeMap<u64, Vec<ConnId>>,
    /// Senders wait for readers who still need what would go.
    pub(super) hold: Option<Hold>,
    /// Bytes of texts that are proposed and not answered.
    pub(super) flight: u64,
    /// The room's first entry is proposed.
    pub(super) founding: bool,
    /// Settings other than the room's are proposed.
    pub(super) setting: bool,
}

/// Why the senders of a room wait. `[LV-9]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Hold {
    /// The newest event that must go for the ring to keep its size.
    pub(super) cut: u64,
    /// The readers who keep pace and still need it.
    pub(super) waiting: BTreeSet<ConnId>,
    /// When they are looked at next.
    pub(super) look: Instant,
}

impl Rooms {
    pub(super) fn get(&self, id: RoomId) -> Option<&RoomState> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut RoomState> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &RoomState> {
        self.by_id.values()
    }

    pub(super) fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.by_name.get(name).copied()
    }

    pub(super) fn insert(&mut self, name: RoomName, fold: Room) -> RoomId {
        self.made = self.made.saturating_add(1);
        let id = RoomId(self.made);
        let next = fold.head().saturating_add(1);
        self.by_name.insert(name.clone(), id);
        let state = RoomState {
            name,
            fold,
            stream: Stream::starting_at(next),
            kept: 1,
            readers: BTreeSet::new(),
            idle: Vec::new(),
            seats: BTreeMap::new(),
            joining: BTreeMap::new(),
            places: BTreeMap::new(),
            lines: BTreeMap::new(),
            grace: BTreeMap::new(),
            reads: BTreeMap::new(),
            hold: None,
            flight: 0,
            founding: false,
            setting: false,
        };
        self.by_id.insert(id, state);
        id
    }

    fn remove(&mut self, id: RoomId) -> Option<RoomName> {
        let state = self.by_id.remove(&id)?;
        self.by_name.remove(&state.name);
        Some(state.name)
    }

    /// A room that nobody is in or on the way to, the oldest of them; of those that are kept for ever, only one in
    /// which nothing was ever said.
    fn empty(&self, durable: bool) -> Option<RoomId> {
        self.by_id
            .iter()
            .find(|(_, room)| room.is_empty() && (!durable || room.fold.is_blank()))
            .map(|(id, _)| *id)
    }
}

impl RoomState {
    fn is_empty(&self) -> bool {
        self.fold.count() == 0
            && self.readers.is_empty()
            && self.joining.is_empty()
            && self.places.is_empty()
            && self.lines.is_empty()
            && self.grace.is_empty()
            && !self.founding
    }
}

impl Server {
    /// The room of that name, made if there is place for it. A room that is empty gives its place
    /// up, and comes back under another epoch; not where its log keeps what was said in it.
    pub(super) fn room_for(&mut self, name: &RoomName) -> Option<RoomId> {
        if let Some(id) = self.rooms.find(name) {
            return Some(id);
        }
        if self.rooms.by_id.len() >= self.config.limits.rooms {
            let gone = self.rooms.empty(self.config.durable)?;
            let room = self.rooms.remove(gone)?;
            self.actions.push_back(Action::Forget { room });
        }
        Some(self.rooms.insert(name.clone(), Room::new()))
    }

    /// Proposes the room's first entry, or its settings where they are not this server's.
    pub(super) fn found(&mut self, id: RoomId, now: Instant) {
        let settings = self.config.settings;
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        if room.fold.epoch() == 0 {
            if !room.founding {
                room.founding = true;
                // [RM-4] never 0, below 2^63.
                let epoch = (self.rng.next_u64() >> 1).max(1);
                self.propose(id, Entry::Founded { epoch, settings }.into(), now);
            }
        } else if *room.fold.settings() != settings && !room.setting {
            room.setting = true;
            self.propose(id, Entry::Settings(settings).into(), now);
        }
    }

    /// Lets go of everybody who was told another epoch than the room's. Each is served and settled first; he comes back
    /// and is told. `[RM-18]`
    pub(super) fn send_back(&mut self, id: RoomId, now: Instant) {
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let told: Vec<ConnId> = room.readers.iter().copied().collect();
        for conn in told {
            self.dismiss(conn, CloseReason::Busy { retry: None }, now);
        }
    }
}
