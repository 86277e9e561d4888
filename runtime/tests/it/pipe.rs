//! `send` and `tail` in scripts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use parlance_proto::wire::Event;
use serde_json::Value;

use crate::harness::{Finished, Home, SOON, Server, wait_for};
use crate::peer::Peer;
use crate::requirement;

fn texts(events: &[Event]) -> Vec<&str> {
    let said = events.iter().filter_map(|event| match event {
        Event::Said(said) => said.text.as_deref(),
        _ => None,
    });
    said.collect()
}

/// What is in the room now, as JSON, to somebody who lives at `home`.
fn told(home: &Home, server: &Server, flags: &[&str]) -> Vec<Value> {
    let place = server.place();
    let args = ["tail", &place, "--name", "reader", "--json", "--no-follow"];
    let read = home.start(args.iter().chain(flags)).finish(SOON);
    assert_eq!(read.status, 0, "{}", read.err);
    let lines = read.out.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("JSON in each line")
}

#[test]
fn each_line_arrives_the_last_without_newline_too() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let sent = Home::new().send(&server, &["--name", "bot"], b"a\n\n  b \r\nc");
    assert_eq!((sent.status, sent.err.as_str()), (0, ""));
    assert_eq!(texts(&bob.events_until("c")), ["a", "  b ", "c"]);
}

#[test]
fn words_after_the_server_are_one_line() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let place = server.place();
    let sent = Home::new().start(["send", &place, "--name", "bot", "/quit is", "no", "command"]);
    assert_eq!(sent.finish(SOON).status, 0);
    bob.events_until("/quit is no command");
}

