//! Who waits for whom: rates, readers that are behind, and what is bounded.

use super::*;

#[test]
fn over_its_rate_a_connection_is_read_no_further_and_loses_nothing() {
    requirement!("LV-5");
    let mut room = Room::with(|config| config.limits.bytes_per_second = None);
    let alice = room.guest("alice");
    room.pass(secs(5)); // the bucket is full
    // Each is answered at once, so that no window is in the way.
    let pings: Vec<Message> = (1..=350)
        .map(|nonce| Message::Ping(Ping { nonce }))
        .collect();
    room.send_all(alice, &pings[..199]);
    assert!(room.wants_read(alice), "one of the burst is left");
    room.send_all(alice, &pings[199..]);
    assert!(!room.wants_read(alice));
    let pongs = |range: std::ops::RangeInclusive<u64>| -> Vec<Message> {
        range.map(|nonce| Message::Pong(Pong { nonce })).collect()
    };
    assert_eq!(room.heard(alice), pongs(1..=200), "200 at once");
    room.pass(secs(1));
    assert_eq!(room.heard(alice), pongs(201..=300), "and 100 a second");
    room.pass(secs(1));
    assert_eq!(room.heard(alice), pongs(301..=350), "all, in order");
    assert!(room.wants_read(alice));
}

#[test]
fn bytes_have_a_rate_too() {
    requirement!("LV-5");
    let mut room = Room::with(|config| {
        config.limits.rate = None;
        config.limits.bytes_per_second = Some(10_000);
    });
    let alice = room.guest("alice");
    room.pass(secs(5));
    let text = "x".repeat(982); // 1,000 bytes with frame and fields
    let mut lines: Vec<Message> = (1..=23).map(|id| say(id, id - 1, &text)).collect();
    lines.push(say(24, 23, &"x".repeat(981)));
    room.send_all(alice, &lines);
    let mut numbers = Vec::new();
    for want in [10, 20, 24] {
        let heard = room.heard(alice);
        numbers.extend(heard.iter().map(|message| match message {
            Message::Said(said) => said.id,
            other => panic!("SAID, and not {other:?}"),
        }));
        assert!(
            (want - 1..=want + 1).contains(&numbers.len()),
            "{numbers:?}"
        );
        room.pass(secs(1));
    }
    assert_eq!(numbers, (1..=24).collect::<Vec<u64>>());
}

/// A room that paces nobody by a rate, and keeps that many bytes of its stream.
fn unpaced(ring: usize) -> Room {
    Room::with(|config| {
        config.limits.rate = None;
        config.limits.bytes_per_second = None;
        config.limits.ring = ring;
    })
}

/// Alice says texts of 1,000 bytes as long as she may, at most so many; the readers take all. Gives how many.
fn flood(room: &mut Room, alice: ConnId, first: u64, most: u64, readers: &[ConnId]) -> u64 {
    let text = "x".repeat(1_000);
    let mut id = first;
    while id < first + most && room.wants_read(alice) {
        room.send(alice, &say(id, id - 1, &text));
        id += 1;
        room.heard(alice);
        for reader in readers {
            room.heard(*reader);
        }
    }
    id - first
}

