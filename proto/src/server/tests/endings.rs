//! How connections end.

use super::*;

fn ended(rig: &mut Rig, conn: ConnId) -> Vec<Transmit> {
    let mut all = Vec::new();
    while let Some(transmit) = rig.server.poll_transmit(conn, rig.now) {
        all.push(transmit);
    }
    rig.drain();
    all
}

#[test]
fn last_words_then_half_close_then_closed() {
    let mut rig = Rig::new();
    let conn = rig.connect();
    rig.send(conn, &[say(1, 0, "before NAME")]);
    let out = ended(&mut rig, conn);
    assert_eq!(out.len(), 2);
    assert_eq!(out[1], Transmit::Shutdown);
    let Transmit::Data(bytes) = &out[0] else {
        panic!()
    };
    assert_eq!(brief(&rig.decode(conn, bytes)), ["BYE unexpected None"]);
    rig.send(conn, &[login("alice", None)]);
    assert!(
        rig.closed.is_empty() && rig.server.wants_read(conn),
        "the rest is thrown away"
    );
    rig.server.receive_eof(conn, rig.now);
    rig.drain();
    assert_eq!(rig.closed.len(), 1);
    assert!(rig.server.poll().is_none());
    assert_eq!(rig.server.connections(), 0);
    assert_eq!(rig.server.poll_timeout(), None);
}

#[test]
fn a_peer_that_never_ends_its_stream_is_let_go() {
    let mut rig = Rig::new();
    let conn = rig.connect();
    rig.raw(conn, &[0, 0, 0, 0]);
    ended(&mut rig, conn);
    assert_eq!(rig.server.poll_timeout().unwrap().reason, Reason::Linger);
    rig.pass(secs(2));
    assert_eq!(rig.closed.len(), 1);
}

#[test]
fn bytes_of_other_protocols_end_at_the_fourth() {
    for hello in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"SSH-2.0-x",
        &[0x16, 3, 1, 2],
        &[0xff; 4],
        &[0, 0, 4, 1],
    ] {
        let mut rig = Rig::new();
        let conn = rig.connect();
        rig.raw(conn, &hello[..3]);
        assert!(rig.heard(conn).is_empty());
        rig.raw(conn, &hello[3..]);
        assert_eq!(brief(&rig.heard(conn)), ["BYE too-big None"]);
    }
}

#[test]
fn limits_before_and_after_login() {
    let mut rig = Rig::new();
    let conn = rig.connect();
    rig.raw(conn, &[0, 0, 4, 0]);
    assert!(rig.heard(conn).is_empty(), "1,024 is the limit");
    let alice = rig.guest("alice");
    rig.raw(alice, &[0, 0, 0x50, 0]);
    assert!(rig.heard(alice).is_empty(), "20,480 is the limit");
    let bob = rig.guest("bob");
    rig.raw(bob, &[0, 0, 0x50, 1]);
    assert_eq!(brief(&rig.heard(bob)), ["BYE too-big None"]);
}

#[test]
fn garbage_of_a_member_is_his_end_and_nobody_elses() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (alice, _) = rig.member("alice", 1, 1);
    rig.heard(bob);
    rig.raw(alice, &[0, 0, 0, 1, 0xff]);
    assert_eq!(brief(&rig.heard(alice)), ["BYE malformed None"]);
    rig.send(bob, &[say(1, 0, "fine")]);
    assert_eq!(brief(&rig.heard(bob)), ["SAID 3 bob/1 fine"]);
    rig.pass(secs(30));
    assert_eq!(brief(&rig.heard(bob)), ["LEFT 4 alice 1"]);
}

#[test]
fn quit_settles_what_came_before_and_nothing_after() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (alice, _) = rig.member("alice", 1, 1);
    rig.heard(bob);
    rig.answers = false;
    let quit = Message::Quit(Quit {
        why: Some("tea".into()),
    });
    rig.send(alice, &[say(1, 0, "one"), quit, say(2, 1, "never")]);
    assert!(rig.heard(alice).is_empty(), "not settled yet");
    rig.answers = true;
    rig.commit();
    assert_eq!(
        brief(&rig.heard(alice)),
        ["SAID 3 alice/1 one", "LEFT 4 alice 1", "BYE quit None"]
    );
    let heard = rig.heard(bob);
    assert_eq!(brief(&heard), ["SAID 3 alice/1 one", "LEFT 4 alice 1"]);
    let Message::Left(left) = &heard[1] else {
        panic!()
    };
    assert_eq!(left.why.as_deref(), Some("tea"));
}

