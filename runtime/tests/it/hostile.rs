//! A server, and a log, that mean harm to the terminals of those who come; and those who mean it to a server's log.

use std::net::TcpListener;
use std::path::Path;
use std::thread;

use parlance::client::json;
use parlance_proto::name::RoomName;
use parlance_proto::wire::{
    Bye, ByeCode, ErrorCode, Event, Granted, Listed, Members, Message, Refused, Told, Welcome, You,
};
use serde_json::Value;

use crate::harms::{FAMILY, TRUE, all_events, harms};
use crate::harness::{Finished, Home, SOON, Server, wait_for};
use crate::peer::{Peer, frame, login};
use crate::requirement;
use crate::terminal::{Terminal, assert_only_shown};

/// What a server says.
#[derive(Clone)]
struct Script {
    /// In the welcome, in every answer, and as last words.
    words: String,
    events: Vec<Event>,
}

impl Script {
    fn welcome(&self) -> Message {
        let limits = Granted {
            frame: 20_480,
            text: 16_384,
            window: 64,
            rate: 0,
            burst: 0,
        };
        Message::Client(Welcome {
            version: 1,
            you: You {
                member: 1,
                session: 1,
                name: self.words.clone(),
                addr: Some(self.words.clone()),
            },
            room: self.words.clone(),
            topic: Some(self.words.clone()),
            members: 1,
            epoch: 9,
            start: 0,
            head: self.events.len() as u64,
            acked: 0,
            limits,
            keepalive: 30,
        })
    }

    /// To him, and what he wrote himself.
    fn told(&self, reference: Option<u64>) -> Message {
        let (name, text) = (self.words.clone(), self.words.clone());
        let (from, to) = if reference.is_some() { (1, 2) } else { (2, 1) };
        Message::Told(Told {
            from,
            to,
            name,
            text,
            reference,
        })
    }

    fn members(&self, reference: u64) -> Message {
        let listed = |(nth, name): (u64, String)| {
            let host = Some(name.clone());
            Listed {
                member: nth + 10,
                name,
                host,
                flags: Listed::MUTED,
            }
        };
        let friend = Listed {
            member: 2,
            name: "friend".to_owned(),
            host: None,
            flags: 0,
        };
        let harms = (0..).zip(harms()).map(listed);
        let list = [friend].into_iter().chain(harms).collect();
        Message::Members(Members {
            reference,
            list,
            next: None,
        })
    }

    fn error(&self, id: Option<u64>, reference: Option<u64>) -> Message {
        let (code, text) = (ErrorCode::NotAllowed, self.words.clone());
        Message::Error(Refused {
            id,
            reference,
            code,
            text,
        })
    }

    fn bye(&self) -> Message {
        let (code, text, retry) = (ByeCode::KICKED, self.words.clone(), None);
        Message::Bye(Bye { code, text, retry })
    }

    /// To somebody who has come: all that there is, a refusal of whatever he says, and at `end` last words.
    fn serve(&self, mut peer: Peer) {
        while let Ok(Some(message)) = peer.next_within(SOON) {
            let answers = match message {
                Message::Name(_) => {
                    let events = self.events.iter().cloned().map(Message::from);
                    [self.welcome()]
                        .into_iter()
                        .chain(events)
                        .chain([self.told(None)])
                        .collect()
                }
                Message::Who(who) => vec![self.members(who.reference)],
                Message::Say(say) if say.text == "end" => vec![self.bye()],
                Message::Say(say) => vec![self.error(Some(say.id), None)],
                Message::Tell(tell) if tell.text == "echo" => vec![self.told(Some(tell.reference))],
                Message::Tell(tell) => vec![self.error(None, Some(tell.reference))],
                _ => vec![self.bye()],
            };
            for answer in answers {
                // He may be gone.
                let _ = peer.send_bytes(&frame(&answer));
            }
        }
    }

    /// Serves whoever comes; the place.
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let place = listener.local_addr().expect("an address").to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = self.clone();
                thread::spawn(move || script.serve(Peer::of(stream)));
            }
        });
        place
    }
}

/// Every harm in every event.
fn everything() -> String {
    let (words, events) = ("hostile".to_owned(), all_events());
    Script { words, events }.start()
}

/// What came of the events: every harm is told, none of it acts, none begins a line, and what is true is whole.
fn assert_told(printed: &str) {
    assert_only_shown(printed);
    assert!(!printed.lines().any(|line| line.starts_with("[12:00] bob")));
    let count = |text: &str| printed.matches(text).count();
    assert!(count("harm ") >= 14 * harms().len(), "{printed}");
    for (plain, shown) in TRUE {
        for form in [
            format!("{shown}: "),
            format!("* {shown} "),
            format!("-{shown}- "),
        ] {
            assert!(count(&form) >= 1, "{form:?}");
        }
        assert!(
            count(&format!("{shown}@{shown} joined, ")) >= 1,
            "{shown:?}"
        );
        assert!(
            count(&format!("--- {shown} is now {shown}")) >= 1,
            "{shown:?}"
        );
        assert!(count(&format!("{plain} {FAMILY}")) >= 4, "{plain:?}");
    }
}

