//! Section 6 of SPEC.md: who one is, how long one may take to say so, and how a client counts its connections.

use std::time::Duration;

use parlance_proto::client::{Action, LineState, LostWhy, RestartWhy};
use parlance_proto::room::{Entry, KeyHash, Owner};
use parlance_proto::wire::{
    Bye, ByeCode, Identity, Joined, Message, Quit, Resume, Say, SayKind, Welcome,
};
use parlance_tests::requirement;
use parlance_tests::rig::{Bench, Room, brief, guest, login, nick, said, settled, welcome};

const MS: Duration = Duration::from_millis(1);
const NONE: [&str; 0] = [];

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn frame(message: &Message) -> bytes::BytesMut {
    let mut frame = bytes::BytesMut::new();
    parlance_proto::wire::encode_frame(message, &mut frame).expect("within its limits");
    frame
}

#[test]
fn a_name_has_ten_seconds_from_the_accept_however_it_trickles() {
    requirement!("HS-5");
    let name = frame(&login("alice", [1; 32], [1; 16], 1));
    // Nothing; a byte a second; all but the last byte at the last moment.
    let trickles: [&[usize]; 3] = [&[], &[1; 9], &[0, 0, 0, 0, 0, 0, 0, 0, name.len() - 1]];
    for trickle in trickles {
        let mut room = Room::default();
        let conn = room.accept();
        let mut sent = 0;
        for n in 0..9 {
            room.pass(secs(1));
            let count = trickle.get(n).copied().unwrap_or(0);
            room.receive(conn, &name[sent..sent + count]);
            sent += count;
        }
        room.pass(secs(1) - MS);
        assert_eq!(brief(&room.heard(conn)), NONE, "{trickle:?}");
        room.pass(MS);
        let heard = room.hear(conn);
        assert_eq!(brief(&heard.messages), ["BYE timeout None"], "{trickle:?}");
        assert!(heard.ended);
    }
    let mut room = Room::default();
    let conn = room.accept();
    room.receive(conn, &name[..name.len() - 1]);
    room.pass(secs(10) - MS);
    room.receive(conn, &name[name.len() - 1..]);
    room.pass(secs(5));
    assert_eq!(brief(&room.heard(conn)), ["CLIENT 1..1 acked 0"]);
}

#[test]
fn a_name_is_taken_as_long_as_somebody_is_here_or_has_a_claim() {
    requirement!("HS-13");
    // With whom the name is: in the room, away, gone with a claim; a guest's is free when he is gone.
    let takes =
        |room: &Room, name: &str| brief(&room.clone().enter(&guest(name)).1)[0] == "BYE taken None";
    let mut room = Room::default();
    let keyed = room.log_in(&login("alice", [1; 32], [1; 16], 1));
    let gast = room.guest("gast");
    for name in ["alice", "ALICE", "\u{430}lice", "gast"] {
        assert!(takes(&room, name), "{name} is here");
    }
    assert!(!takes(&room, "alicia"));
    room.reset(keyed);
    room.reset(gast);
    assert!(takes(&room, "alice") && !takes(&room, "gast"));
    room.pass(secs(30));
    assert_eq!(room.fold().count(), 0);
    assert!(takes(&room, "alice"), "she has a claim");
    // A name that was given up is free, and the new one is claimed.
    let keyed = room.log_in(&login("alice", [1; 32], [1; 16], 2));
    room.send(keyed, &nick(1, 0, "alicia"));
    room.send(keyed, &Message::Quit(Quit { why: None }));
    assert!(takes(&room, "alicia") && !takes(&room, "alice"));
}

#[test]
fn a_server_keeps_a_hash_of_a_key_and_no_key() {
    requirement!("HS-16");
    let mut room = Room::default();
    let identity = Identity {
        key: [0; 32],
        session: [0xb8; 16],
        attempt: 1,
    };
    room.log_in(&login("zero", identity.key, identity.session, 1));
    // SHA-256 of 32 bytes of 0.
    let hash = [
        0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd, 0x77, 0x6c, 0x8f, 0xc1, 0x8b, 0x8e, 0x9f, 0x8e,
        0x20, 0x08, 0x97, 0x14, 0x85, 0x6e, 0xe2, 0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d, 0x0d, 0x5f,
        0x29, 0x25,
    ];
    let owners = room.log().iter().filter_map(|logged| match &*logged.entry {
        Entry::Login(login) => Some(login.session.owner),
        _ => None,
    });
    let owners: Vec<Owner> = owners.collect();
    assert_eq!(owners, [Owner::Key(KeyHash::from_bytes(hash))]);
    // Nor is it anywhere in the machine, nor in what it tells, nor in how a NAME would be logged.
    let name = login("alice", [0xa7; 32], [0xb8; 16], 1);
    let (conn, heard) = room.enter(&name);
    let watcher = room.guest("watcher");
    room.send(conn, &Message::Quit(Quit { why: None }));
    let told = (heard, room.heard(conn), room.heard(watcher));
    for shown in [
        format!("{:?}", room.server()),
        format!("{:?}", room.log()),
        format!("{:?} {:?}", room.reports(), room.closed()),
        format!("{told:?}"),
        format!("{name:?}"),
    ] {
        for key in ["167, 167, 167", "a7a7a7", "A7A7A7"] {
            assert!(!shown.contains(key), "{shown}");
        }
    }
    assert!(
        format!("{name:?}").contains("184, 184"),
        "so would a key be seen"
    );
}

