//! The handshake: from `NAME` through the log to `CLIENT`.

use alloc::boxed::Box;
use alloc::string::ToString;

use super::Server;
use super::action::{Action, ConnId, Origin, Report, Ticket};
use super::limits::{Admission, CLIENT_FRAME, HISTORY, WINDOW};
use super::peer::{Joining, Peer, Phase, Seat};
use super::rooms::{RoomId, RoomState};
use crate::close::{CloseReason, Full, Refusal};
use crate::name::{Name, RoomName};
use crate::room::{Entry, KeyHash, LoginEntry, LoginRefusal, Owner, SessionKey};
use crate::time::Instant;
use crate::wire::{Granted, Login, Message, Resume, VERSION, Welcome, You, limits};

/// What a `NAME` asks for, once it has been looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    pub(super) name: Name,
    pub(super) room: RoomName,
    /// The session and the attempt; none: a guest.
    pub(super) identity: Option<(SessionKey, u64)>,
    pub(super) history: u64,
    pub(super) resume: Option<Resume>,
}

impl Server {
    /// Takes `NAME`: what can be refused at once is `[HS-4]`; then it is for the driver to say who
    /// comes in `[HS-23]`, and the rest is for the fold `[HS-6]`.
    pub(super) fn log_in(&mut self, conn: ConnId, login: &Login, now: Instant) {
        match look_at(login) {
            Err(refusal) => self.close(conn, CloseReason::Refused(refusal), now),
            Ok(wish) => match self.config.admission {
                Admission::Open => self.seek_seat(conn, wish, None, now),
                Admission::Asked => self.ask(conn, wish, login.proof.as_deref()),
            },
        }
    }

    /// Finds the room and proposes the login; `place` is what the driver has granted for it.
    pub(super) fn seek_seat(
        &mut self,
        conn: ConnId,
        wish: Wish,
        place: Option<Ticket>,
        now: Instant,
    ) {
        let Some(room) = self.room_for(&wish.room) else {
            if let Some(ticket) = place {
                self.actions.push_back(Action::Unused { ticket });
            }
            let full = CloseReason::Refused(Refusal::Full(Full::Rooms));
            return self.close(conn, full, now);
        };
        let nonce = self.rng.next_u64();
        // [HS-14] a guest's session is the server's, so that his login too can be told from another
        // and be proposed twice.
        let (session, attempt) = wish.identity.unwrap_or_else(|| {
            let session = SessionKey {
                owner: Owner::Guest,
                session: self.rng.bytes16(),
            };
            (session, 1)
        });
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let Origin { addr, host } = peer.origin.as_deref().cloned().unwrap_or_default();
        let entry = LoginEntry {
            session,
            attempt,
            nonce,
            node: self.config.node,
            name: wish.name,
            host,
            address: addr,
        };
        let entry: alloc::sync::Arc<Entry> = Entry::Login(entry).into();
        peer.phase = Phase::Joining(Box::new(Joining {
            room,
            session,
            attempt,
            nonce,
            entry: alloc::sync::Arc::clone(&entry),
            history: wish.history,
            resume: wish.resume,
        }));
        if let Some(room) = self.rooms.get_mut(room) {
            room.joining.insert(nonce, conn);
        }
        if let Some(ticket) = place {
            self.take_place(room, nonce, ticket);
        }
        self.found(room, now);
        self.propose(room, entry, now);
    }

    /// The fold has let a login in: one of this server's connections, or another worker's.
    pub(super) fn logged_in(
        &mut self,
        id: RoomId,
        login: &LoginEntry,
        member: u64,
        number: u64,
        now: Instant,
    ) {
        self.place_used(id, login.nonce);
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let joining = room.joining.remove(&login.nonce);
        let seated = room.seats.get(&login.session).copied();
        let same = seated.filter(|conn| {
            let seat = self.peers.get(conn).and_then(|peer| peer.seat());
            seat.is_some_and(|seat| seat.nonce == login.nonce)
        });
        if same.is_some() {
            return; // A second copy of a login that is in.
        }
        self.returned(id, login);
        self.forget_lines(id, &login.session);
        if let Some(older) = seated {
            self.close(older, CloseReason::Replaced, now); // [HS-9]
        }
        match joining {
            Some(conn) => self.welcome(conn, id, member, number, now),
            // Of this server, but its connection is gone, or was an earlier start's.
            None if login.node == self.config.node => self.orphan_login(id, login, now),
            None => {}
        }
    }

