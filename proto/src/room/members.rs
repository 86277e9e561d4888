//! Who is in a room, who owns which name, and under which number.

use alloc::collections::{BTreeMap, BTreeSet};

use super::entry::{KeyHash, LoginEntry, Owner, SessionKey, Settings};
use super::logins::Logins;
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
    /// Where the last login came from.
    pub address: Option<Host>,
    /// Whether the join was published; a leave is published exactly then. `[RM-8]`
    pub announced: bool,
    /// The logins that hold the member in the room, by session.
    pub logins: Logins,
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
pub(super) struct Claim {
    pub(super) member: u64,
    pub(super) name: Name,
    /// Where the last login came from.
    pub(super) address: Option<Host>,
    pub(super) away_since: Option<u64>,
}

/// All members and claims of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Members {
    pub(super) present: BTreeMap<u64, Member>,
    /// Who holds each skeleton of a name that is somebody's; a name holds both of its own. `[TX-3]`
    names: BTreeMap<Skeleton, u64>,
    pub(super) claims: BTreeMap<KeyHash, Claim>,
    away: BTreeMap<(u64, u64), KeyHash>,
    pub(super) made: u64,
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
    /// Those who are here and the claims, with their indexes; refused where no log makes them.
    pub(super) fn of(
        present: BTreeMap<u64, Member>,
        claims: BTreeMap<KeyHash, Claim>,
        made: u64,
    ) -> Result<Self, &'static str> {
        let mut members = Self {
            made,
            ..Self::default()
        };
        for (&number, member) in &present {
            if !(1..=made).contains(&number) {
                return Err("a member's number was never given");
            }
            if member.logins.is_empty() {
                return Err("a member has no login");
            }
            let claim = match member.owner {
                Owner::Key(hash) => claims.get(&hash),
                Owner::Guest => None,
            };
            let is_owned = claim.is_some_and(|claim| {
                claim.member == number && claim.name == member.name && claim.away_since.is_none()
            });
            if matches!(member.owner, Owner::Key(_)) && !is_owned {
                return Err("a member has not what the key claims");
            }
            members.hold_alone(number, &member.name)?;
        }
        let mut numbers: BTreeSet<u64> = present.keys().copied().collect();
        for (&hash, claim) in &claims {
            let Some(since) = claim.away_since else {
                let owner = present.get(&claim.member).map(|member| member.owner);
                if owner != Some(Owner::Key(hash)) {
                    return Err("a claim's member is not here");
                }
                continue;
            };
            if !(1..=made).contains(&claim.member) || !numbers.insert(claim.member) {
                return Err("a claim's number was not given to it");
            }
            members.hold_alone(claim.member, &claim.name)?;
            members.away.insert((since, claim.member), hash);
        }
        members.present = present;
        members.claims = claims;
        Ok(members)
    }

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
        if self.is_held(&login.name.skeletons(), None) {
            Seat::Taken
        } else {
            Seat::New
        }
    }

    /// Adds a login to a member who is here.
    pub(super) fn attach(&mut self, member: u64, login: &LoginEntry) {
        if let Some(present) = self.present.get_mut(&member) {
            present.logins.insert(login.session.session, of(login));
            present.address.clone_from(&login.address);
        }
        if let Owner::Key(hash) = login.session.owner
            && let Some(claim) = self.claims.get_mut(&hash)
        {
            claim.address.clone_from(&login.address);
        }
    }

    /// Brings a member in, under the number that the key owns or a new one. Gives the number.
    pub(super) fn enter(
        &mut self,
        login: &LoginEntry,
        claimed: Option<(u64, Name)>,
        announced: bool,
    ) -> u64 {
        let (number, name) = claimed.unwrap_or_else(|| {
            self.made = self.made.saturating_add(1);
            (self.made, login.name.clone())
        });
        self.hold(name.skeletons(), number);
        if let Owner::Key(hash) = login.session.owner {
            let claim = Claim {
                member: number,
                name: name.clone(),
                address: login.address.clone(),
                away_since: None,
            };
            if let Some(Claim {
                away_since: Some(since),
                ..
            }) = self.claims.insert(hash, claim)
            {
                self.away.remove(&(since, number));
            }
        }
        let logins = Logins::one(login.session.session, of(login));
        let owner = login.session.owner;
        let (host, address) = (login.host.clone(), login.address.clone());
        self.present.insert(
            number,
            Member {
                name,
                owner,
                host,
                address,
                announced,
                logins,
            },
        );
        number
    }

    /// Ends the login `attempt` of a session. Gives whether it was the newest of that session, and
    /// the member where it was the last that held him here.
    pub(super) fn detach(
        &mut self,
        number: u64,
        key: &SessionKey,
        attempt: u64,
        at: u64,
    ) -> Detached {
        let Some(member) = self.present.get_mut(&number) else {
            return Detached::Unknown;
        };
        if member
            .logins
            .get(&key.session)
            .is_none_or(|login| login.attempt != attempt)
        {
            return Detached::Unknown;
        }
        member.logins.remove(&key.session);
        if !member.logins.is_empty() {
            return Detached::Stays;
        }
        match self.expel(number, at) {
            Some(member) => Detached::Gone(member),
            None => Detached::Unknown,
        }
    }

    /// Takes a member out, by however many logins he is here.
    pub(super) fn expel(&mut self, number: u64, at: u64) -> Option<Member> {
        let member = self.present.remove(&number)?;
        match member.owner {
            Owner::Guest => {
                self.release(&member.name);
            }
            Owner::Key(hash) => {
                if let Some(claim) = self.claims.get_mut(&hash) {
                    claim.away_since = Some(at);
                    self.away.insert((at, number), hash);
                }
            }
        }
        Some(member)
    }

    /// The claim that has this number.
    pub(super) fn claim_of(&self, number: u64) -> Option<(KeyHash, &Claim)> {
        self.claims
            .iter()
            .find(|(_, claim)| claim.member == number)
            .map(|(hash, claim)| (*hash, claim))
    }

    /// Gives a member another name; false if it is somebody else's or looks like it.
    pub(super) fn rename(&mut self, number: u64, name: &Name) -> Option<Name> {
        let skeletons = name.skeletons();
        if self.is_held(&skeletons, Some(number)) {
            return None;
        }
        let member = self.present.get_mut(&number)?;
        let old = core::mem::replace(&mut member.name, name.clone());
        if let Owner::Key(hash) = member.owner
            && let Some(claim) = self.claims.get_mut(&hash)
        {
            claim.name = name.clone();
        }
        self.release(&old);
        self.hold(skeletons, number);
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
                self.release(&claim.name);
            }
        }
    }

    /// Whether a number other than `but` holds one of the two. `[TX-3]`
    fn is_held(&self, skeletons: &[Skeleton; 2], but: Option<u64>) -> bool {
        skeletons
            .iter()
            .filter_map(|skeleton| self.names.get(skeleton))
            .any(|owner| Some(*owner) != but)
    }

    fn hold(&mut self, skeletons: [Skeleton; 2], number: u64) {
        self.names
            .extend(skeletons.map(|skeleton| (skeleton, number)));
    }

    fn hold_alone(&mut self, number: u64, name: &Name) -> Result<(), &'static str> {
        let skeletons = name.skeletons();
        if self.is_held(&skeletons, None) {
            return Err("two hold one name");
        }
        self.hold(skeletons, number);
        Ok(())
    }

    /// Lets go of a name that a member held: what [`Members::hold`] put in, and nobody else's, since no skeleton is
    /// held by two.
    fn release(&mut self, name: &Name) {
        for skeleton in name.skeletons() {
            self.names.remove(&skeleton);
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
    Login {
        attempt: login.attempt,
        node: login.node,
        nonce: login.nonce,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn guest(session: u8, name: &str) -> LoginEntry {
        LoginEntry {
            session: SessionKey {
                owner: Owner::Guest,
                session: [session; 16],
            },
            attempt: 1,
            nonce: 0,
            node: 0,
            name: Name::parse(name).unwrap(),
            host: None,
            address: None,
        }
    }

    fn is_taken(members: &Members, name: &str) -> bool {
        matches!(members.seat(&guest(255, name), None), Seat::Taken)
    }

    /// `[TX-3]` A name holds both of its skeletons, against all but its owner, and lets go of both.
    #[test]
    fn a_name_holds_both_its_skeletons() {
        let mut members = Members::default();
        let ian = members.enter(&guest(1, "Ian"), None, true);
        assert!(
            ["Ian", "ian", "lan", "IAN", "LAN"]
                .iter()
                .all(|name| is_taken(&members, name))
        );
        assert!(!is_taken(&members, "Jan"));

        let bob = members.enter(&guest(2, "bob"), None, true);
        for name in ["lan", "ian"] {
            assert_eq!(members.rename(bob, &Name::parse(name).unwrap()), None);
        }
        assert!(is_taken(&members, "bob"));

        // A new spelling of one's own keeps what it shares and lets go of the rest.
        assert!(members.rename(ian, &Name::parse("ian").unwrap()).is_some());
        assert!(
            is_taken(&members, "ian") && is_taken(&members, "Ian") && !is_taken(&members, "lan")
        );
        assert!(members.rename(bob, &Name::parse("lan").unwrap()).is_some());
        // Now `Ian` is his and another's too.
        assert_eq!(members.rename(ian, &Name::parse("Ian").unwrap()), None);

        let key = guest(1, "ian").session;
        assert!(matches!(members.detach(ian, &key, 1, 0), Detached::Gone(_)));
        assert!(
            !is_taken(&members, "ian") && is_taken(&members, "lan") && is_taken(&members, "Ian")
        );
        let key = guest(2, "lan").session;
        assert!(matches!(members.detach(bob, &key, 1, 0), Detached::Gone(_)));
        assert_eq!(members.names, BTreeMap::new());
    }

    /// `[RM-5]` A claim keeps both while its owner is away, and forgetting it frees both.
    #[test]
    fn a_claim_holds_both_its_skeletons() {
        let mut members = Members::default();
        let mut login = guest(1, "ALICE");
        login.session.owner = Owner::Key(KeyHash::from_bytes([7; 32]));
        let number = members.enter(&login, None, true);
        assert!(matches!(
            members.detach(number, &login.session, 1, 10),
            Detached::Gone(_)
        ));
        assert!(is_taken(&members, "alice") && is_taken(&members, "allce"));

        let settings = Settings {
            claim_idle_ms: 5,
            ..Settings::default()
        };
        members.forget(&settings, 14);
        assert!(is_taken(&members, "alice") && is_taken(&members, "allce"));
        members.forget(&settings, 15);
        assert!(!is_taken(&members, "alice") && !is_taken(&members, "allce"));
        assert_eq!(members.names, BTreeMap::new());
    }
}