#[test]
fn a_reader_that_is_behind_is_a_cursor_and_delays_nobody() {
    requirement!("LV-7");
    let mut room = unpaced(50_000);
    let alice = room.guest("alice");
    let slow = [room.guest("slow"), room.guest("slower")];
    let others: Vec<ConnId> = (0..20).map(|n| room.guest(&format!("o{n}"))).collect();
    for conn in slow {
        room.heard(conn);
    }
    let behind_at = room.fold().head();
    let first = flood(&mut room, alice, 1, 1_000, &others);
    room.pass(secs(10)); // the pace is looked at: they are too slow
    let second = flood(&mut room, alice, 1 + first, 500, &others);
    assert_eq!(second, 500, "it delays nobody");
    // First what the ring still has is not theirs: the log is asked, once for both.
    for conn in slow {
        let heard = room.heard(conn);
        assert!(
            heard
                .iter()
                .all(|message| matches!(message, Message::Joined(_)))
        );
    }
    assert_eq!(room.reads().len(), 1, "one place, one reading");
    assert!(room.reads()[0] >= behind_at);
    // Then what the log keeps no more is a gap, and the rest comes from log and ring.
    let after = room.reads()[0];
    room.trim(after + 101);
    let mut heard = Vec::new();
    for _ in 0..200 {
        if !room.reads().is_empty() {
            room.answer_read(40);
        }
        heard.extend(room.heard(slow[0]));
    }
    let mut next = after + 1;
    for message in &heard {
        match message {
            Message::Gap(gap) => {
                assert_eq!(gap.from, next);
                next = gap.to + 1;
            }
            Message::Said(said) => {
                assert_eq!(said.seq, next);
                next += 1;
            }
            other => panic!("no word for {other:?}"),
        }
    }
    assert_eq!(next, room.fold().head() + 1);
}

#[test]
fn what_waits_for_one_connection_is_bounded_and_its_requests_wait() {
    requirement!("LV-8");
    let mut room = unpaced(4_000_000);
    let (alice, bob) = (room.guest("alice"), room.guest("bob"));
    for n in 0..200 {
        let crowd = room.guest(&format!("a-name-of-some-length-{n:03}"));
        room.heard(crowd);
    }
    room.heard(alice);
    room.heard(bob);
    // Alice asks for much and takes nothing, and bob has much to tell her.
    let asked: Vec<Message> = (0..100).map(|reference| who(reference, 0)).collect();
    room.send_all(alice, &asked);
    assert!(!room.wants_read(alice));
    for reference in 0..20 {
        room.send(bob, &tell(reference, 1, &"x".repeat(16_384)));
    }
    let mut codes = brief(&room.heard(bob));
    codes.retain(|line| line.starts_with("ERROR"));
    assert!(codes.len() > 10 && codes.iter().all(|code| code.ends_with("busy")));
    // In the end all is answered, and no more than the bound ever waits: what waits leaves as one piece.
    let mut pages = 0;
    for _ in 0..200 {
        let Some(piece) = room.piece(alice) else {
            break;
        };
        assert!(piece.len() <= ANSWERS, "{} bytes waited", piece.len());
        pages += count_members(&piece);
    }
    assert_eq!(pages, 100);
    assert!(room.wants_read(alice));
}

/// How many pages of members are in whole frames.
fn count_members(bytes: &[u8]) -> usize {
    use parlance_proto::wire::{Decoder, decode};
    let (mut decoder, mut input) = (Decoder::default(), bytes);
    let mut count = 0;
    while let Some(body) = decoder.next(&mut input, 65_536).expect("a legal length") {
        count += usize::from(matches!(decode(body), Ok(Message::Members(_))));
    }
    count
}

#[test]
fn senders_wait_for_a_reader_but_not_for_one_that_stands_still() {
    requirement!("LV-9");
    let mut room = unpaced(50_000);
    let (alice, bob) = (room.guest("alice"), room.guest("bob"));
    let said = flood(&mut room, alice, 1, 1_000, &[]);
    let held = (40..60).contains(&said);
    assert!(held, "as much as the ring holds: {said}");
    room.pass(secs(2) - MS);
    assert!(!room.wants_read(alice));
    let heard = room.heard(bob);
    assert_eq!(heard.len() as u64, said, "from the ring, complete");
    assert!(room.reads().is_empty());
    assert!(room.wants_read(alice), "and she may go on");
    // For two seconds he takes nothing at all.
    let more = flood(&mut room, alice, 1 + said, 1_000, &[]);
    room.pass(secs(2) - MS);
    assert!(!room.wants_read(alice));
    room.pass(MS);
    assert!(room.wants_read(alice), "he stands still");
    assert_eq!(flood(&mut room, alice, 1 + said + more, 200, &[]), 200);
}

