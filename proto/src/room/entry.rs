//! What a room's log holds: the only things that can change a room.

use core::fmt;
use core::time::Duration;

use sha2::{Digest, Sha256};

use crate::name::Name;
use crate::text::{Host, Text, Topic, Why};
use crate::wire::{Act, SayKind};

/// The SHA-256 of a person's secret key for this server and name; the key itself is never stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of `key`. Serves `[HS-16]`.
    #[must_use]
    pub fn of(key: &[u8; 32]) -> Self {
        Self(Sha256::digest(key).into())
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash that was kept elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, ..] = self.0;
        write!(f, "KeyHash({a:02x}{b:02x}{c:02x}..)")
    }
}

/// Whom a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A person with a key: owns a name, keeps a member number, may resume.
    Key(KeyHash),
    /// Nobody known: one connection, a session made by the server, gone when it ends.
    Guest,
}

/// What a repeat is recognised by: a session belongs to its owner, so that nobody takes over
/// another's by naming it. Serves `[HS-9]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// Whose session it is.
    pub owner: Owner,
    /// The client's 16 random bytes, or the server's for a guest.
    pub session: [u8; 16],
}

/// What the fold needs to know to decide; it stands in the log, so that every replica decides alike.
/// Serves `[RM-1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// With this many members or more a join is folded but not published.
    pub announce_below: u64,
    /// How many sessions are remembered, those that are logged in not counted out.
    pub sessions: u64,
    /// How long a session that is not logged in is remembered, in milliseconds.
    pub session_idle_ms: u64,
    /// How many claims to names are remembered.
    pub claims: u64,
    /// How long an absent member's claim to the name lives, in milliseconds.
    pub claim_idle_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        let days = |n: u64| Duration::from_secs(n.saturating_mul(86_400));
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        Self {
            announce_below: 500,
            sessions: 100_000,
            session_idle_ms: millis(days(7)),
            claims: 100_000,
            claim_idle_ms: millis(days(90)),
        }
    }
}

/// One entry of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The room begins. Only the first counts; a room is never made twice under one epoch.
    Founded {
        /// Drawn at random, never 0, below 2^63.
        epoch: u64,
        /// The settings it begins with.
        settings: Settings,
    },
    /// Other settings from here on.
    Settings(Settings),
    /// The numbers go on under another epoch: the log was imported, or lost its end. `[RM-18]`
    Epoch {
        /// Drawn at random, never 0, below 2^63.
        epoch: u64,
    },
    /// Somebody logs in.
    Login(LoginEntry),
    /// A login ends.
    Leave(LeaveEntry),
    /// A member does something: says, renames, sets the topic, moderates.
    Line(Line),
    /// Whoever runs the server names one who may moderate. `[RM-19]`
    Operator {
        /// Whom, by the hash of the key.
        key: KeyHash,
    },
}

/// A login as it is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginEntry {
    /// Whose, and which of his running clients.
    pub session: SessionKey,
    /// Which connect of that session, from 1.
    pub attempt: u64,
    /// Drawn for this connection, so that the same login proposed twice is not taken for two.
    pub nonce: u64,
    /// The server that holds the connection and will propose the leave.
    pub node: u64,
    /// The name wished for; a key that has a name keeps that one.
    pub name: Name,
    /// What others are shown as the member's host, decided once.
    pub host: Option<Host>,
    /// Where the connection comes from, by which a moderator can keep strangers out; in no event.
    pub address: Option<Host>,
}

/// The end of a login. It names the login, so that an older one's leave cannot end a newer one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LeaveEntry {
    /// The session whose login ends.
    pub session: SessionKey,
    /// The login that ends.
    pub attempt: u64,
    /// What the member said on leaving.
    pub why: Option<Why>,
}

/// Something that a member does, numbered and chained by its session. Serves `[DL-4]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The session that numbers it.
    pub session: SessionKey,
    /// The login of that session that sent it: what an older login had on its way is dropped, since
    /// its client sends again whatever the newer login's `CLIENT` does not cover. `[DL-13]`
    pub attempt: u64,
    /// The member that the session was logged in as.
    pub member: u64,
    /// Its number in the session.
    pub id: u64,
    /// The number before it that its sender has not seen refused; 0 if none.
    pub after: u64,
    /// What is done.
    pub deed: Deed,
}

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Says a text.
    Say {
        /// Plain, an action, or a notice.
        kind: SayKind,
        /// The event that it answers.
        re: Option<u64>,
        /// The text.
        text: Text,
    },
    /// Takes another name.
    Nick {
        /// The name.
        name: Name,
    },
    /// Sets or clears the topic.
    Topic {
        /// The topic, or none.
        topic: Option<Topic>,
    },
    /// Moderates.
    Mod(Moderating),
}

/// What a moderator asks for. Serves `[RM-20]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Moderating {
    /// What is done.
    pub act: Act,
    /// To which member, by number; to redact, which event; for slow mode, none.
    pub who: Option<u64>,
    /// For how many seconds; none is for ever. For slow mode, how long between two messages.
    pub secs: Option<u64>,
    /// Why, for all to see.
    pub why: Option<Why>,
}