#[test]
fn a_quit_with_a_bad_reason_is_refused() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.send(
        alice,
        &[
            Message::Quit(Quit {
                why: Some("\u{1b}[2J".into()),
            }),
            say(1, 0, "still"),
        ],
    );
    assert_eq!(
        brief(&rig.heard(alice)),
        ["ERROR None None bad-text", "SAID 2 alice/1 still"]
    );
}

#[test]
fn a_half_close_is_served_to_the_end() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    rig.answers = false;
    let conn = rig.connect();
    rig.send(conn, &[login("alice", None), say(1, 0, "bye")]);
    rig.server.receive_eof(conn, rig.now);
    rig.answers = true;
    rig.commit();
    let out = ended(&mut rig, conn);
    assert_eq!(out.last(), Some(&Transmit::Shutdown));
    let all: Vec<Message> = out
        .iter()
        .flat_map(|t| {
            if let Transmit::Data(b) = t {
                rig.decode(conn, b)
            } else {
                vec![]
            }
        })
        .collect();
    assert_eq!(
        brief(&all),
        [
            "CLIENT start=2 head=2 acked=0",
            "SAID 3 alice/1 bye",
            "LEFT 4 alice 1"
        ]
    );
    assert_eq!(rig.closed, [(conn, CloseReason::PeerEof)]);
    assert_eq!(
        brief(&rig.heard(bob)),
        ["JOINED 2 alice 2", "SAID 3 alice/1 bye", "LEFT 4 alice 1"]
    );
}

#[test]
fn end_of_stream_before_name_and_in_mid_frame() {
    for bytes in [&[][..], &[0, 0], &[0, 0, 0, 9, 0x89]] {
        let mut rig = Rig::new();
        let conn = rig.connect();
        rig.raw(conn, bytes);
        rig.server.receive_eof(conn, rig.now);
        rig.drain();
        assert_eq!(rig.closed, [(conn, CloseReason::PeerEof)]);
    }
}

#[test]
fn shutdown_tells_everybody_after_what_is_due() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let (bob, _) = rig.member("bob", 1, 1);
    let stranger = rig.connect();
    rig.heard(alice);
    rig.send(alice, &[say(1, 0, "last")]);
    rig.server.shutdown(Some(3), rig.now);
    rig.drain();
    assert_eq!(
        brief(&rig.heard(alice)),
        ["SAID 3 alice/1 last", "BYE shutdown Some(3)"]
    );
    assert_eq!(
        brief(&rig.heard(bob)),
        ["SAID 3 alice/1 last", "BYE shutdown Some(3)"]
    );
    assert_eq!(brief(&rig.heard(stranger)), ["BYE shutdown Some(3)"]);
    rig.pass(secs(2));
    assert_eq!(rig.closed.len(), 3);
    assert_eq!(rig.room().count(), 2, "members stay members");
    let late = rig.connect();
    assert_eq!(brief(&rig.heard(late)), ["BYE shutdown Some(1)"]);
}

#[test]
fn closed_comes_once_whatever_happens_after() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.server.receive_reset(alice, rig.now);
    rig.server.receive_reset(alice, rig.now);
    rig.server.receive_eof(alice, rig.now);
    rig.server.receive(alice, &[1, 2, 3], rig.now);
    rig.server.progress(alice, rig.now);
    assert_eq!(rig.server.poll_transmit(alice, rig.now), None);
    rig.drain();
    rig.pass(secs(100));
    assert_eq!(rig.closed, [(alice, CloseReason::PeerReset)]);
}

/// A log that has failed answers nothing: nobody waits for it, and no line is called refused.
#[test]
fn nobody_waits_for_a_log_that_has_failed() {
    let mut rig = Rig::with(|config| config.limits.ring = 500);
    let alice = rig.talker(50);
    let bob = rig.connect();
    rig.send(bob, &[asking(40)]);
    rig.heard(bob);
    assert_eq!(rig.reads.len(), 1, "bob waits for a page");
    rig.heard(alice);
    rig.answers = false;
    rig.send(alice, &[say(51, 50, "never answered")]);
    let carol = rig.connect();
    rig.send(carol, &[login("carol", None)]);
    rig.server.abandon(Some(2), rig.now);
    rig.drain();
    for conn in [alice, bob, carol] {
        assert_eq!(brief(&rig.heard(conn)), ["BYE shutdown Some(2)"]);
    }
    rig.pass(secs(2));
    assert_eq!(rig.closed.len(), 3);
}
