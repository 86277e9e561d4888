//! A reference room: what a room must show, in the simplest words that can be written.
//!
//! It knows one server over a log that stores everything at once, people and guests, chains of lines, presence, names,
//! topics and moderation. It is no copy of the fold: no log, no entries, no claims that lapse, no settings. Where the real server
//! is asked for something outside of that, the oracle does not ask the reference.

mod moderation;

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::name::Name;
use parlance_proto::wire::{Act, Event, SayKind};

pub use moderation::Asked;
use moderation::Rules;

/// What the room shows, without the numbers that follow from the rest (time, members).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Somebody came.
    Joined(u64, String),
    /// Somebody went.
    Left(u64, String),
    /// Somebody has another name.
    Renamed(u64, String),
    /// The topic.
    Titled(u64, Option<String>),
    /// Somebody said something.
    Said(u64, SayKind, Option<u64>, String),
    /// Somebody moderated.
    Modded(u64, Act, Option<u64>, Option<u64>),
}

/// Who somebody is: a key, or a guest by the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A key.
    Key([u8; 32]),
    /// A guest.
    Guest(u64),
}

/// Whether somebody is an operator, muted, kept out.
pub type Marks = (bool, bool, bool);

/// A session: whose, and which.
pub type Session = (Who, [u8; 16]);

/// One who is or was here.
#[derive(Clone, Debug)]
struct Somebody {
    name: Name,
    number: u64,
    logins: BTreeSet<[u8; 16]>,
}

/// The room.
#[derive(Clone, Debug, Default)]
pub struct RefRoom {
    /// All that it has shown; the event of number n is at n - 1.
    pub shown: Vec<Shown>,
    people: BTreeMap<Who, Somebody>,
    /// Of each session: the newest line, and the newest attempt.
    sessions: BTreeMap<Session, (u64, u64)>,
    refused: BTreeMap<Session, u64>,
    made: u64,
    rules: Rules,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The room shows it.
    Taken,
    /// Nobody hears of it.
    Dropped,
    /// Its sender is told.
    Refused,
}