#[test]
fn a_slow_reader_holds_nobody_while_few_are_behind() {
    requirement!("LV-9");
    // With alice there are 8 or 9 readers, of which one is behind; 1 in 8 is the crowd.
    for (others, holds) in [(6, true), (7, false)] {
        let mut room = unpaced(50_000);
        let alice = room.guest("alice");
        let slow = room.guest("slow");
        let rest: Vec<ConnId> = (0..others).map(|n| room.guest(&format!("o{n}"))).collect();
        flood(&mut room, alice, 1, 1_000, &rest);
        // It takes a byte after a second.
        room.pass(secs(1));
        room.progress(slow);
        room.pass(secs(1) - MS);
        assert!(!room.wants_read(alice), "its pace is not known yet");
        room.pass(MS);
        assert_eq!(!room.wants_read(alice), holds, "{others} others");
    }
}

#[test]
fn a_reader_at_its_pace_holds_the_room_and_a_slower_one_does_not() {
    requirement!("LV-9");
    // A ring of 8 MB lets go of 1 MB at once, so that the reader holds it all the time.
    for (bytes, holds) in [(PACE_BYTES, true), (PACE_BYTES - 66_000, false)] {
        let mut room = unpaced(8_000_000);
        let alice = room.guest("alice");
        let reader = room.guest("reader");
        let rest: Vec<ConnId> = (0..9).map(|n| room.guest(&format!("o{n}"))).collect();
        flood(&mut room, alice, 1, 20_000, &rest);
        assert!(!room.wants_read(alice));
        let mut taken = 0;
        for second in 1..=10 {
            while taken * 10 < bytes * second {
                taken += room.piece(reader).expect("much").len() as u64;
            }
            room.pass(secs(1));
        }
        assert_eq!(taken >= PACE_BYTES, holds, "{taken} bytes");
        // Whatever it is called, there is room now, and then there is none; or nobody waits for it.
        let first = room.fold().head();
        let more = flood(&mut room, alice, first - 10, 2_000, &rest);
        assert_eq!(more < 1_000, holds, "{taken} bytes, {more} more texts");
    }
}

#[test]
fn a_slow_reader_that_ends_each_hold_in_time_is_judged_all_the_same() {
    requirement!("LV-9");
    // With a small ring a single piece lets the room go on, so that no hold lasts.
    let mut room = unpaced(100_000);
    let alice = room.guest("alice");
    let reader = room.guest("reader");
    let rest: Vec<ConnId> = (0..9).map(|n| room.guest(&format!("o{n}"))).collect();
    let mut first = 1;
    let mut said = Vec::new();
    // A piece of 64 KiB every second and a half: 43 KiB a second.
    for _ in 0..12 {
        let more = flood(&mut room, alice, first, 500, &rest);
        first += more;
        said.push(more);
        room.piece(reader);
        room.pass(Duration::from_millis(1_500));
    }
    assert!(said[1] < 100, "held: {said:?}");
    assert!(
        said[4..].iter().all(|more| *more == 500),
        "let go: {said:?}"
    );
}

#[test]
fn a_client_reads_on_while_its_writes_are_blocked() {
    requirement!("LV-10");
    let mut bench = Bench::live(true);
    for _ in 0..64 {
        bench.say("waits for the socket");
    }
    bench.actions();
    let mut seqs = Vec::new();
    for seq in 1..=1_000 {
        // Not once does it write.
        let actions = bench.hears(&said(seq, 9, seq));
        seqs.extend(actions.iter().filter_map(|action| match action {
            Action::Event(event) => Some(event.seq()),
            _ => None,
        }));
        bench.hears(&Message::Ping(Ping { nonce: seq }));
    }
    assert_eq!(seqs, (1..=1_000).collect::<Vec<u64>>());
    assert_eq!(bench.state(), State::Live);
    let lines = brief(&bench.lines());
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("SAY")).count(),
        64
    );
}
