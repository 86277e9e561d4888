//! The sessions that a room remembers, and which of them it forgets.

use alloc::collections::{BTreeMap, BTreeSet};

use super::entry::{SessionKey, Settings};
use super::fold::Denial;

/// What a room knows of one running client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The small number that the fold gave it.
    pub number: u64,
    /// The member it was last logged in as.
    pub member: u64,
    /// The newest `id` that the room has of it: it vouches for the whole chain below.
    pub newest: u64,
    /// The newest `id` that the fold refused, and why; a refusal is final.
    pub refused: Option<(u64, Denial)>,
    /// The newest connect.
    pub attempt: u64,
    /// The newest connect whose login has ended; 0 if none.
    pub ended: u64,
    /// Which connection made the newest connect.
    pub nonce: u64,
    /// Since when it is logged out, by the log's time; none while it is logged in.
    pub(super) idle_since: Option<u64>,
}

/// All sessions of a room. Forgetting is a rule of the log alone: `[RM-15]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sessions {
    pub(super) known: BTreeMap<SessionKey, Session>,
    idle: BTreeMap<(u64, u64), SessionKey>,
    pub(super) made: u64,
}

impl Sessions {
    /// What is remembered, with its index by idleness; refused where a number was never given, or given twice.
    pub(super) fn of(
        known: BTreeMap<SessionKey, Session>,
        made: u64,
    ) -> Result<Self, &'static str> {
        let mut idle = BTreeMap::new();
        let mut numbers = BTreeSet::new();
        for (key, session) in &known {
            if !(1..=made).contains(&session.number) || !numbers.insert(session.number) {
                return Err("a session's number was not given to it");
            }
            if let Some(since) = session.idle_since {
                idle.insert((since, session.number), *key);
            }
        }
        Ok(Self { known, idle, made })
    }

    pub(super) fn get(&self, key: &SessionKey) -> Option<&Session> {
        self.known.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &SessionKey) -> Option<&mut Session> {
        self.known.get_mut(key)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Marks a login: the session exists from here on and is not idle. Gives its number.
    pub(super) fn log_in(&mut self, key: SessionKey, member: u64, attempt: u64, nonce: u64) -> u64 {
        if let Some(session) = self.known.get_mut(&key) {
            if let Some(since) = session.idle_since.take() {
                self.idle.remove(&(since, session.number));
            }
            session.member = member;
            session.attempt = attempt;
            session.nonce = nonce;
            return session.number;
        }
        self.made = self.made.saturating_add(1);
        let session = Session {
            number: self.made,
            member,
            newest: 0,
            refused: None,
            attempt,
            ended: 0,
            nonce,
            idle_since: None,
        };
        self.known.insert(key, session);
        self.made
    }

    /// Marks the end of the login `attempt`, at the log's time `at`.
    pub(super) fn log_out(&mut self, key: &SessionKey, attempt: u64, at: u64) {
        if let Some(session) = self.known.get_mut(key) {
            session.ended = session.ended.max(attempt);
            if session.idle_since.is_none() {
                session.idle_since = Some(at);
                self.idle.insert((at, session.number), *key);
            }
        }
    }

    /// Forgets what the settings no longer keep: idle too long, or the oldest idle above the number.
    pub(super) fn forget(&mut self, settings: &Settings, now: u64) {
        let keep = usize::try_from(settings.sessions).unwrap_or(usize::MAX);
        while let Some((&(since, number), &key)) = self.idle.first_key_value() {
            let stale = since.saturating_add(settings.session_idle_ms) <= now;
            if !stale && self.known.len() <= keep {
                break;
            }
            self.idle.remove(&(since, number));
            self.known.remove(&key);
        }
    }
}
