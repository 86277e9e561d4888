//! The fold: what a room is after the entries of its log.

use alloc::string::{String, ToString};

use super::entry::{Deed, Entry, LeaveEntry, Line, LoginEntry, Owner, SessionKey, Settings};
use super::members::{Detached, Member, Members, Seat};
use super::sessions::{Session, Sessions};
use crate::text::Topic;
use crate::wire::{Event, Joined, Left, Renamed, Said, Titled, UINT_END};

/// A room: a pure fold over its log. Equal entries in equal order make equal rooms. `[RM-1]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    pub(super) epoch: u64,
    pub(super) settings: Settings,
    pub(super) pos: u64,
    pub(super) head: u64,
    pub(super) at: u64,
    pub(super) topic: Option<Topic>,
    pub(super) spoken: bool,
    pub(super) members: Members,
    pub(super) sessions: Sessions,
}

/// What the fold made of one entry: at most one event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Made {
    /// What it means for whoever proposed it.
    pub outcome: Outcome,
    /// What the room is shown.
    pub event: Option<Event>,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Taken.
    Applied,
    /// A login was taken.
    LoggedIn {
        /// The member it is seated as.
        member: u64,
        /// The number of its session.
        number: u64,
    },
    /// A login was refused.
    LoginRefused(LoginRefusal),
    /// A line was refused, finally.
    LineRefused(Denial),
    /// The room has it already.
    Repeat,
    /// Its predecessor is not the newest of its session.
    Orphan,
    /// The room does not know its session (any more).
    Forgotten,
    /// The room was not founded yet.
    Unfounded,
    /// It says nothing new.
    Ignored,
}

/// Why a login was refused by the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginRefusal {
    /// The name is another's, or looks like it.
    Taken,
    /// An older connect of this session, one that was used, or one that has ended.
    Stale,
    /// A session that the room has forgotten.
    Session,
}

/// Why a line was refused by the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Denial {
    /// Its member is not in the room.
    NoMember,
    /// It answers an event that is not there.
    NoEvent,
    /// The name is another's, or looks like it.
    Taken,
}

impl Room {
    /// A room before its first entry: no epoch, no events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies the entry at `pos`, to which the log gave the time `at` (milliseconds since 1970).
    /// A position that is not above the last one changes nothing.
    pub fn apply(&mut self, pos: u64, at: u64, entry: &Entry) -> Made {
        if pos <= self.pos {
            return quiet(Outcome::Ignored);
        }
        self.pos = pos;
        // The clock of a log may step back; the room's time does not. [RM-3]
        self.at = self.at.max(at);
        self.sessions.forget(&self.settings, self.at);
        self.members.forget(&self.settings, self.at);
        match entry {
            Entry::Founded { epoch, settings } => self.found(*epoch, *settings),
            _ if self.epoch == 0 => quiet(Outcome::Unfounded),
            Entry::Settings(settings) => {
                self.settings = *settings;
                quiet(Outcome::Applied)
            }
            Entry::Epoch { epoch } => self.go_on_under(*epoch),
            Entry::Login(login) => self.log_in(login),
            Entry::Leave(leave) => self.leave(leave),
            Entry::Line(line) => self.line(line),
        }
    }

    /// The room's epoch; 0 before it is founded.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The position of the last entry applied; 0 before the first.
    #[must_use]
    pub fn pos(&self) -> u64 {
        self.pos
    }

