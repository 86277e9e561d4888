//! Who comes in and who goes: the logins of a room, and what the others are shown of them.

use alloc::string::ToString;

use super::entry::{LeaveEntry, LoginEntry, Owner};
use super::fold::{LoginRefusal, Made, Outcome, Room, quiet};
use super::members::{Detached, Seat};
use super::sessions::Session;
use crate::wire::{Event, Joined, Left};

impl Room {
    /// Seats whoever logs in, unless the room keeps him out. `[HS-6]`
    pub(super) fn log_in(&mut self, login: &LoginEntry) -> Made {
        let known = self.sessions.get(&login.session);
        if let Some(refusal) = refuse(login, known) {
            return quiet(Outcome::LoginRefused(refusal));
        }
        if self.is_kept_out(login) {
            return quiet(Outcome::LoginRefused(LoginRefusal::Banned));
        }
        let last = known.map(|session| session.member);
        let (member, entered) = match self.members.seat(login, last) {
            Seat::Taken => return quiet(Outcome::LoginRefused(LoginRefusal::Taken)),
            Seat::Here(member) => {
                self.members.attach(member, login);
                (member, false)
            }
            Seat::Claimed(member, name) => {
                let announced = self.announces();
                (
                    self.members.enter(login, Some((member, name)), announced),
                    true,
                )
            }
            Seat::New => {
                let announced = self.announces();
                (self.members.enter(login, None, announced), true)
            }
        };
        let number = self
            .sessions
            .log_in(login.session, member, login.attempt, login.nonce);
        // [RM-19] The first one who can be known again.
        if let Owner::Key(hash) = login.session.owner
            && self.moderation.operators.is_empty()
        {
            self.moderation.appoint(hash);
        }
        let event = if entered {
            self.joined(member, number)
        } else {
            None
        };
        Made {
            outcome: Outcome::LoggedIn { member, number },
            event,
        }
    }

    /// Whether a login is of a key that is banned, or of a stranger from where none comes in. `[RM-23]`
    fn is_kept_out(&self, login: &LoginEntry) -> bool {
        let owner = login.session.owner;
        if self.moderation.is_operator(owner) {
            return false;
        }
        let is_stranger =
            !matches!(owner, Owner::Key(hash) if self.members.claims.contains_key(&hash));
        self.moderation.is_banned(owner, self.at)
            || is_stranger && self.moderation.is_closed(login.address.as_ref(), self.at)
    }

    fn announces(&self) -> bool {
        self.members.count() < self.settings.announce_below
    }

    fn joined(&mut self, member: u64, session: u64) -> Option<Event> {
        let who = self.members.get(member).filter(|who| who.announced)?;
        let (name, host) = (
            who.name.to_string(),
            who.host.as_ref().map(ToString::to_string),
        );
        let members = self.members.count();
        let seq = self.next();
        Some(Event::Joined(Joined {
            seq,
            at: self.at,
            member,
            session,
            id: 0,
            name,
            host,
            members,
        }))
    }

    /// Ends a login, and with the last one the member's stay. `[RM-8]`
    pub(super) fn leave(&mut self, leave: &LeaveEntry) -> Made {
        let Some(session) = self.sessions.get(&leave.session) else {
            return quiet(Outcome::Forgotten);
        };
        let (member, number) = (session.member, session.number);
        match self
            .members
            .detach(member, &leave.session, leave.attempt, self.at)
        {
            Detached::Unknown => quiet(Outcome::Ignored),
            Detached::Stays => {
                self.sessions
                    .log_out(&leave.session, leave.attempt, self.at);
                quiet(Outcome::Applied)
            }
            Detached::Gone(who) => {
                self.moderation.gone(who.owner, member);
                self.sessions
                    .log_out(&leave.session, leave.attempt, self.at);
                let event = who.announced.then(|| {
                    let members = self.members.count();
                    Event::Left(Left {
                        seq: self.next(),
                        at: self.at,
                        member,
                        session: number,
                        id: 0,
                        name: who.name.to_string(),
                        host: who.host.as_ref().map(ToString::to_string),
                        members,
                        why: leave.why.as_ref().map(ToString::to_string),
                    })
                });
                Made {
                    outcome: Outcome::Applied,
                    event,
                }
            }
        }
    }
}

/// Whether the session's own history refuses a login. `[HS-10]` `[HS-11]`
fn refuse(login: &LoginEntry, known: Option<&Session>) -> Option<LoginRefusal> {
    let Some(session) = known else {
        let returns = matches!(login.session.owner, Owner::Key(_)) && login.attempt > 1;
        return returns.then_some(LoginRefusal::Session);
    };
    let used = login.attempt == session.attempt && login.nonce != session.nonce;
    let older = login.attempt < session.attempt || login.attempt <= session.ended;
    (used || older).then_some(LoginRefusal::Stale)
}
