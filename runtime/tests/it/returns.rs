//! Those who come back: for all that they missed, in whatever way they were away.

use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Home, SOON, Server};
use crate::peer::Peer;
use crate::requirement;
use crate::way::Way;

#[test]
fn a_long_absence_is_filled_or_said() {
    requirement!("DL-16", "HS-18");
    let server = Server::start(&["--rate", "0", "--byte-rate", "0"]);
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    alice.say("before");
    alice.expect_out("alice: before");
    alice.say("/quit");
    assert_eq!(alice.finish(SOON).status, 0);
    // Three pages of history and one more.
    let lines: String = (0..3_001).map(|n| format!("line {n}.\n")).collect();
    let sent = Home::new().send(&server, &["--name", "bob"], lines.as_bytes());
    assert_eq!(sent.status, 0, "{}", sent.err);

    let alice = home.join(&server, "alice");
    alice.expect_out("bob: line 3000.");
    let out = alice.out();
    let heard = out.lines().filter_map(|line| line.split_once(" bob: "));
    let heard: Vec<&str> = heard.map(|(_, text)| text).collect();
    let said: Vec<String> = (0..3_001).map(|n| format!("line {n}.")).collect();
    assert_eq!(heard, said, "each once, in order");
    assert!(!out.contains("before") && !out.contains("missing"));
}

#[test]
fn what_is_no_longer_kept_is_counted() {
    requirement!("DL-16");
    let server = Server::start(&[
        "--rate",
        "0",
        "--byte-rate",
        "0",
        "--memory",
        "64KiB",
        "--ring",
        "64KiB",
    ]);
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    alice.say("/quit");
    assert_eq!(alice.finish(SOON).status, 0);
    let padding = "x".repeat(1_000);
    let lines: String = (0..500).map(|n| format!("line {n}. {padding}\n")).collect();
    let sent = Home::new().send(&server, &["--name", "bob"], lines.as_bytes());
    assert_eq!(sent.status, 0, "{}", sent.err);

    let alice = home.join(&server, "alice");
    alice.expect_out("bob: line 499.");
    let out = alice.out();
    let missing = out
        .lines()
        .find(|line| line.contains("missing here"))
        .expect("a mark");
    let count: usize = missing
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a count");
    let shown = out.matches(" bob: line ").count();
    let others = out.lines().count() - 1 - shown;
    // Her leave, bob's join, his lines, his leave.
    assert!(
        count + shown + others >= 502 && count > 100,
        "{missing}, {shown} shown"
    );
    assert!(
        out.find("missing here") < out.find("bob: line "),
        "at its place"
    );
}

#[test]
fn a_bot_that_comes_back_gets_nothing_twice() {
    requirement!("HS-18");
    let server = Server::start(&[]);
    let home = Home::new();
    assert_eq!(home.send(&server, &["--name", "bob"], b"old\n").status, 0);
    let place = server.place();
    let first = home
        .start(["tail", &place, "--json", "--no-follow", "--since", "0"])
        .finish(SOON);
    let newest = first.out.lines().filter_map(|line| {
        serde_json::from_str::<serde_json::Value>(line).expect("one object")["seq"].as_u64()
    });
    let mut newest = newest.max().expect("an event");
    for _ in 0..5 {
        let since = newest.to_string();
        let again = home
            .start(["tail", &place, "--json", "--no-follow", "--since", &since])
            .finish(SOON);
        assert_eq!(again.status, 0, "{}", again.err);
        assert!(!again.out.contains("old"), "{}", again.out);
        for line in again.out.lines() {
            let event: serde_json::Value = serde_json::from_str(line).expect("one object");
            if let Some(seq) = event["seq"].as_u64() {
                assert!(seq > newest, "{line}");
                newest = seq;
            }
        }
    }
}

