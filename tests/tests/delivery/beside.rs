//! What is not a line: gaps, and private messages.

use super::*;

#[test]
fn a_gap_tells_what_is_gone_and_how_things_stand() {
    requirement!("DL-15");
    // The ring holds a few of the newest events, and the log will keep those from 18 on.
    let mut room = Room::with(|config| config.limits.ring = 2_000);
    let (alice, welcome) = room.welcomed(&login("alice", ALICE.0, ALICE.1, 1));
    room.send_all(alice, &[say(1, 0, "a"), say(2, 1, "b")]);
    room.reset(alice);
    let bob = room.guest("bob");
    for id in 1..=20 {
        room.send(bob, &say(id, id - 1, &"c".repeat(200)));
        room.heard(bob);
    }
    room.trim(18);
    let (identity, epoch) = (ALICE, welcome.epoch);
    let mut name = named("alice", None);
    name.identity = Some(Identity {
        key: identity.0,
        session: identity.1,
        attempt: 2,
    });
    name.resume = Some(Resume { epoch, since: 1 });
    let conn = room.accept();
    room.send(conn, &Message::Name(name));
    // It tells what is true when it is sent, and not when she came in.
    room.send(bob, &topic(21, 20, "tea"));
    room.guest("carol");
    let mut heard = room.heard(conn);
    assert_eq!(brief(&heard)[0], "CLIENT 1..24 acked 2");
    let gap = Gap {
        from: 2,
        to: 17,
        why: GapWhy::Trimmed,
        acked: 2,
        topic: Some("tea".to_owned()),
        members: 3,
    };
    assert_eq!(heard[1], Message::Gap(gap));
    for _ in 0..20 {
        if !room.reads().is_empty() {
            room.answer_read(3);
        }
        heard.extend(room.heard(conn));
    }
    let seqs = heard[2..].iter().cloned().map(Event::try_from);
    let seqs: Vec<u64> = seqs.map(|event| event.expect("an event").seq()).collect();
    assert_eq!(seqs, (18..=26).collect::<Vec<u64>>());
}

#[test]
fn a_client_goes_on_behind_a_gap() {
    requirement!("DL-16");
    for (why, asks) in [(GapWhy::Trimmed, true), (GapWhy::Newer, false)] {
        let mut bench = Bench::live(true);
        for word in ["a", "b", "c"] {
            bench.say(word);
        }
        bench.sent();
        bench.hears(&Message::Joined(Joined {
            seq: 1,
            at: 0,
            member: 5,
            session: 9,
            id: 0,
            name: "eve".to_owned(),
            host: None,
            members: 3,
        }));
        let (from, to, topic, members) = (2, 40, Some("tea".to_owned()), 9);
        let actions = bench.hears(&Message::Gap(Gap {
            from,
            to,
            why,
            acked: 2,
            topic,
            members,
        }));
        assert_eq!(actions[0], Action::Gap { from, to, why });
        assert_eq!(settled(&actions), [(1, SENT), (2, SENT)]);
        let client = bench.client();
        assert_eq!((client.cursor(), client.topic()), (40, Some("tea")));
        assert_eq!(client.roster().count(), 9);
        assert_eq!(client.roster().get(5).is_none(), asks, "{why:?}");
        // What is not covered is not sent again: it is on this link still.
        let want = ["WHO from 0"];
        assert_eq!(brief(&bench.sent()), want[..usize::from(asks)]);
        assert_eq!(settled(&bench.hears(&said(41, 3, 3))), [(3, SENT)]);
        assert_eq!(bench.state(), State::Live);
    }
}

#[test]
fn a_private_message_reaches_each_device_once_and_is_kept_nowhere() {
    requirement!("DL-18");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let phone = room.log_in(&login("bob", [0x22; 32], [0x34; 16], 1));
    let tablet = room.log_in(&login("bob", [0x22; 32], [0x35; 16], 1));
    let logged = room.log().len();
    room.send(alice, &tell(5, 1, "psst"));
    assert_eq!(brief(&room.heard(alice)), ["TOLD 2>1 psst Some(5)"]);
    for device in [phone, tablet] {
        assert_eq!(brief(&room.heard(device)), ["TOLD 2>1 psst None"]);
        assert_eq!(brief(&room.heard(device)), NONE);
    }
    assert_eq!(room.log().len(), logged);
    // A device that comes a moment later, with all the history there is.
    let mut name = named("bob", None);
    name.history = 1_000;
    name.name = "later".to_owned();
    let (_, heard) = room.enter(&Message::Name(name));
    assert!(
        heard
            .iter()
            .all(|message| !matches!(message, Message::Told(_)))
    );
}

#[test]
fn a_client_never_sends_a_private_message_twice() {
    requirement!("DL-18");
    let mut bench = Bench::live(true);
    let written = bench.tell(5, "one");
    assert_eq!(brief(&bench.sent()), ["TELL 5 one"]);
    let waiting = bench.tell(5, "two");
    let actions = bench.lose();
    let state = |reference, state| Action::Tell { reference, state };
    let not_sent = LineState::Failed(Failure::NotSent);
    assert!(actions.contains(&state(written, UNKNOWN)), "{actions:?}");
    assert!(actions.contains(&state(waiting, not_sent)), "{actions:?}");
    bench.until_connect();
    bench.let_in(welcome());
    assert_eq!(brief(&bench.lines()), NONE);
    // Answered, one is sent, once.
    let third = bench.tell(5, "three");
    bench.sent();
    let told = Message::Told(Told {
        from: 12,
        to: 5,
        name: "alice".to_owned(),
        text: "three".to_owned(),
        reference: Some(third),
    });
    assert!(bench.hears(&told).contains(&state(third, SENT)));
    assert_eq!(bench.hears(&told), []);
}
