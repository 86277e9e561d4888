//! The bots of `examples/`, and what keeps bots from talking to each other for ever.

use std::path::Path;

use parlance::client::Login;
use parlance::state::MasterKey;
use parlance_proto::name::Name;
use parlance_proto::wire::{Event, Message, Said, Say, SayKind};

use crate::harness::{Home, Process, SOON, Server};
use crate::peer::{Peer, say};

#[allow(dead_code, reason = "its `main` is for people")]
#[path = "../../../examples/echo.rs"]
mod echo;

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// `examples/echo.sh`, which ends with the process that is given.
pub(crate) fn shell_bot(home: &Home, name: &str, place: &str) -> Process {
    let script = examples().join("echo.sh");
    home.run(home.shell(&format!(
        "exec sh '{}' '{name}' '{place}'",
        script.display()
    )))
}

/// `examples/echo.rs`, on a thread of its own: it ends with its server.
fn rust_bot(name: &str, place: &str) {
    let login = Login {
        key: Some(MasterKey::new([7; MasterKey::LEN])),
        reconnect: false,
        ..Login::local(
            place.parse().expect("a place"),
            Name::parse(name).expect("a name"),
        )
    };
    std::thread::spawn(move || echo::echo(login));
}

fn joined(event: &Event, name: &str) -> bool {
    matches!(event, Event::Joined(joined) if joined.name == name)
}

fn next_said(peer: &mut Peer) -> Said {
    loop {
        if let Event::Said(said) = peer.next_event() {
            return said;
        }
    }
}

#[test]
fn they_are_as_short_as_they_are_said_to_be() {
    for (name, most) in [("echo.sh", 10), ("echo.rs", 26)] {
        let text = std::fs::read_to_string(examples().join(name)).expect("an example");
        // What a formatter makes of it: lines with something on them.
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines <= most, "{name} has {lines} lines");
    }
}

#[test]
fn two_bots_in_one_room_do_not_loop() {
    let server = Server::start(&[]);
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let shell = shell_bot(&Home::new(), "shelly", &server.place());
    while !joined(&alice.next_event(), "shelly") {}
    rust_bot("rusty", &server.place());
    while !joined(&alice.next_event(), "rusty") {}
    for (id, text) in [(1, "ping"), (2, "again"), (3, "end")] {
        alice.send(&say(id, text));
        let question = next_said(&mut alice);
        assert_eq!(
            (question.name.as_str(), question.text.as_deref()),
            ("alice", Some(text))
        );
        // One answer of each, and nothing else: an answer to an answer would have come before the next question's.
        let mut answered = [next_said(&mut alice), next_said(&mut alice)];
        answered.sort_by(|a, b| a.name.cmp(&b.name));
        for (answer, name) in answered.iter().zip(["rusty", "shelly"]) {
            assert_eq!(answer.name, name);
            assert_eq!(
                (answer.kind, answer.re),
                (SayKind::Notice, Some(question.seq))
            );
            assert_eq!(answer.text.as_deref(), Some(text));
        }
    }
    // Nor is a notice of a person answered.
    alice.send(&Message::Say(Say {
        id: 4,
        after: 3,
        kind: SayKind::Notice,
        re: None,
        text: "for people".to_owned(),
    }));
    alice.send(&say(5, "last"));
    assert_eq!(next_said(&mut alice).text.as_deref(), Some("for people"));
    assert_eq!(next_said(&mut alice).text.as_deref(), Some("last"));
    for _ in 0..2 {
        assert_eq!(next_said(&mut alice).text.as_deref(), Some("last"));
    }
    drop(shell);
}

#[test]
fn ask_prints_the_first_answer() {
    let server = Server::start(&[]);
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let _bot = shell_bot(&Home::new(), "shelly", &server.place());
    while !joined(&alice.next_event(), "shelly") {}
    let place = server.place();
    let home = Home::new();
    let asked = home.start(["ask", &place, "--name", "bob", "how", "much?"]);
    let asked = asked.finish(SOON);
    assert_eq!(
        (asked.status, asked.out.as_str(), asked.err.as_str()),
        (0, "how much?\n", "")
    );
}

#[test]
fn what_is_no_answer_to_it_does_not_count() {
    let server = Server::start(&[]);
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let place = server.place();
    let home = Home::new();
    let asking = home.start(["ask", &place, "--name", "bob", "ready?", "--timeout", "30s"]);
    let question = next_said(&mut alice);
    let answer = |id, re, text: &str| {
        Message::Say(Say {
            id,
            after: id - 1,
            kind: SayKind::Say,
            re,
            text: text.to_owned(),
        })
    };
    alice.send(&answer(1, None, "just talking"));
    alice.send(&answer(2, Some(1), "to another"));
    alice.send(&answer(
        3,
        Some(question.seq),
        "yes\u{202c}".trim_end_matches('\u{202c}'),
    ));
    let asked = asking.finish(SOON);
    assert_eq!(
        (asked.status, asked.out.as_str()),
        (0, "yes\n"),
        "{}",
        asked.err
    );
    // Nobody answers.
    let asked = home.start([
        "ask",
        &place,
        "--name",
        "bob",
        "hello?",
        "--timeout",
        "300ms",
    ]);
    let asked = asked.finish(SOON);
    assert_eq!((asked.status, asked.out.as_str()), (4, ""), "{}", asked.err);
    assert!(asked.err.contains("nobody answered"), "{}", asked.err);
}

#[test]
fn a_bot_that_comes_back_hears_nothing_twice() {
    let server = Server::start(&[]);
    let home = Home::new();
    let sent = home.send(&server, &["--name", "alice"], b"a\nb\nc\n");
    assert_eq!(sent.status, 0, "{}", sent.err);
    let place = server.place();
    let tail = |flags: &[&str]| {
        let args = ["tail", &place, "--name", "bot", "--json", "--no-follow"];
        let end = home.start(args.iter().chain(flags)).finish(SOON);
        assert_eq!(end.status, 0, "{}", end.err);
        let lines = end.out.lines().map(serde_json::from_str);
        lines
            .collect::<Result<Vec<serde_json::Value>, _>>()
            .expect("JSON")
    };
    // Without a number it is told what is history.
    let first = tail(&[]);
    assert!(first.iter().filter(|event| event["type"] == "said").count() == 3);
    for event in &first {
        assert_eq!(event["history"], true, "{event}");
    }
    let since = tail(&["--bot", "--since", "0"]);
    assert_eq!(since.len(), 3);
    let last = since[2]["seq"].to_string();
    for _ in 0..5 {
        assert_eq!(
            tail(&["--bot", "--since", &last]),
            [] as [serde_json::Value; 0]
        );
    }
}
