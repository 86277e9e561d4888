//! What a server may say in the room: events, pages, private messages; and what it may not.

use super::*;
use crate::wire::{Act, Joined, Left, Listed, Members, Modded, Renamed, Told, Who};

fn joined(seq: u64, member: u64, name: &str, members: u64) -> Message {
    Message::Joined(Joined {
        seq,
        at: seq,
        member,
        session: 50,
        id: 0,
        name: name.into(),
        host: None,
        members,
    })
}

fn left(seq: u64, member: u64, members: u64) -> Message {
    Message::Left(Left {
        seq,
        at: seq,
        member,
        session: 50,
        id: 0,
        name: "x".into(),
        host: None,
        members,
        why: None,
    })
}

fn renamed(seq: u64, member: u64, new: &str) -> Message {
    Message::Renamed(Renamed {
        seq,
        at: seq,
        member,
        session: 50,
        id: 1,
        old: "x".into(),
        new: new.into(),
    })
}

fn modded(seq: u64, act: Act, who: u64) -> Message {
    Message::Modded(Modded {
        seq,
        at: seq,
        member: 12,
        session: 50,
        id: 1,
        act,
        who: Some(who),
        secs: None,
        why: None,
    })
}

/// A page of members by number, called m and the number.
fn page(reference: u64, list: &[u64], next: Option<u64>) -> Message {
    let listed = |member: &u64| Listed {
        member: *member,
        name: format!("m{member}"),
        host: None,
        flags: 1,
    };
    Message::Members(Members {
        reference,
        list: list.iter().map(listed).collect(),
        next,
    })
}

/// A client in the room, and the reference of its WHO.
fn asking() -> (Rig, u64) {
    let mut rig = Rig::new(config());
    rig.let_in(Welcome {
        start: 3,
        head: 5,
        ..welcome()
    });
    rig.actions();
    let reference = asked(&mut rig, 0);
    (rig, reference)
}

fn asked(rig: &mut Rig, expected: u64) -> u64 {
    match rig.sent()[..] {
        [Message::Who(Who { reference, from })] if from == expected => reference,
        ref other => panic!("{other:?}"),
    }
}

fn names(rig: &Rig) -> Vec<(u64, String)> {
    let members = rig.client.roster().iter();
    members
        .map(|(n, member)| (n, member.name.clone()))
        .collect()
}

fn members(all: &[(u64, &str)]) -> Vec<(u64, String)> {
    all.iter().map(|(n, name)| (*n, name.to_string())).collect()
}

#[test]
fn pages_are_asked_for_until_the_last() {
    let (mut rig, reference) = asking();
    assert!(!rig.client.roster().is_complete());
    rig.server(&page(reference, &[2, 5], Some(5)));
    assert!(!rig.client.roster().is_complete());
    let reference = asked(&mut rig, 5);
    rig.server(&page(reference, &[12], None));
    assert_eq!(rig.sent(), []);
    assert_eq!(names(&rig), members(&[(2, "m2"), (5, "m5"), (12, "m12")]));
    assert!(rig.client.roster().is_complete());
    assert_eq!(rig.client.roster().count(), 2);
    assert_eq!(rig.client.roster().get(5).unwrap().flags, 1);
}

