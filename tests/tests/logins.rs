//! Sections 6 to 8 of SPEC.md for a few people in one room, as they see it.

use parlance_proto::server::ConnId;
use parlance_proto::wire::{
    ByeCode, Kind, Login, Message, Quit, Resume, Say, SayKind, Welcome, Who, decode,
};
use parlance_tests::requirement;
use parlance_tests::spec;
use parlance_tests::spec::drive::{Room, login};

const BOB: ([u8; 32], [u8; 16]) = ([0x22; 32], [0x33; 16]);
const ALICE: ([u8; 32], [u8; 16]) = ([0x44; 32], [0x55; 16]);

fn say(id: u64, after: u64) -> Message {
    let (kind, re, text) = (SayKind::Say, None, format!("line {id}"));
    Message::Say(Say {
        id,
        after,
        kind,
        re,
        text,
    })
}

fn welcome(messages: &[Message]) -> Welcome {
    match messages.first() {
        Some(Message::Client(welcome)) => welcome.clone(),
        other => panic!("CLIENT, and not {other:?}"),
    }
}

/// Logs in, and gives what was said first.
fn enter(room: &mut Room, name: &Message) -> (ConnId, Vec<Message>) {
    let conn = room.accept();
    room.send(conn, name);
    let heard = room.hear(conn);
    (conn, heard.messages)
}

fn kinds(room: &mut Room, conn: ConnId) -> Vec<Kind> {
    room.hear(conn).messages.iter().map(Message::kind).collect()
}

#[test]
fn a_second_device_is_the_same_member_and_makes_no_event() {
    requirement!("HS-8", "HS-12", "RM-2", "RM-16");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let (tablet, heard) = enter(&mut room, &login("another wish", ALICE.0, [0x66; 16], 1));
    let welcome = welcome(&heard);
    assert_eq!(
        (welcome.you.name.as_str(), welcome.you.member),
        ("alice", 2)
    );
    assert_eq!((welcome.head, welcome.members), (2, 2));
    room.send(alice, &say(1, 0));
    for conn in [alice, tablet] {
        assert_eq!(kinds(&mut room, conn), [Kind::Said]);
    }
}

#[test]
fn a_newer_attempt_replaces_the_older_connection() {
    requirement!("HS-9", "ER-1", "DL-10");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.send(alice, &say(1, 0));
    room.hear(alice);
    let (_, heard) = enter(&mut room, &login("alice", ALICE.0, ALICE.1, 2));
    assert_eq!(welcome(&heard).acked, 1);
    let old = room.hear(alice);
    assert!(
        matches!(&old.messages[..], [Message::Bye(bye)] if bye.code == ByeCode::REPLACED),
        "{old:?}"
    );
    assert!(old.ended);
    room.send(alice, &say(2, 1));
    assert_eq!(room.hear(alice).messages, [], "it is not read further");
}

#[test]
fn a_guest_has_no_name_but_for_his_connection() {
    requirement!("HS-14", "RM-10", "RM-8", "RM-5");
    let Message::Name(name) = decode(spec::golden_named("name-plain").body()).expect("golden")
    else {
        panic!("NAME")
    };
    let guest = |name: Login| {
        Message::Name(Login {
            name: "gast".to_owned(),
            ..name
        })
    };
    for go in [Room::end, Room::reset] {
        let mut room = Room::with_bob();
        let watcher = room.with_alice();
        let (first, heard) = enter(&mut room, &guest(name.clone()));
        let number = welcome(&heard).you.member;
        assert_eq!(kinds(&mut room, watcher), [Kind::Joined]);
        let (_, heard) = enter(&mut room, &guest(name.clone()));
        assert!(
            matches!(&heard[..], [Message::Bye(bye)] if bye.code == ByeCode::TAKEN),
            "{heard:?}"
        );
        go(&mut room, first);
        room.hear(first);
        assert_eq!(
            kinds(&mut room, watcher),
            [Kind::Left],
            "at once, without grace"
        );
        let (_, heard) = enter(&mut room, &guest(name.clone()));
        assert_ne!(welcome(&heard).you.member, number);
    }
}

/// Whether the epoch asked for is the room's, and `since`.
type Cursor = Option<(bool, u64)>;

