//! A server, and a log, that mean harm to the terminals of those who come; and those who mean it to a server's log.

use std::net::TcpListener;
use std::path::Path;
use std::thread;

use parlance::client::json;
use parlance_proto::name::RoomName;
use parlance_proto::wire::{
    Act, Bye, ByeCode, ErrorCode, Event, Granted, Joined, Left, Listed, Members, Message, Modded,
    Refused, Renamed, Said, SayKind, Titled, Told, Welcome, You,
};
use serde_json::Value;

use crate::harness::{Finished, Home, SOON, Server, wait_for};
use crate::peer::{Peer, frame, login};
use crate::requirement;
use crate::terminal::{Terminal, assert_only_shown};

/// What a terminal acts on: title, link, clipboard, graphics, questions, modes, colours, the cursor; and lines that would
/// pass for another's.
const SEQUENCES: [&str; 40] = [
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\u{9d}0;owned\u{9c}",
    "\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\u{9d}52;c;?\u{9c}",
    "\x1bPq#0;2;0;0;0\x1b\\",
    "\u{90}q#0\u{9c}",
    "\x1b_Gf=24;AAAA\x1b\\",
    "\x1b^private\x1b\\",
    "\x1bXstring\x1b\\",
    "\x1b[6n",
    "\u{9b}6n",
    "\x1b[c",
    "\x1b]10;?\x07",
    "\x1b[21t",
    "\x1b[8;5;5t",
    "\x1b[2J",
    "\u{9b}2J",
    "\x1b[H",
    "\x1b[1A\x1b[2K",
    "\x1b[5;10r",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1b[?2004h",
    "\x1b[?25l",
    "\x1b[31m",
    "\x1b=",
    "\x1bc",
    "\x1bM",
    "\x1b(0",
    "\x1b",
    "\r[12:00] bob: forged",
    "\n[12:00] bob: forged",
    "\u{b}[12:00] bob: forged",
    "\u{c}[12:00] bob: forged",
    "\u{85}[12:00] bob: forged",
    "\u{2028}[12:00] bob: forged",
    "\u{2029}[12:00] bob: forged",
    "\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}",
];

/// Every C0, DEL and C1; what changes direction; what has no width; the separators; variation selectors; tags; what is
/// no character; private use; a mark that has nothing to sit on.
fn characters() -> impl Iterator<Item = char> {
    let controls = ('\0'..='\x1f').chain('\x7f'..='\u{9f}');
    let bidi = ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{206f}');
    let marks = "\u{61c}\u{200e}\u{200f}\u{ad}\u{34f}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2064}\u{feff}\u{fff9}";
    let blank = "\u{115f}\u{3164}\u{2028}\u{2029}\u{fe00}\u{fe0f}\u{180b}\u{e0100}\u{e0001}\u{e0041}\u{e007f}";
    let none = "\u{fdd0}\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}\u{e000}\u{378}\u{301}\u{20e3}";
    let others = [marks, blank, none].map(str::chars);
    controls.chain(bidi).chain(others.into_iter().flatten())
}

/// All of it, in pieces that the shortest field has room for, each between letters that are shown.
fn harms() -> Vec<String> {
    let single = characters().map(String::from);
    let all = SEQUENCES.iter().map(|sequence| (*sequence).to_owned());
    let mut pieces = vec![String::new()];
    for harm in all.chain(single) {
        if pieces
            .last()
            .is_some_and(|piece| piece.len() + harm.len() > 50)
        {
            pieces.push(String::new());
        }
        pieces.last_mut().expect("one").push_str(&harm);
    }
    pieces
        .iter()
        .map(|piece| format!("harm {piece} end"))
        .collect()
}

/// What people write, which comes through; and the form in which a line has it.
const TRUE: [(&str, &str); 9] = [
    ("小明说你好", "小明说你好"),
    ("Ελένη", "Ελένη"),
    ("Привет", "Привет"),
    ("Nguyễn Zoë", "Nguyễn Zoë"),
    ("محمد", "\u{2068}محمد\u{2069}"),
    ("שלום", "\u{2068}שלום\u{2069}"),
    ("🦀 🇬🇷", "🦀 🇬🇷"),
    ("❤\u{fe0f}", "❤\u{fe0f}"),
    ("一二", "一二"),
];
const FAMILY: &str = "👨\u{200d}👩\u{200d}👧";

/// Every kind of event, with `name` and `words` wherever there is a string.
fn events(from: u64, name: &str, words: &str) -> Vec<Event> {
    let at = 1_763_999_999_000;
    let (member, session, name) = (2, 2, name.to_owned());
    let host = Some(name.clone());
    let words = Some(words.to_owned());
    let said = |seq, kind| {
        let (id, name, re, text) = (1, name.clone(), None, words.clone());
        Event::Said(Said {
            seq,
            at,
            member,
            session,
            id,
            name,
            kind,
            re,
            text,
        })
    };
    vec![
        Event::Joined(Joined {
            seq: from,
            at,
            member,
            session,
            id: 0,
            name: name.clone(),
            host: host.clone(),
            members: 2,
        }),
        said(from + 1, SayKind::Say),
        said(from + 2, SayKind::Action),
        said(from + 3, SayKind::Notice),
        Event::Renamed(Renamed {
            seq: from + 4,
            at,
            member,
            session,
            id: 2,
            old: name.clone(),
            new: name.clone(),
        }),
        Event::Titled(Titled {
            seq: from + 5,
            at,
            member,
            session,
            id: 3,
            topic: words.clone(),
        }),
        Event::Modded(Modded {
            seq: from + 6,
            at,
            member,
            session,
            id: 4,
            act: Act::Kick,
            who: Some(2),
            secs: Some(1),
            why: words.clone(),
        }),
        Event::Left(Left {
            seq: from + 7,
            at,
            member,
            session,
            id: 0,
            name,
            host,
            members: 1,
            why: words,
        }),
    ]
}

/// The events of every harm, and of what is true.
fn all_events() -> Vec<Event> {
    let mut all = Vec::new();
    for harm in harms() {
        all.extend(events(
            all.len() as u64 + 1,
            &harm,
            &format!("{harm} needle"),
        ));
    }
    for (plain, _) in TRUE {
        all.extend(events(
            all.len() as u64 + 1,
            plain,
            &format!("{plain} {FAMILY}"),
        ));
    }
    all
}

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
        text.contains(" here\r\ntopic: hostile") && text.contains("not-allowed")
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
