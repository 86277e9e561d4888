//! From accept to `CLIENT`.

use super::*;

#[test]
fn two_guests_hear_each_other() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.send(bob, &[say(1, 0, "hi")]);
    let to_alice = brief(&rig.heard(alice));
    assert_eq!(to_alice, ["JOINED 2 bob 2", "SAID 3 bob/1 hi"]);
    assert_eq!(brief(&rig.heard(bob)), ["SAID 3 bob/1 hi"]);
}

#[test]
fn client_tells_the_state_at_the_login() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.send(alice, &[say(1, 0, "hi")]);
    let (_, welcome) = rig.member("bob", 1, 1);
    assert_eq!(
        (welcome.start, welcome.head, welcome.acked),
        (3, 3, 0),
        "the own JOINED is at head"
    );
    assert_eq!(
        (welcome.members, welcome.you.member, welcome.you.session),
        (2, 2, 2)
    );
    assert_eq!(welcome.you.addr.as_deref(), Some("127.0.0.1"));
    assert_eq!(
        (
            welcome.limits.frame,
            welcome.limits.text,
            welcome.limits.window
        ),
        (20480, 16384, 64)
    );
    assert_ne!(welcome.epoch, 0);
    assert_eq!(welcome.keepalive, 30);
}

#[test]
fn refusals_in_their_order() {
    type Change = fn(&mut Login);
    let cases: &[(&str, Change, &str)] = &[
        (
            "version first",
            |l| (l.versions, l.name) = (vec![2, 3], String::new()),
            "BYE version None",
        ),
        (
            "then name",
            |l| (l.name, l.room) = ("server".into(), "-".into()),
            "BYE bad-name None",
        ),
        (
            "empty name",
            |l| l.name = String::new(),
            "BYE bad-name None",
        ),
        (
            "then room",
            |l| l.room = "Lobby".into(),
            "BYE bad-room None",
        ),
        ("place", |l| l.room = "other".into(), "BYE full None"),
        ("taken", |l| l.name = "аlice".into(), "BYE taken None"),
        (
            "session",
            |l| l.identity.as_mut().unwrap().attempt = 2,
            "BYE session None",
        ),
        (
            "any version among more",
            |l| l.versions = vec![9, 1],
            "CLIENT start=2 head=2 acked=0",
        ),
    ];
    for (what, change, want) in cases {
        let mut rig = Rig::with(|config| config.limits.rooms = 1);
        rig.guest("alice");
        let conn = rig.connect();
        let Message::Name(mut name) = login("bob", Some((1, 1, 1))) else {
            panic!()
        };
        change(&mut name);
        rig.send(conn, &[Message::Name(name)]);
        assert_eq!(brief(&rig.heard(conn)), [*want], "{what}");
    }
}

#[test]
fn an_empty_room_gives_its_place_up() {
    let mut rig = Rig::with(|config| config.limits.rooms = 1);
    let alice = rig.guest("alice");
    let epoch = rig.room().epoch();
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    rig.pass(secs(0));
    let Message::Name(mut name) = login("bob", None) else {
        panic!()
    };
    name.room = "other".into();
    let bob = rig.connect();
    rig.send(bob, &[Message::Name(name)]);
    assert_eq!(brief(&rig.heard(bob)), ["CLIENT start=1 head=1 acked=0"]);
    assert_eq!(rig.forgotten, [RoomName::lobby()]);
    rig.server.receive_reset(bob, rig.now);
    rig.drain();
    rig.guest("carol");
    assert_ne!(
        rig.room().epoch(),
        epoch,
        "it comes back under another epoch"
    );
}

