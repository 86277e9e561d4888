//! Back pressure: when a connection is read, and when a room's senders wait for its readers.
//!
//! Nothing here loses anything: a connection that is not read is held back by its own transport.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::Server;
use super::action::{Action, ConnId, Report};
use super::limits::{PACE_SHARE, PACE_STILL, REQUESTS};
use super::peer::{Peer, Phase, Seat};
use super::rooms::{Hold, RoomId, RoomState};
use super::timers::Timer;
use crate::time::Instant;

/// What may be done with the next frame of a connection.
pub(super) enum Take {
    Now,
    Wait,
    Discard,
}

impl Server {
    /// Whether the next frame may be taken. Over the rate it notes when it may be.
    pub(super) fn may_take(&mut self, conn: ConnId, now: Instant) -> Take {
        let Some(peer) = self.peers.get(&conn) else {
            return Take::Discard;
        };
        match &peer.phase {
            Phase::AwaitName => Take::Now,
            Phase::Asking(_) | Phase::Joining(_) => Take::Wait,
            Phase::Leaving(_) | Phase::Closing(_) => Take::Discard,
            Phase::Live(seat) => {
                if self.waits(peer, seat) {
                    return Take::Wait;
                }
                let ready = peer.input.ready_at(&self.config.limits, now);
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.due.rate = ready;
                }
                if ready.is_some() {
                    Take::Wait
                } else {
                    Take::Now
                }
            }
        }
    }

    /// Whether the connection is to be read from.
    pub(super) fn reads(&self, peer: &Peer) -> bool {
        if peer.input.ended {
            return false;
        }
        match &peer.phase {
            Phase::AwaitName | Phase::Closing(_) => true,
            Phase::Asking(_) | Phase::Joining(_) | Phase::Leaving(_) => false,
            Phase::Live(seat) => {
                peer.due.rate.is_none() && peer.input.held.is_none() && !self.waits(peer, seat)
            }
        }
    }

    /// The pauses that do not end by time alone.
    fn waits(&self, peer: &Peer, seat: &Seat) -> bool {
        let Some(room) = self.rooms.get(seat.room) else {
            return true;
        };
        peer.output.waiting() > REQUESTS // [LV-8]
            || self.tickets.len() >= self.config.limits.tickets
            || room.hold.is_some() // [LV-9]
            || room.lines.get(&seat.session).is_some_and(|lines| lines.len() >= peer.window()) // [DL-14]
    }

    /// Tells the driver when reading is to start or stop. The peer's own deadline stands still
    /// while it is not read `[LV-3]`.
    pub(super) fn tell_reading(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get(&conn) else {
            return;
        };
        let reads = self.reads(peer);
        if reads == peer.input.reading {
            return;
        }
        let live = matches!(peer.phase, Phase::Live(_));
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.input.reading = reads;
        if live {
            if reads {
                peer.due.heard(&self.config.limits, now);
                self.paused.remove(&conn);
            } else {
                peer.due.dead = None;
                self.paused.insert(conn);
            }
        } else {
            self.paused.remove(&conn);
        }
        self.actions.push_back(Action::Reading(conn));
    }

    /// Something that held connections back has changed for `which` of those that are paused.
    pub(super) fn resume_paused(&mut self, room: Option<RoomId>, now: Instant) {
        let of_room = |peer: &Peer| {
            peer.seat()
                .is_some_and(|seat| room.is_none_or(|id| seat.room == id))
        };
        let all: Vec<ConnId> = self
            .paused
            .iter()
            .copied()
            .filter(|conn| self.peers.get(conn).is_some_and(|peer| of_room(peer)))
            .collect();
        for conn in all {
            self.resume_input(conn, now);
        }
    }

    /// As [`resume_paused`](Self::resume_paused), for one connection.
    pub(super) fn resume_if_paused(&mut self, conn: ConnId, now: Instant) {
        if self.paused.contains(&conn) {
            self.resume_input(conn, now);
        }
    }

    /// Keeps the room's ring at its size: drops what no reader that keeps pace still needs, or has
    /// the senders wait. `[LV-9]`
    pub(super) fn keep_ring(&mut self, id: RoomId, now: Instant) {
        let ring = u64::try_from(self.config.limits.ring).unwrap_or(u64::MAX);
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let full = room.stream.held().saturating_add(room.flight) > ring;
        if room.hold.is_none() && !full {
            return;
        }
        // More than must go does, so that this is not done again for every event.
        let keep = ring.saturating_sub(ring >> 3).saturating_sub(room.flight);
        let needed = room
            .stream
            .excess(keep)
            .map(|cut| (cut, holders(&mut self.peers, room, cut, now)));
        let was = room.hold.take();
        if let Some((cut, waiting)) = needed {
            let lowest = waiting.iter().map(|(_, cursor)| *cursor).min();
            room.stream
                .drop_upto(lowest.map_or(cut, |cursor| cursor.min(cut)));
            let still = room.stream.held().saturating_add(room.flight) > ring;
            if still && !waiting.is_empty() {
                let waiting: BTreeSet<ConnId> = waiting.into_iter().map(|(conn, _)| conn).collect();
                let look = was
                    .as_ref()
                    .map_or(now.saturating_add(PACE_STILL), |hold| hold.look);
                room.hold = Some(Hold { cut, waiting, look });
            }
        }
        self.hold_changed(id, was.map(|hold| hold.look), now);
    }

    /// A reader has moved on, or is gone: the room may go on.
    pub(super) fn hold_left(
        &mut self,
        id: RoomId,
        conn: ConnId,
        cursor: Option<u64>,
        now: Instant,
    ) {
        let Some(hold) = self.rooms.get_mut(id).and_then(|room| room.hold.as_mut()) else {
            return;
        };
        if cursor.is_none_or(|cursor| cursor >= hold.cut) {
            hold.waiting.remove(&conn);
        }
        if hold.waiting.is_empty() {
            self.keep_ring(id, now);
        }
    }

    /// Those who hold the room are looked at: who took nothing since stands still.
    pub(super) fn pace_due(&mut self, id: RoomId, now: Instant) {
        let Some(hold) = self.rooms.get_mut(id).and_then(|room| room.hold.as_mut()) else {
            return;
        };
        hold.look = now.saturating_add(PACE_STILL);
        let waiting: Vec<ConnId> = hold.waiting.iter().copied().collect();
        self.timers.arm(hold.look, Timer::Pace(id));
        for conn in waiting {
            if let Some(seat) = self.peers.get_mut(&conn).and_then(|peer| peer.seat_mut()) {
                seat.pace.still = !core::mem::take(&mut seat.pace.moved);
            }
        }
        self.keep_ring(id, now);
    }

    fn hold_changed(&mut self, id: RoomId, was: Option<Instant>, now: Instant) {
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let is = room.hold.as_ref().map(|hold| hold.look);
        if is == was {
            return;
        }
        let name = room.name.clone();
        if let Some(look) = was {
            self.timers.disarm(look, Timer::Pace(id));
        }
        if let Some(look) = is {
            self.timers.arm(look, Timer::Pace(id));
            for conn in room.readers.iter().copied().collect::<Vec<_>>() {
                if let Some(seat) = self.peers.get_mut(&conn).and_then(|peer| peer.seat_mut()) {
                    seat.pace.moved = false;
                }
                self.tell_reading(conn, now);
            }
        }
        if is.is_some() != was.is_some() {
            self.actions.push_back(Action::Report(Report::Held {
                room: name,
                held: is.is_some(),
            }));
        }
        if is.is_none() {
            self.resume_paused(Some(id), now);
        }
    }
}

/// The readers that still need events up to `cut` and are waited for, with their cursors; each of
/// those who need them is judged by its pace.
fn holders(
    peers: &mut BTreeMap<ConnId, Box<Peer>>,
    room: &RoomState,
    cut: u64,
    now: Instant,
) -> Vec<(ConnId, u64)> {
    let mut behind = 0_usize;
    let mut waiting = Vec::new();
    for conn in &room.readers {
        let Some(seat) = peers.get_mut(conn).and_then(|peer| peer.seat_mut()) else {
            continue;
        };
        // Whoever has fallen out already reads from the log and needs nothing of the ring.
        if seat.cursor >= cut || seat.cursor.saturating_add(1) < room.stream.first() {
            continue;
        }
        behind = behind.saturating_add(1);
        seat.pace.judge(now);
        if !seat.pace.still {
            waiting.push((*conn, seat.cursor, seat.pace.slow));
        }
    }
    let few = behind.saturating_mul(PACE_SHARE) < room.readers.len();
    waiting.retain(|(_, _, slow)| !(few && *slow));
    waiting
        .into_iter()
        .map(|(conn, cursor, _)| (conn, cursor))
        .collect()
}