impl RefRoom {
    /// Somebody wants to come in.
    ///
    /// # Errors
    ///
    /// The code of the refusal.
    pub fn log_in(
        &mut self,
        session: Session,
        attempt: u64,
        name: &Name,
    ) -> Result<u64, &'static str> {
        let known = self
            .sessions
            .get(&session)
            .map_or(0, |(_, attempt)| *attempt);
        if matches!(session.0, Who::Key(_)) {
            if known == 0 && attempt > 1 {
                return Err("session");
            }
            if attempt <= known {
                return Err("stale");
            }
        }
        if self.rules.is_out(session.0) {
            return Err("banned");
        }
        if !self.people.contains_key(&session.0) {
            if self.is_held(name, session.0) {
                return Err("taken");
            }
            self.made += 1;
            let somebody = Somebody {
                name: name.clone(),
                number: self.made,
                logins: BTreeSet::new(),
            };
            self.people.insert(session.0, somebody);
        }
        let Some(somebody) = self.people.get_mut(&session.0) else {
            return Err("taken");
        };
        if somebody.logins.is_empty() {
            self.shown
                .push(Shown::Joined(somebody.number, somebody.name.to_string()));
        }
        somebody.logins.insert(session.1);
        self.rules.came(session.0);
        self.sessions.entry(session).or_default().1 = attempt;
        Ok(somebody.number)
    }

    /// Who is here, by number.
    #[must_use]
    pub fn here(&self) -> BTreeMap<u64, String> {
        let here = self
            .people
            .values()
            .filter(|somebody| !somebody.logins.is_empty());
        here.map(|somebody| (somebody.number, somebody.name.to_string()))
            .collect()
    }

    /// Whether somebody is kept quiet.
    #[must_use]
    pub fn is_muted(&self, session: Session) -> bool {
        self.rules.is_muted(session.0)
    }

    /// Who is listed to somebody, by number: the name, and whether he is an operator, muted, or kept out.
    #[must_use]
    pub fn listed(&self, session: Session) -> BTreeMap<u64, (String, Marks)> {
        let here = self
            .people
            .iter()
            .filter(|(_, somebody)| !somebody.logins.is_empty());
        let mut all: BTreeMap<u64, (String, Marks)> = here
            .map(|(who, somebody)| {
                let (is_op, is_muted) = self.rules.marks(*who);
                let marks = (is_op, is_muted, false);
                (somebody.number, (somebody.name.to_string(), marks))
            })
            .collect();
        if self.rules.marks(session.0).0 {
            for (number, name) in self.rules.out() {
                all.entry(number)
                    .or_insert((name.to_owned(), (false, false, true)));
            }
        }
        all
    }

    /// Whether a line would be the next of its session.
    #[must_use]
    pub fn is_next(&self, session: Session, id: u64, after: u64) -> bool {
        let newest = self.newest(session);
        id > newest && after == newest
    }

    /// A login ends: at once, or when its time of grace is over.
    pub fn log_out(&mut self, session: Session) {
        let Some(somebody) = self.people.get_mut(&session.0) else {
            return;
        };
        if somebody.logins.remove(&session.1) && somebody.logins.is_empty() {
            self.shown
                .push(Shown::Left(somebody.number, somebody.name.to_string()));
            if let Who::Guest(_) = session.0 {
                self.people.remove(&session.0);
            }
        }
    }

    /// Whether a name is, or looks like, somebody else's.
    fn is_held(&self, name: &Name, but: Who) -> bool {
        let alike = |other: &Name| {
            other
                .skeletons()
                .iter()
                .any(|key| name.skeletons().contains(key))
        };
        self.people
            .iter()
            .any(|(who, somebody)| *who != but && alike(&somebody.name))
    }

    /// The newest line of a session.
    #[must_use]
    pub fn newest(&self, session: Session) -> u64 {
        self.sessions.get(&session).map_or(0, |(newest, _)| *newest)
    }

    /// A line of a session that is logged in; `deed` says what it shows, or that it is refused.
    fn line(
        &mut self,
        session: Session,
        id: u64,
        after: u64,
        deed: impl FnOnce(&mut Self, u64) -> Option<Shown>,
    ) -> Fate {
        if !self.is_next(session, id, after) {
            return Fate::Dropped;
        }
        let Some(number) = self.people.get(&session.0).map(|somebody| somebody.number) else {
            return Fate::Dropped;
        };
        let final_word = self
            .refused
            .get(&session)
            .is_some_and(|refused| id <= *refused);
        let Some(shown) = (if final_word { None } else { deed(self, number) }) else {
            let refused = self.refused.entry(session).or_default();
            *refused = id.max(*refused);
            return Fate::Refused;
        };
        self.shown.push(shown);
        self.sessions.entry(session).or_default().0 = id;
        Fate::Taken
    }

    /// Somebody says something.
    pub fn say(
        &mut self,
        session: Session,
        id: u64,
        after: u64,
        kind: SayKind,
        re: Option<u64>,
        text: &str,
    ) -> Fate {
        self.line(session, id, after, |room, number| {
            let none = re.is_some_and(|re| re == 0 || re > room.shown.len() as u64);
            if room.rules.is_muted(session.0) || none || room.rules.waits(session.0, number) {
                return None;
            }
            Some(Shown::Said(number, kind, re, text.into()))
        })
    }

    /// Somebody wants another name.
    pub fn nick(&mut self, session: Session, id: u64, after: u64, name: &Name) -> Fate {
        self.line(session, id, after, |room, number| {
            if room.rules.is_muted(session.0) || room.is_held(name, session.0) {
                return None;
            }
            let somebody = room.people.get_mut(&session.0)?;
            somebody.name = name.clone();
            Some(Shown::Renamed(number, name.to_string()))
        })
    }

    /// Somebody sets or clears the topic.
    pub fn title(&mut self, session: Session, id: u64, after: u64, topic: Option<&str>) -> Fate {
        self.line(session, id, after, |room, number| {
            let shown = Shown::Titled(number, topic.map(Into::into));
            (!room.rules.is_muted(session.0)).then_some(shown)
        })
    }
}

/// What an event of the real room shows; nothing for an erased text.
#[must_use]
pub fn shown(event: &Event) -> Option<Shown> {
    Some(match event {
        Event::Joined(e) => Shown::Joined(e.member, e.name.clone()),
        Event::Left(e) => Shown::Left(e.member, e.name.clone()),
        Event::Renamed(e) => Shown::Renamed(e.member, e.new.clone()),
        Event::Titled(e) => Shown::Titled(e.member, e.topic.clone()),
        Event::Said(e) => Shown::Said(e.member, e.kind, e.re, e.text.clone()?),
        Event::Modded(e) => Shown::Modded(e.member, e.act, e.who, e.secs),
    })
}
