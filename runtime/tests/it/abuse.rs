//! Strangers, scanners and broken links.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use parlance_proto::wire::{ByeCode, Event, Message, Ping};

use crate::harness::{Home, PARLANCE, SOON, Server, wait_for};
use crate::peer::{Peer, frame, login, say};
use crate::process::{cpu_ticks, descriptors};
use crate::requirement;

#[test]
fn another_protocol_is_sent_away_at_once() {
    requirement!("FR-2", "ER-2", "LV-12");
    let server = Server::start(&[]);
    let mut alice = Home::new().join(&server, "alice");
    let bob = Home::new().join(&server, "bob");
    let tls = [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        &[0x5a; 506],
    ]
    .concat();
    let seed_name = b"\0\0\0\x18\0\0\0\0(S'NAME: alice'\np1\ntp2\n.";
    for (what, bytes, code) in [
        (
            "HTTP",
            &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
            "too-big",
        ),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n", "too-big"),
        ("TLS", &tls, "too-big"),
        ("the longest length", b"\xff\xff\xff\xff", "too-big"),
        ("one above the limit", b"\0\0\x04\x01", "too-big"),
        ("no length", b"\0\0\0\0", "too-big"),
        ("garbage", b"\0\0\0\x05abcde", "malformed"),
        ("the seed", seed_name, "malformed"),
        ("a hundred kilobytes of it", &[0x81; 100_000], "too-big"),
    ] {
        let begun = Instant::now();
        let mut stranger = Peer::connect(server.address);
        // The end may come while there is more to write.
        let _ = stranger.send_bytes(bytes);
        let bye = stranger.last_words(SOON);
        assert_eq!(bye.code.as_str(), code, "{what}: {bye:?}");
        // A second, and what a busy machine adds; the handshake limit is ten.
        assert!(
            begun.elapsed() < Duration::from_secs(4),
            "{what}: {:?}",
            begun.elapsed()
        );
    }
    alice.say("nothing happened");
    bob.expect_out("alice: nothing happened");
    let out = bob.out();
    assert_eq!(out.lines().count(), 3, "two joins and the line: {out}");
    let err = server.process.err();
    assert_eq!(err.lines().count(), 1 + 9, "a line each: {err}");
}

#[test]
fn what_the_phase_does_not_allow() {
    requirement!("HS-2");
    let server = Server::start(&[]);
    let mut eager = Peer::connect(server.address);
    eager.send(&say(1, "hi"));
    assert_eq!(eager.last_words(SOON).code.as_str(), "unexpected");
    let (mut twice, _) = Peer::guest(server.address, "twice");
    twice.send(&Message::Name(login("twice")));
    assert_eq!(twice.last_words(SOON).code.as_str(), "unexpected");
}

#[test]
fn a_login_has_its_time_and_no_more() {
    requirement!("HS-5");
    let server = Server::start(&["--handshake", "1s"]);
    let silent = thread::spawn({
        let address = server.address;
        move || {
            let begun = Instant::now();
            let bye = Peer::connect(address).last_words(SOON);
            (bye, begun.elapsed())
        }
    });
    let begun = Instant::now();
    let mut slow = Peer::connect(server.address);
    let mut bytes = frame(&Message::Name(login("slow"))).into_iter();
    let bye = loop {
        // Enough bytes for many times the limit.
        if let Some(byte) = bytes.next() {
            let _ = slow.send_bytes(&[byte]);
        }
        match slow.next_within(Duration::from_millis(150)) {
            Ok(Some(Message::Bye(bye))) => break bye,
            Ok(other) => panic!("{other:?}"),
            Err(()) => {}
        }
    };
    let trickled = (bye, begun.elapsed());
    for (bye, took) in [silent.join().expect("no panic"), trickled] {
        assert_eq!(bye.code.as_str(), "timeout");
        assert!(
            (Duration::from_millis(950)..Duration::from_secs(4)).contains(&took),
            "{took:?}"
        );
    }
}

