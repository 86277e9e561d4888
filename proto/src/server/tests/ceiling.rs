//! The memory ceiling. `[LV-13]`

use super::*;

fn ceiling(held: usize) -> Rig {
    Rig::with(|config| config.limits.held = held)
}

/// The beginning of a frame, of so many bytes with its length.
fn half(bytes: usize) -> Vec<u8> {
    let mut half = 20_000_u32.to_be_bytes().to_vec();
    half.resize(bytes, 0x82);
    half
}

impl Rig {
    fn total(&self, conns: &[ConnId]) -> usize {
        let sum = conns.iter().map(|conn| self.server.held_by(*conn)).sum();
        assert_eq!(self.server.held(), sum, "the running total");
        sum
    }
}

#[test]
fn a_reader_in_pace_holds_nothing() {
    let mut rig = Rig::new();
    let alice = rig.talker(3);
    let bob = rig.guest("bob");
    rig.heard(alice);
    assert_eq!(rig.total(&[alice, bob]), 0);
    // Nor does one that is behind in the room's stream.
    rig.send(alice, &[say(4, 3, "four")]);
    assert_eq!(rig.total(&[alice, bob]), 0);
}

#[test]
fn what_is_held_is_counted_and_freed() {
    let mut rig = Rig::with(|config| config.limits.ring = 60);
    let alice = rig.talker(5);
    let all = [alice, rig.guest("bob")];
    let bob = all[1];
    rig.raw(bob, &half(100));
    assert_eq!(rig.total(&all), 100, "half a frame");
    rig.server.receive_reset(bob, rig.now);
    rig.drain();
    assert_eq!(rig.total(&all), 0);

    rig.send(alice, &[Message::Ping(Ping { nonce: 1 })]);
    let pong = rig.total(&all);
    assert!(pong > 8, "an answer that waits");
    rig.heard(alice);
    assert_eq!(rig.total(&all), 0);

    // Input beyond a pause.
    rig.answers = false;
    let mut lines: Vec<Message> = (6..=69).map(|id| say(id, id - 1, "x")).collect();
    rig.send(alice, &lines);
    lines = vec![say(70, 69, "beyond the window")];
    rig.send(alice, &lines);
    assert!(rig.total(&all) > 17);
    while !rig.proposed.is_empty() {
        rig.commit();
    }
    rig.heard(alice);
    assert_eq!(rig.total(&all), 0);
}

#[test]
fn a_page_is_counted_once_however_many_share_it() {
    let mut rig = Rig::with(|config| config.limits.ring = 60);
    rig.talker(9);
    let readers: Vec<ConnId> = ["bob", "carol", "dora"]
        .iter()
        .map(|name| {
            let conn = rig.connect();
            let Message::Name(login) = asking(9) else {
                panic!()
            };
            let name = (*name).into();
            rig.send(conn, &[Message::Name(Login { name, ..login })]);
            conn
        })
        .collect();
    // They stand at different places, by the logins of one another; two are brought to one.
    rig.reads.clear();
    for conn in &readers {
        rig.heard(*conn);
    }
    let (_, ticket, after) = rig.reads[0].clone();
    let events = rig.events[&RoomName::lobby()].clone();
    let events: Vec<Event> = events.into_iter().filter(|e| e.seq() > after).collect();
    let bytes: usize = events
        .iter()
        .take_while(|event| event.seq() <= rig.room().head())
        .map(|event| {
            let mut out = BytesMut::new();
            encode_frame(&Message::from(event.clone()), &mut out).unwrap();
            out.len()
        })
        .sum();
    let waiters = rig.reads.iter().filter(|read| read.2 == after).count();
    assert_eq!(waiters, 1, "one read, however many wait for it");
    rig.server.history(ticket, events, rig.now);
    rig.drain();
    let held = rig.server.held();
    assert!(
        held >= bytes && held < bytes + readers.len(),
        "{held} for {bytes}"
    );
    for conn in &readers {
        rig.server.poll_transmit(*conn, rig.now);
    }
    assert_eq!(rig.server.held(), 0);
}

