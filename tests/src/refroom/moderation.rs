//! Moderation in the reference room: who may, and what is kept from whom. It knows no time: what ends at once never was, and
//! all else is for ever. It knows no address of anybody.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::wire::Act;

use super::{Fate, RefRoom, Session, Shown, Who};

/// What moderators have done.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    operators: BTreeSet<Who>,
    muted: BTreeSet<Who>,
    /// By the number that each had.
    banned: BTreeMap<u64, (Who, String)>,
    slow: bool,
    spoke: BTreeSet<u64>,
}

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// What.
    pub act: Act,
    /// To whom, or which event.
    pub who: Option<u64>,
    /// For how long.
    pub secs: Option<u64>,
}

impl Asked {
    /// Whether it has a meaning.
    #[must_use]
    pub fn is_meant(self) -> bool {
        let timed = [Act::Ban, Act::BanAddress, Act::Mute, Act::Slow].contains(&self.act);
        (self.act == Act::Slow) == self.who.is_none() && (timed || self.secs.is_none())
    }
}

impl RefRoom {
    /// Somebody moderates; beside what becomes of it: the member that is put out, if one is.
    pub fn moderate(
        &mut self,
        session: Session,
        id: u64,
        after: u64,
        asked: Asked,
    ) -> (Fate, Option<u64>) {
        let mut put_out = None;
        let fate = self.line(session, id, after, |room, number| {
            if !room.rules.operators.contains(&session.0) {
                return None;
            }
            put_out = room.act(asked)?;
            Some(Shown::Modded(number, asked.act, asked.who, asked.secs))
        });
        (fate, put_out)
    }

    /// None if it cannot be done, else the member that is put out by it.
    fn act(&mut self, asked: Asked) -> Option<Option<u64>> {
        let lasts = asked.secs != Some(0);
        match asked.act {
            Act::Slow => {
                self.rules.slow = asked.secs.unwrap_or(0) > 0;
                self.rules.spoke.clear();
                return Some(None);
            }
            Act::Redact => {
                let shown = self.shown.len() as u64;
                return asked
                    .who
                    .filter(|seq| (1..=shown).contains(seq))
                    .map(|_| None);
            }
            Act::Unban => {
                let who = asked.who?;
                return self.rules.banned.remove(&who).map(|_| None);
            }
            _ => {}
        }
        let number = asked.who?;
        let (who, name, here) = self.numbered(number)?;
        let is_key = matches!(who, Who::Key(_));
        let operators = &self.rules.operators;
        let may_be_done = match asked.act {
            // Nobody's address is known.
            Act::BanAddress => false,
            Act::Unmute => true,
            Act::Op => is_key,
            Act::Deop => operators.contains(&who) && operators.len() > 1,
            Act::Kick => here && !operators.contains(&who),
            Act::Ban => is_key && !operators.contains(&who),
            _ => !operators.contains(&who),
        };
        if !may_be_done {
            return None;
        }
        let rules = &mut self.rules;
        match asked.act {
            Act::Mute if lasts => drop(rules.muted.insert(who)),
            Act::Mute | Act::Unmute => drop(rules.muted.remove(&who)),
            Act::Op => rules.appoint(who),
            Act::Deop => drop(rules.operators.remove(&who)),
            Act::Ban if lasts => drop(rules.banned.insert(number, (who, name))),
            Act::Ban => drop(rules.banned.remove(&number)),
            _ => {}
        }
        let out = here && matches!(asked.act, Act::Kick | Act::Ban);
        if out {
            self.put_out(who);
        }
        Some(out.then_some(number))
    }

    fn numbered(&self, number: u64) -> Option<(Who, String, bool)> {
        self.people
            .iter()
            .find(|(_, somebody)| somebody.number == number)
            .map(|(who, somebody)| {
                let here = !somebody.logins.is_empty();
                (*who, somebody.name.to_string(), here)
            })
    }

    fn put_out(&mut self, who: Who) {
        if let Some(somebody) = self.people.get_mut(&who) {
            somebody.logins.clear();
        }
        if let Who::Guest(_) = who {
            self.people.remove(&who);
        }
    }
}

impl Rules {
    /// Somebody came in.
    pub(super) fn came(&mut self, who: Who) {
        if self.operators.is_empty() && matches!(who, Who::Key(_)) {
            self.appoint(who);
        }
    }

    fn appoint(&mut self, who: Who) {
        self.operators.insert(who);
        self.muted.remove(&who);
        self.banned.retain(|_, (banned, _)| *banned != who);
    }

    pub(super) fn is_out(&self, who: Who) -> bool {
        self.banned.values().any(|(banned, _)| *banned == who)
    }

    pub(super) fn is_muted(&self, who: Who) -> bool {
        self.muted.contains(&who)
    }

    /// Whether somebody must wait with what he says; if not, this is it.
    pub(super) fn waits(&mut self, who: Who, number: u64) -> bool {
        self.slow && !self.operators.contains(&who) && !self.spoke.insert(number)
    }

    /// Whether somebody is an operator, and whether muted.
    pub(super) fn marks(&self, who: Who) -> (bool, bool) {
        (self.operators.contains(&who), self.muted.contains(&who))
    }

    /// Those who are kept out, by the number and name that they had.
    pub(super) fn out(&self) -> impl Iterator<Item = (u64, &str)> {
        let all = self.banned.iter();
        all.map(|(number, (_, name))| (*number, name.as_str()))
    }
}
