//! What brought the seed's server down, done to ours: COMPAT's faults, row by row. docs/SEED.md names these tests.

use std::time::Duration;

use parlance_proto::close::{CloseReason, Full, Refusal};
use parlance_proto::legacy::{Kind, Width};
use parlance_proto::server::{Admission, Verdict};
use parlance_proto::wire::Message;
use parlance_tests::requirement;
use parlance_tests::rig::{Room, guest, say};

use crate::rig::{Member, fixture, near, room, room_with, unhex};

fn lines(room: &mut Room, member: &Member) -> Vec<String> {
    member.hear(room)
}

/// [L4] [L8] [L10] [X10] Silent peers, half headers, half bodies: nobody waits for them.
#[test]
fn nobody_waits_for_one_who_is_silent_or_slow() {
    requirement!("LG-2");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let login = alice.frame("NAME: slow");
    let mut idle = Vec::new();
    for cut in [0, 1, 4, 5, 7, 8, 12, login.len() - 1] {
        let conn = room.accept_from(near());
        room.receive(conn, &login[..cut]);
        idle.push(conn);
    }
    let bob = Member::wide(&mut room, "bob");
    bob.say(&mut room, "still here");
    assert_eq!(
        lines(&mut room, &alice),
        [
            "\n(新客户端连接: (2) from bob@127.0.0.1)",
            "\n#[bob@127.0.0.1]>>still here"
        ]
    );
    room.pass(Duration::from_secs(13));
    for conn in idle {
        room.take(conn);
        bob.hear(&mut room);
        room.pass(Duration::from_secs(3));
        let gone = room.closed().iter().find(|(closed, _)| *closed == conn);
        assert_eq!(gone.map(|(_, why)| why), Some(&CloseReason::Handshake));
    }
    // A member that begins a frame and stops: ten seconds, and its leave is told. [L9] [L21]
    let text = bob.frame("never whole");
    room.receive(bob.conn, &text[..text.len() - 3]);
    room.pass(Duration::from_secs(9));
    assert!(lines(&mut room, &alice).is_empty());
    room.pass(Duration::from_secs(2));
    assert!(bob.hear_all(&mut room).1);
    assert_eq!(lines(&mut room, &alice), ["\n(客户端离开: bob@127.0.0.1)"]);
    // Silence between frames is nobody's fault: there is no ping on this wire.
    room.pass(Duration::from_secs(3_600));
    alice.say(&mut room, "awake");
    assert!(lines(&mut room, &alice).is_empty());
}

/// [L8] One byte at a time, and many frames at once.
#[test]
fn a_stream_may_come_in_any_pieces() {
    requirement!("LG-2");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let bob = Member::connect(&mut room, Width::Narrow, Kind::Unicode);
    let all = ["NAME: bob", "one", "two", "three"]
        .map(|text| bob.frame(text))
        .concat();
    for byte in all {
        room.receive(bob.conn, &[byte]);
    }
    let carol = Member::connect(&mut room, Width::Wide, Kind::Str);
    let all = ["NAME: carol", "four", "five"]
        .map(|text| carol.frame(text))
        .concat();
    room.receive(carol.conn, &all);
    let heard = lines(&mut room, &alice);
    let said: Vec<&str> = heard
        .iter()
        .filter_map(|line| line.split(">>").nth(1))
        .collect();
    assert_eq!(said, ["one", "two", "three", "four", "five"]);
}

/// [L5] [L9] [X1] [X2] [X3] [X4] Garbage, other shapes, wrong lengths: their sender alone is gone.
#[test]
fn what_is_no_text_ends_its_sender_alone() {
    requirement!("LG-3", "LG-8");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let rejected = fixture("vectors.tsv");
    let mut bad: Vec<Vec<u8>> = Vec::new();
    for line in rejected.lines().filter(|line| line.starts_with("reject")) {
        let body = unhex(line.rsplit('\t').next().expect("a body"));
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        bad.push([&length[..], &[0; 4], &body].concat());
    }
    for length in [0_u32, 65_601, 1 << 31, u32::MAX] {
        bad.push([&length.to_be_bytes()[..], &[0; 4], b"(S'a'\np1\nt."].concat());
    }
    bad.push(
        [
            &24_u32.to_be_bytes()[..],
            &[0, 0, 0, 1],
            b"(S'NAME: eve'\np1\ntp2\n.",
        ]
        .concat(),
    );
    assert!(bad.len() > 60);
    for (n, bytes) in bad.iter().enumerate() {
        // Before a login: a welcome, a reason, the end; and nobody hears of it.
        let conn = room.accept_from(near());
        room.receive(conn, bytes);
        let (heard, ended) = room.take(conn);
        assert!(ended && heard.len() > 40, "{n}");
        assert!(lines(&mut room, &alice).is_empty(), "{n}");
        // From a member: a reason, the end, and a leave.
        let eve = Member::wide(&mut room, "eve");
        room.receive(eve.conn, bytes);
        let (heard, ended) = eve.hear_all(&mut room);
        assert!(
            ended && heard.len() == 1 && heard[0].starts_with("\n("),
            "{n}: {heard:?}"
        );
        let told = lines(&mut room, &alice);
        assert_eq!(told.len(), 2, "{n}: {told:?}");
        assert_eq!(told[1], "\n(客户端离开: eve@127.0.0.1)");
    }
    // The end of a stream inside a frame is a leave too, and so is a reset.
    for reset in [false, true] {
        let eve = Member::wide(&mut room, "eve");
        let frame = eve.frame("half");
        room.receive(eve.conn, &frame[..10]);
        if reset {
            room.reset(eve.conn);
        } else {
            room.end(eve.conn);
        }
        let told = lines(&mut room, &alice);
        assert_eq!(
            told.last().map(String::as_str),
            Some("\n(客户端离开: eve@127.0.0.1)")
        );
    }
}