    /// The number of the newest event; 0 before the first.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The room's time: the log's, never falling, in milliseconds since 1970.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    /// Whether no line was ever taken: nothing that anybody did here would be lost with the room.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        !self.spoken
    }

    /// How many members there are, announced or not.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.members.count()
    }

    /// The member of that number, if he is here.
    #[must_use]
    pub fn member(&self, number: u64) -> Option<&Member> {
        self.members.get(number)
    }

    /// The members with a number above `from`, by number.
    pub fn members_after(&self, from: u64) -> impl Iterator<Item = (u64, &Member)> {
        self.members.after(from)
    }

    /// What the room knows of a session.
    #[must_use]
    pub fn session(&self, key: &SessionKey) -> Option<&Session> {
        self.sessions.get(key)
    }

    /// How many sessions are remembered.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The newest `id` that the room has of a session; 0 if none.
    #[must_use]
    pub fn acked(&self, key: &SessionKey) -> u64 {
        self.sessions.get(key).map_or(0, |session| session.newest)
    }

    fn found(&mut self, epoch: u64, settings: Settings) -> Made {
        if self.epoch != 0 || !is_epoch(epoch) {
            return quiet(Outcome::Ignored);
        }
        self.epoch = epoch;
        self.settings = settings;
        quiet(Outcome::Applied)
    }

    /// Everything stays but the epoch. [RM-18]
    fn go_on_under(&mut self, epoch: u64) -> Made {
        if self.epoch == epoch || !is_epoch(epoch) {
            return quiet(Outcome::Ignored);
        }
        self.epoch = epoch;
        quiet(Outcome::Applied)
    }

    fn log_in(&mut self, login: &LoginEntry) -> Made {
        let known = self.sessions.get(&login.session);
        if let Some(refusal) = refuse(login, known) {
            return quiet(Outcome::LoginRefused(refusal));
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

    fn leave(&mut self, leave: &LeaveEntry) -> Made {
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

    fn line(&mut self, line: &Line) -> Made {
        let Some(session) = self.sessions.get(&line.session) else {
            return quiet(Outcome::Forgotten);
        };
        if line.id <= session.newest {
            return quiet(Outcome::Repeat);
        }
        if line.after != session.newest || line.attempt != session.attempt {
            return quiet(Outcome::Orphan);
        }
        if session.member != line.member || self.members.get(line.member).is_none() {
            return quiet(Outcome::LineRefused(Denial::NoMember));
        }
        // A refusal is final: a second copy is refused too, whatever has changed since. [DL-12]
        if let Some((_, denial)) = session.refused.filter(|(id, _)| line.id <= *id) {
            return quiet(Outcome::LineRefused(denial));
        }
        let number = session.number;
        match self.act(line, number) {
            Ok(event) => {
                self.spoken = true;
                if let Some(session) = self.sessions.get_mut(&line.session) {
                    session.newest = line.id;
                }
                Made {
                    outcome: Outcome::Applied,
                    event: Some(event),
                }
            }
            Err(denial) => {
                if let Some(session) = self.sessions.get_mut(&line.session) {
                    session.refused = Some((line.id, denial));
                }
                quiet(Outcome::LineRefused(denial))
            }
        }
    }

    fn act(&mut self, line: &Line, session: u64) -> Result<Event, Denial> {
        let (member, id) = (line.member, line.id);
        match &line.deed {
            Deed::Say { kind, re, text } => {
                if re.is_some_and(|re| re == 0 || re > self.head) {
                    return Err(Denial::NoEvent);
                }
                let name = self.name_of(member)?;
                let (seq, at) = (self.next(), self.at);
                let (kind, re, text) = (*kind, *re, Some(text.to_string()));
                Ok(Event::Said(Said {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    name,
                    kind,
                    re,
                    text,
                }))
            }
            Deed::Nick { name } => {
                let old = self.members.rename(member, name).ok_or(Denial::Taken)?;
                let (old, new) = (old.to_string(), name.to_string());
                let (seq, at) = (self.next(), self.at);
                Ok(Event::Renamed(Renamed {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    old,
                    new,
                }))
            }
            Deed::Topic { topic } => {
                self.topic.clone_from(topic);
                let topic = topic.as_ref().map(ToString::to_string);
                let (seq, at) = (self.next(), self.at);
                Ok(Event::Titled(Titled {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    topic,
                }))
            }
        }
    }

    fn name_of(&self, member: u64) -> Result<String, Denial> {
        let who = self.members.get(member).ok_or(Denial::NoMember)?;
        Ok(who.name.to_string())
    }

    /// The number of the event that is being published: dense from 1. [RM-2]
    fn next(&mut self) -> u64 {
        self.head = self.head.saturating_add(1);
        self.head
    }
}

/// Whether a room may have this epoch: never 0, below 2^63. [RM-4]
pub(super) fn is_epoch(epoch: u64) -> bool {
    (1..UINT_END).contains(&epoch)
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

fn quiet(outcome: Outcome) -> Made {
    Made {
        outcome,
        event: None,
    }
}