#[test]
fn events_before_between_and_after_pages() {
    let (mut rig, reference) = asking();
    // Up to the head of the welcome they say nothing new of members or topic.
    rig.server(&joined(4, 77, "old", 77));
    rig.server(&titled(5, "old"));
    assert_eq!(names(&rig), []);
    assert_eq!(rig.client.roster().count(), 2);
    assert_eq!(rig.client.topic(), None);
    // Before the page: the page was made later, and shows it as well.
    rig.server(&joined(6, 3, "carol", 3));
    assert_eq!(names(&rig), members(&[(3, "carol")]));
    rig.server(&page(reference, &[2, 3], Some(3)));
    let reference = asked(&mut rig, 3);
    // Between: one leaves whom the first page has, one comes whom the second page has.
    rig.server(&left(7, 2, 2));
    rig.server(&joined(8, 9, "m9", 3));
    rig.server(&page(reference, &[9, 12], None));
    // After: names, kicks, and events that the page was ahead of.
    rig.server(&renamed(9, 3, "caro"));
    rig.server(&modded(10, Act::Mute, 9));
    rig.server(&modded(11, Act::Kick, 9));
    rig.server(&modded(12, Act::Ban, 9));
    rig.server(&titled(13, "new"));
    assert_eq!(names(&rig), members(&[(3, "caro"), (12, "m12")]));
    assert_eq!(rig.client.roster().count(), 2);
    assert_eq!(rig.client.topic(), Some("new"));
    // Each of them was given to the application all the same.
    assert_eq!(events(&rig.actions()), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

#[test]
fn a_page_replaces_what_it_covers() {
    let (mut rig, reference) = asking();
    rig.server(&page(reference, &[2, 5, 12], None));
    rig.client.receive_eof(rig.now);
    rig.until_connect();
    rig.let_in(Welcome {
        start: 3,
        head: 9,
        ..welcome()
    });
    rig.actions();
    let reference = asked(&mut rig, 0);
    // Known until told otherwise.
    assert_eq!(names(&rig), members(&[(2, "m2"), (5, "m5"), (12, "m12")]));
    rig.server(&page(reference, &[1, 3], Some(3)));
    assert_eq!(
        names(&rig),
        members(&[(1, "m1"), (3, "m3"), (5, "m5"), (12, "m12")])
    );
    let reference = asked(&mut rig, 3);
    rig.server(&page(reference, &[12], None));
    assert_eq!(names(&rig), members(&[(1, "m1"), (3, "m3"), (12, "m12")]));
}

#[test]
fn a_page_of_an_earlier_asking_is_passed_over() {
    let (mut rig, reference) = asking();
    rig.server(&page(reference + 1, &[66], None));
    assert_eq!(names(&rig), []);
    rig.server(&page(reference, &[2], None));
    rig.server(&page(reference, &[66], None));
    assert_eq!(names(&rig), members(&[(2, "m2")]));
}

#[test]
fn the_banned_are_no_part_of_it() {
    let (mut rig, reference) = asking();
    let listed = |member, flags| Listed {
        member,
        name: "x".into(),
        host: None,
        flags,
    };
    rig.server(&Message::Members(Members {
        reference,
        list: vec![listed(4, 17), listed(5, 3)],
        next: None,
    }));
    assert_eq!(names(&rig), members(&[(5, "x")]));
}

#[test]
fn a_page_that_leads_nowhere_is_a_violation() {
    let (mut rig, reference) = asking();
    let actions = rig.hears(&page(reference, &[], Some(0)));
    let violation = Violation::Page { from: 0, next: 0 };
    let reason = EndReason::Violated(violation);
    assert_eq!(actions, [Action::Close, Action::Ended { reason }]);
}

#[test]
fn a_roster_is_bounded() {
    let mut roster = Roster::default();
    // Every other number, so that a page has some that are missing.
    for member in 1..=u64::try_from(MAX_ROSTER).unwrap() {
        roster.joined(2 * member, String::new(), None);
    }
    roster.joined(2, "again".into(), None);
    roster.joined(1, String::new(), None);
    assert_eq!(roster.iter().count(), MAX_ROSTER);
    assert_eq!(roster.get(2).unwrap().name, "again");
    let reference = roster.ask(1).reference;
    let all: Vec<u64> = (1..=256).collect();
    let Message::Members(full) = page(reference, &all, None) else {
        panic!();
    };
    let mut small = roster.clone();
    small.clear();
    small.ask(reference);
    small.page(full.clone()).unwrap();
    assert!(small.is_complete());
    let over = Members {
        next: Some(256),
        ..full
    };
    // Nothing more is asked for where nothing more is held.
    assert_eq!(roster.page(over), Ok(crate::client::roster::Page::Last));
    assert!(!roster.is_complete());
    assert_eq!(roster.iter().count(), MAX_ROSTER);
}

#[test]
fn the_roster_is_told_of_once_after_the_events() {
    let (mut rig, reference) = asking();
    while rig.client.poll().is_some() {}
    let mut bytes = frame(&page(reference, &[2], None));
    bytes.unsplit(frame(&said(4, 9, 1)));
    rig.client.receive(&bytes, rig.now);
    assert!(matches!(rig.client.poll(), Some(Action::Event(_))));
    assert_eq!(rig.client.poll(), Some(Action::Roster));
    assert_eq!(rig.client.poll(), None);
}

fn told(from: u64, to: u64, reference: Option<u64>) -> Told {
    Told {
        from,
        to,
        name: "x".into(),
        text: "psst".into(),
        reference,
    }
}

#[test]
fn private_messages() {
    let mut rig = Rig::live(config());
    let one = rig.client.tell(4, text("psst"), rig.now).unwrap();
    let two = rig.client.tell(4, text("psst"), rig.now).unwrap();
    assert_eq!(rig.sent().len(), 2);
    rig.actions();
    // Theirs.
    let theirs = told(4, 12, None);
    let actions = rig.hears(&Message::Told(theirs.clone()));
    assert_eq!(actions, [Action::Told(theirs)]);
    // Ours, confirmed once.
    let ours = told(12, 4, Some(one));
    let sent = Action::Tell {
        reference: one,
        state: LineState::Sent,
    };
    let actions = rig.hears(&Message::Told(ours.clone()));
    assert_eq!(actions, [sent, Action::Told(ours.clone())]);
    assert_eq!(rig.hears(&Message::Told(ours)), []);
    // Ours, refused.
    let refusal = Message::Error(Refused {
        id: None,
        reference: Some(two),
        code: ErrorCode::Muted,
        text: "muted".into(),
    });
    let failed = Action::Tell {
        reference: two,
        state: refused(),
    };
    assert_eq!(rig.hears(&refusal), [failed]);
    assert_eq!(rig.hears(&refusal), []);
}

#[test]
fn a_private_message_is_never_sent_again() {
    let mut rig = Rig::live(config());
    let one = rig.client.tell(4, text("psst"), rig.now).unwrap();
    rig.sent();
    let two = rig.client.tell(4, text("psst"), rig.now).unwrap();
    rig.actions();
    rig.client.receive_reset(rig.now);
    let states = [(one, LineState::Unknown), (two, not_sent())];
    let expected = states.map(|(reference, state)| Action::Tell { reference, state });
    assert_eq!(rig.actions()[1..3], expected);
    let offline = rig.client.tell(4, text("psst"), rig.now);
    assert_eq!(offline, Err(TellError::NotLive));
    rig.until_connect();
    rig.let_in(welcome());
    assert!(matches!(rig.sent()[..], [Message::Who(_)]));
}

#[test]
fn private_messages_are_bounded() {
    let mut rig = Rig::live(config());
    for _ in 0..MAX_TELLS {
        rig.client.tell(4, text("psst"), rig.now).unwrap();
    }
    rig.sent();
    let more = rig.client.tell(4, text("psst"), rig.now);
    assert_eq!(more, Err(TellError::Full));
}

#[test]
fn a_jump_is_a_violation() {
    let mut rig = Rig::live(config());
    assert_eq!(events(&rig.hears(&said(1, 9, 1))), [1]);
    let actions = rig.hears(&said(3, 9, 2));
    let violation = Violation::Jump { due: 2, came: 3 };
    let reason = EndReason::Violated(violation);
    assert_eq!(actions, [Action::Close, Action::Ended { reason }]);
}

#[test]
fn a_version_that_was_not_offered_is_a_violation() {
    let mut rig = Rig::new(config());
    rig.let_in(Welcome {
        version: 2,
        ..welcome()
    });
    let reason = EndReason::Violated(Violation::Version(2));
    assert_eq!(rig.actions(), [Action::Close, Action::Ended { reason }]);
}

#[test]
fn garbage_ends_it_with_a_stated_reason() {
    let broken: [&[u8]; 4] = [
        b"\x00\x00\x00\x00",
        b"\x00\x01\x00\x01",
        b"\x40\x00\x00\x00",
        b"\x00\x00\x00\x01\xa0",
    ];
    for bytes in broken {
        let mut rig = Rig::live(config());
        rig.client.receive(bytes, rig.now);
        let actions = rig.actions();
        let is_violation = |action: &Action| {
            let Action::Ended { reason } = action else {
                return false;
            };
            matches!(
                reason,
                EndReason::Violated(Violation::Frame(_) | Violation::Decode(_))
            )
        };
        assert!(is_violation(&actions[1]), "{bytes:?}: {actions:?}");
        assert_eq!(rig.client.link.decoder.buffered(), 0);
    }
}

#[test]
fn pings_are_answered_and_answers_are_bounded() {
    let mut rig = Rig::live(config());
    for nonce in 0..40 {
        rig.server(&Message::Ping(crate::wire::Ping { nonce }));
    }
    let pong = |nonce| Message::Pong(crate::wire::Pong { nonce });
    assert_eq!(rig.sent(), (24..40).map(pong).collect::<Vec<_>>());
}
