//! What members do: chains, refusals, names and topics.

use super::*;
use crate::wire::{Renamed, Said, Titled};

/// A room with alice (member and session 1), bob the guest (2), and three events.
fn room() -> Log {
    let mut log = Log::new();
    assert_eq!(log.enter(&first(key(1), "alice")), (1, 1));
    assert_eq!(log.enter(&first(guest(2), "bob")), (2, 2));
    log.at = 2000;
    let made = log.line(&line(key(1), 1, 1, 0, say("hello")));
    assert_eq!(made.event.map(|event| event.seq()), Some(3));
    log
}

fn seq(made: &Made) -> Option<u64> {
    assert_eq!(made.event.is_some(), made.outcome == Outcome::Applied);
    made.event.as_ref().map(Event::seq)
}

/// `[RM-6]` `[RM-7]` What each deed is shown as, to the last field.
#[test]
fn the_event_of_every_deed() {
    let mut log = room();
    let action = Deed::Say {
        kind: SayKind::Action,
        re: Some(3),
        text: Text::parse("nods").unwrap(),
    };
    let topic = Topic::parse("tea").unwrap();
    let titled = |topic: Option<Topic>| Deed::Topic { topic };
    let (at, member, session) = (2000, 2, 2);
    let expected = [
        (
            action,
            Event::Said(Said {
                seq: 4,
                at,
                member,
                session,
                id: 1,
                name: "bob".to_string(),
                kind: SayKind::Action,
                re: Some(3),
                text: Some("nods".to_string()),
            }),
        ),
        (
            nick("bert"),
            Event::Renamed(Renamed {
                seq: 5,
                at,
                member,
                session,
                id: 2,
                old: "bob".to_string(),
                new: "bert".to_string(),
            }),
        ),
        (
            say("me"),
            Event::Said(Said {
                seq: 6,
                at,
                member,
                session,
                id: 3,
                name: "bert".to_string(),
                kind: SayKind::Say,
                re: None,
                text: Some("me".to_string()),
            }),
        ),
        (
            titled(Some(topic.clone())),
            Event::Titled(Titled {
                seq: 7,
                at,
                member,
                session,
                id: 4,
                topic: Some("tea".to_string()),
            }),
        ),
        (
            titled(None),
            Event::Titled(Titled {
                seq: 8,
                at,
                member,
                session,
                id: 5,
                topic: None,
            }),
        ),
    ];
    for (after, (deed, event)) in (0..).zip(expected) {
        let cleared = deed == titled(None);
        if cleared {
            assert_eq!(log.room.topic(), Some(&topic));
        }
        let made = log.line(&line(guest(2), 2, after + 1, after, deed));
        let outcome = Outcome::Applied;
        let event = Some(event);
        assert_eq!(made, Made { outcome, event });
        assert_eq!(log.room.acked(&guest(2)), after + 1);
    }
    assert_eq!(log.room.topic(), None);
    assert_eq!(log.room.acked(&guest(7)), 0);
}

/// `[DL-5]` `[DL-6]` Each outcome of a line, by its place in the chain (the newest is 1).
#[test]
fn the_chain() {
    let log = room();
    for (id, after, outcome) in [
        (1, 0, Outcome::Repeat),
        (1, 1, Outcome::Repeat),
        (0, 1, Outcome::Repeat),
        (2, 1, Outcome::Applied),
        (9, 1, Outcome::Applied),
        (2, 0, Outcome::Orphan),
        (3, 2, Outcome::Orphan),
    ] {
        let mut log = log.clone();
        let made = log.line(&line(key(1), 1, id, after, say("x")));
        let applied = outcome == Outcome::Applied;
        assert_eq!(made.outcome, outcome, "{id} after {after}");
        assert_eq!(seq(&made), applied.then_some(4), "{id} after {after}");
        let newest = if applied { id } else { 1 };
        assert_eq!(log.room.acked(&key(1)), newest);
        assert_eq!(log.room.head(), if applied { 4 } else { 3 });
    }
    let mut log = log;
    let unknown = line(key(8), 1, 1, 0, say("x"));
    assert_eq!(log.line(&unknown), quiet(Outcome::Forgotten));
    let same_bytes = line(device(2, 1), 1, 2, 1, say("x"));
    assert_eq!(
        log.line(&same_bytes),
        quiet(Outcome::Forgotten),
        "another's session"
    );
}

