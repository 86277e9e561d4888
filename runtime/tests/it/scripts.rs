//! Scripts: what they are told, and how they end.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use parlance_proto::wire::Event;

use crate::harness::{Home, SOON, Server};
use crate::json::welcome;
use crate::peer::{Peer, frame};

/// A line of shell; `$PLACE` is the server.
fn shell(home: &Home, server: &Server, script: &str) -> crate::harness::Finished {
    let mut command = home.shell(script);
    command.env("PLACE", server.place());
    home.run(command).finish(SOON)
}

fn said(events: &[Event]) -> usize {
    let said = events
        .iter()
        .filter(|event| matches!(event, Event::Said(_)));
    said.count()
}

#[test]
fn printf_without_a_newline_arrives() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let home = Home::new();
    let sent = shell(
        &home,
        &server,
        r#"printf hi | "$PARLANCE" send "$PLACE" --name bot"#,
    );
    assert_eq!(
        (sent.status, sent.out.as_str(), sent.err.as_str()),
        (0, "", "")
    );
    assert_eq!(said(&bob.events_until("hi")), 1);
}

#[test]
fn at_the_default_rate_lines_are_paced_and_none_is_lost() {
    // 100 a second after 200 at once.
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let lines: Vec<String> = (0..320).map(|n| format!("line {n}")).collect();
    let begun = Instant::now();
    let sent = Home::new().send(&server, &["--name", "bot"], lines.join("\n").as_bytes());
    assert_eq!((sent.status, sent.err.as_str()), (0, ""));
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(1_000), "{took:?}");
    let heard = bob.events_until("line 319");
    let texts: Vec<&str> = heard
        .iter()
        .filter_map(|event| match event {
            Event::Said(said) => said.text.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(texts, lines);
}

#[test]
fn a_closed_stdin_is_an_empty_one() {
    let server = Server::start(&[]);
    let home = Home::new();
    for command in ["send", "join"] {
        let script = format!(r#""$PARLANCE" {command} "$PLACE" --name bot <&-"#);
        let end = shell(&home, &server, &script);
        assert_eq!(end.status, 0, "{command}: {}", end.err);
        assert!(!end.err.contains("stdin"), "{command}: {}", end.err);
    }
}

#[test]
fn head_is_satisfied_with_one_line() {
    let server = Server::start(&[]);
    let home = Home::new();
    let long = format!("{}\n", "x".repeat(1_000)).repeat(200);
    assert_eq!(
        home.send(&server, &["--name", "bot"], long.as_bytes())
            .status,
        0
    );
    for follow in ["", "--no-follow"] {
        for json in ["", "--json"] {
            let script = format!(
                r#"{{ "$PARLANCE" tail "$PLACE" --name reader --since 0 {follow} {json}; echo "status $?" >&2; }} | head -1"#
            );
            let end = shell(&home, &server, &script);
            assert_eq!(end.out.lines().count(), 1, "{}", end.out);
            assert_eq!(end.err, "status 0\n", "{follow} {json}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_is_1() {
    let server = Server::start(&[]);
    let home = Home::new();
    assert_eq!(home.send(&server, &["--name", "bot"], b"a\n").status, 0);
    for command in [
        "tail \"$PLACE\" --name reader --since 0",
        "tail \"$PLACE\" --name reader --since 0 --json",
        "who \"$PLACE\" --name reader",
        "who \"$PLACE\" --name reader --json",
        "--help",
    ] {
        let end = shell(
            &home,
            &server,
            &format!("\"$PARLANCE\" {command} > /dev/full"),
        );
        assert_eq!(end.status, 1, "{command}: {}", end.err);
        assert_eq!(
            end.err, "parlance: cannot write to stdout: no space left on device\n",
            "{command}"
        );
    }
}

#[test]
fn the_end_of_stdin_waits_for_what_is_pending() {
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let place = server.place();
    for command in ["send", "join"] {
        let name = format!("{command}er");
        let home = Home::new();
        let start = |timeout| home.start([command, &place, "--name", &name, "--timeout", timeout]);
        // The server is held up, and goes on: all that was typed is acknowledged.
        let mut bot = start("30s");
        bot.say("here");
        bob.events_until("here");
        server.process.signal("STOP");
        bot.say("late");
        bot.close_stdin();
        server.process.signal("CONT");
        let end = bot.finish(SOON);
        assert_eq!(end.status, 0, "{command}: {}", end.err);
        bob.events_until("late");
        // It does not go on: after the time without an acknowledgement it is told how many are missing.
        let mut bot = start("700ms");
        bot.say("here");
        bob.events_until("here");
        server.process.signal("STOP");
        bot.say("one");
        bot.say("two");
        let typed = Instant::now();
        bot.close_stdin();
        let end = bot.finish(SOON);
        server.process.signal("CONT");
        assert_eq!(end.status, 4, "{command}: {}", end.err);
        assert!(
            typed.elapsed() >= Duration::from_millis(600),
            "{:?}",
            typed.elapsed()
        );
        assert!(
            end.err.contains("2 of 3 lines not acknowledged"),
            "{command}: {}",
            end.err
        );
    }
    let help = Home::new().start(["send", "--help"]).finish(SOON);
    let timeout = help
        .out
        .split("--timeout <TIME>")
        .nth(1)
        .unwrap_or_default();
    let line = timeout.split("--").next().unwrap_or_default();
    assert!(line.contains("[default: 10s]"), "{line}");
}

#[test]
fn no_retry_is_one_try() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    drop(listener);
    for (retry, least) in [("0", 1), ("1", 1)] {
        let begun = Instant::now();
        let args = ["send", &place, "--timeout", "10m", "--retry", retry, "x"];
        let end = Home::new().start(args).finish(SOON);
        assert_eq!(end.status, 6, "{}", end.err);
        assert!(end.err.lines().count() >= least, "{}", end.err);
        assert!(
            begun.elapsed() < SOON,
            "it does not wait for its time to be over"
        );
    }
    // One that is lost counts as well: this server lets in, hears the line and hangs up.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(&frame(&welcome(0)));
        let _ = stream.read(&mut buffer);
    });
    let args = [
        "send",
        &place,
        "--name",
        "reader",
        "--timeout",
        "10m",
        "--retry",
        "0",
        "lost",
    ];
    let end = Home::new().start(args).finish(SOON);
    assert_eq!(end.status, 4, "{}", end.err);
    assert!(
        end.err.contains("1 of 1 lines not acknowledged"),
        "{}",
        end.err
    );
}

#[test]
fn a_bot_has_a_key_of_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start(&[]);
    let home = Home::new();
    let key = home.path().join("bot.key");
    let key = key.display().to_string();
    // Made elsewhere: this home has no identity, and gets none.
    let elsewhere = Home::new();
    let made = elsewhere.start(["identity", "export", &key]).finish(SOON);
    assert_eq!(made.status, 0, "{}", made.err);
    let place = server.place();
    let flags = ["--name", "bot", "--key", &key];
    let send = |home: &Home, flags: &[&str]| home.send(&server, flags, b"x\n");
    let sent = send(&home, &flags);
    assert_eq!(sent.status, 0, "{}", sent.err);
    assert!(!home.path().join("state").exists(), "it keeps nothing here");
    // The name is the key's now: from here, and with another key, it is taken.
    assert_eq!(send(&home, &["--name", "bot"]).status, 5);
    for command in [&["tail", "--no-follow"][..], &["who"]] {
        let args = [command[0], &place].into_iter();
        let args = args.chain(flags).chain(command[1..].iter().copied());
        let end = home.start(args).finish(SOON);
        assert_eq!(end.status, 0, "{command:?}: {}", end.err);
    }
    // A key that others may read, or that is none, is not used.
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&key, open).expect("a mode");
    let end = send(&home, &flags);
    assert_eq!(end.status, 1);
    assert!(end.err.contains("chmod"), "{}", end.err);
    let none = home.path().join("none").display().to_string();
    let end = send(&home, &["--key", &none]);
    assert_eq!(end.status, 1);
    assert!(end.err.contains("no such file"), "{}", end.err);
}

