//! How connections end: settled farewells, last words, and letting go.

use alloc::boxed::Box;

use super::Server;
use super::action::{Action, ConnId};
use super::peer::{Closing, Leaving, Phase};
use super::timers::Timer;
use crate::close::CloseReason;
use crate::room::Owner;
use crate::text::Why;
use crate::time::Instant;

impl Server {
    /// Ends a connection at once: last words after the piece in hand, nothing of the room after it.
    /// The first reason stands.
    pub(super) fn close(&mut self, conn: ConnId, reason: CloseReason, now: Instant) {
        self.unseat(conn, &reason, now);
        let linger = self.config.limits.linger;
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if matches!(peer.phase, Phase::Closing(_)) {
            return;
        }
        if let Some(bye) = reason.last_words() {
            peer.output.say_bye(bye);
        }
        let by = now.saturating_add(linger);
        peer.phase = Phase::Closing(Closing {
            reason,
            by,
            shut: false,
            bare: false,
        });
        peer.input.forget();
        self.held.weigh(peer);
        let armed = peer.due.armed;
        peer.due = super::due::Due {
            linger: Some(by),
            armed,
            ..Default::default()
        };
        self.writable(conn, now);
        self.tell_reading(conn, now);
        self.arm(conn);
    }

    /// Ends a connection after what is due to it: what it sent is settled first, except at a
    /// shutdown, which waits for nobody's log.
    pub(super) fn dismiss(&mut self, conn: ConnId, reason: CloseReason, now: Instant) {
        self.leave_with(conn, reason, None, now);
    }

    /// QUIT. `[ER-4]`
    pub(super) fn part(&mut self, conn: ConnId, why: Option<Why>, now: Instant) {
        self.leave_with(conn, CloseReason::Quit, why, now);
    }

    fn leave_with(&mut self, conn: ConnId, reason: CloseReason, why: Option<Why>, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let phase = core::mem::replace(&mut peer.phase, Phase::AwaitName);
        let seat = match phase {
            Phase::Live(seat) => *seat,
            // A shutdown ends the waiting of those who were leaving anyway.
            Phase::Leaving(leaving) if matches!(reason, CloseReason::Shutdown { .. }) => {
                leaving.seat
            }
            other => {
                peer.phase = other;
                if matches!(reason, CloseReason::Shutdown { .. }) {
                    self.close(conn, reason, now);
                }
                return;
            }
        };
        peer.phase = Phase::Leaving(Box::new(Leaving {
            seat,
            reason,
            why,
            until: None,
            left: false,
        }));
        peer.input.forget();
        self.held.weigh(peer);
        peer.due.rate = None;
        peer.due.dead = None;
        self.paused.remove(&conn);
        self.tell_reading(conn, now);
        self.settle(conn, now);
        self.arm(conn);
    }

    /// Once all that a leaving connection sent is settled, fixes up to where it is still served.
    pub(super) fn settle(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let Phase::Leaving(leaving) = &mut peer.phase else {
            return;
        };
        if leaving.until.is_some() {
            return;
        }
        let (id, session, attempt) = (
            leaving.seat.room,
            leaving.seat.session,
            leaving.seat.attempt,
        );
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let shutdown = matches!(leaving.reason, CloseReason::Shutdown { .. });
        if !shutdown && room.lines.contains_key(&session) {
            return;
        }
        leaving.until = Some(room.fold.head());
        let quits = leaving.reason == CloseReason::Quit || session.owner == Owner::Guest;
        if quits && !shutdown {
            leaving.left = true;
            let why = leaving.why.clone();
            self.leave(id, session, attempt, why, now);
        }
        self.writable(conn, now);
    }

    /// A leaving connection has all that was due to it.
    pub(super) fn farewell(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get(&conn) else {
            return;
        };
        if let Phase::Leaving(leaving) = &peer.phase {
            let reason = leaving.reason.clone();
            self.close(conn, reason, now);
        }
    }

    /// The half-close went out: the peer's end of stream is all that is waited for. `[ER-3]`
    pub(super) fn shut(&mut self, conn: ConnId) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let ended = peer.input.ended;
        if let Phase::Closing(closing) = &mut peer.phase {
            closing.shut = true;
            if ended {
                self.let_go(conn);
            }
        }
    }

    /// Lets go of a connection that said its last words.
    pub(super) fn let_go(&mut self, conn: ConnId) {
        let Some(Phase::Closing(closing)) = self.peers.get(&conn).map(|peer| &peer.phase) else {
            return;
        };
        let reason = closing.reason.clone();
        self.gone(conn, reason);
    }

    /// The last that is said of a connection.
    pub(super) fn gone(&mut self, conn: ConnId, reason: CloseReason) {
        let Some(peer) = self.peers.remove(&conn) else {
            return;
        };
        if let Some(armed) = peer.due.armed {
            self.timers.disarm(armed, Timer::Peer(conn));
        }
        self.held.free(&peer);
        self.paused.remove(&conn);
        let reason = match peer.phase {
            Phase::Closing(closing) => closing.reason,
            _ => reason,
        };
        self.actions.push_back(Action::Closed { conn, reason });
    }
}
