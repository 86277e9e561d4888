//! Who is in, for how long, and what is kept of those who are gone.

use super::*;

#[test]
fn a_host_is_decided_once_and_an_address_told_to_its_owner_alone() {
    requirement!("RM-11");
    let host = |text: &str| Some(Host::parse(text).expect("a host"));
    let mut room = Room::default();
    let watcher = room.guest("watcher");
    room.heard(watcher);
    let mut devices = Vec::new();
    for (session, addr, shown) in [
        (1, "192.0.2.1", "one.example"),
        (2, "192.0.2.2", "two.example"),
    ] {
        let origin = Origin {
            addr: host(addr),
            host: host(shown),
        };
        let conn = room.accept_from(origin);
        room.send(conn, &keyed(b'a', session, 1));
        let heard = room.heard(conn);
        let Some(Message::Client(welcome)) = heard.first() else {
            panic!("CLIENT, and not {heard:?}")
        };
        assert_eq!(welcome.you.addr.as_deref(), Some(addr));
        devices.push(conn);
    }
    // In the event, in every list, and in the leave it is the one of the first login.
    let mut shown = Vec::new();
    let mut others = room.heard(watcher);
    for conn in [watcher, devices[0], devices[1]] {
        room.send(conn, &who(1, 1));
        others.extend(room.heard(conn));
    }
    for conn in devices {
        room.send(conn, &quit());
    }
    others.extend(room.heard(watcher));
    for message in &others {
        match message {
            Message::Joined(joined) => shown.push(joined.host.clone()),
            Message::Left(left) => shown.push(left.host.clone()),
            Message::Members(page) => shown.push(page.list[0].host.clone()),
            other => panic!("no word for {other:?}"),
        }
    }
    assert_eq!(shown, vec![Some("one.example".to_owned()); 5]);
    assert!(!format!("{others:?}").contains("192.0.2"));
}

#[test]
fn a_member_whose_link_broke_has_the_grace_time() {
    requirement!("RM-10");
    let mut room = Room::default();
    let watcher = room.log_in(&keyed(b'w', 9, 1));
    let alice = room.log_in(&keyed(b'a', 1, 1));
    let guest = room.guest("gast");
    room.heard(watcher);
    room.reset(guest);
    assert_eq!(brief(&room.heard(watcher)), ["LEFT 4 gast 2"], "at once");
    room.reset(alice);
    assert_eq!(brief(&room.wait(watcher, secs(30) - MS)), NONE);
    assert_eq!(brief(&room.wait(watcher, MS)), ["LEFT 5 user-a 1"]);
    // Who comes back in time was never away.
    let alice = room.log_in(&keyed(b'a', 1, 2));
    room.reset(alice);
    let mut heard = room.wait(watcher, secs(30) - MS);
    room.log_in(&keyed(b'a', 1, 3));
    room.send(
        watcher,
        &Message::Pong(parlance_proto::wire::Pong { nonce: 0 }),
    );
    heard.extend(room.wait(watcher, secs(29)));
    assert_eq!(brief(&heard), ["JOINED 6 user-a 2"]);
}

#[test]
fn logins_of_an_earlier_start_have_the_grace_time_from_the_start() {
    requirement!("RM-10");
    let mut before = Room::default();
    before.log_in(&keyed(b'a', 1, 1));
    before.log_in(&keyed(b'b', 2, 1));
    for (node, left) in [(1, true), (2, false)] {
        let mut room = Room::with(|config| config.node = node);
        room.replay(before.log());
        let bob = room.log_in(&keyed(b'b', 2, 2));
        room.pass(secs(30) - MS);
        assert_eq!(brief(&room.heard(bob)), NONE);
        room.pass(MS);
        let want = ["LEFT 3 user-a 1"];
        assert_eq!(
            brief(&room.heard(bob)),
            want[..usize::from(left)],
            "of node {node}"
        );
    }
}

/// Whether a session that had been here is still known: it may come back by a second attempt.
fn is_known(room: &mut Room, letter: u8, session: u8) -> bool {
    let (conn, heard) = room.enter(&keyed(letter, session, 2));
    room.send(conn, &quit());
    match &brief(&heard)[0][..] {
        "BYE session None" => false,
        line if line.starts_with("CLIENT") => true,
        line => panic!("{line}"),
    }
}

