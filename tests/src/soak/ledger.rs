//! What the crew was shown and what was acknowledged to it, and the judgement over both.

use std::collections::{BTreeMap, BTreeSet};

use parlance_proto::wire::Event;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Two events of one number were shown.
    Renumbered(Box<Event>, Box<Event>),
    /// An event that was shown is not in the log.
    TakenBack(Box<Event>),
    /// A line that was acknowledged is not in the log.
    Lost(String),
    /// A line is in the log twice.
    Repeated(String),
    /// A line became failed or unknown, though its session never ended.
    Dropped(String),
    /// Events were not shown, though the log keeps all.
    Gap(u64, u64),
    /// Somebody was shown leaving, or coming a second time, though he was back within the grace.
    Presence(Box<Event>),
    /// Lines of one sender stand in another order.
    Order(String, String),
    /// Somebody was sent away for good.
    Ended(String),
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    shown: BTreeMap<u64, Event>,
    acknowledged: BTreeSet<String>,
    joined: BTreeSet<u64>,
    resumed: u64,
}

impl Ledger {
    /// How many lines were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.len() as u64
    }

    /// How many logins took up a session.
    #[must_use]
    pub fn resumed(&self) -> u64 {
        self.resumed
    }

    pub(super) fn came_back(&mut self) {
        self.resumed += 1;
    }

    pub(super) fn acknowledge(&mut self, text: &str) -> Result<(), Fault> {
        if self.acknowledged.insert(text.to_owned()) {
            Ok(())
        } else {
            Err(Fault::Repeated(text.to_owned()))
        }
    }

    /// An event was shown to somebody.
    pub(super) fn show(&mut self, event: Event) -> Result<(), Fault> {
        if let Some(before) = self.shown.get(&event.seq()) {
            if *before == event {
                return Ok(());
            }
            return Err(Fault::Renumbered(Box::new(before.clone()), Box::new(event)));
        }
        let fine = match &event {
            Event::Joined(joined) => self.joined.insert(joined.member),
            Event::Left(_) => false,
            _ => true,
        };
        if !fine {
            return Err(Fault::Presence(Box::new(event)));
        }
        self.shown.insert(event.seq(), event);
        Ok(())
    }

    /// Compares with the whole log.
    pub(super) fn judge(&self, log: &[Event]) -> Result<(), Fault> {
        let by_number: BTreeMap<u64, &Event> =
            log.iter().map(|event| (event.seq(), event)).collect();
        for (seq, shown) in &self.shown {
            match by_number.get(seq) {
                Some(event) if *event == shown => {}
                Some(event) => {
                    return Err(Fault::Renumbered(
                        Box::new(shown.clone()),
                        Box::new((*event).clone()),
                    ));
                }
                None => return Err(Fault::TakenBack(Box::new(shown.clone()))),
            }
        }
        let mut texts = BTreeSet::new();
        let mut newest: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        for event in log {
            let Event::Said(said) = event else { continue };
            let text = said.text.as_deref().unwrap_or_default();
            if !texts.insert(text) {
                return Err(Fault::Repeated(text.to_owned()));
            }
            let number = text
                .rsplit(' ')
                .next()
                .and_then(|number| number.parse().ok());
            let number: u64 = number.unwrap_or(u64::MAX);
            if let Some((before, earlier)) = newest.insert(&said.name, (number, text))
                && before >= number
            {
                return Err(Fault::Order(earlier.to_owned(), text.to_owned()));
            }
        }
        match self
            .acknowledged
            .iter()
            .find(|text| !texts.contains(text.as_str()))
        {
            Some(text) => Err(Fault::Lost(text.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_proto::wire::{Joined, Left, Said, SayKind};

    fn said(seq: u64, name: &str, text: &str) -> Event {
        Event::Said(Said {
            seq,
            at: 1,
            member: 1,
            session: 1,
            id: seq,
            name: name.to_owned(),
            kind: SayKind::Say,
            re: None,
            text: Some(text.to_owned()),
        })
    }

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.show(said(1, "a", "a 1")).unwrap();
        ledger.show(said(2, "a", "a 2")).unwrap();
        ledger.acknowledge("a 1").unwrap();
        ledger
    }

    #[test]
    fn each_promise_can_be_found_broken() {
        let log = [said(1, "a", "a 1"), said(2, "a", "a 2")];
        assert_eq!(ledger().judge(&log), Ok(()));
        assert!(matches!(
            ledger().judge(&log[..1]),
            Err(Fault::TakenBack(_))
        ));
        let other = [said(1, "a", "a 1"), said(2, "a", "a 3")];
        assert!(matches!(ledger().judge(&other), Err(Fault::Renumbered(..))));
        assert!(matches!(
            ledger().show(said(2, "a", "a 3")),
            Err(Fault::Renumbered(..))
        ));

        let mut lost = ledger();
        lost.acknowledge("b 1").unwrap();
        assert_eq!(lost.judge(&log), Err(Fault::Lost("b 1".to_owned())));
        assert!(lost.acknowledge("b 1").is_err());

        let twice = [log[0].clone(), log[1].clone(), said(3, "b", "a 2")];
        assert_eq!(
            ledger().judge(&twice),
            Err(Fault::Repeated("a 2".to_owned()))
        );
        let back = [log[0].clone(), log[1].clone(), said(3, "a", "a 0")];
        assert!(matches!(ledger().judge(&back), Err(Fault::Order(..))));
    }

    #[test]
    fn nobody_leaves_and_nobody_comes_twice() {
        let joined = |seq| {
            Event::Joined(Joined {
                seq,
                at: 1,
                member: 4,
                session: 4,
                id: 0,
                name: "d".to_owned(),
                host: None,
                members: 1,
            })
        };
        let left = Event::Left(Left {
            seq: 3,
            at: 1,
            member: 4,
            session: 4,
            id: 0,
            name: "d".to_owned(),
            host: None,
            members: 0,
            why: None,
        });
        let mut ledger = Ledger::default();
        ledger.show(joined(1)).unwrap();
        ledger.show(joined(1)).unwrap();
        assert!(matches!(ledger.show(joined(2)), Err(Fault::Presence(_))));
        assert!(matches!(ledger.show(left), Err(Fault::Presence(_))));
    }
}