#[test]
fn at_the_limit_nobody_goes_and_one_past_it_the_largest_does() {
    let mut rig = ceiling(1_000);
    let small = rig.guest("small");
    let large = rig.guest("large");
    let last = rig.guest("last");
    let all = [small, large, last];
    for conn in all {
        rig.heard(conn);
    }
    rig.raw(small, &half(200));
    rig.raw(large, &half(500));
    rig.raw(last, &half(300));
    assert_eq!(rig.total(&all), 1_000);
    assert_eq!(rig.server.counters().shed, 0);
    rig.raw(small, &[0x82]);
    assert_eq!(rig.server.counters().shed, 1);
    let bye = rig.server.held_by(large);
    assert!(bye < 80, "its last words and no more: {bye}");
    assert_eq!(rig.total(&all), 501 + bye);
    assert_eq!(brief(&rig.heard(large)), ["BYE busy Some(5)"]);
    assert_eq!(rig.server.held_by(small), 201);
    assert_eq!(rig.server.held_by(last), 300);
    rig.pass(secs(2));
    assert_eq!(rig.closed, [(large, CloseReason::Busy { retry: Some(5) })]);
}

#[test]
fn as_many_go_as_it_takes_the_largest_first_and_of_equals_the_newest() {
    let mut rig = ceiling(1_000);
    let conns: Vec<ConnId> = (0..5).map(|n| rig.guest(&format!("m{n}"))).collect();
    for conn in &conns {
        rig.heard(*conn);
    }
    for (conn, bytes) in conns.iter().zip([100, 250, 250, 250, 100]) {
        rig.raw(*conn, &half(bytes));
    }
    // One piece that is more than the rest together.
    rig.raw(conns[0], &[0x82; 700]);
    assert_eq!(rig.server.counters().shed, 1, "it goes itself");
    rig.total(&conns);
    rig.raw(conns[4], &[0x82; 100]);
    assert_eq!(rig.server.counters().shed, 1);
    rig.raw(conns[4], &[0x82; 20]);
    assert_eq!(rig.server.counters().shed, 2);
    assert!(rig.server.held_by(conns[3]) < 80, "the newest of equals");
    assert_eq!(rig.server.held_by(conns[2]), 250);
}

#[test]
fn who_says_its_last_words_is_not_spared_but_says_them() {
    let mut rig = ceiling(2_000);
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    let all = [alice, bob];
    for conn in all {
        rig.heard(conn);
    }
    let pings: Vec<Message> = (0..100)
        .map(|nonce| Message::Ping(Ping { nonce }))
        .collect();
    rig.send(alice, &pings);
    rig.raw(alice, &[0, 0, 0, 0]);
    assert!(rig.total(&all) > 1_000);
    rig.raw(bob, &half(900));
    assert_eq!(rig.server.counters().shed, 0, "it was closed already");
    assert_eq!(brief(&rig.heard(alice)), ["BYE too-big None"]);
    assert_eq!(rig.total(&all), 900, "bob is innocent");
}

#[test]
fn a_limit_below_the_last_words_ends() {
    let mut rig = ceiling(10);
    let (alice, bob) = (rig.connect(), rig.connect());
    rig.send(alice, &[login("alice", None)]);
    assert_eq!(rig.server.counters().shed, 1, "bob holds nothing");
    assert_eq!(brief(&rig.heard(alice)), ["BYE busy Some(5)"]);
    assert_eq!(rig.total(&[alice, bob]), 0);
}

#[test]
fn who_leaves_and_is_shed_still_leaves() {
    let mut rig = ceiling(1_000);
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.heard(alice);
    rig.answers = false;
    let pings: Vec<Message> = (0..60).map(|nonce| Message::Ping(Ping { nonce })).collect();
    rig.send(bob, &pings);
    rig.send(bob, &[say(1, 0, "x"), Message::Quit(Quit { why: None })]);
    rig.raw(alice, &half(500));
    assert_eq!(rig.server.counters().shed, 1);
    rig.answers = true;
    while !rig.proposed.is_empty() {
        rig.commit();
    }
    let heard = brief(&rig.heard(alice));
    assert_eq!(heard.last().unwrap(), "LEFT 4 bob 1");
}