#[test]
fn an_acknowledgement_that_was_lost_makes_no_second_copy() {
    requirement!("DL-9", "DL-3");
    let server = Server::start(&["--grace", "50s"]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = home.start(["join", &way.place(), "--name", "alice"]);
    alice.expect_err("connected as alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    way.mute_server();
    alice.say("heard by all but me");
    bob.events_until("heard by all but me");
    way.cut();
    alice.expect_err("connected again as alice");
    alice.expect_out("alice: heard by all but me");
    bob.say(1, "the end");
    let events = bob.events_until("the end");
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn the_list_is_right_after_an_absence() {
    requirement!("RM-13");
    let server = Server::start(&["--grace", "50s"]);
    let way = Way::to(server.address);
    let homes = [Home::new(), Home::new(), Home::new()];
    let mut alice = homes[0].start(["join", &way.place(), "--name", "alice"]);
    alice.expect_err("connected as alice");
    let mut dave = homes[1].join(&server, "dave");
    alice.expect_out("dave@127.0.0.1 joined");
    way.fall_night(true);
    way.darken();
    let carol = homes[2].join(&server, "carol");
    dave.say("/quit");
    dave.finish(SOON);
    carol.expect_out("dave@127.0.0.1 left");
    way.fall_night(false);
    way.cut();
    alice.expect_err("connected again as alice");
    alice.expect_out("<-- dave@127.0.0.1 left");
    alice.say("/who");
    alice.expect_out("  2 here\n");
    let out = alice.out();
    let list = &out[out
        .rfind("  alice@127.0.0.1 (operator)\n")
        .expect("herself")..];
    assert!(
        list.contains("  carol@127.0.0.1\n") && !list.contains("dave"),
        "{out}"
    );
}

#[test]
fn after_a_sleep_a_dead_link_is_seen_at_once() {
    requirement!("LV-4");
    let server = Server::start(&["--grace", "50s"]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = home.start(["join", &way.place(), "--name", "alice"]);
    alice.expect_err("connected as alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    alice.signal("STOP");
    way.darken();
    bob.say(1, "while she slept");
    // Shorter than what a silent link takes to die by itself, and longer than a busy machine's pauses.
    thread::sleep(Duration::from_secs(9));
    alice.signal("CONT");
    let awake = Instant::now();
    alice.expect_err("connection lost: the clock jumped");
    assert!(
        awake.elapsed() < Duration::from_secs(5),
        "{:?}",
        awake.elapsed()
    );
    alice.expect_err("connected again as alice");
    assert!(
        awake.elapsed() < Duration::from_secs(10),
        "{:?}",
        awake.elapsed()
    );
    alice.expect_out("bob: while she slept");
    alice.say("awake");
    bob.events_until("awake");
}

#[test]
fn a_reader_who_pauses_is_no_sleeper() {
    requirement!("LV-4");
    let server = Server::start(&["--rate", "0", "--byte-rate", "0"]);
    let home = Home::new();
    // Nobody reads what it prints for longer than a jump of the clock: the pipe is full, and it waits.
    let script = "\"$PARLANCE\" tail \"$PLACE\" --since 0 | { head -c 1000 >/dev/null; sleep 9; cat >/dev/null; }";
    let mut command = home.shell(script);
    command.env("PLACE", server.place());
    let reader = home.run(command);
    let padding = "x".repeat(1_000);
    let lines: String = (0..300).map(|n| format!("{n} {padding}\n")).collect();
    let sent = Home::new().send(&server, &["--name", "bob"], lines.as_bytes());
    assert_eq!(sent.status, 0, "{}", sent.err);
    thread::sleep(Duration::from_secs(13));
    assert!(!reader.err().contains("lost"), "{}", reader.err());
}

#[test]
fn every_address_of_a_name_is_tried() {
    requirement!("LV-11");
    let server = Server::start(&[]);
    let place = format!("localhost:{}", server.address.port());
    let home = Home::new();
    // Where the name leads to ::1 too, that one refuses.
    let sent = home
        .start(["send", &place, "--name", "alice", "hello"])
        .finish(SOON);
    assert_eq!(sent.status, 0, "{}", sent.err);
    let port = server.address.port();
    drop(server);
    let place = format!("localhost:{port}");
    let args = [
        "send",
        &place,
        "--name",
        "alice",
        "--timeout",
        "1s",
        "hello",
    ];
    let sent = home.start(args).finish(SOON);
    assert_eq!(sent.status, 6);
    assert!(
        sent.err.contains(&format!("127.0.0.1:{port}")),
        "{}",
        sent.err
    );
    assert!(sent.err.contains("refused"), "{}", sent.err);
}
