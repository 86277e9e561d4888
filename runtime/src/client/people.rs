//! Whom a moderator can mean: who is here, who is kept out, and who was here and has gone; and what each said last.

use std::collections::BTreeMap;

use parlance_proto::client::Roster;
use parlance_proto::wire::{Act, Event, Modded};

/// How many of those who were here are kept in mind, the newest: numbers only go up.
const KEPT: usize = 4_096;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// By number: what somebody was called last, and the line that he said last.
    seen: BTreeMap<u64, Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    name: String,
    line: Option<u64>,
    /// Whether no event has told since that he has gone.
    here: bool,
}

impl People {
    /// Notes who an event is of.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Said(said) => {
                self.called(said.member, &said.name).line = Some(said.seq);
            }
            Event::Joined(joined) => {
                self.called(joined.member, &joined.name);
            }
            Event::Left(left) => self.called(left.member, &left.name).here = false,
            Event::Renamed(renamed) => {
                self.called(renamed.member, &renamed.new);
            }
            Event::Modded(modded) => self.modded(modded),
            Event::Titled(_) => {}
        }
    }

    fn modded(&mut self, modded: &Modded) {
        if let (Act::Kick | Act::Ban, Some(who)) = (modded.act, modded.who)
            && let Some(seen) = self.seen.get_mut(&who)
        {
            seen.here = false;
        }
    }

    /// Whom an event put out, and what he was called, if that is known.
    #[must_use]
    pub fn put_out(&self, event: &Event) -> Option<(u64, &str)> {
        let Event::Modded(modded) = event else {
            return None;
        };
        let who = modded
            .who
            .filter(|_| matches!(modded.act, Act::Kick | Act::Ban))?;
        Some((who, &self.seen.get(&who)?.name))
    }

    /// What a member is called who has not gone, as far as was seen.
    #[must_use]
    pub fn here(&self, member: u64) -> Option<&str> {
        let seen = self.seen.get(&member).filter(|seen| seen.here);
        seen.map(|seen| seen.name.as_str())
    }

    /// What a member was called last.
    #[must_use]
    pub fn name(&self, member: u64) -> Option<&str> {
        self.seen.get(&member).map(|seen| seen.name.as_str())
    }

    /// The newest line of a member that was seen.
    #[must_use]
    pub fn last_line(&self, member: u64) -> Option<u64> {
        self.seen.get(&member)?.line
    }

    /// Finds whom the beginning of `told` means: `#4` the one of that number; else the longest name, of those who are here
    /// before those who are kept out, and of those before all who were here. Gives the number and what follows.
    #[must_use]
    pub fn find<'a>(&self, told: &'a str, roster: &Roster) -> Option<(u64, &'a str)> {
        if let Some(number) = told.strip_prefix('#') {
            let (number, rest) = number.split_once(' ').unwrap_or((number, ""));
            return Some((number.parse().ok()?, rest));
        }
        let here = || {
            roster
                .iter()
                .map(|(number, who)| (number, who.name.as_str()))
        };
        // Of several who had a name, the last.
        let gone = || {
            self.seen
                .iter()
                .rev()
                .map(|(number, seen)| (*number, seen.name.as_str()))
        };
        super::commands::named(told, here)
            .or_else(|| super::commands::named(told, || roster.kept_out()))
            .or_else(|| super::commands::named(told, gone))
    }

    /// Notes what somebody was called who is not here.
    pub fn call(&mut self, member: u64, name: &str) {
        self.called(member, name).here = false;
    }

    fn called(&mut self, member: u64, name: &str) -> &mut Seen {
        if self.seen.len() >= KEPT && !self.seen.contains_key(&member) {
            self.seen.pop_first();
        }
        let seen = self.seen.entry(member).or_insert_with(|| Seen {
            name: String::new(),
            line: None,
            here: true,
        });
        seen.here = true;
        if seen.name != name {
            name.clone_into(&mut seen.name);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use parlance_proto::wire::{Joined, Left, Renamed, Said, SayKind};

    use super::*;

    fn joined(member: u64, name: &str) -> Event {
        Event::Joined(Joined {
            seq: member,
            at: 0,
            member,
            session: 1,
            id: 0,
            name: name.to_owned(),
            host: None,
            members: 1,
        })
    }

    fn said(seq: u64, member: u64, name: &str) -> Event {
        Event::Said(Said {
            seq,
            at: 0,
            member,
            session: 1,
            id: seq,
            name: name.to_owned(),
            kind: SayKind::Say,
            re: None,
            text: None,
        })
    }

    #[test]
    fn those_who_have_gone_are_found_by_their_last_name() {
        let mut people = People::default();
        let roster = Roster::default();
        people.note(&joined(1, "Ann"));
        people.note(&said(7, 1, "Ann"));
        people.note(&Event::Renamed(Renamed {
            seq: 8,
            at: 0,
            member: 1,
            session: 1,
            id: 2,
            old: "Ann".to_owned(),
            new: "Ann Lee".to_owned(),
        }));
        people.note(&Event::Left(Left {
            seq: 9,
            at: 0,
            member: 1,
            session: 1,
            id: 0,
            name: "Ann Lee".to_owned(),
            host: None,
            members: 0,
            why: None,
        }));
        assert_eq!(
            people.find("ann lee is rude", &roster),
            Some((1, " is rude"))
        );
        assert_eq!(people.find("Ann is rude", &roster), None);
        assert_eq!(people.last_line(1), Some(7));
        assert_eq!((people.here(1), people.name(1)), (None, Some("Ann Lee")));
        people.note(&joined(5, "Ann Lee"));
        assert_eq!(
            people.find("Ann Lee", &roster),
            Some((5, "")),
            "the last of that name"
        );
        assert_eq!(people.find("#1 was it", &roster), Some((1, "was it")));
        assert_eq!(people.find("#x", &roster), None);
        let ban = Event::Modded(Modded {
            seq: 10,
            at: 0,
            member: 9,
            session: 2,
            id: 1,
            act: Act::Ban,
            who: Some(5),
            secs: None,
            why: None,
        });
        assert_eq!(people.put_out(&ban), Some((5, "Ann Lee")));
        assert_eq!(people.put_out(&joined(5, "x")), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut people = People::default();
        for member in 0..=KEPT as u64 {
            people.note(&joined(member, &format!("guest {member}")));
        }
        assert_eq!(people.seen.len(), KEPT);
        assert_eq!(people.name(0), None);
        assert_eq!(people.name(1), Some("guest 1"));
    }
}
