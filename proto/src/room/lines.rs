//! What a member does: says, renames, sets the topic, moderates.

use alloc::string::{String, ToString};

use super::entry::{Deed, Line};
use super::fold::{Denial, Made, Outcome, Room, quiet};
use crate::wire::{Event, Renamed, Said, Titled};

impl Room {
    /// Takes a line, if it is the next of its session and its member may. `[DL-5]`
    pub(super) fn line(&mut self, line: &Line) -> Made {
        let Some(session) = self.sessions.get(&line.session) else {
            return quiet(Outcome::Forgotten);
        };
        if line.id <= session.newest {
            return quiet(Outcome::Repeat);
        }
        if line.after != session.newest || line.attempt != session.attempt {
            return quiet(Outcome::Orphan);
        }
        if session.member != line.member || self.members.get(line.member).is_none() {
            return quiet(Outcome::LineRefused(Denial::NoMember));
        }
        // A refusal is final: a second copy is refused too, whatever has changed since. [DL-12]
        if let Some((_, denial)) = session.refused.filter(|(id, _)| line.id <= *id) {
            return quiet(Outcome::LineRefused(denial));
        }
        let number = session.number;
        match self.act(line, number) {
            Ok(event) => {
                self.spoken = true;
                if let Some(session) = self.sessions.get_mut(&line.session) {
                    session.newest = line.id;
                }
                Made {
                    outcome: Outcome::Applied,
                    event: Some(event),
                }
            }
            Err(denial) => {
                if let Some(session) = self.sessions.get_mut(&line.session) {
                    session.refused = Some((line.id, denial));
                }
                quiet(Outcome::LineRefused(denial))
            }
        }
    }

    fn act(&mut self, line: &Line, session: u64) -> Result<Event, Denial> {
        self.may_do(line)?;
        let (member, id) = (line.member, line.id);
        match &line.deed {
            Deed::Say { kind, re, text } => {
                if re.is_some_and(|re| re == 0 || re > self.head) {
                    return Err(Denial::NoEvent);
                }
                if !self.is_operator(member) && self.moderation.waits(member, self.at) {
                    return Err(Denial::SlowMode);
                }
                let name = self.name_of(member)?;
                let (seq, at) = (self.next(), self.at);
                let (kind, re, text) = (*kind, *re, Some(text.to_string()));
                Ok(Event::Said(Said {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    name,
                    kind,
                    re,
                    text,
                }))
            }
            Deed::Nick { name } => {
                let old = self.members.rename(member, name).ok_or(Denial::Taken)?;
                let (old, new) = (old.to_string(), name.to_string());
                let (seq, at) = (self.next(), self.at);
                Ok(Event::Renamed(Renamed {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    old,
                    new,
                }))
            }
            Deed::Topic { topic } => {
                self.topic.clone_from(topic);
                let topic = topic.as_ref().map(ToString::to_string);
                let (seq, at) = (self.next(), self.at);
                Ok(Event::Titled(Titled {
                    seq,
                    at,
                    member,
                    session,
                    id,
                    topic,
                }))
            }
            Deed::Mod(asked) => self.moderate(line, session, asked),
        }
    }

    fn name_of(&self, member: u64) -> Result<String, Denial> {
        let who = self.members.get(member).ok_or(Denial::NoMember)?;
        Ok(who.name.to_string())
    }
}