/// `[DL-13]` What an older login had on its way is dropped, and so is what a newer one never sent.
#[test]
fn a_line_of_another_login_is_an_orphan() {
    let mut log = room();
    log.enter(&nth(key(1), 3, "alice"));
    let of = |attempt| Line {
        attempt,
        ..line(key(1), 1, 2, 1, say("x"))
    };
    for attempt in [1, 2, 4] {
        assert_eq!(log.line(&of(attempt)), quiet(Outcome::Orphan), "{attempt}");
    }
    assert_eq!(seq(&log.line(&of(3))), Some(4));
    assert_eq!(log.line(&of(3)), quiet(Outcome::Repeat));
    assert_eq!(log.line(&of(1)), quiet(Outcome::Repeat));
}

/// `[DL-12]` `[DL-20]` Every denial; none moves the chain or makes an event.
#[test]
fn denials() {
    let log = room();
    for (member, deed, denial) in [
        (1, reply(Some(0), "x"), Some(Denial::NoEvent)),
        (1, reply(Some(1), "x"), None),
        (1, reply(Some(3), "x"), None),
        (1, reply(Some(4), "x"), Some(Denial::NoEvent)),
        (1, nick("bob"), Some(Denial::Taken)),
        (1, nick("BOB"), Some(Denial::Taken)),
        (1, nick("b0b"), Some(Denial::Taken)),
        (1, nick("carol"), None),
        (2, say("as bob"), Some(Denial::NoMember)),
        (9, say("as nobody"), Some(Denial::NoMember)),
        (1, say("as myself"), None),
    ] {
        let mut log = log.clone();
        let made = log.line(&line(key(1), member, 2, 1, deed.clone()));
        match denial {
            None => assert_eq!(seq(&made), Some(4), "{deed:?}"),
            Some(denial) => {
                assert_eq!(made, denied(denial), "{deed:?}");
                assert_eq!((log.room.head(), log.room.acked(&key(1))), (3, 1));
                // The next that its sender chains past it is taken.
                let next = line(key(1), 1, 3, 1, say("x"));
                assert_eq!(seq(&log.line(&next)), Some(4));
            }
        }
    }
    // Who has left says nothing more, though the session is remembered.
    let mut log = log;
    log.leave(key(1), 1);
    let late = line(key(1), 1, 2, 1, say("x"));
    assert_eq!(log.line(&late), denied(Denial::NoMember));
}

/// `[DL-12]` A second copy of what was refused is refused too, whatever has changed since.
#[test]
fn a_refusal_is_final() {
    let mut log = room();
    let early = line(key(1), 1, 3, 1, reply(Some(4), "x"));
    assert_eq!(log.line(&early), denied(Denial::NoEvent));
    let made = log.line(&line(guest(2), 2, 1, 0, say("the fourth")));
    assert_eq!(seq(&made), Some(4));
    assert_eq!(
        log.line(&early),
        denied(Denial::NoEvent),
        "though it is there now"
    );
    let below = line(key(1), 1, 2, 1, say("x"));
    assert_eq!(log.line(&below), denied(Denial::NoEvent), "ids only rise");
    // Another denial takes its place; both stay refused.
    let name = line(key(1), 1, 4, 1, nick("bob"));
    assert_eq!(log.line(&name), denied(Denial::Taken));
    log.leave(guest(2), 1);
    assert_eq!(
        log.line(&name),
        denied(Denial::Taken),
        "though it is free now"
    );
    assert_eq!(log.line(&early), denied(Denial::Taken));
    // What is chained past them is taken, and then they are repeats.
    let next = line(key(1), 1, 5, 1, nick("bob"));
    assert_eq!(seq(&log.line(&next)), Some(6));
    assert_eq!(log.line(&name), quiet(Outcome::Repeat));
    assert_eq!(log.room.acked(&key(1)), 5);
    // It is final for a newer login too.
    let refused = line(key(1), 1, 6, 5, reply(Some(99), "x"));
    assert_eq!(log.line(&refused), denied(Denial::NoEvent));
    log.enter(&nth(key(1), 2, "bob"));
    let again = Line {
        attempt: 2,
        ..line(key(1), 1, 6, 5, say("x"))
    };
    assert_eq!(log.line(&again), denied(Denial::NoEvent));
    let other = line(guest(2), 2, 6, 1, say("x"));
    assert_eq!(log.line(&other), denied(Denial::NoMember), "each its own");
}