/// Over a log that outlives the process a place is given up by a room in which nothing was said, and by no other.
#[test]
fn what_was_said_keeps_its_place_where_the_log_lasts() {
    let elsewhere = |room: &str| {
        let Message::Name(mut name) = login("bob", None) else {
            panic!()
        };
        name.room = room.into();
        Message::Name(name)
    };
    for said in [false, true] {
        let mut rig = Rig::with(|config| {
            config.limits.rooms = 1;
            config.durable = true;
        });
        let alice = rig.guest("alice");
        assert!(rig.room().is_blank());
        if said {
            rig.send(alice, &[say(1, 0, "to be kept")]);
        }
        assert_eq!(rig.room().is_blank(), !said);
        rig.server.receive_reset(alice, rig.now);
        rig.drain();
        let bob = rig.connect();
        rig.send(bob, &[elsewhere("other")]);
        let heard = brief(&rig.heard(bob));
        if said {
            assert_eq!(heard, ["BYE full None"]);
            assert_eq!((rig.forgotten.len(), rig.room().count()), (0, 0));
        } else {
            assert_eq!(heard, ["CLIENT start=1 head=1 acked=0"]);
            assert_eq!(rig.forgotten, [RoomName::lobby()]);
        }
    }
}

#[test]
fn what_is_sent_before_client_waits_and_is_taken() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.connect();
    rig.send(
        conn,
        &[login("alice", None), say(1, 0, "early"), say(2, 1, "bird")],
    );
    assert!(!rig.server.wants_read(conn));
    assert_eq!(
        rig.proposed.len(),
        2,
        "the room's first entry and the login"
    );
    assert_eq!(brief(&rig.heard(conn)), Vec::<String>::new());
    rig.answers = true;
    rig.commit();
    rig.commit();
    assert!(rig.server.wants_read(conn));
    let heard = brief(&rig.heard(conn));
    assert_eq!(
        heard,
        [
            "CLIENT start=1 head=1 acked=0",
            "SAID 2 alice/1 early",
            "SAID 3 alice/2 bird"
        ]
    );
}

#[test]
fn silence_and_trickle_end_at_ten_seconds() {
    for trickle in [false, true] {
        let mut rig = Rig::new();
        let conn = rig.connect();
        let mut frame = BytesMut::new();
        encode_frame(&login("alice", None), &mut frame).unwrap();
        rig.pass(secs(9));
        if trickle {
            rig.raw(conn, &frame[..1]);
        }
        assert!(rig.heard(conn).is_empty());
        assert_eq!(rig.server.poll_timeout().unwrap().reason, Reason::Handshake);
        rig.pass(secs(1));
        assert_eq!(brief(&rig.heard(conn)), ["BYE timeout None"]);
    }
}

#[test]
fn a_log_that_does_not_answer_is_not_the_peers_fault() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.connect();
    rig.send(conn, &[login("alice", None)]);
    rig.pass(secs(10));
    assert_eq!(brief(&rig.heard(conn)), ["BYE busy Some(1)"]);
}

#[test]
fn a_key_is_one_member_by_whatever_devices() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (one, first) = rig.member("alice", 1, 1);
    let (two, second) = rig.member("alice", 2, 1);
    assert_eq!(first.you.member, second.you.member);
    assert_ne!(first.you.session, second.you.session);
    rig.send(two, &[say(1, 0, "from the second")]);
    assert_eq!(brief(&rig.heard(one)), ["SAID 3 alice/1 from the second"]);
    assert_eq!(
        brief(&rig.heard(bob)),
        ["JOINED 2 alice 2", "SAID 3 alice/1 from the second"]
    );
    rig.send(one, &[Message::Quit(Quit { why: None })]);
    assert_eq!(
        brief(&rig.heard(bob)),
        Vec::<String>::new(),
        "one of two devices is no leave"
    );
    rig.send(two, &[Message::Quit(Quit { why: None })]);
    assert_eq!(brief(&rig.heard(bob)), ["LEFT 4 alice 1"]);
}

#[test]
fn a_newer_connect_replaces_and_an_older_one_is_stale() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (old, _) = rig.member("alice", 1, 1);
    let (new, welcome) = rig.member("alice", 1, 3);
    assert_eq!(welcome.you.member, 2);
    assert_eq!(brief(&rig.heard(old)), ["BYE replaced None"]);
    for attempt in [1, 2, 3] {
        let late = rig.connect();
        rig.send(late, &[login("alice", Some((key("alice"), 1, attempt)))]);
        assert_eq!(
            brief(&rig.heard(late)),
            ["BYE stale None"],
            "attempt {attempt}"
        );
    }
    rig.send(new, &[say(1, 0, "still here")]);
    assert_eq!(
        brief(&rig.heard(bob)),
        ["JOINED 2 alice 2", "SAID 3 alice/1 still here"]
    );
}