#[test]
fn a_thousand_broken_links_leave_nothing_behind() {
    requirement!("RM-9", "ER-5", "FR-12");
    const SEED: u64 = 0x5eed_2026;
    let server = Server::start(&["--rate", "0"]);
    let (mut witness, _) = Peer::guest(server.address, "witness");
    let process = server.process.id();
    let before = descriptors(process);

    let mut random = SEED;
    let mut draw = |below: u64| {
        // xorshift64: a run can be had again from the seed.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    for n in 0..1_000 {
        let mut peer = Peer::connect(server.address);
        let script = [
            frame(&Message::Name(login(&format!("passer {n}")))),
            frame(&say(1, "in passing")),
        ]
        .concat();
        let upto = usize::try_from(draw(script.len() as u64 + 1)).expect("a short script");
        let _ = peer.send_bytes(&script[..upto]);
        if draw(2) == 0 {
            // Time enough for the server to answer what it was sent, so that the link breaks under its words.
            let _ = peer.next_within(Duration::from_millis(1 + draw(3)));
        }
        match draw(4) {
            0 => drop(peer),
            _ => peer.reset(),
        }
    }

    let names = wait_for(
        SOON,
        || format!("an empty room, seed {SEED:#x}"),
        || {
            let names = witness.who();
            (names.len() == 1).then_some(names)
        },
    );
    assert_eq!(names, ["witness"]);
    witness.say(1, "alone");
    let mut here = BTreeSet::new();
    let mut came = 0;
    for event in witness.events_until("alone") {
        match event {
            Event::Joined(joined) => {
                came += 1;
                assert!(here.insert(joined.member), "joined twice: {joined:?}");
                assert_eq!(joined.members, 1 + here.len() as u64, "{joined:?}");
            }
            Event::Left(left) => {
                assert!(here.remove(&left.member), "left twice: {left:?}");
                assert_eq!(left.members, 1 + here.len() as u64, "{left:?}");
            }
            _ => {}
        }
    }
    assert_eq!(here.len(), 0, "the witness is alone");
    assert!(came > 100, "{came} of a thousand got in");
    wait_for(
        SOON,
        || {
            format!(
                "{before:?} descriptors; there are {:?}",
                descriptors(process)
            )
        },
        || (descriptors(process) == before).then_some(()),
    );
}

#[cfg(target_os = "linux")]
#[test]
fn without_descriptors_it_waits_and_goes_on() {
    let home = Home::new();
    let script = "ulimit -n 64; exec \"$PARLANCE\" serve --listen 127.0.0.1:0 --handshake 1m";
    assert!(!PARLANCE.is_empty());
    let server = Server::of(home.run(home.shell(script)));
    let process = server.process.id();
    let crowd: Vec<_> = (0..100).map(|_| Peer::connect(server.address)).collect();
    server.process.expect_err("cannot take a connection");
    // Another test's may have slipped in, with a number above the limit.
    assert!(descriptors(process) >= Some(64));

    let (ticks, begun) = (cpu_ticks(process).expect("/proc"), Instant::now());
    thread::sleep(Duration::from_secs(1));
    let ticks = cpu_ticks(process).expect("/proc") - ticks;
    let share =
        f64::from(u32::try_from(ticks).expect("a second's")) / begun.elapsed().as_secs_f64();
    assert!(share < 5.0, "{share} % of a processor, for nothing");
    let said = server.process.err().matches("cannot take").count();
    assert!(said < 20, "{said} lines in a second or two");

    drop(crowd);
    let (mut late, _) = Peer::guest(server.address, "late");
    late.say(1, "room again");
    late.events_until("room again");
}

#[cfg(target_os = "linux")]
#[test]
fn an_idle_room_costs_nothing() {
    let server = Server::start(&[]);
    let _alice = Home::new().join(&server, "alice");
    let _bob = Home::new().join(&server, "bob");
    let process = server.process.id();
    let ticks = cpu_ticks(process).expect("/proc");
    thread::sleep(Duration::from_secs(1));
    let ticks = cpu_ticks(process).expect("/proc") - ticks;
    assert!(ticks <= 2, "{ticks} hundredths of a second in a second");
}

#[test]
fn whoever_holds_most_goes_first_when_there_is_too_much() {
    requirement!("LV-13");
    let server = Server::start(&["--held", "64KiB"]);
    let (mut idle, _) = Peer::guest(server.address, "idle");
    let mut holders = Vec::new();
    for (name, held) in [
        ("a", 17_000),
        ("largest", 19_000),
        ("c", 15_000),
        ("d", 17_000),
    ] {
        let (mut peer, _) = Peer::guest(server.address, name);
        idle.send(&Message::Ping(Ping { nonce: 1 }));
        // The beginning of a frame that never comes to its end.
        let mut half = 20_000_u32.to_be_bytes().to_vec();
        half.resize(held, 0x82);
        peer.send_bytes(&half).expect("a server that reads");
        holders.push(peer);
    }
    let bye = holders.remove(1).last_words(SOON);
    assert_eq!((bye.code, bye.retry), (ByeCode::BUSY, Some(5)));
    // The others are in, and go on.
    idle.say(1, "all is well");
    for peer in &mut holders {
        peer.events_until("all is well");
    }
    let err = server.process.err();
    assert_eq!(err.matches("busy").count(), 1, "{err}");
}
