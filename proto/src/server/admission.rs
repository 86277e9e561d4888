//! Who may come in, where the driver is asked: the question, the answer, and what became of it.
//!
//! What the driver grants is a *place*: it may have taken something for it that can be used once. So
//! each place is followed to its end, which is the fold's verdict on the login, or that no login can
//! come of it any more. `[HS-23]`

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use super::Server;
use super::action::{Action, ConnId, Origin, Ticket, Verdict};
use super::limits::QUESTIONS_LEFT;
use super::login::Wish;
use super::peer::Phase;
use super::rooms::RoomId;
use crate::close::{CloseReason, Refusal};
use crate::room::{Entry, Owner};
use crate::time::Instant;
use crate::wire::Proof;

/// A connection that waits for the driver's answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asking {
    pub(super) ticket: Ticket,
    wish: Wish,
}

/// Questions that the driver has not answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Questions {
    waiting: BTreeMap<Ticket, ConnId>,
    /// Their connections are gone: what is granted to them is given back.
    left: BTreeSet<Ticket>,
}

/// What the driver has granted to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    ticket: Ticket,
    /// Some copy of the login may be in the log.
    maybe: bool,
}

/// Whose question was answered.
enum Asker {
    Waits(ConnId),
    Left,
}

impl Questions {
    /// The connection of a question is gone.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        if self.waiting.remove(&ticket).is_some() {
            self.left.insert(ticket);
            if self.left.len() > QUESTIONS_LEFT {
                self.left.pop_first();
            }
        }
    }

    fn answered(&mut self, ticket: Ticket) -> Option<Asker> {
        match self.waiting.remove(&ticket) {
            Some(conn) => Some(Asker::Waits(conn)),
            None => self.left.remove(&ticket).then_some(Asker::Left),
        }
    }
}

impl Server {
    /// A connection was accepted that is turned away at the door: it is told so and closed. `[ER-1]`
    pub fn refuse(&mut self, origin: Origin, refusal: Refusal, now: Instant) -> ConnId {
        let conn = self.accept(origin, now);
        #[cfg(feature = "legacy")]
        if self.refuse_when_heard(conn, &refusal, now) {
            return conn;
        }
        self.close(conn, CloseReason::Refused(refusal), now);
        conn
    }

    /// The driver's answer to [`Action::Admit`]. One that comes late, twice, or to a question that
    /// was never asked, changes nothing; a place that it grants in vain is [`Action::Unused`].
    pub fn admitted(&mut self, ticket: Ticket, verdict: Verdict, now: Instant) {
        let Some(asker) = self.questions.answered(ticket) else {
            return;
        };
        match (asker, verdict) {
            (Asker::Waits(conn), Verdict::Admitted) => self.go_on(conn, ticket, now),
            (Asker::Waits(conn), Verdict::Refused) => {
                self.close(conn, CloseReason::Refused(Refusal::Forbidden), now);
            }
            (Asker::Left, Verdict::Admitted) => self.actions.push_back(Action::Unused { ticket }),
            (Asker::Left, Verdict::Refused) => {}
        }
        self.keep_ceiling(now);
    }

    /// Asks the driver whether a connection may come in.
    pub(super) fn ask(&mut self, conn: ConnId, wish: Wish, proof: Option<&[u8]>) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let ticket = self.tickets.draw();
        self.questions.waiting.insert(ticket, conn);
        self.actions.push_back(Action::Admit {
            ticket,
            conn,
            room: wish.room.clone(),
            key: wish.identity.and_then(|(session, _)| match session.owner {
                Owner::Key(hash) => Some(hash),
                Owner::Guest => None,
            }),
            proof: proof.and_then(Proof::new),
        });
        peer.phase = Phase::Asking(Box::new(Asking { ticket, wish }));
    }

    /// Who was admitted logs in, as where nobody is asked.
    fn go_on(&mut self, conn: ConnId, ticket: Ticket, now: Instant) {
        let wish = match self.peers.get(&conn).map(|peer| &peer.phase) {
            Some(Phase::Asking(asking)) => asking.wish.clone(),
            _ => return,
        };
        self.seek_seat(conn, wish, Some(ticket), now);
    }

    /// A login is proposed for which the driver granted a place.
    pub(super) fn take_place(&mut self, id: RoomId, nonce: u64, ticket: Ticket) {
        if let Some(room) = self.rooms.get_mut(id) {
            let maybe = false;
            room.places.insert(nonce, Place { ticket, maybe });
        }
    }

    /// The login is in the room, whether its connection still stands or not.
    pub(super) fn place_used(&mut self, id: RoomId, nonce: u64) {
        if let Some(Place { ticket, .. }) = self.end_place(id, nonce) {
            self.actions.push_back(Action::Used { ticket });
        }
    }

    /// The fold has refused the login.
    pub(super) fn place_unused(&mut self, id: RoomId, nonce: u64) {
        if let Some(Place { ticket, .. }) = self.end_place(id, nonce) {
            self.actions.push_back(Action::Unused { ticket });
        }
    }

    /// Nobody knows whether the log has the login.
    pub(super) fn place_in_doubt(&mut self, id: RoomId, entry: &Entry) {
        if let Entry::Login(login) = entry
            && let Some(room) = self.rooms.get_mut(id)
            && let Some(place) = room.places.get_mut(&login.nonce)
        {
            place.maybe = true;
        }
    }

    /// A login is not proposed again, since its connection is gone. In doubt its place is used: who
    /// has come in by it is not to have it back.
    pub(super) fn place_left(&mut self, id: RoomId, entry: &Entry) {
        if let Entry::Login(login) = entry
            && let Some(Place { ticket, maybe }) = self.end_place(id, login.nonce)
        {
            self.actions.push_back(if maybe {
                Action::Used { ticket }
            } else {
                Action::Unused { ticket }
            });
        }
    }

    fn end_place(&mut self, id: RoomId, nonce: u64) -> Option<Place> {
        self.rooms.get_mut(id)?.places.remove(&nonce)
    }
}