    /// The fold has refused a login.
    pub(super) fn login_refused(
        &mut self,
        id: RoomId,
        login: &LoginEntry,
        refusal: LoginRefusal,
        now: Instant,
    ) {
        self.place_unused(id, login.nonce);
        let conn = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.joining.remove(&login.nonce));
        if let Some(conn) = conn {
            self.close(conn, CloseReason::Refused(refusal.into()), now);
        }
    }

    /// Seats a connection and says `CLIENT`. `[HS-6]` `[HS-7]`
    fn welcome(&mut self, conn: ConnId, id: RoomId, member: u64, number: u64, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let Phase::Joining(joining) = &peer.phase else {
            return;
        };
        let start = start_of(room, joining);
        let seat = Seat::new(joining, member, start);
        let resumed = room
            .fold
            .session(&joining.session)
            .is_some_and(|known| known.newest > 0)
            || joining.attempt > 1;
        let welcome = client(
            room,
            peer,
            member,
            number,
            start,
            &seat,
            &self.config.limits,
        );
        peer.origin = None;
        let session = seat.session;
        room.readers.insert(conn);
        room.seats.insert(session, conn);
        let name = room.name.clone();
        peer.phase = Phase::Live(Box::new(seat));
        peer.due.handshake = None;
        peer.due.heard(&self.config.limits, now);
        peer.due.spoke(&self.config.limits, now);
        // What was read while the login was under way is taken next, and reading goes on. [HS-20]
        peer.input.reading = false;
        self.paused.insert(conn);
        self.actions.push_back(Action::Report(Report::Admitted {
            conn,
            room: name,
            member,
            resumed,
        }));
        self.answer(conn, &Message::Client(welcome), now);
        self.appoint(id, &session, now);
        self.resume_input(conn, now);
    }
}

/// What can be said of a `NAME` without the room, in this order. `[HS-3]` `[HS-4]`
fn look_at(login: &Login) -> Result<Wish, Refusal> {
    if !login.versions.contains(&VERSION) {
        return Err(Refusal::Version);
    }
    let name = Name::parse(&login.name).map_err(Refusal::BadName)?;
    let room = RoomName::parse(&login.room).map_err(Refusal::BadRoom)?;
    let identity = login.identity.as_ref().map(|identity| {
        let session = SessionKey {
            owner: Owner::Key(KeyHash::of(&identity.key)), // [HS-16]
            session: identity.session,
        };
        (session, identity.attempt)
    });
    Ok(Wish {
        name,
        room,
        identity,
        history: login.history.min(HISTORY),
        resume: login.resume,
    })
}

/// The number before the first event that a connection is given. `[HS-18]`
fn start_of(room: &RoomState, joining: &Joining) -> u64 {
    let head = room.fold.head();
    let good = joining.resume.filter(|resume| {
        (resume.epoch == 0 || resume.epoch == room.fold.epoch()) && resume.since <= head
    });
    good.map_or_else(
        || {
            head.saturating_sub(joining.history)
                .max(room.kept.saturating_sub(1))
                .min(head)
        },
        |resume| resume.since,
    )
}

fn client(
    room: &RoomState,
    peer: &Peer,
    member: u64,
    number: u64,
    start: u64,
    seat: &Seat,
    set: &super::limits::Limits,
) -> Welcome {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let fold = &room.fold;
    let name = fold
        .member(member)
        .map(|who| who.name.to_string())
        .unwrap_or_default();
    let granted = Granted {
        frame: CLIENT_FRAME.into(),
        text: count(limits::TEXT),
        window: count(WINDOW),
        rate: set.rate.map_or(0, |rate| rate.per_second.into()),
        burst: set.rate.map_or(0, |rate| rate.burst.into()),
    };
    Welcome {
        version: VERSION,
        you: You {
            member,
            session: number,
            name,
            addr: peer
                .origin
                .as_deref()
                .and_then(|origin| origin.addr.as_ref())
                .map(ToString::to_string),
        },
        room: room.name.to_string(),
        topic: fold.topic().map(ToString::to_string),
        members: fold.count(),
        epoch: fold.epoch(),
        start,
        head: fold.head(),
        acked: fold.acked(&seat.session),
        limits: granted,
        keepalive: set.ping_after.as_secs().max(1),
    }
}
