//! How members go: at once, after a grace, or not at all because they came back.

use super::Server;
use super::action::ConnId;
use super::peer::Phase;
use super::rooms::RoomId;
use super::timers::Timer;
use crate::close::CloseReason;
use crate::room::{Entry, LeaveEntry, LoginEntry, Outcome, Owner, SessionKey};
use crate::text::Why;
use crate::time::Instant;

/// A login whose link broke and whose leave is due unless it comes back. `[RM-10]`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Grace {
    pub(super) attempt: u64,
    at: Instant,
}

impl Server {
    /// Takes a connection out of its room. What that means for the member depends on `why`.
    pub(super) fn unseat(&mut self, conn: ConnId, why: &CloseReason, now: Instant) {
        let Some(peer) = self.peers.get(&conn) else {
            return;
        };
        if let Phase::Joining(joining) = &peer.phase {
            let (room, nonce) = (joining.room, joining.nonce);
            if let Some(room) = self.rooms.get_mut(room) {
                room.joining.remove(&nonce);
            }
            return;
        }
        if let Phase::Asking(asking) = &peer.phase {
            self.questions.leave(asking.ticket);
            return;
        }
        let Some(seat) = peer.seat() else { return };
        let (id, session, attempt) = (seat.room, seat.session, seat.attempt);
        let left = matches!(&peer.phase, Phase::Leaving(leaving) if leaving.left);
        let parting = match &peer.phase {
            Phase::Leaving(leaving) if leaving.reason == CloseReason::Quit => {
                Some(leaving.why.clone())
            }
            _ => None,
        };
        if let Some(room) = self.rooms.get_mut(id) {
            room.readers.remove(&conn);
            if room.seats.get(&session) == Some(&conn) {
                room.seats.remove(&session);
            }
        }
        self.paused.remove(&conn);
        self.hold_left(id, conn, None, now);
        match why {
            // The newer connection holds the member, or the next start of the server will.
            CloseReason::Replaced | CloseReason::Shutdown { .. } => {}
            // The room knows: what put him out has ended all of his logins.
            CloseReason::PutOut { .. } => {}
            _ if left => {}
            _ => match parting {
                Some(why) => self.leave(id, session, attempt, why, now),
                None if session.owner == Owner::Guest => {
                    self.leave(id, session, attempt, None, now)
                }
                None => self.begin_grace(id, session, attempt, now),
            },
        }
    }

    /// Proposes the end of a login.
    pub(super) fn leave(
        &mut self,
        id: RoomId,
        session: SessionKey,
        attempt: u64,
        why: Option<Why>,
        now: Instant,
    ) {
        self.propose(
            id,
            Entry::Leave(LeaveEntry {
                session,
                attempt,
                why,
            })
            .into(),
            now,
        );
    }

    /// A login of this server without a connection: it ends after the grace, a guest's at once.
    pub(super) fn orphan_login(&mut self, id: RoomId, login: &LoginEntry, now: Instant) {
        self.begin_grace(id, login.session, login.attempt, now);
    }

    /// The logins that an earlier start of this server held.
    pub(super) fn adopt_logins(&mut self, id: RoomId, now: Instant) {
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let mut all = alloc::vec::Vec::new();
        for (_, member) in room.fold.members_after(0) {
            for (session, login) in member.logins.iter() {
                if login.node == self.config.node {
                    let session = SessionKey {
                        owner: member.owner,
                        session: *session,
                    };
                    all.push((session, login.attempt));
                }
            }
        }
        for (session, attempt) in all {
            self.begin_grace(id, session, attempt, now);
        }
    }

    /// Whoever logs in ends the grace of his older login.
    pub(super) fn returned(&mut self, id: RoomId, login: &LoginEntry) {
        self.end_grace(id, &login.session, login.attempt);
    }

    /// A leave was applied, whoever proposed it.
    pub(super) fn left(&mut self, id: RoomId, leave: &LeaveEntry, outcome: &Outcome, now: Instant) {
        if *outcome != Outcome::Applied {
            return;
        }
        self.end_grace(id, &leave.session, leave.attempt);
        let seated = self
            .rooms
            .get(id)
            .and_then(|room| room.seats.get(&leave.session))
            .copied();
        let ended = seated.filter(|conn| {
            let seat = self.peers.get(conn).and_then(|peer| peer.seat());
            seat.is_some_and(|seat| seat.attempt == leave.attempt)
        });
        // Its login has ended while it is connected: another server took this one for dead.
        if let Some(conn) = ended
            && self
                .peers
                .get(&conn)
                .is_some_and(|peer| matches!(peer.phase, Phase::Live(_)))
        {
            self.close(conn, CloseReason::Busy { retry: None }, now);
        }
    }

    pub(super) fn grace_over(&mut self, id: RoomId, session: SessionKey, now: Instant) {
        let grace = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.grace.remove(&session));
        if let Some(grace) = grace {
            self.leave(id, session, grace.attempt, None, now);
        }
    }

    /// Whether all logins of a member that this server holds wait for their owner.
    pub(super) fn is_away(&self, id: RoomId, member: u64) -> bool {
        let Some(room) = self.rooms.get(id) else {
            return false;
        };
        let Some(who) = room.fold.member(member) else {
            return false;
        };
        who.logins.iter().all(|(session, _)| {
            let key = SessionKey {
                owner: who.owner,
                session: *session,
            };
            room.grace.contains_key(&key)
        })
    }

    fn begin_grace(&mut self, id: RoomId, session: SessionKey, attempt: u64, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let wait = match session.owner {
            Owner::Key(_) => self.config.limits.grace,
            Owner::Guest => core::time::Duration::ZERO,
        };
        let at = now.saturating_add(wait);
        if let Some(older) = room.grace.insert(session, Grace { attempt, at }) {
            self.timers.disarm(older.at, Timer::Grace(id, session));
        }
        self.timers.arm(at, Timer::Grace(id, session));
    }

    fn end_grace(&mut self, id: RoomId, session: &SessionKey, attempt: u64) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        if room
            .grace
            .get(session)
            .is_some_and(|grace| grace.attempt <= attempt)
            && let Some(grace) = room.grace.remove(session)
        {
            self.timers.disarm(grace.at, Timer::Grace(id, *session));
        }
    }
}
