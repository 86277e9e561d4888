//! People in a room.

use std::time::{Duration, Instant};

use crate::harness::{Home, SOON, Server};
use crate::peer::Peer;
use crate::requirement;

#[test]
fn three_processes_talk() {
    requirement!("DL-1", "RM-8");
    let server = Server::start(&[]);
    let homes = [Home::new(), Home::new(), Home::new()];
    let mut alice = homes[0].join(&server, "alice");
    let mut bob = homes[1].join(&server, "bob");
    alice.expect_out("--> bob@127.0.0.1 joined, 2 here");
    let carol = homes[2].join(&server, "carol");
    bob.expect_out("--> carol@127.0.0.1 joined, 3 here");

    alice.say("hello, all");
    bob.expect_out("] alice: hello, all\n");
    bob.say("你好 👋");
    for process in [&alice, &bob, &carol] {
        process.expect_out("] bob: 你好 👋\n");
        let out = process.out();
        assert_eq!(out.matches("hello, all").count(), 1, "once each: {out}");
        assert!(
            out.find("alice: hello") < out.find("bob: 你好"),
            "one order"
        );
    }

    bob.close_stdin();
    assert_eq!(bob.finish(SOON).status, 0);
    for process in [&alice, &carol] {
        process.expect_out("<-- bob@127.0.0.1 left, 2 here");
    }
}

#[test]
fn two_names_of_one_home_are_two_members() {
    requirement!("HS-15");
    let server = Server::start(&[]);
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    let mut bob = home.join(&server, "bob");
    alice.expect_out("--> bob@127.0.0.1 joined, 2 here");
    bob.say("/who");
    bob.expect_out("  2 here\n");
    let out = bob.out();
    assert!(
        out.contains("  alice@127.0.0.1 (operator)\n") && out.contains("  bob@127.0.0.1\n"),
        "{out}"
    );
    alice.say("/msg bob for you alone");
    bob.expect_out("*alice* for you alone");
    alice.expect_out("-> *bob* for you alone");
}

#[test]
fn one_name_twice_is_one_member_with_two_devices() {
    requirement!("HS-12", "HS-8");
    let server = Server::start(&[]);
    let home = Home::new();
    let mut carol = Home::new().join(&server, "carol");
    let mut desk = home.join(&server, "alice");
    carol.expect_out("--> alice@127.0.0.1 joined, 2 here");
    let mut phone = home.join(&server, "alice");

    carol.say("for both devices");
    desk.expect_out("carol: for both devices");
    phone.expect_out("carol: for both devices");
    phone.say("from the phone");
    desk.expect_out("alice: from the phone");

    desk.say("/quit");
    assert_eq!(desk.finish(SOON).status, 0);
    phone.say("still here");
    carol.expect_out("alice: still here");
    assert!(
        !carol.out().contains("left"),
        "alice has a device left: {}",
        carol.out()
    );
    phone.say("/quit enough");
    carol.expect_out("<-- alice@127.0.0.1 left (enough), 1 here");
    assert_eq!(carol.out().matches("alice@127.0.0.1 joined").count(), 1);
}

#[test]
fn a_name_belongs_to_a_key() {
    requirement!("HS-13");
    let server = Server::start(&[]);
    let _alice = Home::new().join(&server, "alice");
    // A Cyrillic letter looks like the Latin one.
    for name in ["alice", "ALICE", "аlice"] {
        let other = Home::new();
        let thief = other
            .start(["join", &server.place(), "--name", name])
            .finish(SOON);
        assert_eq!(thief.status, 5, "{name}: {}", thief.err);
        assert!(
            thief.err.contains("taken") && thief.err.contains("--name"),
            "{}",
            thief.err
        );
    }
}