/// Every JSON line is an event as it was sent, and safe to look at.
fn assert_json(printed: &str) {
    assert_only_shown(printed);
    let sent = all_events();
    let lines = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let read: Vec<Event> = lines.filter_map(|line| json::parse(&line)).collect();
    assert_eq!(read.len(), sent.len());
    for event in read {
        assert!(sent.contains(&event), "{event:?}");
    }
    assert!(
        !printed.contains(['\u{2068}', '\u{2069}']),
        "nothing of ours is in it"
    );
}

#[test]
fn no_event_drives_a_terminal() {
    requirement!("TX-7", "TX-8");
    let place = everything();
    let mut join = Terminal::start(Home::new(), &["join", &place, "--name", "alice"]);
    join.expect_printed(|text| text.contains("*hostile* hostile"));
    join.press("hello\r/who\r/topic\r");
    join.expect_printed(|text| {
        // The list is asked for anew, and comes when it is there.
        let listed = text.contains("(muted)\r\n  ");
        listed && text.contains("\r\ntopic: hostile") && text.contains("not-allowed")
    });
    join.press("/msg friend hi\r/msg friend echo\r");
    join.expect_printed(|text| text.contains("private message failed"));
    join.expect_printed(|text| text.contains("-> *friend* hostile"));
    join.press("end\r");
    assert_eq!(join.status(), 5);
    let printed = join.whole();
    assert_told(&printed);
    // `/who` as well.
    assert!(printed.matches("harm ").count() >= 16 * harms().len());
}

#[test]
fn no_event_drives_what_reads_along() {
    requirement!("TX-7", "TX-8");
    let place = everything();
    let read = |flags: &[&str]| {
        let args = ["tail", &place].into_iter().chain(flags.iter().copied());
        let mut reader = Home::new().start(args);
        reader.close_stdin();
        let end = reader.finish(SOON);
        assert_only_shown(&end.err);
        end.out
    };
    assert_told(&read(&["--no-follow"]));
    assert_json(&read(&["--no-follow", "--json"]));
}

/// What is said to one alone: the welcome, refusals, last words; by every command that hears it.
#[test]
fn no_answer_drives_a_terminal() {
    requirement!("TX-7");
    for words in harms() {
        let events = Vec::new();
        let place = Script {
            words: words.clone(),
            events,
        }
        .start();
        let mut join = Home::new().start(["join", &place, "--name", "alice"]);
        join.give(b"hello\n/topic\nend\n");
        heard(&join.finish(SOON), &words, 6);
        let mut send = Home::new().start(["send", &place, "--name", "alice"]);
        send.give(b"hello\nend\n");
        heard(&send.finish(SOON), &words, 2);
        let (_, port) = place.rsplit_once(':').expect("a port");
        let mut seed = Home::new().start(["--name", "alice", "--port", port]);
        seed.expect_out("]> ");
        seed.give(b"hello\nend\n");
        heard(&seed.finish(SOON), &words, 4);
    }
}

fn heard(end: &Finished, words: &str, times: usize) {
    for printed in [&end.out, &end.err] {
        // The seed's prompt stands before what follows.
        let lines = printed.replace("]> ", "]> \n").replace("\n\n", "\n");
        assert_only_shown(lines.trim_start_matches('\n'));
        assert!(!printed.lines().any(|line| line.starts_with("[12:00] bob")));
    }
    let count = end.out.matches("harm ").count() + end.err.matches("harm ").count();
    assert!(count >= times, "{words:?}: {count} in {end:?}");
}

/// C1 as bytes is no UTF-8, so no text: the server is left, and none of it is shown.
#[test]
fn bytes_that_are_no_text_end_it() {
    requirement!("TX-7");
    let words = "CSI".to_owned();
    let script = Script {
        words,
        events: Vec::new(),
    };
    let mut bytes = frame(&script.welcome());
    bytes.extend(frame(&script.told(None)));
    let at = bytes.len() - 4;
    assert_eq!(&bytes[at..at + 3], b"CSI", "the text, before a null");
    bytes[at..at + 3].copy_from_slice(b"\x9b2J");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody comes");
        let mut peer = Peer::of(stream);
        let _ = peer.next_within(SOON);
        let _ = peer.send_bytes(&bytes);
        while let Ok(Some(_)) = peer.next_within(SOON) {}
    });
    let mut join = Terminal::start(Home::new(), &["join", &place, "--name", "alice"]);
    assert_eq!(join.status(), 1);
    let printed = join.whole();
    assert!(
        printed.contains("the server broke the rules"),
        "{printed:?}"
    );
    assert_only_shown(&printed);
    assert!(!printed.contains("2J"), "{printed:?}");
}