/// `[RM-14]` `[TX-3]` A rename keeps what is one's own, frees what was, and takes nobody's.
#[test]
fn renames() {
    let mut log = room();
    let mut id = 1;
    let mut rename = |log: &mut Log, to: &str| {
        id += 1;
        let after = log.room.acked(&key(1));
        let made = log.line(&line(key(1), 1, id, after, nick(to)));
        made.event.is_some()
    };
    let free = |log: &Log, wish: &str| {
        let mut log = log.clone();
        log.log_in(&first(guest(9), wish)).event.is_some()
    };
    assert!(!free(&log, "alice") && !free(&log, "ALICE") && free(&log, "allce"));
    assert!(rename(&mut log, "ALICE"), "a new spelling of one's own");
    assert!(rename(&mut log, "ALICE"), "the very same");
    assert!(!free(&log, "alice") && !free(&log, "allce"));
    assert!(rename(&mut log, "carol"));
    assert!(free(&log, "alice") && free(&log, "allce") && !free(&log, "Carol"));
    assert!(!rename(&mut log, "bob"));
    assert_eq!(log.room.member(1).unwrap().name.as_str(), "carol");
    assert!(free(&log, "alice") && !free(&log, "carol"), "as before");
    // The claim has the new name, and the old one is free for good.
    log.leave(key(1), 1);
    assert!(free(&log, "alice") && !free(&log, "carol"));
    assert_eq!(log.enter(&nth(key(1), 2, "alice")), (1, 1));
    assert_eq!(log.room.member(1).unwrap().name.as_str(), "carol");
    // A claim is as good as a member against others.
    log.leave(key(1), 2);
    let made = log.line(&line(guest(2), 2, 1, 0, nick("carol")));
    assert_eq!(made, denied(Denial::Taken));
}

/// `[RM-2]` `[RM-1]` Numbers are dense over whatever the log holds, and the same on every replica.
#[test]
fn numbers_are_dense_and_replicas_equal() {
    let topic = Deed::Topic { topic: None };
    let leave = |session, attempt| {
        Entry::Leave(LeaveEntry {
            session,
            attempt,
            why: None,
        })
    };
    let entries = [
        Entry::Login(first(key(1), "alice")),                    // 1
        Entry::Login(first(key(1), "alice")),                    // twice
        Entry::Login(first(guest(2), "alice")),                  // taken
        Entry::Line(line(key(1), 1, 1, 0, say("a"))),            // 2
        Entry::Line(line(key(1), 1, 1, 0, say("a"))),            // repeat
        Entry::Line(line(key(1), 1, 3, 2, say("c"))),            // orphan
        Entry::Line(line(key(1), 1, 2, 1, reply(Some(9), "b"))), // refused
        Entry::Login(first(guest(3), "bob")),                    // unannounced
        Entry::Line(line(guest(3), 2, 1, 0, topic)),             // 3
        Entry::Settings(Settings::default()),                    // no event
        leave(guest(3), 1),                                      // as it came
        Entry::Line(line(key(1), 1, 4, 1, nick("anna"))),        // 4
        leave(key(1), 7),                                        // of no login
        leave(key(1), 1),                                        // 5
    ];
    let announce_one = |settings: &mut Settings| settings.announce_below = 1;
    let (mut one, mut two) = (Log::with(announce_one), Log::with(announce_one));
    let mut seqs = Vec::new();
    for (entry, at) in entries.iter().zip(1000..) {
        (one.at, two.at) = (at, at);
        let made = one.apply(entry);
        assert_eq!(made, two.apply(entry), "{entry:?}");
        seqs.extend(made.event.map(|event| event.seq()));
        assert_eq!(one.room, two.room);
        assert_eq!(hash_of(&one.room), hash_of(&two.room));
        let differs = Log::with(announce_one).room;
        assert_ne!(one.room, differs);
        assert_ne!(hash_of(&one.room), hash_of(&differs));
    }
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    assert_eq!(one.room.head(), 5);
}
