//! SIGINT and SIGTERM.

use std::thread;
use std::time::{Duration, Instant};

use parlance_proto::wire::{Event, Message};

use crate::harness::{Home, SOON, Server, wait_for};
use crate::peer::Peer;
use crate::process::bytes_read;
use crate::requirement;

#[test]
fn a_server_says_goodbye() {
    requirement!("ER-6", "ER-1");
    for signal in ["TERM", "INT"] {
        let server = Server::start(&[]);
        // First, so that it is taken in once the others are.
        let mut unnamed = Peer::connect(server.address);
        let (mut alice, _) = Peer::guest(server.address, "alice");
        let (mut bob, _) = Peer::guest(server.address, "bob");
        alice.say(1, "the last");
        bob.events_until("the last");
        server.process.signal(signal);
        for peer in [&mut alice, &mut bob, &mut unnamed] {
            let bye = peer.last_words(SOON);
            assert_eq!(bye.code.as_str(), "shutdown");
            assert!(matches!(bye.retry, Some(1..=3)), "{bye:?}");
        }
        drop((alice, bob, unnamed));
        let end = server.process.finish(SOON);
        assert_eq!(end.status, 0, "{signal}: {}", end.err);
        assert!(
            end.err.ends_with("parlance: shutting down\n"),
            "{}",
            end.err
        );
    }
}

#[test]
fn what_was_due_comes_before_the_goodbye() {
    let server = Server::start(&["--rate", "0", "--byte-rate", "0"]);
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let text = "x".repeat(1000);
    for id in 1..=60 {
        alice.say(id, &format!("{id} {text}"));
    }
    alice.events_until(&format!("60 {text}"));
    server.process.signal("TERM");
    let said = bob.events_until(&format!("60 {text}"));
    assert_eq!(said.len(), 60, "all of it");
    assert_eq!(bob.last_words(SOON).code.as_str(), "shutdown");
}

#[test]
fn who_does_not_go_does_not_keep_the_server() {
    let server = Server::start(&[]);
    let (_alice, _) = Peer::guest(server.address, "alice");
    let mut deaf = Peer::connect_narrow(server.address);
    deaf.log_in(crate::peer::login("deaf"));
    let begun = Instant::now();
    server.process.signal("TERM");
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
    // Two seconds, and what a busy machine adds.
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_member_who_is_interrupted_leaves() {
    requirement!("RM-10");
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let home = Home::new();
    for signal in ["INT", "TERM"] {
        let alice = home.join(&server, "alice");
        alice.signal(signal);
        let end = alice.finish(SOON);
        assert_eq!(end.status, 0, "{}", end.err);
        // At once, and not after the grace time.
        let left = loop {
            if let Event::Left(left) = bob.next_event() {
                break left;
            }
        };
        assert_eq!((left.name.as_str(), left.members), ("alice", 1));
    }
}

#[test]
fn a_sender_who_is_interrupted_says_what_is_open() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let mut bot = Home::new().start(["send", &server.place(), "--name", "bot"]);
    bot.say("first");
    bob.events_until("first");
    bot.signal("TERM");
    let end = bot.finish(SOON);
    assert_eq!(
        end.status, 0,
        "all that was read was acknowledged: {}",
        end.err
    );

    let mut bot = Home::new().start(["send", &server.place(), "--name", "bot2"]);
    bot.say("first");
    bob.events_until("first");
    server.process.signal("STOP");
    let before = bytes_read(bot.id());
    bot.say("second");
    // A line that nobody has read yet is nobody's loss.
    let read = || (before.is_none() || bytes_read(bot.id()) > before).then_some(());
    wait_for(SOON, || "a line to be read".to_owned(), read);
    thread::sleep(Duration::from_millis(100));
    bot.signal("INT");
    let end = bot.finish(SOON);
    server.process.signal("CONT");
    assert_eq!(end.status, 4, "{}", end.err);
    assert!(end.err.contains("line 2"), "{}", end.err);
}

#[test]
fn the_peer_who_ends_its_stream_gets_all_that_it_asked_for() {
    requirement!("ER-5");
    let server = Server::start(&[]);
    let (mut alice, _) = Peer::guest(server.address, "alice");
    alice.say(1, "and gone");
    alice.finish_writing();
    alice.events_until("and gone");
    while let Some(message) = alice.next(SOON) {
        assert!(
            Event::try_from(message.clone()).is_ok() || matches!(message, Message::Bye(_)),
            "{message:?}"
        );
    }
}
