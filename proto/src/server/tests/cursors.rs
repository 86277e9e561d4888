//! Cursors: one encoding for all, the ring, the log, and what is gone.

use super::*;

#[test]
fn one_encoding_for_all_readers_and_shared_memory() {
    let mut rig = Rig::new();
    let sender = rig.guest("sender");
    let all: Vec<ConnId> = (0..1000).map(|n| rig.guest(&format!("m{n}"))).collect();
    for conn in &all {
        rig.heard(*conn);
    }
    rig.heard(sender);
    let before = rig.server.counters().encoded;
    for id in 1..=10 {
        rig.send(sender, &[say(id, id - 1, "to everybody")]);
    }
    assert_eq!(rig.server.counters().encoded - before, 10);
    let mut pieces = Vec::new();
    for conn in &all {
        let Some(Transmit::Data(bytes)) = rig.server.poll_transmit(*conn, rig.now) else {
            panic!()
        };
        pieces.push((bytes.as_ptr(), bytes.len()));
        assert_eq!(
            rig.server.poll_transmit(*conn, rig.now),
            None,
            "all that is pending is one piece"
        );
    }
    assert!(
        pieces.iter().all(|piece| *piece == pieces[0]),
        "the very same bytes"
    );
}

#[test]
fn a_laggard_reads_the_log_and_is_told_what_is_gone() {
    let mut rig = Rig::with(|config| config.limits.ring = 2_000);
    let alice = rig.guest("alice");
    let (bob, _) = rig.member("bob", 1, 1);
    let (carol, other) = rig.member("carol", 1, 1);
    for id in 1..=100 {
        for conn in [alice, carol] {
            rig.heard(conn);
        }
        rig.send(alice, &[say(id, id - 1, "twenty bytes of text")]);
        if id == 10 {
            rig.server.receive_reset(bob, rig.now);
            rig.drain();
        }
    }
    rig.server.trimmed(&RoomName::lobby(), 21, rig.now);
    let epoch = other.epoch;
    let back = rig.connect();
    rig.send(back, &[resume("bob", 1, 2, Resume { epoch, since: 10 })]);
    let heard = brief(&rig.heard(back));
    assert_eq!(
        heard,
        ["CLIENT start=10 head=103 acked=0", "GAP 11-20 acked=0"]
    );
    let mut seen = Vec::new();
    for _ in 0..200 {
        let Some((_, ticket, after)) = rig.reads.pop() else {
            break;
        };
        let events = &rig.events[&RoomName::lobby()];
        let page: Vec<Event> = events
            .iter()
            .filter(|e| e.seq() > after)
            .take(7)
            .cloned()
            .collect();
        rig.server.history(ticket, page, rig.now);
        seen.extend(rig.heard(back));
    }
    let seqs: Vec<u64> = seen
        .iter()
        .map(|m| Event::try_from(m.clone()).unwrap().seq())
        .collect();
    assert_eq!(
        seqs,
        (21..=103).collect::<Vec<u64>>(),
        "each once, in order, from log to ring"
    );
}

#[test]
fn a_log_that_kept_less_than_it_said_makes_a_gap() {
    for answer in [true, false] {
        let mut rig = Rig::with(|config| config.limits.ring = 500);
        rig.talker(50);
        let bob = rig.connect();
        let name = asking(40);
        rig.send(bob, &[name]);
        assert_eq!(brief(&rig.heard(bob)), ["CLIENT start=12 head=52 acked=0"]);
        let (_, ticket, after) = rig.reads.pop().unwrap();
        assert_eq!(after, 12);
        let events = rig.events[&RoomName::lobby()].clone();
        let page = if answer {
            events
                .into_iter()
                .filter(|e| e.seq() >= 20)
                .take(3)
                .collect()
        } else {
            vec![]
        };
        rig.server.history(ticket, page, rig.now);
        let first = brief(&rig.heard(bob)).remove(0);
        let first = first.strip_prefix("GAP 13-").unwrap();
        assert_eq!(first == "19 acked=0", answer, "{first}");
    }
}

#[test]
fn a_page_of_history_ends_at_this_servers_own_head() {
    let mut rig = Rig::with(|config| config.limits.ring = 500);
    rig.talker(50);
    let bob = rig.connect();
    let name = asking(40);
    rig.send(bob, &[name]);
    rig.heard(bob);
    let (_, ticket, after) = rig.reads.pop().unwrap();
    // Another worker of the log has folded further than this one.
    let mut page: Vec<Event> = rig.events[&RoomName::lobby()]
        .iter()
        .filter(|event| event.seq() > after)
        .cloned()
        .collect();
    let Event::Said(mut ahead) = page[0].clone() else {
        panic!()
    };
    ahead.seq = page.last().unwrap().seq() + 1;
    page.push(Event::Said(ahead));
    rig.server.history(ticket, page, rig.now);
    let heard = rig.heard(bob);
    let seqs: Vec<u64> = heard
        .into_iter()
        .map(|message| Event::try_from(message).unwrap().seq())
        .collect();
    assert_eq!(seqs, (after + 1..=rig.room().head()).collect::<Vec<u64>>());
}
