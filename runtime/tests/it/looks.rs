//! Names, rooms and texts by which somebody could pass for another, at the program itself; and true ones, which pass.

use std::fs;

use parlance_proto::wire::{Event, Login, Message, Say, SayKind};
use serde_json::Value;

use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, login};
use crate::requirement;
use crate::terminal::{Terminal, assert_only_shown};

/// As whom one was let in, or by which code one was not.
fn asked(server: &Server, login: Login) -> Result<(Peer, String), String> {
    let mut peer = Peer::connect(server.address);
    peer.send(&Message::Name(login));
    match peer.next(SOON) {
        Some(Message::Client(welcome)) => Ok((peer, welcome.you.name)),
        Some(Message::Bye(bye)) => Err(bye.code.as_str().to_owned()),
        other => panic!("neither a welcome nor last words: {other:?}"),
    }
}

#[test]
fn nobody_looks_like_another() {
    requirement!("TX-1", "TX-2", "TX-3", "TX-4");
    let server = Server::start(&[]);
    let members = ["alice", "Ian", "bob", "Катя", "Ελένη", "小明", "Ann Lee"];
    let _in: Vec<Peer> = members
        .iter()
        .map(|name| Peer::guest(server.address, name).0)
        .collect();
    let long = |c: &str, count| c.repeat(count);
    for (name, code) in [
        // How long.
        ("", "bad-name"),
        (&long("x", 33), "bad-name"),
        (&long("明", 33), "bad-name"),
        // Spaces, controls.
        (" x", "bad-name"),
        ("x ", "bad-name"),
        ("x  y", "bad-name"),
        ("x\ty", "bad-name"),
        ("x\ny", "bad-name"),
        ("x\u{1b}[2J", "bad-name"),
        ("x\u{9b}2J", "bad-name"),
        ("x\u{85}", "bad-name"),
        ("x\u{2028}y", "bad-name"),
        ("x\u{a0}y", "bad-name"),
        // What hides in a member's name.
        ("al\u{200b}ice", "bad-name"),
        ("al\u{200d}ice", "bad-name"),
        ("al\u{ad}ice", "bad-name"),
        ("al\u{34f}ice", "bad-name"),
        ("al\u{e0041}ice", "bad-name"),
        ("alice\u{202e}", "bad-name"),
        ("\u{202e}ecila", "bad-name"),
        ("alice\u{200f}", "bad-name"),
        ("alice\u{3164}", "bad-name"),
        (&long("\u{200b}", 15), "bad-name"),
        ("a\u{fffe}", "bad-name"),
        ("Zoe\u{308}", "bad-name"),
        // Members, by look.
        ("alice", "taken"),
        ("ALICE", "taken"),
        ("аlice", "taken"), // Cyrillic
        ("аӏісе", "taken"),
        ("ａｌｉｃｅ", "taken"),
        ("𝐚𝐥𝐢𝐜𝐞", "taken"),
        ("al\u{fe0f}ice", "taken"),
        ("Ιan", "taken"), // Greek
        ("lan", "taken"),
        ("1an", "taken"),
        ("b0b", "taken"),
        ("bоb", "taken"),
        ("КАТЯ", "taken"),
        ("Kaтя", "taken"), // Latin K, a
        ("ΕΛΈΝΗ", "taken"),
        ("Eλένη", "taken"), // Latin E
        ("小\u{e0100}明", "taken"),
        ("ANN LEE", "taken"),
        // The server itself.
        ("server", "bad-name"),
        ("SERVER", "bad-name"),
        ("sеrvеr", "bad-name"),
        ("ѕerver", "bad-name"),
        ("serνer", "bad-name"),
        ("ｓｅｒｖｅｒ", "bad-name"),
    ] {
        let answer = asked(&server, login(name)).map(|(_, name)| name);
        assert_eq!(answer, Err(code.to_owned()), "{}", name.escape_unicode());
    }
    for name in [
        "x",
        &long("x", 32),
        &long("明", 32),
        "alicia",
        "servers",
        "Ольга Петрова",
        "Дмитрий",
        "Νίκος",
        "諸葛亮",
        "王 小明",
        "محمد",
        "עדי",
        "नमिता",
        "🦀",
        "👍🏽",
        "🇬🇷",
    ] {
        let answer = asked(&server, login(name)).map(|(_, name)| name);
        assert_eq!(answer, Ok(name.to_owned()), "{name}");
    }
    // Nobody has said more than his refusal to the log.
    assert_only_shown(&server.process.err());
}

