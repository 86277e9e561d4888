//! Rooms and streams, entry by entry.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod blocks;
mod checkpoint;
mod entry;
mod fold;
mod lines;
mod memory;
mod moderated;
mod moderation;
mod script;
mod stored;
mod stream;

use alloc::string::ToString;
use alloc::vec::Vec;
use core::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use super::*;
use crate::name::Name;
use crate::text::{Host, Text, Topic, Why};
use crate::wire::{Event, Joined, Left, SayKind};

const EPOCH: u64 = 77;

/// A room and the log that makes it: positions and time as a test sets them.
#[derive(Clone)]
struct Log {
    room: Room,
    pos: u64,
    at: u64,
}

impl Log {
    /// A founded room at the time 1000.
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        set(&mut settings);
        let mut log = Self::unfounded();
        let founded = Entry::Founded {
            epoch: EPOCH,
            settings,
        };
        assert_eq!(log.apply(&founded), quiet(Outcome::Applied));
        log
    }

    fn unfounded() -> Self {
        Self {
            room: Room::new(),
            pos: 0,
            at: 1000,
        }
    }

    fn apply(&mut self, entry: &Entry) -> Made {
        self.pos += 1;
        self.room.apply(self.pos, self.at, entry)
    }

    /// Applies something that changes nothing but the time, so that the room forgets what it may.
    fn pass(&mut self, at: u64) {
        self.at = at;
        let settings = *self.room.settings();
        assert_eq!(
            self.apply(&Entry::Settings(settings)),
            quiet(Outcome::Applied)
        );
    }

    fn log_in(&mut self, login: &LoginEntry) -> Made {
        self.apply(&Entry::Login(login.clone()))
    }

    /// Logs in; gives the member and the number of the session.
    fn enter(&mut self, login: &LoginEntry) -> (u64, u64) {
        match self.log_in(login).outcome {
            Outcome::LoggedIn { member, number } => (member, number),
            other => panic!("{other:?}"),
        }
    }

    fn leave(&mut self, session: SessionKey, attempt: u64) -> Made {
        self.apply(&Entry::Leave(LeaveEntry {
            session,
            attempt,
            why: None,
        }))
    }

    fn line(&mut self, line: &Line) -> Made {
        self.apply(&Entry::Line(line.clone()))
    }

    fn number(&self, session: SessionKey) -> Option<u64> {
        self.room.session(&session).map(|session| session.number)
    }
}

fn quiet(outcome: Outcome) -> Made {
    Made {
        outcome,
        event: None,
    }
}

fn refused(refusal: LoginRefusal) -> Made {
    quiet(Outcome::LoginRefused(refusal))
}

fn denied(denial: Denial) -> Made {
    quiet(Outcome::LineRefused(denial))
}

/// The session `session` of the person `owner`.
fn device(owner: u8, session: u8) -> SessionKey {
    SessionKey {
        owner: Owner::Key(KeyHash::from_bytes([owner; 32])),
        session: [session; 16],
    }
}

/// The one session of the person `n`.
fn key(n: u8) -> SessionKey {
    device(n, n)
}

fn guest(n: u8) -> SessionKey {
    SessionKey {
        owner: Owner::Guest,
        session: [n; 16],
    }
}

fn name(name: &str) -> Name {
    Name::parse(name).unwrap()
}

/// The first login of a session.
fn first(session: SessionKey, wish: &str) -> LoginEntry {
    nth(session, 1, wish)
}

/// The login `attempt` of a session, by a connection of its own.
fn nth(session: SessionKey, attempt: u64, wish: &str) -> LoginEntry {
    LoginEntry {
        session,
        attempt,
        nonce: 500 + attempt,
        node: 3,
        name: name(wish),
        host: None,
        address: None,
    }
}

/// A line of the first login.
fn line(session: SessionKey, member: u64, id: u64, after: u64, deed: Deed) -> Line {
    Line {
        session,
        attempt: 1,
        member,
        id,
        after,
        deed,
    }
}

fn say(text: &str) -> Deed {
    reply(None, text)
}

fn reply(re: Option<u64>, text: &str) -> Deed {
    Deed::Say {
        kind: SayKind::Say,
        re,
        text: Text::parse(text).unwrap(),
    }
}

fn nick(to: &str) -> Deed {
    Deed::Nick { name: name(to) }
}

fn hash_of(value: &impl Hash) -> u64 {
    BuildHasherDefault::<Sum>::default().hash_one(value)
}

/// A hasher for tests, where there is no std: FNV-1a.
#[derive(Default)]
struct Sum(u64);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