/// [L7] [L11] [L12] Four stopped at once: each leaves once, and the count is right.
#[test]
fn four_stopped_at_once_leave_once_each() {
    requirement!("LG-7");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let four = ["a", "b", "c", "d"].map(|name| Member::wide(&mut room, name));
    for member in &four {
        member.say(&mut room, "last words");
    }
    lines(&mut room, &alice);
    for (n, member) in four.iter().enumerate() {
        if n % 2 == 0 {
            room.reset(member.conn);
        } else {
            room.end(member.conn);
        }
    }
    let leave = |name| format!("\n(客户端离开: {name}@127.0.0.1)");
    assert_eq!(lines(&mut room, &alice), ["a", "b", "c", "d"].map(leave));
    Member::wide(&mut room, "late");
    assert_eq!(
        lines(&mut room, &alice),
        ["\n(新客户端连接: (2) from late@127.0.0.1)"]
    );
}

/// [L13] [L23] A hearer that never reads is closed, and held nobody up: it has a cursor and no queue.
#[test]
fn a_hearer_that_never_reads_is_let_go() {
    requirement!("LG-9");
    let mut room = room_with(|config| config.limits.rate = None);
    let deaf = Member::wide(&mut room, "deaf");
    let alice = Member::wide(&mut room, "alice");
    let bob = Member::wide(&mut room, "bob");
    for n in 0..500 {
        alice.say(&mut room, &format!("{n} {}", "x".repeat(1_000)));
        assert!(bob.hear(&mut room).len() <= 2);
        alice.hear(&mut room);
        room.pass(Duration::from_millis(5));
    }
    assert_eq!(room.server().held_by(deaf.conn), 0);
    room.pass(Duration::from_secs(40));
    room.take(deaf.conn);
    room.pass(Duration::from_secs(3));
    let gone = room.closed().iter().find(|(conn, _)| *conn == deaf.conn);
    assert_eq!(gone.map(|(_, why)| why), Some(&CloseReason::Stalled));
    assert_eq!(bob.hear(&mut room), ["\n(客户端离开: deaf@127.0.0.1)"]);
}

/// [L20] A server that ends says so.
#[test]
fn a_server_that_ends_says_so() {
    requirement!("LG-8");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let unknown = room.accept_from(near());
    room.shut_down(Some(1));
    assert_eq!(
        alice.hear_all(&mut room),
        (vec!["\n(关闭服务器...)".to_owned()], true)
    );
    assert!(room.take(unknown).1);
}

/// [X8] The same rates hold: what comes too fast waits, and is not lost.
#[test]
fn who_sends_too_fast_waits_and_loses_nothing() {
    requirement!("LG-9");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let bob = Member::wide(&mut room, "bob");
    let flood: Vec<u8> = (0..500).flat_map(|n| alice.frame(&n.to_string())).collect();
    room.receive(alice.conn, &flood);
    assert!(!room.wants_read(alice.conn));
    let mut heard = Vec::new();
    for _ in 0..100 {
        room.pass(Duration::from_millis(100));
        heard.extend(bob.hear(&mut room));
    }
    let expected: Vec<String> = (0..500)
        .map(|n| format!("\n#[alice@127.0.0.1]>>{n}"))
        .collect();
    assert_eq!(heard, expected);
}

