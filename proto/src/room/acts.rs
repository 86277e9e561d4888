//! What a moderator does: whether he may, and what the room is after it.

use alloc::string::ToString;

use super::entry::{Deed, KeyHash, Line, Moderating, Owner, SessionKey};
use super::fold::{Denial, Room};
use super::moderation::Ban;
use crate::name::Name;
use crate::text::Host;
use crate::wire::{Act, Event, Modded};

/// One against whom something is done, here or not.
struct Target {
    member: u64,
    owner: Owner,
    name: Name,
    address: Option<Host>,
    here: bool,
}

impl Room {
    /// Whether a member may moderate. `[RM-19]`
    #[must_use]
    pub fn is_operator(&self, member: u64) -> bool {
        self.member(member)
            .is_some_and(|who| self.moderation.is_operator(who.owner))
    }

    /// Whether a member is kept quiet now. `[RM-21]`
    #[must_use]
    pub fn is_muted(&self, member: u64) -> bool {
        self.member(member)
            .is_some_and(|who| self.moderation.is_muted(who.owner, member, self.at))
    }

    /// Those who are kept out now, with a number above `from`, by number: what they were called.
    pub fn kept_out_after(&self, from: u64) -> impl Iterator<Item = (u64, &Name)> {
        let out = self.moderation.kept_out(self.at);
        out.into_iter().filter(move |(member, _)| *member > from)
    }

    /// What the member of that number is or was called, as far as the room still knows: here, away, or kept out.
    #[must_use]
    pub fn called(&self, member: u64) -> Option<&Name> {
        let here = self.members.get(member).map(|who| &who.name);
        here.or_else(|| self.members.claim_of(member).map(|(_, claim)| &claim.name))
            .or_else(|| self.moderation.named(member))
    }

    /// Whether a key may moderate, here or not.
    #[must_use]
    pub fn has_operator(&self, key: &KeyHash) -> bool {
        self.moderation.operators.contains(key)
    }

    /// Does what a moderator asks for, if he may. `[RM-20]`
    pub(super) fn moderate(
        &mut self,
        line: &Line,
        session: u64,
        asked: &Moderating,
    ) -> Result<Event, Denial> {
        if !self.is_operator(line.member) {
            return Err(Denial::NotAllowed);
        }
        self.moderation.tidy(self.at);
        match asked.act {
            Act::Slow => {
                let seconds = asked.secs.unwrap_or(0);
                self.moderation.set_slow(seconds.saturating_mul(1_000));
            }
            Act::Redact => {
                let seq = asked.who.ok_or(Denial::NoEvent)?;
                if seq == 0 || seq > self.head {
                    return Err(Denial::NoEvent);
                }
            }
            Act::Unban => {
                let who = asked.who.ok_or(Denial::NoMember)?;
                if !self.moderation.unban(who) {
                    return Err(Denial::NoMember);
                }
            }
            _ => {
                let who = asked.who.ok_or(Denial::NoMember)?;
                let target = self.target(who).ok_or(Denial::NoMember)?;
                self.act_on(&target, asked)?;
            }
        }
        let (seq, at) = (self.next(), self.at);
        Ok(Event::Modded(Modded {
            seq,
            at,
            member: line.member,
            session,
            id: line.id,
            act: asked.act,
            who: asked.who,
            secs: asked.secs,
            why: asked.why.as_ref().map(ToString::to_string),
        }))
    }

    fn act_on(&mut self, target: &Target, asked: &Moderating) -> Result<(), Denial> {
        let until = asked
            .secs
            .map(|seconds| self.at.saturating_add(seconds.saturating_mul(1_000)));
        let protected = self.moderation.is_operator(target.owner);
        let ban = || Ban {
            member: target.member,
            name: target.name.clone(),
            until,
        };
        let done = match (asked.act, target.owner) {
            // Nobody acts against an operator before he is none any more, so the last one cannot go either.
            (Act::Kick | Act::Ban | Act::BanAddress | Act::Mute, _) if protected => {
                return Err(Denial::NotAllowed);
            }
            (Act::Kick, _) => {
                if !target.here {
                    return Err(Denial::NoMember);
                }
                self.expel(target.member);
                true
            }
            (Act::Ban, Owner::Key(hash)) => {
                let kept = self.moderation.ban(hash, ban());
                if kept {
                    self.expel(target.member);
                }
                kept
            }
            (Act::BanAddress, _) => {
                let address = target.address.clone().ok_or(Denial::NoMember)?;
                self.moderation.close(address, ban())
            }
            (Act::Mute, owner) => self.moderation.mute(owner, target.member, until),
            (Act::Unmute, owner) => {
                self.moderation.unmute(owner, target.member);
                true
            }
            (Act::Op, Owner::Key(hash)) => {
                self.moderation.appoint(hash);
                true
            }
            (Act::Deop, Owner::Key(hash)) => {
                if !protected || self.moderation.operators.len() < 2 {
                    return Err(Denial::NotAllowed);
                }
                self.moderation.operators.remove(&hash)
            }
            // A guest is nobody whom one could know again.
            (Act::Ban | Act::Op | Act::Deop, Owner::Guest)
            | (Act::Unban | Act::Redact | Act::Slow, _) => return Err(Denial::NotAllowed),
        };
        if done { Ok(()) } else { Err(Denial::Full) }
    }

    /// Whoever has this number: here, or away with a claim to his name.
    fn target(&self, member: u64) -> Option<Target> {
        if let Some(who) = self.members.get(member) {
            return Some(Target {
                member,
                owner: who.owner,
                name: who.name.clone(),
                address: who.address.clone(),
                here: true,
            });
        }
        let (hash, claim) = self.members.claim_of(member)?;
        Some(Target {
            member,
            owner: Owner::Key(hash),
            name: claim.name.clone(),
            address: claim.address.clone(),
            here: false,
        })
    }

    /// Ends all that holds a member in the room: the event that is about to be made tells it.
    fn expel(&mut self, member: u64) {
        if let Some(who) = self.members.expel(member, self.at) {
            for (session, login) in who.logins.iter() {
                let key = SessionKey {
                    owner: who.owner,
                    session: *session,
                };
                self.sessions.log_out(&key, login.attempt, self.at);
            }
            self.moderation.gone(who.owner, member);
        }
    }

    /// Whether a member may speak now. `[RM-21]` `[RM-22]`
    pub(super) fn may_do(&mut self, line: &Line) -> Result<(), Denial> {
        let Some(who) = self.members.get(line.member) else {
            return Err(Denial::NoMember);
        };
        let owner = who.owner;
        if self.moderation.is_operator(owner) {
            return Ok(());
        }
        if self.moderation.is_muted(owner, line.member, self.at) {
            return match line.deed {
                // Who may not moderate is told just that.
                Deed::Mod(_) => Ok(()),
                Deed::Say { .. } | Deed::Nick { .. } | Deed::Topic { .. } => Err(Denial::Muted),
            };
        }
        Ok(())
    }
}
