//! A server that means harm to the terminals of those who come.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use parlance_proto::wire::{
    Bye, ByeCode, Granted, Joined, Message, Renamed, Said, SayKind, Titled, Welcome, You,
};

use crate::harness::{Home, SOON};
use crate::peer::frame;
use crate::requirement;

/// Sets a title, rings, clears, turns the direction around, and forges a line.
const HARM: &str = "a\u{1b}]0;title\u{7}\u{1b}[2J\u{9b}31m\r\u{202e}\u{2028}\n[12:00] bob: forged";

fn harm() -> String {
    HARM.to_owned()
}

/// What the server says to whoever comes: harm wherever there is a text.
fn session() -> Vec<u8> {
    let limits = Granted {
        frame: 20_480,
        text: 16_384,
        window: 64,
        rate: 0,
        burst: 0,
    };
    let (at, member, session) = (1_763_999_999_000, 2, 2);
    let messages = [
        Message::Client(Welcome {
            version: 1,
            you: You {
                member: 1,
                session: 1,
                name: harm(),
                addr: Some("127\u{1b}[2J".to_owned()),
            },
            room: "lobby".to_owned(),
            topic: Some(harm()),
            members: 1,
            epoch: 9,
            start: 0,
            head: 4,
            acked: 0,
            limits,
            keepalive: 30,
        }),
        Message::Joined(Joined {
            seq: 1,
            at,
            member,
            session,
            id: 0,
            name: harm(),
            host: Some("\u{1b}[2J".to_owned()),
            members: 2,
        }),
        Message::Said(Said {
            seq: 2,
            at,
            member,
            session,
            id: 1,
            name: harm(),
            kind: SayKind::Say,
            re: None,
            text: Some(harm()),
        }),
        Message::Renamed(Renamed {
            seq: 3,
            at,
            member,
            session,
            id: 2,
            old: harm(),
            new: harm(),
        }),
        Message::Titled(Titled {
            seq: 4,
            at,
            member,
            session,
            id: 3,
            topic: Some(harm()),
        }),
        Message::Bye(Bye {
            code: ByeCode::KICKED,
            text: harm(),
            retry: None,
        }),
    ];
    messages.iter().flat_map(frame).collect()
}

/// A server for one guest; its port.
fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(&session());
        // Until the client is gone.
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    port
}

#[test]
fn no_text_of_a_server_drives_a_terminal() {
    requirement!("TX-7");
    for command in [&["join"][..], &["tail"], &["tail", "--json"], &["seed"]] {
        let (home, port) = (Home::new(), server());
        let (place, port) = (format!("127.0.0.1:{port}"), port.to_string());
        let process = match command {
            ["seed"] => home.start(["--name", "alice", "--port", &port]),
            _ => home.start(command.iter().copied().chain([place.as_str()])),
        };
        let end = process.finish(SOON);
        let printed = format!("{}{}", end.out, end.err);
        assert!(
            end.out.matches("forged").count() >= 2,
            "{command:?}: {printed:?}"
        );
        let harmful = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2028}".contains(c);
        assert!(!printed.contains(harmful), "{command:?}: {printed:?}");
        let forged = printed.lines().find(|line| line.starts_with("[12:00] bob"));
        assert_eq!(forged, None, "{command:?}: {printed:?}");
        assert!(
            end.status != 0 || command == ["seed"],
            "{command:?}: kicked"
        );
    }
}
