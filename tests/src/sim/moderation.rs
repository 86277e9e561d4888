//! Moderation: who does what to whom at random, and what a log in which that was done must hold to.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::room::{Moderating, Room};
use parlance_proto::text::Why;
use parlance_proto::wire::{Act, Event, Modded};

use super::log::RoomLog;
use super::people::Wish;
use super::world::{World, trace};

impl World {
    /// Somebody moderates, or tries to: for some seconds, so that all is well again in the end.
    pub(super) fn moderate(&mut self, at: usize) {
        self.people[at].count += 1;
        let words = format!("mod {at}.{}", self.people[at].count);
        let act = if self.rng.chance(50) {
            self.rng
                .pick(&[Act::Kick, Act::Ban, Act::BanAddress, Act::Mute])
        } else {
            self.rng.pick(Act::ALL)
        };
        let whom = match act {
            Act::Slow => None,
            Act::Redact => Some(self.rng.between(0, self.people[at].client.head() + 1)),
            _ => Some(self.rng.between(1, 7)),
        };
        let secs = match act {
            Act::Ban | Act::BanAddress => Some(self.rng.between(1, 8)),
            Act::Mute | Act::Slow => self.rng.chance(80).then(|| self.rng.between(0, 5)),
            _ => None,
        };
        let asked = Moderating {
            act,
            who: whom,
            secs,
            why: Why::parse(&words).ok(),
        };
        trace!(self, "p{at}: {asked:?}");
        if let Ok(line) = self.people[at].client.moderate(asked, self.now) {
            self.typed(at, line, Wish::Modded(words));
        }
    }
}

/// Whether this is the line that the log holds, without the text that a moderator took from it.
pub(super) fn is_erased(shown: &Event, log: &RoomLog) -> bool {
    let redacts = |event: &Event| matches!(event, Event::Modded(modded) if modded.act == Act::Redact && modded.who == Some(shown.seq()));
    let (Event::Said(shown), Some(Event::Said(stored))) = (shown, log.events.get(&shown.seq()))
    else {
        return false;
    };
    let mut erased = stored.clone();
    erased.text = None;
    *shown == erased && log.events.values().any(redacts)
}

/// What the acts in a log promise of what follows them, told from the events alone; only whoever was ever an operator is
/// left out, since he may do all.
pub(super) fn broken_promises(log: &RoomLog) -> Vec<String> {
    let mut rules = Rules {
        operators: operators(log),
        ..Rules::default()
    };
    let mut wrong = Vec::new();
    for event in log.events.values() {
        if let Some(what) = rules.broken_by(event) {
            wrong.push(format!("RM-20 {what}: {event:?}"));
        }
        if let Event::Modded(modded) = event {
            rules.take(modded);
        }
    }
    wrong
}

fn operators(log: &RoomLog) -> BTreeSet<u64> {
    let mut fold = Room::new();
    let mut all = BTreeSet::new();
    for (stored, pos) in log.entries.iter().zip(1..) {
        fold.apply(pos, stored.at, &stored.entry);
        let here = fold.members_after(0).map(|(member, _)| member);
        all.extend(here.filter(|member| fold.is_operator(*member)));
    }
    all
}

/// What stands at some place of a log. Times are the room's; none is for ever.
#[derive(Default)]
struct Rules {
    muted: BTreeMap<u64, Option<u64>>,
    banned: BTreeMap<u64, Option<u64>>,
    slow: u64,
    spoke: BTreeMap<u64, u64>,
    operators: BTreeSet<u64>,
}

impl Rules {
    fn take(&mut self, modded: &Modded) {
        let until = modded.secs.map(|secs| modded.at + secs * 1_000);
        let who = modded.who.unwrap_or(0);
        match modded.act {
            Act::Mute => drop(self.muted.insert(who, until)),
            Act::Unmute => drop(self.muted.remove(&who)),
            Act::Ban => drop(self.banned.insert(who, until)),
            Act::Unban => drop(self.banned.remove(&who)),
            Act::Slow => {
                self.slow = modded.secs.unwrap_or(0) * 1_000;
                self.spoke.clear();
            }
            Act::Kick | Act::BanAddress | Act::Op | Act::Deop | Act::Redact => {}
        }
    }

    fn broken_by(&mut self, event: &Event) -> Option<&'static str> {
        let (member, at) = (event.member(), event.at());
        if self.operators.contains(&member) {
            return None;
        }
        if let Event::Modded(_) = event {
            return Some("an act of somebody who may not");
        }
        let runs = |until: &Option<u64>| until.is_none_or(|until| at < until);
        let is_muted = self.muted.get(&member).is_some_and(runs);
        match event {
            Event::Joined(_) if self.banned.get(&member).is_some_and(runs) => {
                Some("somebody came who is kept out")
            }
            Event::Said(_) | Event::Renamed(_) | Event::Titled(_) if is_muted => {
                Some("a line of somebody who is kept quiet")
            }
            Event::Said(_) if self.slow > 0 => {
                let before = self.spoke.insert(member, at);
                before
                    .is_some_and(|before| at < before + self.slow)
                    .then_some("a line too soon")
            }
            _ => None,
        }
    }
}