#[test]
fn a_session_belongs_to_its_key() {
    let mut rig = Rig::new();
    let (alice, welcome) = rig.member("alice", 1, 1);
    let (_, other) = rig.member("bob", 1, 1);
    assert_ne!(other.you.session, welcome.you.session);
    assert!(
        rig.heard(alice)
            .iter()
            .all(|m| !matches!(m, Message::Bye(_))),
        "nobody is taken over"
    );
}

#[test]
fn the_name_in_name_is_a_wish() {
    let mut rig = Rig::new();
    let (alice, _) = rig.member("alice", 1, 1);
    rig.send(
        alice,
        &[Message::Nick(Nick {
            id: 1,
            after: 0,
            name: "alicia".into(),
        })],
    );
    let conn = rig.connect();
    rig.send(conn, &[login("anything", Some((key("alice"), 2, 1)))]);
    let Message::Client(welcome) = &rig.heard(conn)[0] else {
        panic!()
    };
    assert_eq!(welcome.you.name, "alicia");
}

#[test]
fn a_cursor_is_good_or_refused() {
    let mut rig = Rig::new();
    let (alice, welcome) = rig.member("alice", 1, 1);
    for id in 1..=5 {
        rig.send(alice, &[say(id, id - 1, "x")]);
    }
    let epoch = welcome.epoch;
    let cases = [
        ("good", epoch, 2, 2),
        ("whichever epoch", 0, 2, 2),
        ("at head", epoch, 6, 6),
        ("beyond head", epoch, 7, 6),
        ("another epoch", epoch + 1, 2, 6),
    ];
    for (attempt, (what, epoch, since, start)) in (2..).zip(cases) {
        let conn = rig.connect();
        rig.send(
            conn,
            &[resume("alice", 1, attempt, Resume { epoch, since })],
        );
        let Message::Client(welcome) = &rig.heard(conn)[0] else {
            panic!("{what}")
        };
        assert_eq!((welcome.start, welcome.acked), (start, 5), "{what}");
    }
}

#[test]
fn history_is_what_was_asked_for_at_most_a_thousand() {
    for (asked, start) in [(0, 1201), (3, 1198), (1000, 201), (5000, 201)] {
        let mut rig = Rig::new();
        let alice = rig.guest("alice");
        for id in 1..=1199 {
            rig.send(alice, &[say(id, id - 1, "x")]);
        }
        let bob = rig.connect();
        let name = asking(asked);
        rig.send(bob, &[name]);
        let heard = rig.heard(bob);
        let Message::Client(welcome) = &heard[0] else {
            panic!()
        };
        assert_eq!(welcome.start, start);
        assert_eq!(
            heard.len() as u64,
            1 + 1201 - start,
            "each event after start"
        );
    }
}

#[test]
fn a_login_that_the_log_lost_is_proposed_again() {
    for why in [AppendFailure::NotStored, AppendFailure::Unknown] {
        let mut rig = Rig::new();
        rig.answers = false;
        let conn = rig.connect();
        rig.send(conn, &[login("alice", Some((1, 1, 1)))]);
        rig.commit();
        let entry = rig.fail(why);
        assert!(matches!(*entry, Entry::Login(_)));
        rig.pass(Duration::from_millis(100));
        assert_eq!(rig.proposed.len(), 1, "again, after a wait");
        // The first copy was stored after all, and the second is too: one member, one welcome.
        rig.land(&RoomName::lobby(), &entry, None);
        rig.commit();
        assert_eq!(brief(&rig.heard(conn)), ["CLIENT start=1 head=1 acked=0"]);
        assert_eq!(rig.room().count(), 1);
    }
}

#[test]
fn a_room_whose_first_entry_was_lost_is_founded_all_the_same() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.connect();
    rig.send(conn, &[login("alice", None)]);
    rig.fail(AppendFailure::Unknown);
    rig.answers = true;
    rig.commit();
    rig.pass(Duration::from_millis(100));
    assert_eq!(brief(&rig.heard(conn)), ["CLIENT start=1 head=1 acked=0"]);
}