#[test]
fn everybody_is_back_after_the_server_was_killed() {
    requirement!("HS-19", "LV-11");
    let server = Server::start(&[]);
    let homes = [Home::new(), Home::new()];
    let mut alice = homes[0].join(&server, "alice");
    let mut bob = homes[1].join(&server, "bob");
    alice.say("before");
    bob.expect_out("alice: before");

    let server = {
        let mut server = server;
        server.process.crash();
        for process in [&alice, &bob] {
            process.expect_err("connection lost");
        }
        alice.say("typed while there was no server");
        alice.expect_err("pending: typed while there was no server");
        server.crash_and_restart(&[])
    };
    for process in [&alice, &bob] {
        process.expect_err("connected again as");
        process.expect_err("the room is another one now");
    }
    alice.expect_err("sent: typed while there was no server");
    bob.expect_out("alice: typed while there was no server");
    bob.say("after");
    alice.expect_out("bob: after");
    let out = bob.out();
    assert_eq!(out.matches("while there was no server").count(), 1, "{out}");
    drop(server);
}

#[test]
fn a_stopped_client_is_let_go_and_comes_back_for_what_it_missed() {
    requirement!("LV-6", "LV-7");
    let server = Server::start(&["--stall", "8s", "--rate", "0", "--byte-rate", "0"]);
    let homes = [Home::new(), Home::new()];
    let sleeper = homes[0].join(&server, "sleeper");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    sleeper.signal("STOP");

    // Twenty megabytes: more than the two sockets between take in.
    let padding = "x".repeat(16_000);
    let lines: String = (0..1_250).map(|n| format!("{n:04} {padding}\n")).collect();
    let begun = Instant::now();
    let mut alice = homes[1].start(["send", &server.place(), "--name", "alice"]);
    alice.give(lines.as_bytes());
    let last = format!("1249 {padding}");
    let events = bob.events_until(&last);
    assert!(events.len() >= 1_250);
    // Two seconds in which the sleeper might still keep up, and never the time after which he is let go.
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(7), "bob waited {took:?}");
    assert_eq!(alice.finish(SOON).status, 0);

    server.process.expect_err("stalled");
    bob.say(1, "goodnight");
    bob.events_until("goodnight");
    sleeper.signal("CONT");
    sleeper.expect_err("connected again as sleeper");
    sleeper.expect_out("bob: goodnight");
    let out = sleeper.out();
    let heard = out.lines().filter_map(|line| line.split_once(" alice: "));
    let heard: Vec<&str> = heard.map(|(_, text)| &text[..4]).collect();
    let said: Vec<String> = (0..1_250).map(|n| format!("{n:04}")).collect();
    assert_eq!(heard, said, "each line once, in order");
}

#[test]
fn a_silent_peer_is_given_up_and_a_live_one_kept() {
    requirement!("LV-2", "LV-3");
    let server = Server::start(&["--ping-after", "300ms", "--dead-after", "1s"]);
    let alice = Home::new().join(&server, "alice");
    let (mut silent, welcome) = Peer::guest(server.address, "silent");
    assert_eq!(welcome.keepalive, 1, "whole seconds, rounded up");
    let begun = Instant::now();
    // It reads, but says nothing: PINGs have to be waited for where they are not answered.
    let bye = loop {
        match silent.next_unanswered(SOON) {
            Some(parlance_proto::wire::Message::Bye(bye)) => break bye,
            Some(_) => {}
            None => panic!("an end without a goodbye"),
        }
    };
    assert_eq!(bye.code.as_str(), "idle");
    assert!(
        begun.elapsed() > Duration::from_millis(800),
        "{:?}",
        begun.elapsed()
    );
    alice.expect_out("<-- silent@127.0.0.1 left");
    assert!(!alice.err().contains("lost"), "{}", alice.err());
}