/// A log that was made by another program, or by an import of what no server would have taken.
fn hostile_log(folder: &Path) {
    let room = RoomName::lobby();
    let events = all_events();
    let head = events.len();
    let mut lines = format!(
        "{{\"type\":\"log\",\"version\":1}}\n{{\"type\":\"room\",\"room\":\"lobby\",\"epoch\":7,\"kept\":1,\"head\":{head},\"state\":null}}\n"
    );
    for event in &events {
        lines.push_str(&format!("{}\n", json::event_of(&room, event)));
    }
    let folder = folder.display().to_string();
    let mut import = Home::new().start(["log", "import", &folder]);
    import.give(lines.as_bytes());
    let end = import.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}

#[test]
fn no_history_drives_a_terminal() {
    requirement!("TX-7");
    let home = Home::new();
    let folder = home.path().join("log");
    hostile_log(&folder);
    let folder = folder.display().to_string();
    // The tools, before a server has it; as `cat` would show it.
    let tool = |args: &[&str]| {
        let end = home.start(args.iter().copied()).finish(SOON);
        assert_eq!((end.status, end.err.as_str()), (0, ""));
        end.out
    };
    let found = tool(&["log", "search", &folder, "needle", "--limit", "1000"]);
    assert_only_shown(&found);
    assert!(!found.lines().any(|line| line.starts_with("[12:00] bob")));
    assert!(
        found.matches("harm ").count() >= 6 * harms().len(),
        "{found}"
    );
    let found = tool(&[
        "log", "search", &folder, "needle", "--limit", "1000", "--json",
    ]);
    assert_only_shown(&found);
    assert!(found.lines().count() >= 3 * harms().len(), "{found}");
    assert_json(&tool(&["log", "export", &folder]));
    let shown = home.run(home.shell(&format!("\"$PARLANCE\" log export '{folder}' | cat")));
    assert_json(&shown.finish(SOON).out);

    let server = Server::start(&["--data", &folder]);
    let place = server.place();
    let read = |flags: &[&str]| {
        let args = [
            "tail",
            &place,
            "--name",
            "reader",
            "--since",
            "0",
            "--no-follow",
        ];
        tool(&[&args[..], flags].concat())
    };
    assert_told(&read(&[]));
    let lines = read(&["--json"]);
    assert_only_shown(&lines);
    let mut join = Terminal::start(Home::new(), &["join", &place, "--history", "1000"]);
    join.expect_printed(|text| text.contains("resident@127.0.0.1 joined"));
    join.press("/quit\r");
    assert_eq!(join.status(), 0);
    assert_told(&join.whole());
}

/// What a peer sends does not drive the terminal of whoever looks at the server's log either.
#[test]
fn no_peer_drives_the_log_of_a_server() {
    requirement!("TX-7");
    let server = Server::start(&[]);
    let mut refused = 0;
    for harm in harms() {
        for (name, room) in [(harm.as_str(), "lobby"), ("alice", harm.as_str())] {
            let mut peer = Peer::connect(server.address);
            let agent = Some(harm.clone());
            peer.send(&Message::Name(parlance_proto::wire::Login {
                room: room.to_owned(),
                agent,
                ..login(name)
            }));
            peer.last_words(SOON);
            refused += 1;
        }
        // Not a message, with the harm where a tag or a word is due: an error may quote it.
        for before in [&[0x82][..], b"\x86\x63SAY\x01\x00", b"\x87\x63MOD\x01\x00"] {
            let mut body = before.to_vec();
            body.extend([0x78, u8::try_from(harm.len()).expect("short")]);
            body.extend(harm.as_bytes());
            body.extend([0xf6, 0xf6]);
            let mut bytes = u32::try_from(body.len())
                .expect("short")
                .to_be_bytes()
                .to_vec();
            bytes.extend(body);
            let mut peer = Peer::connect(server.address);
            peer.send_bytes(&bytes).expect("a server that reads");
            peer.last_words(SOON);
            refused += 1;
        }
    }
    let printed = || server.process.err();
    let lines = || printed().lines().count();
    wait_for(
        SOON,
        || format!("{refused} lines; {}", printed()),
        || (lines() > refused).then_some(()),
    );
    assert_only_shown(&printed());
    assert_eq!(lines(), refused + 1, "a line for each");
    for line in printed().lines() {
        assert!(
            line.starts_with("parlance: ") && line.len() <= 1024 + 10,
            "{line}"
        );
    }
}
