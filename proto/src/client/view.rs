//! What a client knows of the room: the cursor, who it is there, the topic, the roster.

use alloc::string::String;

use super::action::RestartWhy;
use super::ending::Violation;
use super::roster::Roster;
use crate::wire::{Act, Event, Gap, Granted, Listed, Modded, Resume, Welcome};

/// Who one is in the room; a guest is somebody else on each connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Me {
    /// The number of the member.
    pub member: u64,
    /// The number that the room gave this session: with the id it tells one's own events [DL-7].
    pub session: u64,
    /// The name that one has, whatever was asked for.
    pub name: String,
    /// From where the server sees one come.
    pub addr: Option<String>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct View {
    /// The epoch and the newest event that is done with.
    pub(super) cursor: Option<Resume>,
    pub(super) me: Option<Me>,
    pub(super) topic: Option<String>,
    pub(super) head: u64,
    pub(super) roster: Roster,
    pub(super) granted: Option<Granted>,
    /// Topic and members are as of this event: what earlier ones say of them is old [RM-17].
    as_of: u64,
}

impl View {
    /// What is known before the first welcome: at most a cursor.
    pub(super) fn at(cursor: Option<Resume>) -> Self {
        Self {
            cursor,
            ..Self::default()
        }
    }

    pub(super) fn since(&self) -> u64 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.since)
    }

    pub(super) fn epoch(&self) -> u64 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.epoch)
    }

    /// Takes a welcome, and says whether the cursor that was remembered is worth nothing [HS-19].
    pub(super) fn welcome(&mut self, welcome: Welcome) -> Option<RestartWhy> {
        let (epoch, since) = (welcome.epoch, welcome.start);
        let restarted = match &self.cursor {
            Some(old) if old.epoch != 0 && old.epoch != epoch => Some(RestartWhy::Epoch),
            Some(old) if old.since != since => Some(RestartWhy::Cursor),
            Some(_) | None => None,
        };
        if restarted.is_some() {
            self.roster.clear();
        }
        self.cursor = Some(Resume { epoch, since });
        self.me = Some(Me {
            member: welcome.you.member,
            session: welcome.you.session,
            name: welcome.you.name,
            addr: welcome.you.addr,
        });
        self.topic = welcome.topic;
        self.head = welcome.head;
        self.as_of = welcome.head;
        self.roster.set_count(welcome.members);
        self.granted = Some(welcome.limits);
        restarted
    }

    /// Moves the cursor over an event; `false` if it is one that was passed before [DL-17].
    ///
    /// # Errors
    ///
    /// [`Violation::Jump`] if it is not the next one.
    pub(super) fn pass(&mut self, event: &Event) -> Result<bool, Violation> {
        self.advance(event.seq(), event.seq())
    }

    /// The same for a gap.
    pub(super) fn pass_gap(&mut self, gap: &Gap) -> Result<bool, Violation> {
        self.advance(gap.from, gap.to)
    }

    fn advance(&mut self, from: u64, to: u64) -> Result<bool, Violation> {
        let since = self.since();
        if to <= since {
            return Ok(false);
        }
        let due = since.saturating_add(1);
        if from != due {
            return Err(Violation::Jump { due, came: from });
        }
        if let Some(cursor) = &mut self.cursor {
            cursor.since = to;
        }
        self.head = self.head.max(to);
        Ok(true)
    }

    /// Whether an event is of one's own session, and which request of it made it [DL-7].
    pub(super) fn own_id(&self, event: &Event) -> Option<u64> {
        let me = self.me.as_ref()?;
        let is_own = event.session() == me.session && event.id() != 0;
        is_own.then(|| event.id())
    }

    /// Topic and members as a gap tells them [DL-16]; whether the roster must be asked for anew is the caller's.
    pub(super) fn take_gap(&mut self, topic: Option<String>, members: u64) {
        self.topic = topic;
        self.roster.set_count(members);
    }

    /// Folds an event into topic and roster; says whether the roster has changed.
    pub(super) fn fold(&mut self, event: &Event) -> bool {
        if event.seq() <= self.as_of {
            return false;
        }
        match event {
            Event::Said(_) => return false,
            Event::Titled(titled) => {
                self.topic.clone_from(&titled.topic);
                return false;
            }
            Event::Joined(joined) => {
                let (name, host) = (joined.name.clone(), joined.host.clone());
                self.roster.joined(joined.member, name, host);
                self.roster.set_count(joined.members);
            }
            Event::Left(left) => {
                self.roster.left(left.member);
                self.roster.set_count(left.members);
            }
            Event::Renamed(renamed) => {
                self.roster.renamed(renamed.member, renamed.new.clone());
                if let Some(me) = self.me.as_mut().filter(|me| me.member == renamed.member) {
                    me.name.clone_from(&renamed.new);
                }
            }
            Event::Modded(modded) => return self.fold_modded(modded),
        }
        true
    }

    fn fold_modded(&mut self, modded: &Modded) -> bool {
        match (modded.act, modded.who) {
            (act @ (Act::Kick | Act::Ban), Some(who)) => {
                self.roster.expelled(who, act == Act::Ban);
                true
            }
            (Act::Unban, Some(who)) => self.roster.let_in(who),
            (act @ (Act::Mute | Act::Unmute), Some(who)) => {
                self.roster.mark(who, Listed::MUTED, act == Act::Mute)
            }
            (act @ (Act::Op | Act::Deop), Some(who)) => {
                let is_op = act == Act::Op;
                let unmuted = is_op && self.roster.mark(who, Listed::MUTED, false);
                self.roster.mark(who, Listed::OPERATOR, is_op) || unmuted
            }
            // The others change neither who is here nor what he may.
            (
                Act::Kick | Act::Ban | Act::Unban | Act::Mute | Act::Unmute | Act::Op | Act::Deop,
                None,
            )
            | (Act::BanAddress | Act::Redact | Act::Slow, _) => false,
        }
    }
}
