//! The books are closed: every line that was typed against the log, and each log by itself.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::client::LineState;
use parlance_proto::wire::{Act, Event};

use super::hear::has;
use super::log::{Log, RoomLog};
use super::moderation::broken_promises;
use super::people::{Person, Wish};
use super::world::World;

impl World {
    /// How every line ended, against the log of the epoch it was settled under.
    pub(super) fn check_lines(&mut self) {
        let mut wrong = Vec::new();
        for (at, person) in self.people.iter().enumerate() {
            let room = person.room();
            let mut said: Vec<(u64, u64, &Wish)> = Vec::new();
            for typed in person.typed.values() {
                let Some(log) = self.log.under(&room, typed.epoch) else {
                    continue;
                };
                let stored = has(log.events.values(), &typed.wish);
                match (&typed.state, stored) {
                    (LineState::Sent, Some(false)) => {
                        wrong.push(format!("P4 p{at}: sent, and not in the log: {typed:?}"))
                    }
                    (LineState::Failed(_), Some(true)) => {
                        wrong.push(format!("P5 p{at}: failed, and in the log: {typed:?}"))
                    }
                    (LineState::Pending, _) => {
                        wrong.push(format!("P5 p{at}: pending for ever: {typed:?}"))
                    }
                    _ => {}
                }
                if person.role.key.is_some()
                    && let Some(seq) = seq_of(log, &typed.wish)
                {
                    said.push((typed.epoch, seq, &typed.wish));
                }
            }
            if !said.is_sorted_by_key(|(epoch, seq, _)| (*epoch, *seq))
                && person.doubts == 0
                && self.log.gone.is_empty()
            {
                wrong.push(format!("P1 p{at}: out of order: {said:?}"));
            }
            wrong.extend(wrong_names(person, &self.log).map(|what| format!("p{at}: {what}")));
        }
        for what in wrong {
            self.fault(what);
        }
    }
}

/// A name may be wanted by many and more than once, so it is counted: a person has it as often as it was told to be
/// sent, and what is unknown may make it more.
fn wrong_names(person: &Person, log: &Log) -> Option<String> {
    let log = log.rooms.get(&person.room())?;
    let epoch = log.epoch();
    let mut names: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for typed in person.typed.values() {
        if let Wish::Renamed(name) = &typed.wish {
            let (sent, unknown) = names.entry(name).or_default();
            *sent += u64::from(typed.state == LineState::Sent && typed.epoch == epoch);
            *unknown += u64::from(typed.state == LineState::Unknown);
        }
    }
    names.into_iter().find_map(|(name, (sent, unknown))| {
        let is = |event: &&Event| match event {
            Event::Renamed(renamed) => {
                renamed.new == name && person.sessions.contains(&(epoch, renamed.session))
            }
            _ => false,
        };
        let had = log.events.values().filter(is).count() as u64;
        let fine = sent <= had && had <= sent + unknown;
        (!fine).then(|| format!("P4 P5 {name}: {sent} sent, {unknown} unknown, {had} in the log"))
    })
}

fn seq_of(log: &RoomLog, wish: &Wish) -> Option<u64> {
    let mut events = log.events.iter();
    events
        .find(|(_, event)| has(core::iter::once(*event), wish) == Some(true))
        .map(|(seq, _)| *seq)
}

/// What a log by itself must hold to: no text twice, the order of each session, joins and leaves in turn.
pub(super) fn problems_of_log(log: &RoomLog) -> Vec<String> {
    let mut wrong = broken_promises(log);
    let mut texts = BTreeSet::new();
    let mut newest: BTreeMap<u64, u64> = BTreeMap::new();
    let mut announced = BTreeSet::new();
    for event in log.events.values() {
        if event.id() > 0
            && newest
                .insert(event.session(), event.id())
                .is_some_and(|before| before >= event.id())
        {
            wrong.push(format!(
                "P1 order of session {} at {}",
                event.session(),
                event.seq()
            ));
        }
        let in_turn = match event {
            Event::Said(said) => {
                let text = said.text.clone().unwrap_or_default();
                // Strangers say the same thing over and over; the cast does not.
                text.starts_with(|c: char| !c.is_ascii_digit()) || texts.insert(text)
            }
            Event::Titled(titled) => {
                let topic = titled.topic.clone().unwrap_or_default();
                !topic.starts_with("topic ") || texts.insert(topic)
            }
            Event::Joined(joined) => announced.insert(joined.member),
            Event::Left(left) => announced.remove(&left.member),
            Event::Modded(modded) => {
                if let (Act::Kick | Act::Ban, Some(who)) = (modded.act, modded.who) {
                    announced.remove(&who);
                }
                true
            }
            _ => true,
        };
        if !in_turn {
            wrong.push(format!(
                "P3 a repeat, or a leave without its join: {event:?}"
            ));
        }
    }
    wrong
}