#[test]
fn a_cursor_is_good_if_the_epoch_is_and_the_head_is_not_below_it() {
    requirement!("HS-18", "HS-6", "DL-2");
    let cases: [(Cursor, u64, u64); 8] = [
        (Some((true, 3)), 50, 3),
        (Some((true, 0)), 50, 0),
        (Some((true, 12)), 0, 12),
        (Some((true, 13)), 4, 8),
        (Some((false, 3)), 4, 8),
        (None, 0, 12),
        (None, 5, 7),
        (None, 5000, 0),
    ];
    for (resume, history, start) in cases {
        let mut room = Room::with_bob();
        let alice = room.with_alice();
        for id in 1..=10 {
            room.send(alice, &say(id, id - 1));
        }
        let (_, heard) = enter(&mut room, &login("bob", BOB.0, BOB.1, 3));
        let epoch = welcome(&heard).epoch;
        let resume = resume.map(|(same, since)| Resume {
            epoch: if same { epoch } else { epoch ^ 1 },
            since,
        });
        let Message::Name(name) = login("bob", BOB.0, BOB.1, 4) else {
            panic!("NAME")
        };
        let (_, heard) = enter(
            &mut room,
            &Message::Name(Login {
                history,
                resume,
                ..name
            }),
        );
        let welcome = welcome(&heard);
        assert_eq!(
            (welcome.start, welcome.head),
            (start, 12),
            "{resume:?} {history}"
        );
        let seqs: Vec<u64> = heard[1..].iter().map(seq).collect();
        assert_eq!(
            seqs,
            (start + 1..=12).collect::<Vec<u64>>(),
            "{resume:?} {history}"
        );
    }
}

fn seq(message: &Message) -> u64 {
    match message {
        Message::Said(said) => said.seq,
        Message::Joined(joined) => joined.seq,
        other => panic!("an event, and not {other:?}"),
    }
}

#[test]
fn nothing_is_shown_before_the_log_has_it_and_then_to_all_the_same() {
    requirement!("DL-1", "DL-3", "DL-6", "RM-6", "RM-7");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let (watcher, _) = enter(&mut room, &login("carol", [0x77; 32], [0x78; 16], 1));
    room.hear(alice);
    room.hold();
    room.send(alice, &say(1, 0));
    room.send(alice, &say(1, 0));
    room.send(alice, &say(2, 1));
    assert_eq!(
        (room.hear(alice).messages, room.hear(watcher).messages),
        (vec![], vec![])
    );
    room.release();
    let own = room.hear(alice).messages;
    assert_eq!(own, room.hear(watcher).messages);
    let ids: Vec<(u64, String)> = own.iter().map(id_and_name).collect();
    assert_eq!(ids, [(1, "alice".to_owned()), (2, "alice".to_owned())]);
}

fn id_and_name(message: &Message) -> (u64, String) {
    match message {
        Message::Said(said) => (said.id, said.name.clone()),
        other => panic!("SAID, and not {other:?}"),
    }
}

#[test]
fn a_roster_is_asked_for_by_number() {
    requirement!("RM-12");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let cases: [(u64, &[u64]); 4] = [(0, &[1, 2]), (1, &[2]), (2, &[]), (99, &[])];
    for (from, want) in cases {
        room.send(alice, &Message::Who(Who { reference: 9, from }));
        let heard = room.hear(alice).messages;
        let [Message::Members(page)] = &heard[..] else {
            panic!("MEMBERS, and not {heard:?}")
        };
        let members: Vec<u64> = page.list.iter().map(|listed| listed.member).collect();
        assert_eq!(
            (page.reference, &members[..], page.next),
            (9, want, None),
            "from {from}"
        );
    }
}

#[test]
fn what_the_end_of_the_stream_cuts_off_is_dropped() {
    requirement!("FR-12", "ER-5");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let (watcher, _) = enter(&mut room, &login("carol", [0x77; 32], [0x78; 16], 1));
    room.hear(alice);
    let frame = spec::golden_named("say-first").frame;
    room.receive(alice, &[&frame[..], &frame[..frame.len() - 1]].concat());
    room.end(alice);
    let heard = room.hear(alice);
    assert_eq!(
        heard.messages.iter().map(Message::kind).collect::<Vec<_>>(),
        [Kind::Said]
    );
    assert!(heard.ended);
    assert_eq!(
        kinds(&mut room, watcher),
        [Kind::Said],
        "and no leave: she is in grace"
    );
}

#[test]
fn quitting_is_leaving_at_once() {
    requirement!("ER-4", "RM-9", "RM-10");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let (tablet, _) = enter(&mut room, &login("alice", ALICE.0, [0x66; 16], 1));
    let (watcher, _) = enter(&mut room, &login("carol", [0x77; 32], [0x78; 16], 1));
    room.send(alice, &Message::Quit(Quit { why: None }));
    assert_eq!(kinds(&mut room, watcher), [], "her tablet is still there");
    room.send(
        tablet,
        &Message::Quit(Quit {
            why: Some("lunch".to_owned()),
        }),
    );
    let heard = room.hear(watcher).messages;
    assert!(
        matches!(&heard[..], [Message::Left(left)] if left.why.as_deref() == Some("lunch")),
        "{heard:?}"
    );
}
