//! Back pressure and liveness.

use super::*;

#[test]
fn over_the_rate_a_connection_is_paced_and_nothing_is_lost() {
    let mut rig = Rig::with(|config| {
        config.limits.rate = Some(Rate {
            per_second: 10,
            burst: 5,
        })
    });
    let alice = rig.guest("alice");
    let all: Vec<Message> = (1..=100).map(|id| say(id, id - 1, "x")).collect();
    rig.send(alice, &all);
    assert_eq!(
        rig.heard(alice).len(),
        4,
        "the burst, of which NAME was one"
    );
    assert!(!rig.server.wants_read(alice));
    assert_eq!(rig.server.poll_timeout().unwrap().reason, Reason::Rate);
    rig.pass(secs(1));
    assert_eq!(
        rig.heard(alice).len(),
        5,
        "a pause fills the bucket up to the burst only"
    );
    let mut heard = 9;
    for _ in 0..1000 {
        let Some(wake) = rig
            .server
            .poll_timeout()
            .filter(|wake| wake.reason == Reason::Rate)
        else {
            break;
        };
        rig.pass(wake.at.saturating_duration_since(rig.now));
        heard += rig
            .heard(alice)
            .iter()
            .filter(|m| matches!(m, Message::Said(_)))
            .count();
    }
    assert_eq!(heard, 100);
    assert!(rig.server.wants_read(alice));
    let took = rig
        .now
        .saturating_duration_since(Instant::from_millis(1_000));
    assert!(took >= secs(9) && took <= secs(11), "{took:?}");
}

#[test]
fn bytes_have_a_rate_too() {
    let mut rig = Rig::with(|config| config.limits.bytes_per_second = Some(10_000));
    let alice = rig.guest("alice");
    let text = "x".repeat(1_000);
    let all: Vec<Message> = (1..=30).map(|id| say(id, id - 1, &text)).collect();
    rig.send(alice, &all);
    assert_eq!(rig.heard(alice).len(), 10);
    rig.pass(secs(1));
    assert!((9..=11).contains(&rig.heard(alice).len()));
}

#[test]
fn silence_is_pinged_and_then_ends() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.pass(secs(30));
    assert_eq!(brief(&rig.heard_all(alice)), ["PING"]);
    rig.pass(secs(30));
    assert_eq!(brief(&rig.heard_all(alice)), ["PING"]);
    rig.pass(secs(15));
    assert_eq!(brief(&rig.heard(alice)), ["BYE idle None"]);
}

#[test]
fn a_pong_keeps_the_link() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    for _ in 0..10 {
        rig.pass(secs(30));
        assert_eq!(brief(&rig.heard_all(alice)), ["PING"]);
        rig.send(alice, &[Message::Pong(Pong { nonce: 0 })]);
    }
    rig.send(alice, &[Message::Ping(Ping { nonce: 77 })]);
    assert_eq!(rig.heard(alice), [Message::Pong(Pong { nonce: 77 })]);
}

#[test]
fn the_deadline_stands_still_while_the_peer_is_not_read() {
    let mut rig = Rig::with(|config| config.limits.ticket_deadline = secs(10_000));
    let alice = rig.guest("alice");
    rig.answers = false;
    let all: Vec<Message> = (1..=70).map(|id| say(id, id - 1, "x")).collect();
    rig.send(alice, &all);
    for _ in 0..10 {
        rig.pass(secs(30));
        assert_eq!(brief(&rig.heard_all(alice)), ["PING"], "paused or not");
    }
    rig.answers = true;
    while !rig.proposed.is_empty() {
        rig.commit();
    }
    assert_eq!(rig.heard(alice).len(), 70);
    rig.pass(secs(74));
    assert!(rig.closed.is_empty());
}

