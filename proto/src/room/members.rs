//! Who is in a room, who owns which name, and under which number.

use alloc::collections::BTreeMap;

use super::entry::{KeyHash, LoginEntry, Owner, SessionKey, Settings};
use crate::name::{Name, Skeleton};
use crate::text::Host;

/// One who is in the room, by however many logins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    /// The name now.
    pub name: Name,
    /// Whose it is.
    pub owner: Owner,
    /// What others are shown as the host.
    pub host: Option<Host>,
    /// Whether the join was published; a leave is published exactly then. `[RM-8]`
    pub announced: bool,
    /// The logins that hold the member in the room, by session.
    pub logins: BTreeMap<[u8; 16], Login>,
}

/// One login of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Login {
    /// Which connect of its session.
    pub attempt: u64,
    /// The server that holds the connection.
    pub node: u64,
    /// Which connection there.
    pub nonce: u64,
}

/// A key's claim to a name and a number; it outlives the member's stay. `[RM-5]`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Claim {
    member: u64,
    name: Name,
    away_since: Option<u64>,
}

/// All members and claims of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Members {
    present: BTreeMap<u64, Member>,
    names: BTreeMap<Skeleton, u64>,
    claims: BTreeMap<KeyHash, Claim>,
    away: BTreeMap<(u64, u64), KeyHash>,
    made: u64,
}

/// Where a login leads, before anything is changed.
pub(super) enum Seat {
    /// To a member who is here.
    Here(u64),
    /// To a number and name that the key still owns.
    Claimed(u64, Name),
    /// To a new member of the name wished for.
    New,
    /// The name is somebody else's, or looks like it.
    Taken,
}

impl Members {
    pub(super) fn get(&self, member: u64) -> Option<&Member> {
        self.present.get(&member)
    }

    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.present.len()).unwrap_or(u64::MAX)
    }

    /// Those with a number above `from`, in order.
    pub(super) fn after(&self, from: u64) -> impl Iterator<Item = (u64, &Member)> {
        use core::ops::Bound::{Excluded, Unbounded};
        self.present
            .range((Excluded(from), Unbounded))
            .map(|(number, member)| (*number, member))
    }

    /// Where `login` would be seated; `known` is the member that its session was last logged in as.
    pub(super) fn seat(&self, login: &LoginEntry, known: Option<u64>) -> Seat {
        match login.session.owner {
            Owner::Key(hash) => {
                if let Some(claim) = self.claims.get(&hash) {
                    if self.present.contains_key(&claim.member) {
                        return Seat::Here(claim.member);
                    }
                    return Seat::Claimed(claim.member, claim.name.clone());
                }
            }
            Owner::Guest => {
                if let Some(member) = known.filter(|m| self.present.contains_key(m)) {
                    return Seat::Here(member);
                }
            }
        }
        if self.names.contains_key(&login.name.skeleton()) {
            Seat::Taken
        } else {
            Seat::New
        }
    }

    /// Adds a login to a member who is here.
    pub(super) fn attach(&mut self, member: u64, login: &LoginEntry) {
        if let Some(present) = self.present.get_mut(&member) {
            present.logins.insert(login.session.session, of(login));
        }
    }

    /// Brings a member in, under the number that the key owns or a new one. Gives the number.
    pub(super) fn enter(&mut self, login: &LoginEntry, claimed: Option<(u64, Name)>, announced: bool) -> u64 {
        let (number, name) = claimed.unwrap_or_else(|| {
            self.made = self.made.saturating_add(1);
            (self.made, login.name.clone())
        });
        self.names.insert(name.skeleton(), number);
        if let Owner::Key(hash) = login.session.owner {
            let claim = Claim { member: number, name: name.clone(), away_since: None };
            if let Some(Claim { away_since: Some(since), .. }) = self.claims.insert(hash, claim) {
                self.away.remove(&(since, number));
            }
        }
        let mut logins = BTreeMap::new();
        logins.insert(login.session.session, of(login));
        let owner = login.session.owner;
        let host = login.host.clone();
        self.present.insert(number, Member { name, owner, host, announced, logins });
        number
    }

    /// Ends the login `attempt` of a session. Gives whether it was the newest of that session, and
    /// the member where it was the last that held him here.
    pub(super) fn detach(&mut self, number: u64, key: &SessionKey, attempt: u64, at: u64) -> Detached {
        let Some(member) = self.present.get_mut(&number) else { return Detached::Unknown };
        if member.logins.get(&key.session).is_none_or(|login| login.attempt != attempt) {
            return Detached::Unknown;
        }
        member.logins.remove(&key.session);
        if !member.logins.is_empty() {
            return Detached::Stays;
        }
        let Some(member) = self.present.remove(&number) else { return Detached::Unknown };
        match member.owner {
            Owner::Guest => {
                self.names.remove(&member.name.skeleton());
            }
            Owner::Key(hash) => {
                if let Some(claim) = self.claims.get_mut(&hash) {
                    claim.away_since = Some(at);
                    self.away.insert((at, number), hash);
                }
            }
        }
        Detached::Gone(member)
    }

    /// Gives a member another name; false if it is somebody else's or looks like it.
    pub(super) fn rename(&mut self, number: u64, name: &Name) -> Option<Name> {
        let skeleton = name.skeleton();
        if self.names.get(&skeleton).is_some_and(|owner| *owner != number) {
            return None;
        }
        let member = self.present.get_mut(&number)?;
        let old = core::mem::replace(&mut member.name, name.clone());
        if let Owner::Key(hash) = member.owner
            && let Some(claim) = self.claims.get_mut(&hash)
        {
            claim.name = name.clone();
        }
        self.names.remove(&old.skeleton());
        self.names.insert(skeleton, number);
        Some(old)
    }

    /// Drops the claims of absent members that the settings no longer keep.
    pub(super) fn forget(&mut self, settings: &Settings, now: u64) {
        let keep = usize::try_from(settings.claims).unwrap_or(usize::MAX);
        while let Some((&(since, number), &hash)) = self.away.first_key_value() {
            let stale = since.saturating_add(settings.claim_idle_ms) <= now;
            if !stale && self.claims.len() <= keep {
                break;
            }
            self.away.remove(&(since, number));
            if let Some(claim) = self.claims.remove(&hash) {
                self.names.remove(&claim.name.skeleton());
            }
        }
    }
}

/// What became of a login that was to end.
pub(super) enum Detached {
    /// It was not the newest of its session, or is long gone.
    Unknown,
    /// Other logins hold the member here.
    Stays,
    /// It was the last.
    Gone(Member),
}

fn of(login: &LoginEntry) -> Login {
    Login { attempt: login.attempt, node: login.node, nonce: login.nonce }
}
