//! Who may moderate a room, and whom that keeps quiet or out. All of it follows from the log, so that every replica
//! agrees and nothing is forgotten by a restart. `[RM-19]`

use alloc::collections::{BTreeMap, BTreeSet};

use super::entry::{KeyHash, Owner};
use crate::name::Name;
use crate::text::Host;

/// How many mutes, bans and closed addresses a room keeps, each: more than people keep in mind, few enough to be looked
/// through. `[RM-24]`
pub const MODERATED: usize = 10_000;
/// With more members than this who spoke in slow mode, those whose wait is over are dropped.
const SPOKE_LATELY: usize = 1_024;
/// Of how many members it is kept when they spoke: as many as a room remembers sessions. Beyond it the one with the
/// lowest number need not wait. `[RM-24]`
pub const SPOKE: usize = 100_000;

/// See the module. Times are the room's, in milliseconds; none is for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Moderation {
    pub(super) operators: BTreeSet<KeyHash>,
    /// Until when, by key: it holds for all devices.
    pub(super) muted: BTreeMap<KeyHash, Option<u64>>,
    /// The same of guests, by number: while they are here.
    pub(super) muted_guests: BTreeMap<u64, Option<u64>>,
    pub(super) banned: BTreeMap<KeyHash, Ban>,
    /// From where no stranger comes in.
    pub(super) closed: BTreeMap<Host, Ban>,
    /// How long a member waits between two messages, in milliseconds; 0 is off.
    pub(super) slow: u64,
    /// When each member last spoke, while `slow` is on.
    pub(super) spoke: BTreeMap<u64, u64>,
}

/// One who is kept out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ban {
    /// The member's number then, by which the ban is named.
    pub(super) member: u64,
    pub(super) name: Name,
    pub(super) until: Option<u64>,
}

impl Moderation {
    pub(super) fn is_operator(&self, owner: Owner) -> bool {
        matches!(owner, Owner::Key(hash) if self.operators.contains(&hash))
    }

    /// An operator is kept neither quiet nor out.
    pub(super) fn appoint(&mut self, key: KeyHash) {
        self.operators.insert(key);
        self.muted.remove(&key);
        self.banned.remove(&key);
    }

    pub(super) fn is_muted(&self, owner: Owner, member: u64, at: u64) -> bool {
        let until = match owner {
            Owner::Key(hash) => self.muted.get(&hash),
            Owner::Guest => self.muted_guests.get(&member),
        };
        until.is_some_and(|until| runs(*until, at))
    }

    pub(super) fn is_banned(&self, owner: Owner, at: u64) -> bool {
        match owner {
            Owner::Key(hash) => self
                .banned
                .get(&hash)
                .is_some_and(|ban| runs(ban.until, at)),
            Owner::Guest => false,
        }
    }

    pub(super) fn is_closed(&self, address: Option<&Host>, at: u64) -> bool {
        address
            .and_then(|address| self.closed.get(address))
            .is_some_and(|ban| runs(ban.until, at))
    }

    /// Mutes, or mutes for another time; false where so many are that no more are kept.
    pub(super) fn mute(&mut self, owner: Owner, member: u64, until: Option<u64>) -> bool {
        match owner {
            Owner::Key(hash) => put(&mut self.muted, hash, until),
            Owner::Guest => put(&mut self.muted_guests, member, until),
        }
    }

    pub(super) fn unmute(&mut self, owner: Owner, member: u64) {
        match owner {
            Owner::Key(hash) => drop(self.muted.remove(&hash)),
            Owner::Guest => drop(self.muted_guests.remove(&member)),
        }
    }

    pub(super) fn ban(&mut self, key: KeyHash, ban: Ban) -> bool {
        put(&mut self.banned, key, ban)
    }

    pub(super) fn close(&mut self, address: Host, ban: Ban) -> bool {
        put(&mut self.closed, address, ban)
    }

    /// Lifts all bans that go by this number; whether there was one.
    pub(super) fn unban(&mut self, member: u64) -> bool {
        let before = self.banned.len().saturating_add(self.closed.len());
        self.banned.retain(|_, ban| ban.member != member);
        self.closed.retain(|_, ban| ban.member != member);
        self.banned.len().saturating_add(self.closed.len()) < before
    }

    /// Whether a member must wait before the next message; if not, this one counts.
    pub(super) fn waits(&mut self, member: u64, at: u64) -> bool {
        if self.slow == 0 {
            return false;
        }
        let over = |spoke: &u64| spoke.saturating_add(self.slow) <= at;
        if self.spoke.get(&member).is_some_and(|spoke| !over(spoke)) {
            return true;
        }
        if self.spoke.len() > SPOKE_LATELY {
            self.spoke.retain(|_, spoke| !over(spoke));
        }
        if self.spoke.len() >= SPOKE {
            self.spoke.pop_first();
        }
        self.spoke.insert(member, at);
        false
    }

    pub(super) fn set_slow(&mut self, slow: u64) {
        self.slow = slow;
        self.spoke.clear();
    }

    /// A member is gone: of a guest the number, too, so that nothing of him need be kept. A key comes back, and must still
    /// wait then.
    pub(super) fn gone(&mut self, owner: Owner, member: u64) {
        if owner == Owner::Guest {
            self.muted_guests.remove(&member);
            self.spoke.remove(&member);
        }
    }

    /// Drops what has run out, so that there is room for more.
    pub(super) fn tidy(&mut self, at: u64) {
        self.muted.retain(|_, until| runs(*until, at));
        self.muted_guests.retain(|_, until| runs(*until, at));
        self.banned.retain(|_, ban| runs(ban.until, at));
        self.closed.retain(|_, ban| runs(ban.until, at));
    }

    /// What somebody who is kept out was called.
    pub(super) fn named(&self, member: u64) -> Option<&Name> {
        let mut bans = self.banned.values().chain(self.closed.values());
        bans.find(|ban| ban.member == member).map(|ban| &ban.name)
    }

    /// Those who are kept out, by the number and name that they had.
    pub(super) fn kept_out(&self, at: u64) -> BTreeMap<u64, &Name> {
        self.banned
            .values()
            .chain(self.closed.values())
            .filter(|ban| runs(ban.until, at))
            .map(|ban| (ban.member, &ban.name))
            .collect()
    }
}

fn runs(until: Option<u64>, at: u64) -> bool {
    until.is_none_or(|until| at < until)
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> bool {
    let fits = map.len() < MODERATED || map.contains_key(&key);
    if fits {
        map.insert(key, value);
    }
    fits
}
