//! A client that moderates: its requests are lines like any other.

use super::*;
use crate::room::Moderating;
use crate::text::Why;
use crate::wire::{Act, Listed, Members, Mod, Modded, UINT_END, Who};

fn asked(act: Act, who: Option<u64>, secs: Option<u64>) -> Moderating {
    Moderating {
        act,
        who,
        secs,
        why: Some(Why::parse("spam").unwrap()),
    }
}

#[test]
fn an_act_is_a_line_of_the_chain() {
    let mut rig = Rig::live(config());
    rig.say("one");
    rig.client
        .moderate(asked(Act::Mute, Some(4), Some(600)), rig.now)
        .unwrap();
    let want = Message::Mod(Mod {
        id: 2,
        after: 1,
        act: Act::Mute,
        who: Some(4),
        secs: Some(600),
        why: Some("spam".into()),
    });
    assert_eq!(rig.sent().pop(), Some(want));
    assert_eq!(rig.pending(), [1, 2]);
    // It is settled by its event, as a line is, and refused as one.
    rig.client
        .moderate(asked(Act::Kick, Some(9), None), rig.now)
        .unwrap();
    rig.sent();
    let refused = Message::Error(Refused {
        id: Some(3),
        reference: None,
        code: ErrorCode::NotAllowed,
        text: "you may not do that".into(),
    });
    let actions = rig.hears(&refused);
    let [(3, LineState::Failed(failure))] = &changes(&actions)[..] else {
        panic!("{actions:?}")
    };
    let Failure::Refused { code, .. } = failure else {
        panic!("{failure:?}")
    };
    assert_eq!(*code, ErrorCode::NotAllowed);
    assert_eq!(rig.pending(), [1, 2]);
}

#[test]
fn numbers_that_the_wire_has_not_are_refused() {
    let mut rig = Rig::live(config());
    for (who, secs) in [(Some(UINT_END), None), (Some(1), Some(UINT_END))] {
        let refused = rig.client.moderate(asked(Act::Mute, who, secs), rig.now);
        assert_eq!(refused, Err(SayError::OutOfRange));
    }
    let largest = Some(UINT_END - 1);
    assert!(
        rig.client
            .moderate(asked(Act::Mute, largest, largest), rig.now)
            .is_ok()
    );
}

/// An event of moderation, by member 40.
fn modded(seq: u64, act: Act, who: u64) -> Message {
    Message::Modded(Modded {
        seq,
        at: seq,
        member: 40,
        session: 50,
        id: seq,
        act,
        who: Some(who),
        secs: None,
        why: None,
    })
}

fn listed(member: u64, flags: u64) -> Listed {
    Listed {
        member,
        name: format!("m{member}"),
        host: None,
        flags,
    }
}

/// A client in the room that was told of these.
fn told(list: Vec<Listed>) -> Rig {
    let mut rig = Rig::new(config());
    rig.let_in(welcome());
    let reference = who(&mut rig);
    rig.server(&page(reference, list));
    rig.actions();
    rig
}

fn page(reference: u64, list: Vec<Listed>) -> Message {
    Message::Members(Members {
        reference,
        list,
        next: None,
    })
}

/// The reference of the WHO that was sent.
fn who(rig: &mut Rig) -> u64 {
    match rig.sent().pop() {
        Some(Message::Who(Who { reference, .. })) => reference,
        other => panic!("{other:?}"),
    }
}

fn flags(rig: &Rig, member: u64) -> u64 {
    rig.client.roster().get(member).unwrap().flags
}

fn kept_out(rig: &Rig) -> Vec<(u64, String)> {
    let all = rig.client.roster().kept_out();
    all.map(|(number, name)| (number, name.into())).collect()
}

#[test]
fn marks_follow_what_is_done() {
    let (op, muted) = (Listed::OPERATOR, Listed::MUTED);
    let mut rig = told(vec![listed(4, 1), listed(5, 1)]);
    for (act, want) in [
        (Act::Mute, 1 | muted),
        (Act::Unmute, 1),
        (Act::Mute, 1 | muted),
        (Act::Op, 1 | op),
        (Act::Deop, 1),
    ] {
        let seq = rig.client.head() + 1;
        rig.server(&modded(seq, act, 4));
        assert_eq!(flags(&rig, 4), want, "{act:?}");
        assert!(rig.actions().contains(&Action::Roster));
    }
    assert_eq!(flags(&rig, 5), 1);
}

#[test]
fn who_is_kept_out_is_known_and_no_member() {
    let mut rig = told(vec![listed(4, 1), listed(5, Listed::BANNED), listed(6, 1)]);
    let out = |all: &[u64]| {
        all.iter()
            .map(|n| (*n, format!("m{n}")))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept_out(&rig), out(&[5]));
    rig.server(&modded(4, Act::Ban, 4));
    rig.server(&modded(5, Act::Kick, 6));
    assert_eq!(kept_out(&rig), out(&[4, 5]));
    assert_eq!(rig.client.roster().iter().count(), 0);
    rig.server(&modded(6, Act::Unban, 5));
    assert_eq!(kept_out(&rig), out(&[4]));
    // A page is the newer truth of what it covers.
    assert!(rig.client.refresh_roster(rig.now));
    let reference = who(&mut rig);
    assert!(!rig.client.roster().is_complete());
    rig.server(&page(reference, vec![listed(7, Listed::BANNED)]));
    assert!(rig.client.roster().is_complete());
    assert_eq!(kept_out(&rig), out(&[7]));
}

#[test]
fn without_a_link_there_is_nobody_to_ask() {
    let mut rig = Rig::new(config());
    assert!(!rig.client.refresh_roster(rig.now));
    rig.client.connected(rig.now);
    assert!(!rig.client.refresh_roster(rig.now), "not let in yet");
}
