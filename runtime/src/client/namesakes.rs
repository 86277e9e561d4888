//! Names that were somebody else's a moment ago: who writes to one of them may mean the one before.

use std::collections::{BTreeMap, VecDeque};

use parlance_proto::wire::Event;

/// How many such names are kept: those of a while, in any room that people follow.
const KEPT: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub struct Namesakes {
    /// By a name in small letters: whom one knows by it.
    known: BTreeMap<String, u64>,
    /// The same names, oldest first.
    order: VecDeque<String>,
}

impl Namesakes {
    /// Notes who let go of a name by this event.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Renamed(renamed) => self.know(&renamed.old, renamed.member),
            Event::Left(left) => self.know(&left.name, left.member),
            Event::Said(_) | Event::Joined(_) | Event::Titled(_) | Event::Modded(_) => {}
        }
    }

    /// Somebody of that name was put out, and lets go of it.
    pub fn put_out(&mut self, name: &str, member: u64) {
        self.know(name, member);
    }

    /// Whether `name`, which is this member's now, was another's when one last knew; from now on it is this one's.
    pub fn is_news(&mut self, name: &str, member: u64) -> bool {
        let before = self.known.get_mut(&name.to_lowercase());
        before.is_some_and(|before| std::mem::replace(before, member) != member)
    }

    fn know(&mut self, name: &str, member: u64) {
        let name = name.to_lowercase();
        if self.known.insert(name.clone(), member).is_none() {
            self.order.push_back(name);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use parlance_proto::wire::{Left, Renamed};

    use super::*;

    fn renamed(member: u64, old: &str, new: &str) -> Event {
        Event::Renamed(Renamed {
            seq: 1,
            at: 0,
            member,
            session: 1,
            id: 1,
            old: old.to_owned(),
            new: new.to_owned(),
        })
    }

    fn left(member: u64, name: &str) -> Event {
        Event::Left(Left {
            seq: 1,
            at: 0,
            member,
            session: 1,
            id: 0,
            name: name.to_owned(),
            host: None,
            members: 1,
            why: None,
        })
    }

    #[test]
    fn it_is_news_once_that_a_name_is_anothers() {
        let mut names = Namesakes::default();
        assert!(!names.is_news("bob", 2));
        names.note(&renamed(2, "bob", "rob"));
        assert!(names.is_news("Bob", 3), "carol is bob now");
        assert!(!names.is_news("bob", 3), "and that is known");
        assert!(!names.is_news("rob", 2));
        names.put_out("rob", 2);
        assert!(names.is_news("rob", 4));
        names.note(&left(3, "bob"));
        assert!(!names.is_news("bob", 3), "he is back");
        assert!(names.is_news("bob", 4));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut names = Namesakes::default();
        for nth in 0..=KEPT as u64 {
            names.note(&left(nth, &format!("guest {nth}")));
            names.note(&left(nth, &format!("guest {nth}")));
        }
        assert_eq!((names.known.len(), names.order.len()), (KEPT, KEPT));
        assert!(!names.is_news("guest 0", 9_999));
        assert!(names.is_news("guest 1", 9_999));
    }
}
