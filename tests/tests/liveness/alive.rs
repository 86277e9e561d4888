//! Who is there, and who takes what is there for him.

use super::*;

fn all(room: &mut Room, conn: ConnId) -> Vec<String> {
    brief(&room.hear(conn).messages)
}

#[test]
fn a_server_pings_who_says_nothing() {
    requirement!("LV-2");
    // She is told something every 10 s, and takes it, and says nothing.
    let mut room = Room::default();
    let (alice, bob) = (room.guest("alice"), room.guest("bob"));
    room.heard(alice);
    for id in 1..=2 {
        room.pass(secs(10));
        room.send(bob, &say(id, id - 1, "x"));
        room.heard(bob);
        assert_eq!(room.hear(alice).messages.len(), 1);
    }
    room.pass(secs(10) - MS);
    assert_eq!(all(&mut room, alice), NONE);
    room.pass(MS);
    assert_eq!(all(&mut room, alice), ["PING"], "30 s");
    room.pass(secs(30) - MS);
    assert_eq!(all(&mut room, alice), NONE);
    room.pass(MS);
    assert_eq!(all(&mut room, alice), ["PING"], "again after as long");
}

#[test]
fn a_server_pings_whom_it_told_nothing() {
    requirement!("LV-2");
    // She is heard of every 10 s, and nothing is to be said to her.
    let mut room = Room::with(|config| config.limits.ping_after = secs(20));
    let (alice, welcome) = room.welcomed(&guest("alice"));
    assert_eq!(welcome.keepalive, 20, "she is told how often that will be");
    for want in [&[][..], &["PING"], &[], &["PING"]] {
        room.pass(secs(10) - MS);
        room.send(alice, &Message::Pong(Pong { nonce: 0 }));
        assert_eq!(all(&mut room, alice), NONE);
        room.pass(MS);
        assert_eq!(all(&mut room, alice), want);
    }
}

#[test]
fn who_is_not_read_is_pinged_and_not_called_idle() {
    requirement!("LV-2", "LV-3");
    let mut room = Room::with(|config| config.limits.ticket_deadline = secs(10_000));
    let alice = room.guest("alice");
    room.hold();
    let lines: Vec<Message> = (1..=65).map(|id| say(id, id - 1, "x")).collect();
    room.send_all(alice, &lines);
    assert!(!room.wants_read(alice));
    for _ in 0..10 {
        room.pass(secs(30));
        assert_eq!(all(&mut room, alice), ["PING"]);
    }
    // From when it is read again it has the whole time.
    room.release();
    assert!(room.wants_read(alice));
    room.heard(alice);
    assert_eq!(room.wait(alice, secs(75) - MS), []);
    assert_eq!(brief(&room.wait(alice, MS)), ["BYE idle None"]);
}

#[test]
fn of_whom_nothing_is_heard_the_server_takes_leave() {
    requirement!("LV-3");
    let mut room = Room::default();
    let (silent, alive) = (room.guest("silent"), room.guest("alive"));
    room.heard(silent);
    for _ in 0..2 {
        room.pass(secs(30));
        room.heard(silent);
        room.heard(alive);
    }
    // Half a frame is a sign of life.
    room.receive(alive, &[0]);
    room.pass(secs(15) - MS);
    assert_eq!(room.heard(silent), []);
    room.pass(MS);
    assert_eq!(brief(&room.heard(silent)), ["BYE idle None"]);
    assert_eq!(brief(&room.wait(alive, secs(60) - MS)), ["LEFT 3 silent 1"]);
    assert_eq!(brief(&room.wait(alive, MS)), ["BYE idle None"]);
}

#[test]
fn a_client_takes_a_silent_link_for_dead_and_connects_again() {
    requirement!("LV-4");
    for keepalive in [30, 4] {
        let dead = secs(keepalive) * 5 / 2;
        let mut bench = Bench::new(true);
        let mut told = welcome();
        told.keepalive = keepalive;
        bench.let_in(told);
        bench.pass(dead - MS);
        // Anything at all will do, and even a part of it.
        bench.receive(&[0]);
        assert_eq!(bench.pass(dead - MS), []);
        let actions = bench.pass(MS);
        assert!(is_lost(&actions, &LostWhy::Dead), "{actions:?}");
        bench.until_connect();
    }
}

#[test]
fn a_client_whose_clock_has_jumped_connects_again() {
    requirement!("LV-4");
    let mut bench = Bench::live(true);
    assert!(is_lost(&bench.jump(), &LostWhy::ClockJumped));
    bench.until_connect();
    // While it waits the wait is cut short.
    for _ in 0..3 {
        bench.fail_to_connect();
        bench.jump();
        assert!(bench.until_connect() <= secs(1));
    }
}

fn is_lost(actions: &[Action], as_: &LostWhy) -> bool {
    matches!(actions, [Action::Close, Action::Lost { why, .. }] if why == as_)
}

#[test]
fn who_takes_nothing_that_is_there_is_let_go() {
    requirement!("LV-6");
    let mut room = Room::with(|config| {
        // Nothing else is to happen for a while.
        config.limits.ping_after = secs(1_000);
        config.limits.dead_after = secs(2_500);
    });
    let (alice, bob) = (room.guest("alice"), room.guest("bob"));
    let idle = room.guest("idle");
    for conn in [alice, bob, idle] {
        room.heard(conn);
    }
    room.pass(secs(100));
    assert_eq!(room.heard(bob), [], "there was nothing to take");
    room.send(alice, &say(1, 0, "x"));
    room.heard(alice);
    room.heard(idle);
    room.pass(secs(30) - MS);
    room.progress(bob);
    room.pass(secs(30) - MS);
    assert_eq!(room.closed(), [], "it took a byte in between");
    room.pass(MS);
    assert_eq!(brief(&room.heard(bob)), ["BYE stalled None"]);
    room.pass(secs(2));
    assert_eq!(room.closed(), [(bob, CloseReason::Stalled)]);
    assert_eq!(brief(&room.heard(idle)), ["LEFT 5 bob 2"]);
}