/// [X6] What a terminal would obey is refused, and its sender is told; [L32] nobody can end another's session.
#[test]
fn controls_are_refused_with_a_word_and_the_sender_stays() {
    requirement!("LG-4");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    let bob = Member::wide(&mut room, "bob");
    alice.hear(&mut room);
    for (text, what) in [
        ("x\u{1b}[31m", "U+001B"),
        ("a\u{7}", "U+0007"),
        ("a\u{9b}", "U+009B"),
    ] {
        alice.say(&mut room, text);
        let told = alice.hear(&mut room);
        assert!(told.len() == 1 && told[0].contains(what), "{told:?}");
    }
    alice.say(&mut room, "and on");
    assert_eq!(bob.hear(&mut room), ["\n#[alice@127.0.0.1]>>and on"]);
}

/// Turned away at the door, in the words of whoever stands there; and one who never says a word is told natively.
#[test]
fn the_door_turns_away_in_the_words_of_who_comes() {
    requirement!("LG-8");
    let mut room = room();
    let full = || Refusal::Full(Full::Server);
    let conn = room.refuse(full());
    let member = Member {
        conn,
        width: Width::Wide,
        kind: Kind::Unicode,
    };
    assert_eq!(room.take(conn), (vec![], false));
    member.say(&mut room, "NAME: late");
    let (heard, ended) = member.hear_all(&mut room);
    assert!(
        ended && heard.len() == 2 && heard[1].contains("full"),
        "{heard:?}"
    );
    let native = room.refuse(full());
    room.send(native, &guest("late"));
    assert!(matches!(room.heard(native)[..], [Message::Bye(_)]));
    let silent = room.refuse(full());
    room.pass(Duration::from_secs(3));
    assert!(matches!(room.heard(silent)[..], [Message::Bye(_)]));
    for conn in [conn, native, silent] {
        room.end(conn);
        let gone = room.closed().iter().find(|(closed, _)| *closed == conn);
        assert_eq!(
            gone.map(|(_, why)| why),
            Some(&CloseReason::Refused(full()))
        );
    }
}

/// Where one comes in by invitation, the seed's clients have none to show.
#[test]
fn where_one_comes_in_by_invitation_it_is_said_politely() {
    requirement!("LG-8");
    let mut room = room_with(|config| config.admission = Admission::Asked);
    let member = Member::connect(&mut room, Width::Wide, Kind::Str);
    member.say(&mut room, "NAME: eve");
    room.admit(Verdict::Refused);
    let (heard, ended) = member.hear_all(&mut room);
    assert!(
        ended && heard.len() == 2 && heard[1].contains("invitation"),
        "{heard:?}"
    );
}

/// With the seed's wire taken or not, native bytes have the same answers, cut wherever they are; and where it is not
/// taken, the seed's bytes are as malformed as ever.
#[test]
fn the_native_wire_is_the_same_with_it_and_without() {
    requirement!("LG-1");
    let mut frames = bytes::BytesMut::new();
    for message in [
        guest("alice"),
        say(1, 0, "hi"),
        say(2, 1, "a\u{7}"),
        guest("again"),
    ] {
        parlance_proto::wire::encode_frame(&message, &mut frames).expect("in its limits");
    }
    let streams: Vec<Vec<u8>> = vec![
        frames.to_vec(),
        vec![0, 0, 0, 1, 0x89],
        vec![0, 0, 0, 3, 0x83, 1, 2],
        vec![0, 0, 0, 0, 0x89],
        vec![0, 1, 0, 0, 0x89],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ];
    for stream in &streams {
        for cut in 0..=stream.len() {
            let answers = [false, true].map(|taken| {
                let mut room = if taken {
                    crate::rig::room()
                } else {
                    Room::default()
                };
                let conn = room.accept();
                room.receive(conn, &stream[..cut]);
                room.receive(conn, &stream[cut..]);
                room.take(conn)
            });
            assert_eq!(answers[0], answers[1], "{stream:?} at {cut}");
        }
    }
    let mut room = Room::default();
    let conn = room.accept();
    room.receive(conn, &crate::rig::capture("01_login_alice_c2s"));
    assert!(matches!(room.heard(conn)[..], [Message::Bye(_)]));
}

/// [L3] Where there is nothing to do, nothing is done: no deadline, no write, no wake.
#[test]
fn an_idle_seed_member_costs_no_time() {
    requirement!("LG-9");
    let mut room = room();
    let alice = Member::wide(&mut room, "alice");
    assert!(alice.hear(&mut room).is_empty());
    // The login's deadline may still wake it once, for nothing.
    room.pass(Duration::from_secs(10));
    assert_eq!(room.server().poll_timeout(), None);
    room.pass(Duration::from_secs(86_400));
    assert_eq!(room.take(alice.conn), (vec![], false));
    assert_eq!(room.server().held_by(alice.conn), 0);
}
