//! What is for one connection alone: rosters and private texts.

use super::*;

#[test]
fn answers_go_before_the_events_around_them() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.send(
        bob,
        &[
            Message::Who(Who {
                reference: 9,
                from: 0,
            }),
            say(1, 0, "after"),
        ],
    );
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    let heard = rig.heard(bob);
    assert_eq!(
        brief(&heard),
        ["MEMBERS", "SAID 3 bob/1 after", "LEFT 4 alice 1"]
    );
    let Message::Members(page) = &heard[0] else {
        panic!()
    };
    let names: Vec<&str> = page
        .list
        .iter()
        .map(|listed| listed.name.as_str())
        .collect();
    assert_eq!(
        (page.reference, names, page.next),
        (9, vec!["alice", "bob"], None)
    );
}

#[test]
fn pages_of_members() {
    let mut rig = Rig::new();
    let all: Vec<ConnId> = (0..300).map(|n| rig.guest(&format!("m{n:03}"))).collect();
    rig.heard(all[0]);
    let mut from = 0;
    let mut seen = Vec::new();
    for _ in 0..10 {
        rig.send(all[0], &[Message::Who(Who { reference: 1, from })]);
        let Message::Members(page) = &rig.heard(all[0])[0] else {
            panic!()
        };
        assert!(page.list.len() <= PAGE);
        seen.extend(page.list.iter().map(|listed| listed.member));
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(seen, (1..=300).collect::<Vec<u64>>());
}

#[test]
fn a_private_text_reaches_all_devices_of_the_number() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let (one, _) = rig.member("bob", 1, 1);
    let (two, _) = rig.member("bob", 2, 1);
    rig.heard(alice);
    rig.send(
        alice,
        &[Message::Tell(Tell {
            reference: 5,
            to: 2,
            text: "psst".into(),
        })],
    );
    assert_eq!(brief(&rig.heard(alice)), ["TOLD 1->2 psst Some(5)"]);
    assert_eq!(brief(&rig.heard(one)), ["TOLD 1->2 psst None"]);
    assert_eq!(brief(&rig.heard(two)), ["TOLD 1->2 psst None"]);
    let bad = [(7, "x", "no-member"), (2, "\u{0}", "bad-text")];
    for (to, text, code) in bad {
        rig.send(
            alice,
            &[Message::Tell(Tell {
                reference: 6,
                to,
                text: text.into(),
            })],
        );
        assert_eq!(
            brief(&rig.heard(alice)),
            [format!("ERROR None Some(6) {code}")]
        );
    }
    assert_eq!(rig.room().head(), 2, "nothing of it is in the log");
}

#[test]
fn a_tell_passes_to_another_worker_and_is_confirmed() {
    let mut here = Rig::new();
    let mut there = Rig::with(|config| config.node = 1);
    let alice = here.guest("alice");
    let (bob, _) = there.member("bob", 1, 1);
    // Each is told what the other's log holds, as two readers of one log would be.
    let login = there.log[&RoomName::lobby()][1].clone();
    here.land(&RoomName::lobby(), &login, None);
    here.heard(alice);
    here.send(
        alice,
        &[Message::Tell(Tell {
            reference: 3,
            to: 2,
            text: "over there".into(),
        })],
    );
    assert!(
        here.heard(alice).is_empty(),
        "nothing is said before it was queued"
    );
    let mut note = here.passed.pop().unwrap();
    note.told.to = 1; // bob's number in the other room
    there.server.passed(&RoomName::lobby(), &note, there.now);
    there.drain();
    assert_eq!(brief(&there.heard(bob)), ["TOLD 1->1 over there None"]);
    let receipt = there.passed.pop().unwrap();
    here.server.passed(&RoomName::lobby(), &receipt, here.now);
    here.drain();
    assert_eq!(brief(&here.heard(alice)), ["TOLD 1->1 over there Some(3)"]);
}
