//! The server's deadlines in one ordered set.
//!
//! A connection has one entry, armed at or before its earliest deadline: putting a deadline off does
//! not touch the set, and waking too early does nothing but arm anew.

use alloc::collections::BTreeSet;

use super::Server;
use super::action::{AppendFailure, ConnId, Reason, Ticket, Wake};
use super::append::Ticketed;
use super::due::Due;
use super::peer::PhaseKind;
use super::rooms::RoomId;
use crate::close::CloseReason;
use crate::room::SessionKey;
use crate::time::Instant;
use crate::wire::{Message, Ping};

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    Peer(ConnId),
    Grace(RoomId, SessionKey),
    Lines(RoomId, SessionKey),
    Again(Ticket),
    Pace(RoomId),
}

/// All deadlines but those of tickets, which expire in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Timers {
    /// Those of connections, apart: they are many, and need no room for a session's key.
    peers: BTreeSet<(Instant, ConnId)>,
    set: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    pub(super) fn arm(&mut self, at: Instant, timer: Timer) {
        match timer {
            Timer::Peer(conn) => self.peers.insert((at, conn)),
            timer => self.set.insert((at, timer)),
        };
    }

    pub(super) fn disarm(&mut self, at: Instant, timer: Timer) {
        match timer {
            Timer::Peer(conn) => self.peers.remove(&(at, conn)),
            timer => self.set.remove(&(at, timer)),
        };
    }

    /// Sees to it that `at`, a deadline of the connection that was just set, is met: whatever is armed
    /// for it before that does, too.
    pub(super) fn meet(&mut self, conn: ConnId, due: &mut Due, at: Instant) {
        if let Some(armed) = due.armed {
            if armed <= at {
                return;
            }
            self.disarm(armed, Timer::Peer(conn));
        }
        due.armed = Some(at);
        self.arm(at, Timer::Peer(conn));
    }

    /// The earliest; of those of one time, a connection's.
    fn first(&self) -> Option<(Instant, Timer)> {
        let peer = self
            .peers
            .first()
            .map(|(at, conn)| (*at, Timer::Peer(*conn)));
        match (peer, self.set.first().copied()) {
            (Some(peer), Some(other)) => Some(peer.min(other)),
            (peer, other) => peer.or(other),
        }
    }

    fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let (at, timer) = self.first().filter(|(at, _)| *at <= now)?;
        self.disarm(at, timer);
        Some(timer)
    }
}

impl Server {
    /// The next deadline and its reason; none if there is none. A pure getter.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Wake> {
        let timer = self.timers.first().map(|(at, timer)| Wake {
            at,
            reason: self.reason(timer),
        });
        let ticket = self.tickets.next_deadline().map(|at| Wake {
            at,
            reason: Reason::Ticket,
        });
        match (timer, ticket) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Does what is due at `now`. Calling it early, late or twice is harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((ticket, what)) = self.tickets.pop_expired(now) {
            match what {
                Ticketed::Read { room, after } => self.read_failed(room, after, now),
                Ticketed::Append { .. } => {
                    self.append_over(ticket, what, AppendFailure::Unknown, now);
                }
            }
        }
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Peer(conn) => self.peer_due(conn, now),
                Timer::Grace(room, session) => self.grace_over(room, session, now),
                Timer::Lines(room, session) => self.lines_due(room, session, now),
                Timer::Again(ticket) => self.again_due(ticket, now),
                Timer::Pace(room) => self.pace_due(room, now),
            }
        }
        self.keep_ceiling(now);
    }

    /// Sees to it that the connection's earliest deadline is met.
    pub(super) fn arm(&mut self, conn: ConnId) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if let Some((at, _)) = peer.due.next() {
            self.timers.meet(conn, &mut peer.due, at);
        }
    }

    fn reason(&self, timer: Timer) -> Reason {
        match timer {
            Timer::Peer(conn) => self
                .peers
                .get(&conn)
                .and_then(|peer| peer.due.next())
                .map_or(Reason::Ping, |(_, reason)| reason),
            Timer::Grace(..) => Reason::Grace,
            Timer::Lines(..) | Timer::Again(_) => Reason::Retry,
            Timer::Pace(_) => Reason::Pace,
        }
    }

    fn peer_due(&mut self, conn: ConnId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.due.armed = None;
        }
        while let Some((_, reason)) = self
            .peers
            .get(&conn)
            .and_then(|peer| peer.due.next())
            .filter(|(at, _)| *at <= now)
        {
            self.peer_deadline(conn, reason, now);
        }
        self.arm(conn);
    }

    /// Each arm moves or clears the deadline that it handles.
    fn peer_deadline(&mut self, conn: ConnId, reason: Reason, now: Instant) {
        match reason {
            Reason::Handshake => {
                let kind = self.peers.get(&conn).map(|peer| peer.kind());
                #[cfg(feature = "legacy")]
                if let Some(refusal) = self.turned_away(conn) {
                    return self.close(conn, CloseReason::Refused(refusal), now);
                }
                // [HS-5] the peer's fault, unless it is the log or the driver that has not answered.
                let why = match kind {
                    Some(PhaseKind::AwaitName) => CloseReason::Handshake,
                    _ => CloseReason::Busy { retry: Some(1) },
                };
                self.close(conn, why, now);
            }
            Reason::Idle => self.close(conn, CloseReason::Idle, now), // [LV-3]
            Reason::Stall => self.close(conn, CloseReason::Stalled, now), // [LV-6]
            Reason::Linger => self.let_go(conn),                      // [ER-3]
            Reason::Rate => {
                if let Some(peer) = self.peers.get_mut(&conn) {
                    peer.due.rate = None;
                }
                self.resume_input(conn, now);
            }
            Reason::Ping => self.ping(conn, now),
            Reason::Grace | Reason::Retry | Reason::Ticket | Reason::Pace => {}
        }
    }

    /// [LV-2]
    fn ping(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.due.quiet_in = Some(now.saturating_add(self.config.limits.ping_after));
        peer.due.spoke(&self.config.limits, now);
        self.answer(conn, &Message::Ping(Ping { nonce: 0 }), now);
    }
}