#[test]
fn who_takes_nothing_is_let_go_and_may_resume() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let (bob, welcome) = rig.member("bob", 1, 1);
    rig.send(alice, &[say(1, 0, "one")]);
    rig.heard(alice);
    rig.pass(secs(29));
    rig.server.progress(bob, rig.now);
    rig.heard(alice);
    rig.pass(secs(29));
    assert!(rig.server.wants_read(bob), "it took some bytes in between");
    rig.heard(alice);
    rig.pass(secs(1));
    assert!(
        rig.closed.is_empty(),
        "its last words wait for the linger time"
    );
    rig.pass(secs(2));
    assert_eq!(rig.closed, [(bob, CloseReason::Stalled)]);
    let back = rig.connect();
    rig.send(
        back,
        &[resume(
            "bob",
            1,
            2,
            Resume {
                epoch: welcome.epoch,
                since: 2,
            },
        )],
    );
    assert_eq!(
        brief(&rig.heard(back))[..2],
        ["CLIENT start=2 head=3 acked=0", "SAID 3 alice/1 one"]
    );
}

#[test]
fn answers_are_bounded_and_requests_wait() {
    let mut rig = Rig::new();
    let all: Vec<ConnId> = (0..256)
        .map(|n| rig.guest(&format!("a-name-of-some-length-{n:03}")))
        .collect();
    let asker = all[0];
    rig.heard(asker);
    let who: Vec<Message> = (0..100)
        .map(|n| {
            Message::Who(Who {
                reference: n,
                from: 0,
            })
        })
        .collect();
    rig.send(asker, &who);
    assert!(!rig.server.wants_read(asker));
    let mut answered = 0;
    for _ in 0..200 {
        let Some(Transmit::Data(bytes)) = rig.server.poll_transmit(asker, rig.now) else {
            break;
        };
        assert!(bytes.len() <= ANSWERS, "{}", bytes.len());
        answered += rig.decode(asker, &bytes).len();
    }
    assert_eq!(answered, 100, "each is answered in the end");
    assert!(rig.server.wants_read(asker));
}

#[test]
fn a_tell_to_one_who_takes_nothing_is_refused_in_time() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.heard(alice);
    let text = "x".repeat(16_384);
    let mut busy = 0;
    for reference in 0..10 {
        rig.send(
            alice,
            &[Message::Tell(Tell {
                reference,
                to: 2,
                text: text.clone(),
            })],
        );
        busy += rig
            .heard(alice)
            .iter()
            .filter(|m| matches!(m, Message::Error(e) if e.code == ErrorCode::Busy))
            .count();
    }
    assert_eq!(busy, 7, "three fit");
    let Some(Transmit::Data(bytes)) = rig.server.poll_transmit(bob, rig.now) else {
        panic!()
    };
    assert!(bytes.len() <= ANSWERS);
}

/// Alice talks, `behind` of the readers take nothing. Gives how much she could say.
fn flood(rig: &mut Rig, alice: ConnId, from: u64, most: u64, readers: &[ConnId]) -> u64 {
    let text = "x".repeat(1_000);
    let mut id = from;
    while id < from + most && rig.server.wants_read(alice) {
        rig.send(alice, &[say(id, id - 1, &text)]);
        id += 1;
        rig.heard(alice);
        for conn in readers {
            rig.heard(*conn);
        }
    }
    id - from
}

#[test]
fn senders_wait_for_a_reader_and_it_loses_nothing() {
    let mut rig = Rig::with(|config| config.limits.ring = 50_000);
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    let said = flood(&mut rig, alice, 1, 1_000, &[]);
    assert!(
        (40..60).contains(&said),
        "paused before bob's data would go: {said}"
    );
    assert!(
        rig.reports
            .iter()
            .any(|r| matches!(r, Report::Held { held: true, .. }))
    );
    let heard = rig.heard(bob);
    assert_eq!(heard.len() as u64, said, "from the ring, complete");
    assert!(rig.server.wants_read(alice), "and she may go on");
    assert!(rig.reads.is_empty());
}

/// Time passes, a second at a time, and each of `trickling` takes a few bytes in each of them.
fn trickle(rig: &mut Rig, seconds: u64, trickling: &[ConnId], readers: &[ConnId]) {
    for _ in 0..seconds {
        for conn in trickling {
            rig.server.progress(*conn, rig.now);
        }
        for conn in readers {
            rig.heard(*conn);
        }
        rig.pass(secs(1));
    }
}