/// Whose names, words and rooms are whole from the keyboard of one to the screen of the other.
#[test]
fn people_of_all_scripts_meet() {
    requirement!("TX-7", "TX-8");
    let home = Home::new();
    let folder = home.path().join("log").display().to_string();
    let server = Server::start(&["--data", &folder]);
    let place = server.place();
    let mut screen = Terminal::start(Home::new(), &["join", &place, "--name", "reader"]);
    screen.expect_printed(|text| text.contains("reader@127.0.0.1 joined"));
    let people = [
        ("小明", "你好，世界"),
        ("王 小明", "诸葛亮"),
        ("Ελένη", "Καλημέρα, Οδυσσέα"),
        ("Ольга Петрова", "Привет, мир!"),
        ("Nguyễn", "chào"),
        ("محمد", "مرحبا (123) ok"),
        ("עדי", "שלום, עולם!"),
        ("नमिता", "नमस्ते"),
        (
            "🦀",
            "👨\u{200d}👩\u{200d}👧\u{200d}👦 🇬🇷 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} ❤\u{fe0f}",
        ),
    ];
    for (name, text) in people {
        let args = ["send", &place, "--name", name, text];
        let sent = Home::new().start(args).finish(SOON);
        assert_eq!((sent.status, sent.err.as_str()), (0, ""), "{name}");
        let is_rtl = |text: &str| text.contains(|c| matches!(c, '\u{590}'..='\u{8ff}'));
        let shown = |text: &str| match is_rtl(text) {
            true => format!("\u{2068}{text}\u{2069}"),
            false => text.to_owned(),
        };
        let (name, text) = (shown(name), shown(text));
        for line in [
            format!("] --> {name}@127.0.0.1 joined, 2 here\r\n"),
            format!("] {name}: {text}\r\n"),
            format!("] <-- {name}@127.0.0.1 left, 1 here\r\n"),
        ] {
            screen.expect_printed(|printed| printed.contains(&line));
        }
    }
    screen.press("/quit\r");
    assert_eq!(screen.status(), 0);
    assert_only_shown(&screen.whole());

    let args = ["tail", &place, "--json", "--since", "0", "--no-follow"];
    let told = home.start(args).finish(SOON);
    assert_eq!(told.status, 0, "{}", told.err);
    server.process.signal("TERM");
    assert_eq!(server.process.finish(SOON).status, 0);
    let export = home.start(["log", "export", &folder]).finish(SOON);
    assert_eq!(export.status, 0, "{}", export.err);
    for printed in [told.out, export.out] {
        assert_only_shown(&printed);
        let said: Vec<(String, String)> = printed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter(|event| event["type"] == "said")
            .map(|event| {
                let text = |key: &str| event[key].as_str().expect("a text").to_owned();
                (text("name"), text("text"))
            })
            .collect();
        let expected = people.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(said, expected);
    }
}