#[test]
fn who_is_there_is_printed() {
    let server = Server::start(&[]);
    let (_bob, _) = Peer::guest(server.address, "bob");
    let place = server.place();
    let who = Home::new()
        .start(["who", &place, "--name", "alice"])
        .finish(SOON);
    assert_eq!((who.status, who.err.as_str()), (0, ""));
    let names: Vec<&str> = who.out.lines().map(str::trim).collect();
    assert_eq!(names, ["bob@127.0.0.1", "alice@127.0.0.1 (operator)"]);
}

#[test]
fn colours_are_for_terminals_or_asked_for() {
    let server = Server::start(&[]);
    let place = server.place();
    let home = Home::new();
    let tail = |color: &[&str], no_color: bool| {
        let args = [
            "tail",
            &place,
            "--name",
            "reader",
            "--no-follow",
            "--history",
            "5",
        ];
        let mut command = home.parlance(args.iter().chain(color));
        if !no_color {
            command.env_remove("NO_COLOR");
        }
        command.stdin(Stdio::null());
        let end = home.run(command).finish(SOON);
        assert_eq!(end.status, 0, "{}", end.err);
        assert!(end.out.contains("reader"), "{}", end.out);
        end.out.contains('\u{1b}')
    };
    assert!(!tail(&[], false), "a pipe");
    assert!(!tail(&["--color", "auto"], false));
    assert!(!tail(&["--color", "never"], false));
    assert!(tail(&["--color", "always"], false));
    assert!(tail(&["--color", "always"], true), "it was asked for");
}

#[test]
fn the_log_is_on_stderr_as_rust_log_says() {
    let serve = |rust_log: &str, flags: &[&str]| {
        let home = Home::new();
        let args = ["serve", "--listen", "127.0.0.1:0"];
        let mut command = home.parlance(args.iter().chain(flags));
        command.env("RUST_LOG", rust_log);
        home.run(command)
    };
    // Off: nothing is written; what a person is told at the end is no log.
    let quiet = serve("off", &[]);
    // It has no way to say that it listens, so it is asked to end whenever it can be.
    let loud = Server::of(serve("debug", &[]));
    drop(Peer::guest(loud.address, "alice"));
    loud.process.expect_err(": connected\n");
    loud.process.expect_err(": disconnected\n");
    let usual = Server::of(serve("", &[]));
    drop(Peer::guest(usual.address, "alice"));
    for server in [loud, usual] {
        server.process.signal("TERM");
        let end = server.process.finish(SOON);
        assert_eq!((end.status, end.out.as_str()), (0, ""));
        let debug = end.err.lines().any(|line| line.ends_with(": connected"));
        assert_eq!(debug, end.err.contains("disconnected"), "{}", end.err);
    }
    // That of a usual one is not at debug.
    let json = serve("parlance::server=info", &["--log-format", "json"]);
    json.expect_err("listening on ");
    json.signal("TERM");
    let end = json.finish(SOON);
    assert_eq!((end.status, end.out.as_str()), (0, ""));
    for line in end.err.lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&object["type"], &object["v"]),
            (&"diagnostic".into(), &1.into())
        );
    }
    assert!(quiet.err().is_empty(), "{}", quiet.err());
    drop(quiet);
}