#[test]
fn one_slow_reader_of_many_holds_the_room_two_seconds() {
    let mut rig = Rig::with(|config| config.limits.ring = 50_000);
    let alice = rig.guest("alice");
    let slow = rig.guest("slow");
    let others: Vec<ConnId> = (0..10).map(|n| rig.guest(&format!("o{n}"))).collect();
    let first = flood(&mut rig, alice, 1, 1_000, &others);
    assert!(first < 60);
    trickle(&mut rig, 1, &[slow], &others);
    assert!(!rig.server.wants_read(alice), "its pace is not judged yet");
    trickle(&mut rig, 1, &[slow], &others);
    let second = flood(&mut rig, alice, 1 + first, 500, &others);
    assert_eq!(second, 500, "it holds nobody any more");
    let heard = rig.heard(slow);
    assert!(
        heard.len() < 5 && !rig.reads.is_empty(),
        "it goes on from the log"
    );
}

#[test]
fn a_reader_is_judged_from_when_it_fell_behind() {
    // How many bytes a second it takes of 200 KB, and whether it is waited for once the ring is full.
    for (pace, held) in [(16 * 1024, false), (96 * 1024, true)] {
        let mut rig = Rig::with(|config| config.limits.ring = 500_000);
        let alice = rig.guest("alice");
        let reader = rig.guest("reader");
        let others: Vec<ConnId> = (0..10).map(|n| rig.guest(&format!("o{n}"))).collect();
        let (mut said, mut given) = (0, 0);
        for second in 1..=6 {
            let more = flood(&mut rig, alice, 1 + said, 200, &others);
            said += more;
            while given < second * pace
                && let Some(Transmit::Data(piece)) = rig.server.poll_transmit(reader, rig.now)
            {
                given += piece.len() as u64;
            }
            rig.pass(secs(1));
        }
        let told = rig
            .reports
            .iter()
            .any(|r| matches!(r, Report::Held { held: true, .. }));
        assert_eq!(told, held, "at {pace} a second");
    }
}

#[test]
fn a_reader_that_stands_still_holds_nobody_after_two_seconds() {
    let mut rig = Rig::with(|config| config.limits.ring = 50_000);
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    let first = flood(&mut rig, alice, 1, 1_000, &[]);
    rig.pass(Duration::from_millis(1_999));
    assert!(!rig.server.wants_read(alice));
    rig.pass(Duration::from_millis(1));
    assert!(rig.server.wants_read(alice), "though one of two is not few");
    assert_eq!(flood(&mut rig, alice, 1 + first, 200, &[]), 200);
    rig.pass(secs(28));
    rig.heard(alice);
    rig.pass(secs(2));
    assert_eq!(rig.closed, [(bob, CloseReason::Stalled)]);
}

#[test]
fn many_behind_hold_the_room_whatever_their_pace() {
    let mut rig = Rig::with(|config| config.limits.ring = 50_000);
    let alice = rig.guest("alice");
    let all: Vec<ConnId> = (0..8).map(|n| rig.guest(&format!("o{n}"))).collect();
    flood(&mut rig, alice, 1, 1_000, &[]);
    trickle(&mut rig, 25, &all, &[alice]);
    assert!(!rig.server.wants_read(alice), "they are the crowd");
    for conn in &all {
        rig.heard(*conn);
    }
    assert!(rig.server.wants_read(alice));
}

#[test]
fn tickets_are_bounded() {
    let mut rig = Rig::with(|config| config.limits.tickets = 8);
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.answers = false;
    let all: Vec<Message> = (1..=20).map(|id| say(id, id - 1, "x")).collect();
    rig.send(alice, &all);
    rig.send(bob, &all);
    assert_eq!(rig.proposed.len(), 8);
    rig.answers = true;
    for _ in 0..100 {
        if rig.proposed.is_empty() {
            break;
        }
        rig.commit();
    }
    assert_eq!(rig.room().head(), 42);
    assert!(rig.server.wants_read(alice) && rig.server.wants_read(bob));
}