#[test]
fn ten_thousand_lines() {
    requirement!("DL-14");
    let server = Server::start(&["--rate", "0", "--byte-rate", "0"]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let lines: Vec<String> = (0..10_000).map(|n| format!("line {n}")).collect();
    let home = Home::new();
    let mut bot = home.start(["send", &server.place(), "--name", "bot"]);
    let begun = Instant::now();
    bot.give(lines.join("\n").as_bytes());
    let events = bob.events_until("line 9999");
    assert_eq!(texts(&events), lines);
    assert_eq!(bot.finish(SOON).status, 0);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn over_the_rate_a_sender_is_paced_and_loses_nothing() {
    requirement!("LV-5");
    let server = Server::start(&["--rate", "50", "--burst", "10"]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let lines: Vec<String> = (0..60).map(|n| format!("line {n}")).collect();
    let begun = Instant::now();
    let sent = Home::new().send(&server, &["--name", "bot"], lines.join("\n").as_bytes());
    assert_eq!(sent.status, 0, "{}", sent.err);
    assert_eq!(texts(&bob.events_until("line 59")), lines);
    // A login and sixty lines are at least fifty above the burst.
    assert!(
        begun.elapsed() > Duration::from_millis(950),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_line_that_is_no_text_is_named_and_ends_it() {
    let home = Home::new();
    let server = Server::start(&[]);
    for (bad, word) in [
        (&b"\xff\xfe\x00"[..], "not UTF-8"),
        (b"a\x1b[31m", "U+001B"),
        (&[b'x'; 16_385], "16385 bytes"),
    ] {
        let input = [b"good\n", bad, b"\nbehind it\n"].concat();
        let sent = home.send(&server, &["--name", "bot"], &input);
        assert_eq!(sent.status, 1, "{}", sent.err);
        assert!(
            sent.err.contains("line 2") && sent.err.contains(word),
            "{}",
            sent.err
        );
    }
    let (mut bob, _) = Peer::guest(server.address, "bob");
    bob.say(1, "end");
    bob.events_until("end");
    let all = told(&home, &server, &["--history", "1000"]);
    let said: Vec<_> = all
        .iter()
        .filter_map(|event| event["text"].as_str())
        .collect();
    assert_eq!(said, ["good", "good", "good", "end"]);
}

#[test]
fn the_longest_text_arrives_whole() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let text = "x".repeat(16_384);
    let sent = Home::new().send(&server, &["--name", "bot"], text.as_bytes());
    assert_eq!(sent.status, 0, "{}", sent.err);
    bob.events_until(&text);
}

#[test]
fn two_who_are_refused() {
    let server = Server::start(&[]);
    let _alice = Home::new().join(&server, "alice");
    let taken = Home::new().send(&server, &["--name", "alice"], b"a\n");
    assert_eq!(taken.status, 5, "{}", taken.err);
    let tiny = Server::start(&["--rooms", "1"]);
    let _alice = Home::new().join(&tiny, "alice");
    let full = Home::new().send(&tiny, &["--room", "other", "--timeout", "1s"], b"a\n");
    assert_eq!(full.status, 5, "{}", full.err);
    assert!(full.err.contains("full"), "{}", full.err);
}

#[test]
fn nobody_there_is_6_and_says_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    drop(listener);
    for command in ["send", "tail", "join"] {
        let home = Home::new();
        let mut process = home.start([command, &place, "--timeout", "500ms"]);
        if command == "send" {
            process.give(b"a\n");
        }
        let end = process.finish(SOON);
        assert_eq!(end.status, 6, "{command}: {}", end.err);
        for word in [place.as_str(), "refused", "parlance serve"] {
            assert!(end.err.contains(word), "{command}, {word}: {}", end.err);
        }
    }
}

#[test]
fn a_server_that_never_answers_is_6() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    let home = Home::new();
    let mut process = home.start(["send", &place, "--timeout", "500ms"]);
    process.give(b"a\n");
    let end = process.finish(SOON);
    assert_eq!(end.status, 6, "{}", end.err);
}

/// A server that says `bytes` to the first who comes, once he has said something.
fn false_server(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(bytes);
        // Until the client is gone.
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    place
}

#[test]
fn what_is_no_server_of_ours_is_1() {
    requirement!("ER-7", "FR-4");
    for answer in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x40\0\0\0",
        b"\0\0\0\x01\xff",
        // A PONG in place of a welcome.
        b"\0\0\0\x07\x82dPONG\x05",
    ] {
        let place = false_server(answer);
        let home = Home::new();
        let mut process = home.start(["send", &place, "--timeout", "10s"]);
        process.give(b"a\n");
        let end = process.finish(SOON);
        assert_eq!(end.status, 1, "{answer:?}: {}", end.err);
        assert!(!end.err.is_empty());
    }
}

#[test]
fn a_server_that_dies_on_the_way_leaves_4_and_the_lines() {
    requirement!("DL-3");
    let mut server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let mut bot = Home::new().start(["send", &server.place(), "--name", "bot", "--timeout", "1s"]);
    bot.say("first");
    bob.events_until("first");
    server.process.signal("STOP");
    bot.say("second");
    bot.say("third");
    server.process.crash();
    bot.close_stdin();
    let end = bot.finish(SOON);
    assert_eq!(end.status, 4, "{}", end.err);
    for words in [
        "line 2",
        ": second",
        "line 3",
        ": third",
        "2 of 3 lines not acknowledged",
    ] {
        assert!(end.err.contains(words), "{words}: {}", end.err);
    }
    assert!(!end.err.contains("first"), "{}", end.err);
}

#[test]
fn a_server_that_comes_back_in_time_gets_the_rest() {
    let home = Home::new();
    requirement!("DL-9");
    let mut server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let mut bot = home.start(["send", &server.place(), "--name", "bot", "--timeout", "30s"]);
    while !matches!(bob.next_event(), Event::Joined(_)) {}
    server.process.crash();
    bot.say("first");
    bot.say("second");
    bot.close_stdin();
    bot.expect_err("connection lost");
    let server = server.crash_and_restart(&[]);
    let end = bot.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
    let all = told(&home, &server, &["--history", "1000"]);
    let said: Vec<_> = all
        .iter()
        .filter_map(|event| event["text"].as_str())
        .collect();
    assert_eq!(said, ["first", "second"], "once, in the new room");
}

#[test]
fn json_of_what_was_since() {
    let home = Home::new();
    let server = Server::start(&[]);
    let sent = home.send(&server, &["--name", "bot"], b"a\nb\nc\n");
    assert_eq!(sent.status, 0);
    let all = told(&home, &server, &["--since", "0"]);
    let kinds: Vec<_> = all
        .iter()
        .map(|event| event["type"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(kinds[..5], ["joined", "said", "said", "said", "left"]);
    for (event, seq) in all.iter().zip(1_u64..) {
        assert_eq!(event["seq"], seq, "no gap: {event}");
        let at = event["at"].as_str().unwrap_or_default();
        assert!(
            at.starts_with("20") && at.ends_with('Z') && at.len() == 24,
            "{at}"
        );
        for field in ["member", "session", "id"] {
            assert!(event[field].is_u64(), "{field}: {event}");
        }
    }
    let said = &all[1];
    assert_eq!(
        (&said["name"], &said["kind"], &said["re"], &said["text"]),
        (&"bot".into(), &"say".into(), &Value::Null, &"a".into())
    );
    assert_eq!(
        (&all[0]["host"], &all[0]["members"]),
        (&"127.0.0.1".into(), &1.into())
    );
    assert_eq!(
        (&all[4]["members"], &all[4]["why"]),
        (&0.into(), &Value::Null)
    );

    let since = told(&home, &server, &["--since", "3"]);
    assert_eq!(
        (&since[0]["seq"], &since[0]["text"]),
        (&4.into(), &"c".into())
    );
}

#[test]
fn tail_follows_and_each_line_is_whole() {
    let server = Server::start(&[]);
    let reader = Home::new().start(["tail", &server.place(), "--name", "reader"]);
    reader.expect_out("reader@127.0.0.1 joined");
    let sent = Home::new().send(&server, &["--name", "bot"], b"a line\n");
    assert_eq!(sent.status, 0);
    reader.expect_out("] bot: a line\n");
    reader.signal("INT");
    let end = reader.finish(SOON);
    assert_eq!((end.status, end.err.as_str()), (0, ""));
}

#[test]
fn a_closed_stdout_is_a_quiet_end() {
    let home = Home::new();
    let server = Server::start(&[]);
    // More than a pipe holds: it is in the middle of writing when nobody reads any more.
    let long = format!("{}\n", "x".repeat(10_000)).repeat(20);
    let sent = home.send(&server, &["--name", "bot"], long.as_bytes());
    assert_eq!(sent.status, 0);
    for follow in [&["--no-follow"][..], &[]] {
        let place = server.place();
        let args = ["tail", &place, "--name", "reader", "--since", "0"];
        let mut child = home
            .parlance(args.iter().chain(follow))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process that starts");
        let mut out = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut first = String::new();
        out.read_line(&mut first).expect("a line");
        assert!(first.contains("bot"), "{first}");
        drop(out);
        let status = wait_for(
            SOON,
            || "its end".to_owned(),
            || child.try_wait().expect("ours"),
        );
        let mut err = String::new();
        let mut stderr = child.stderr.take().expect("stderr is a pipe");
        stderr.read_to_string(&mut err).expect("text");
        assert_eq!((status.code(), err.as_str()), (Some(0), ""));
    }
}

#[test]
fn many_senders_at_once_are_one_order_for_all() {
    let home = Home::new();
    requirement!("RM-2");
    let server = Server::start(&["--rate", "0"]);
    let senders: Vec<_> = (0..4)
        .map(|n| {
            let home = Home::new();
            let name = format!("bot{n}");
            let mut bot = home.start(["send", &server.place(), "--name", &name]);
            let lines: String = (0..200).map(|line| format!("{n} {line}\n")).collect();
            bot.give(lines.as_bytes());
            (home, bot)
        })
        .collect();
    for (_home, bot) in senders {
        let Finished { status, err, .. } = bot.finish(SOON);
        assert_eq!(status, 0, "{err}");
    }
    let first = told(&home, &server, &["--since", "0"]);
    let again = told(&home, &server, &["--since", "0"]);
    assert_eq!(first[..], again[..first.len()], "the same for whoever asks");
    for n in 0..4 {
        let prefix = format!("{n} ");
        let texts = first.iter().filter_map(|event| event["text"].as_str());
        let mine: Vec<_> = texts
            .filter_map(|text| text.strip_prefix(&prefix))
            .collect();
        let expected: Vec<_> = (0..200).map(|line| line.to_string()).collect();
        assert_eq!(mine, expected, "each sender's own order, each line once");
    }
}