#[test]
fn names_topics_and_private_words() {
    requirement!("RM-14", "DL-18");
    let server = Server::start(&[]);
    let mut alice = Home::new().join(&server, "alice");
    let mut bob = Home::new().join(&server, "bob");
    let carol = Home::new().join(&server, "carol");
    alice.expect_out("carol@127.0.0.1 joined, 3 here");

    alice.say("/nick Ann Lee");
    bob.expect_out("--- alice is now Ann Lee");
    alice.say("/topic standup at ten");
    bob.expect_out("--- Ann Lee set the topic: standup at ten");
    bob.say("/topic");
    bob.expect_out("\ntopic: standup at ten");
    bob.say("/topic -");
    for process in [&alice, &bob] {
        process.expect_out("--- bob cleared the topic");
    }
    bob.say("/topic");
    bob.expect_out("there is no topic");
    alice.say("/me waves");
    bob.expect_out("] * Ann Lee waves");
    bob.say("/msg Ann Lee psst");
    alice.expect_out("*bob* psst");
    bob.say("/msg nobody psst");
    bob.expect_err("nobody here is called nobody");
    alice.say("/nick bob");
    alice.expect_err("failed (taken");
    alice.say("done");
    carol.expect_out("Ann Lee: done");
    assert!(!carol.out().contains("psst"), "it was not for carol");
}

#[test]
fn a_command_that_is_none_is_not_sent() {
    let server = Server::start(&[]);
    let mut alice = Home::new().join(&server, "alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    for line in ["/quti", "/etc/passwd", "/", "/me", "/nick server"] {
        alice.say(line);
    }
    alice.expect_err("there is no command /quti");
    alice.expect_err("there is no command /etc/passwd");
    alice.say("//shrug");
    alice.say("/help");
    alice.expect_out("/msg NAME TEXT");
    let events = bob.events_until("/shrug");
    assert_eq!(events.len(), 1, "nothing but it was sent: {events:?}");
    alice.close_stdin();
    let end = alice.finish(SOON);
    assert_eq!(
        end.status, 1,
        "a script is told that lines were not sent: {}",
        end.err
    );
}

#[test]
fn the_end_of_stdin_waits_for_what_was_typed() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let mut alice = Home::new().start(["join", &server.place(), "--name", "alice"]);
    let lines: String = (0..300).map(|n| format!("line {n}\n")).collect();
    alice.give(format!("{lines}the last, without an end").as_bytes());
    assert_eq!(alice.finish(SOON).status, 0);
    let said = bob.events_until("the last, without an end");
    assert_eq!(said.len(), 302, "a join and every line");
}

#[test]
fn history_is_there_for_those_who_come_later() {
    requirement!("HS-18");
    let server = Server::start(&[]);
    let home = Home::new();
    assert_eq!(
        home.send(&server, &["--name", "early"], b"one\ntwo\nthree\n")
            .status,
        0
    );
    let late = Home::new().start([
        "join",
        &server.place(),
        "--name",
        "late",
        "--history",
        "1000",
    ]);
    late.expect_out("early: three");
    let out = late.out();
    assert!(out.find("early: one") < out.find("early: two"), "{out}");
    let later = Home::new().start(["join", &server.place(), "--name", "later", "--history", "0"]);
    later.expect_err("connected as later");
    assert_eq!(home.send(&server, &["--name", "early"], b"four").status, 0);
    later.expect_out("early: four");
    assert!(!later.out().contains("three"), "{}", later.out());
}

/// Between composing and sending, bob takes another name and carol takes his: what was meant for him does not go to her.
#[test]
fn a_private_text_never_reaches_who_took_the_name_unless_it_is_said_twice() {
    let server = Server::start(&[]);
    let mut alice = Home::new().join(&server, "alice");
    let mut bob = Home::new().join(&server, "bob");
    let mut carol = Home::new().join(&server, "carol");
    bob.say("/nick rob");
    carol.expect_out("rob");
    carol.say("/nick bob");
    alice.expect_out("carol is now bob");
    alice.say("/msg bob for the one before");
    alice.expect_err("somebody else now");
    alice.say("/msg rob for rob");
    bob.expect_out("for rob");
    alice.say("/msg bob for the new one");
    carol.expect_out("for the new one");
    assert!(
        !carol.out().contains("for the one before"),
        "{}",
        carol.out()
    );
    assert!(!bob.out().contains("for the one before"), "{}", bob.out());
}