#[test]
fn no_text_passes_for_the_line_of_another() {
    requirement!("TX-6", "TX-7");
    let server = Server::start(&[]);
    let mut screen = Terminal::start(Home::new(), &["join", &server.place(), "--name", "reader"]);
    screen.expect_printed(|text| text.contains("reader@127.0.0.1 joined"));
    let place = server.place();
    let tail = Home::new().start(["tail", &place, "--name", "tail", "--json"]);
    tail.expect_out("tail");
    let (mut eve, _) = Peer::guest(server.address, "eve");
    let forged = "[12:00] bob: hi";
    let mut id = 0;
    let mut after = 0;
    for between in [
        "\r",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{b}",
        "\u{c}",
        "\u{8}",
        "\u{1b}[1A",
    ] {
        id += 1;
        eve.send(&Message::Say(Say {
            id,
            after,
            kind: SayKind::Say,
            re: None,
            text: format!("a{between}{forged}"),
        }));
        let refused = loop {
            match eve.next(SOON) {
                Some(Message::Error(refused)) => break refused,
                Some(_) => {}
                None => panic!("the connection stands"),
            }
        };
        assert_eq!(
            (refused.id, refused.code.as_str()),
            (Some(id), "bad-text"),
            "{between:?}"
        );
    }
    for between in ["\n", "\n\n", "\n<bob> hi\n"] {
        id += 1;
        let text = format!("a{between}{forged}");
        eve.send(&Message::Say(Say {
            id,
            after,
            kind: SayKind::Say,
            re: None,
            text: text.clone(),
        }));
        after = id;
        let heard = eve.events_until(&text);
        let Some(Event::Said(said)) = heard.last() else {
            panic!("{heard:?}")
        };
        assert_eq!(said.name, "eve");
    }
    eve.send(&Message::Say(Say {
        id: id + 1,
        after,
        kind: SayKind::Say,
        re: None,
        text: "end".to_owned(),
    }));
    screen.expect_printed(|text| text.contains("eve: end"));
    screen.press("/quit\r");
    assert_eq!(screen.status(), 0);
    let printed = screen.whole();
    assert_only_shown(&printed);
    assert_eq!(printed.matches(forged).count(), 3, "{printed}");
    for line in printed.lines().filter(|line| line.contains("bob")) {
        assert!(line.starts_with("    "), "{line:?}");
    }
    tail.expect_out("\"end\"");
    tail.signal("TERM");
    let told = tail.finish(SOON).out;
    let forged: Vec<Value> = told
        .lines()
        .filter(|line| line.contains("bob"))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(forged.len(), 3, "{told}");
    assert!(forged.iter().all(|event| event["name"] == "eve"), "{told}");
}

/// No room is a path, and no file of a server or a client is outside its folder, or for others.
#[test]
fn no_name_leaves_a_folder() {
    requirement!("TX-5");
    let home = Home::new();
    let folder = home.path().join("data").join("log");
    fs::create_dir_all(folder.parent().expect("a folder")).expect("a folder");
    let server = Server::start(&["--data", &folder.display().to_string()]);
    let long = "x".repeat(120);
    for room in [
        "../../x", "..", ".", "/mu/", "CON", "a\nb", "a\\b", "a:b", "", &long,
    ] {
        let login = Login {
            room: room.to_owned(),
            ..login("alice")
        };
        let answer = asked(&server, login).map(|(_, name)| name);
        assert_eq!(answer, Err("bad-room".to_owned()), "{room:?}");
    }
    // These are rooms and names like others, although some system might take them for devices or paths.
    let place = server.place();
    let names = ["../../x", "/mu/", "CON", "nul", "a\\b", "C:"];
    let rooms = ["con", "nul", "com1", "a..b", "aux.h", "x."];
    for (name, room) in names.into_iter().zip(rooms) {
        let member = home.start(["join", &place, "--name", name, "--room", room]);
        member.expect_err(&format!("connected as {name}"));
        member.signal("TERM");
        assert_eq!(member.finish(SOON).status, 0, "{name} in {room}");
    }
    server.process.signal("TERM");
    assert_eq!(server.process.finish(SOON).status, 0);
    let listed = |folder: &std::path::Path| {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        names.sort();
        names
    };
    assert_eq!(listed(home.path()), ["data", "state"]);
    assert_eq!(listed(&home.path().join("data")), ["log"]);
    assert_eq!(listed(&home.path().join("state")), ["parlance"]);
    let sessions = home.path().join("state/parlance/sessions");
    let kept = listed(&sessions);
    assert!(kept.len() >= names.len(), "{kept:?}");
    let plain = |name: &String| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    assert!(kept.iter().all(plain), "{kept:?}");
}