/// Comes and goes, at that time of the log.
fn visit(room: &mut Room, letter: u8, session: u8, ms: u64) {
    room.set_log_time(ms);
    let conn = room.log_in(&keyed(letter, session, 1));
    room.send(conn, &quit());
}

#[test]
fn a_session_is_forgotten_when_idle_too_long_by_the_logs_time() {
    requirement!("RM-15");
    for (ms, known) in [(7 * DAY_MS - 1, true), (7 * DAY_MS, false)] {
        let mut room = Room::default();
        let stays = room.log_in(&keyed(b's', 9, 1));
        visit(&mut room, b'a', 1, 0);
        room.set_log_time(ms);
        room.send(stays, &say(1, 0, "somebody talks"));
        assert_eq!(is_known(&mut room, b'a', 1), known, "after {ms} ms");
        // One that is logged in is never idle.
        assert_eq!(room.fold().sessions(), 1 + usize::from(known));
        room.send(stays, &say(2, 1, "and goes on"));
        assert!(
            brief(&room.heard(stays))
                .contains(&format!("SAID {} user-s/2 and goes on", room.fold().head()))
        );
    }
    // A server's own time has no part in it.
    let mut room = Room::default();
    visit(&mut room, b'a', 1, 0);
    room.pass(secs(8 * 86_400));
    assert!(is_known(&mut room, b'a', 1));
}

#[test]
fn of_too_many_sessions_the_one_idle_longest_is_forgotten() {
    requirement!("RM-15");
    let mut room = Room::with(|config| config.settings.sessions = 3);
    let stays = room.log_in(&keyed(b's', 9, 1));
    visit(&mut room, b'b', 2, 10);
    visit(&mut room, b'a', 1, 20);
    assert!(is_known(&mut room.clone(), b'a', 1) && is_known(&mut room.clone(), b'b', 2));
    // A fourth: of those who are gone, bob is gone longest.
    room.set_log_time(30);
    room.log_in(&keyed(b'c', 3, 1));
    room.send(stays, &say(1, 0, "x"));
    assert_eq!(room.fold().sessions(), 3);
    assert!(!is_known(&mut room.clone(), b'b', 2));
    assert!(is_known(&mut room, b'a', 1));
}

/// The number that a key comes back under, and whether a guest may have its name meanwhile.
fn claim(room: &Room, letter: u8) -> (u64, bool) {
    let name = format!("user-{}", char::from(letter));
    let heard = room.clone().enter(&guest(&name)).1;
    let free = matches!(heard[0], Message::Client(_));
    let number = room.clone().welcomed(&keyed(letter, 77, 1)).1.you.member;
    (number, free)
}

#[test]
fn a_claim_lives_a_quarter_and_a_name_is_free_then() {
    requirement!("RM-15", "RM-5", "HS-13");
    let mut room = Room::default();
    let stays = room.log_in(&keyed(b's', 9, 1));
    visit(&mut room, b'a', 1, 0);
    for (id, (ms, kept)) in (1..).zip([(90 * DAY_MS - 1, true), (90 * DAY_MS, false)]) {
        room.set_log_time(ms);
        room.send(stays, &say(id, id - 1, "somebody talks"));
        let want = if kept { (2, false) } else { (3, true) };
        assert_eq!(claim(&room, b'a'), want, "after {ms} ms");
    }
    assert_eq!(claim(&room, b's').0, 1, "who is here keeps his");
}

#[test]
fn of_too_many_claims_the_one_idle_longest_is_forgotten() {
    requirement!("RM-15");
    let mut room = Room::with(|config| config.settings.claims = 3);
    let stays = room.log_in(&keyed(b's', 9, 1));
    visit(&mut room, b'b', 2, 10);
    visit(&mut room, b'a', 1, 20);
    room.send(stays, &say(1, 0, "x"));
    assert_eq!(
        (claim(&room, b'a'), claim(&room, b'b')),
        ((3, false), (2, false))
    );
    room.log_in(&keyed(b'c', 3, 1));
    room.send(stays, &say(2, 1, "x"));
    assert_eq!(
        (claim(&room, b'a'), claim(&room, b'b')),
        ((3, false), (5, true))
    );
}
