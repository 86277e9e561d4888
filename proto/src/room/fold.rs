//! The fold: what a room is after the entries of its log.

use super::entry::{Entry, SessionKey, Settings};
use super::members::{Member, Members};
use super::moderation::Moderation;
use super::sessions::{Session, Sessions};
use crate::text::Topic;
use crate::wire::{Event, UINT_END};

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
    pub(super) moderation: Moderation,
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
    /// A moderator keeps the key out, or strangers from there. `[RM-23]`
    Banned,
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
    /// Not for this member to do, or not to that one. `[RM-20]`
    NotAllowed,
    /// The member is kept quiet. `[RM-21]`
    Muted,
    /// Too soon after the member's last message. `[RM-22]`
    SlowMode,
    /// So many are kept quiet or out that there is no room for one more. `[RM-24]`
    Full,
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
            Entry::Operator { key } => {
                self.moderation.appoint(*key);
                quiet(Outcome::Applied)
            }
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

    /// The number of the event that is being published: dense from 1. [RM-2]
    pub(super) fn next(&mut self) -> u64 {
        self.head = self.head.saturating_add(1);
        self.head
    }
}

/// Whether a room may have this epoch: never 0, below 2^63. [RM-4]
pub(super) fn is_epoch(epoch: u64) -> bool {
    (1..UINT_END).contains(&epoch)
}

pub(super) fn quiet(outcome: Outcome) -> Made {
    Made {
        outcome,
        event: None,
    }
}