/// The identity that the next `NAME` bears.
fn identity(bench: &mut Bench) -> Identity {
    bench.greet().identity.expect("a key")
}

#[test]
fn each_connection_of_a_session_has_the_next_attempt() {
    requirement!("HS-17");
    let mut bench = Bench::new(true);
    let first = identity(&mut bench);
    assert_eq!(first.attempt, 1);
    // Let in, not let in, refused for now; a link that did not open was no connection.
    bench.hears(&Message::Client(welcome()));
    for attempt in 2..=6 {
        bench.lose();
        bench.until_connect();
        if attempt % 2 == 0 {
            bench.fail_to_connect();
            bench.until_connect();
        }
        let next = identity(&mut bench);
        assert_eq!((next.attempt, next.session), (attempt, first.session));
    }
    // Another running client has another session, though it has the same key.
    let other = identity(&mut Bench::with(2, true, |_| {}));
    assert_eq!(other.key, first.key);
    assert_ne!(other.session, first.session);
}

fn joined(seq: u64, member: u64) -> Message {
    Message::Joined(Joined {
        seq,
        at: 0,
        member,
        session: 90,
        id: 0,
        name: "eve".to_owned(),
        host: None,
        members: 3,
    })
}

#[test]
fn a_cursor_that_the_room_does_not_take_is_dropped_and_the_person_told() {
    requirement!("HS-19");
    // The room that is come back to: its epoch and start, where 99 and 1 were left.
    for (epoch, start, why) in [
        (99, 1, None),
        (99, 2, Some(RestartWhy::Cursor)),
        (99, 0, Some(RestartWhy::Cursor)),
        (100, 1, Some(RestartWhy::Epoch)),
        (100, 7, Some(RestartWhy::Epoch)),
    ] {
        let mut bench = Bench::live(true);
        bench.hears(&joined(1, 5));
        bench.lose();
        bench.until_connect();
        let (login, actions) = bench.let_in(Welcome {
            epoch,
            start,
            head: 7,
            ..welcome()
        });
        let resume = Some(Resume {
            epoch: 99,
            since: 1,
        });
        assert_eq!(login.resume, resume);
        let told = actions.iter().find_map(|action| match action {
            Action::Restarted { why } => Some(*why),
            _ => None,
        });
        let what = format!("epoch {epoch}, start {start}");
        assert_eq!(told, why, "{what}");
        assert_eq!(
            bench.client().roster().get(5).is_none(),
            why.is_some(),
            "{what}"
        );
        assert_eq!(
            (bench.client().epoch(), bench.client().cursor()),
            (epoch, start)
        );
        let next = bench.hears(&said(start + 1, 90, 1));
        assert!(matches!(next[..], [Action::Event(_)]), "{what}: {next:?}");
    }
}

#[test]
fn whichever_epoch_is_another_only_if_one_was_remembered() {
    requirement!("HS-19");
    for (epoch, told) in [(0, false), (99, false), (98, true)] {
        let mut bench = Bench::with(1, true, |config| {
            config.resume = Some(Resume { epoch, since: 3 });
        });
        let (_, actions) = bench.let_in(Welcome {
            start: 3,
            head: 7,
            ..welcome()
        });
        let restarted = actions
            .iter()
            .any(|action| matches!(action, Action::Restarted { .. }));
        assert_eq!(restarted, told, "{epoch}");
    }
}

#[test]
fn a_session_that_is_no_more_ones_own_is_exchanged_for_a_fresh_one() {
    requirement!("HS-21");
    // Two lines are written; `BYE session`, or `acked` above, at and below the newest of them.
    for (acked, fresh) in [
        (None, true),
        (Some(3), true),
        (Some(2), false),
        (Some(1), false),
    ] {
        let mut bench = Bench::live(true);
        bench.say("a");
        bench.say("b");
        bench.sent();
        bench.lose();
        bench.say("c");
        bench.until_connect();
        let old = identity(&mut bench);
        let actions = bench.hears(&match acked {
            None => Message::Bye(Bye {
                code: ByeCode::SESSION,
                text: String::new(),
                retry: None,
            }),
            Some(acked) => Message::Client(Welcome { acked, ..welcome() }),
        });
        let lost = actions.iter().find_map(|action| match action {
            Action::Lost { why, .. } => Some(why.clone()),
            _ => None,
        });
        assert_eq!(lost.is_some(), fresh, "acked {acked:?}: {actions:?}");
        if !fresh {
            continue;
        }
        if acked.is_some() {
            assert_eq!(lost, Some(LostWhy::ForeignSession));
        }
        assert!(
            settled(&actions)
                .iter()
                .all(|(_, state)| *state != LineState::Sent)
        );
        bench.until_connect();
        let new = identity(&mut bench);
        assert_eq!((new.key, new.attempt), (old.key, 1));
        assert_ne!(new.session, old.session);
        bench.hears(&Message::Client(welcome()));
        let line = Say {
            id: 1,
            after: 0,
            kind: SayKind::Say,
            re: None,
            text: "c".to_owned(),
        };
        assert_eq!(bench.lines(), [Message::Say(line)], "ids from 1");
    }
}
