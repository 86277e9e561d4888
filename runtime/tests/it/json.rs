//! docs/JSON.md: every object that is printed is in its tables, and whatever is in its tables is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use parlance_proto::wire::{Act, Gap, GapWhy, Granted, Message, Modded, Tell, Welcome, You};
use serde_json::Value;

use crate::bots::shell_bot;
use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, frame};

/// A field of a table.
struct Field {
    value: String,
    /// Not in the output of every command.
    sometimes: bool,
}

type Schema = BTreeMap<String, BTreeMap<String, Field>>;

fn schema() -> Schema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/JSON.md");
    let text = std::fs::read_to_string(path).expect("docs/JSON.md");
    let mut schema = Schema::new();
    for section in text.split("\n## `").skip(1) {
        let (kind, rest) = section.split_once('`').expect("a type");
        let fields = rest.lines().filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let name = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
            assert_eq!(cells.len(), 6, "{line}");
            let field = Field {
                value: cells[2].to_owned(),
                sometimes: !cells[3].is_empty(),
            };
            Some((name.to_owned(), field))
        });
        schema.insert(kind.to_owned(), fields.collect());
    }
    schema
}

fn fits(value: &Value, kind: &str) -> bool {
    if let Some(kind) = kind.strip_suffix(" or null") {
        return value.is_null() || fits(value, kind);
    }
    match kind {
        "number" => value.as_u64().is_some_and(|number| number < 1 << 63),
        "fraction" => value.is_f64(),
        "text" => value.is_string(),
        "true or false" => value.is_boolean(),
        "object" => value.is_object(),
        "time" => value.as_str().is_some_and(|text| {
            let shape: String = text
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            shape == "0000-00-00T00:00:00.000Z"
        }),
        other => panic!("what is a {other}?"),
    }
}

/// The welcome of a server of our own making.
pub(crate) fn welcome(head: u64) -> Message {
    Message::Client(Welcome {
        version: 1,
        you: You {
            member: 1,
            session: 1,
            name: "reader".to_owned(),
            addr: None,
        },
        room: "lobby".to_owned(),
        topic: None,
        members: 1,
        epoch: 5,
        start: 0,
        head,
        acked: 0,
        limits: Granted {
            frame: 20_480,
            text: 16_384,
            window: 64,
            rate: 0,
            burst: 0,
        },
        keepalive: 30,
    })
}

/// A server of our own making that sends what no quiet room has.
fn false_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = listener.local_addr().expect("an address").to_string();
    let gap = Message::Gap(Gap {
        from: 1,
        to: 8,
        why: GapWhy::Trimmed,
        acked: 0,
        topic: None,
        members: 1,
    });
    let modded = Message::Modded(Modded {
        seq: 9,
        at: 1_763_999_999_000,
        member: 1,
        session: 1,
        id: 1,
        act: Act::Mute,
        who: Some(2),
        secs: Some(600),
        why: None,
    });
    let bytes: Vec<u8> = [welcome(9), gap, modded].iter().flat_map(frame).collect();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(&bytes);
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    place
}

/// Whatever every command that prints JSON prints.
fn printed() -> Vec<Value> {
    let home = Home::new();
    let folder = home.path().join("log").display().to_string();
    let server = Server::start(&["--data", &folder]);
    let place = server.place();
    let mut all = String::new();

    let tail = home.start([
        "tail",
        &place,
        "--name",
        "reader",
        "--json",
        "--history",
        "1",
    ]);
    tail.expect_out("\"joined\"");
    let first: Value =
        serde_json::from_str(tail.out().lines().next().expect("a line")).expect("JSON");
    let reader = first["member"].as_u64().expect("a number");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    bob.send(&Message::Tell(Tell {
        reference: 1,
        to: reader,
        text: "psst".to_owned(),
    }));
    let mut joiner = home.start(["join", &place, "--name", "carol"]);
    joiner.give(b"hi\n/nick dora\n/topic tea\n");
    let joined = joiner.finish(SOON);
    assert_eq!(joined.status, 0, "{}", joined.err);
    tail.expect_out("\"told\"");
    tail.expect_out("\"left\"");
    tail.signal("TERM");
    all.push_str(&tail.finish(SOON).out);

    let run = |args: &[&str]| {
        let end = home.start(args).finish(SOON);
        assert_eq!(end.status, 0, "{args:?}: {}", end.err);
        end.out
    };
    let far = [
        "tail",
        &place,
        "--json",
        "--since",
        "1000000",
        "--no-follow",
    ];
    all.push_str(&run(&far));
    all.push_str(&run(&["who", &place, "--json"]));
    // The first key of a room moderates it.
    let by = ["--host", &place, "--name", "reader"];
    let moderate = |act: &[&str]| run(&[&["mod"], act, &by].concat());
    moderate(&["ban", "dora", "1h", "spam"]);
    all.push_str(&moderate(&["bans", "--json"]));
    let _bot = shell_bot(&home, "shelly", &place);
    crate::harness::wait_for(
        SOON,
        || "the bot".to_owned(),
        || bob.who().contains(&"shelly".to_owned()).then_some(()),
    );
    all.push_str(&run(&["ask", &place, "--json", "ready?"]));
    all.push_str(&run(&[
        "load",
        &place,
        "--json",
        "--clients",
        "2",
        "--senders",
        "1",
        "--duration",
        "200ms",
        "--warm-up",
        "0",
    ]));

    let ours = home.start([
        "tail",
        &false_server(),
        "--json",
        "--name",
        "reader",
        "--since",
        "0",
    ]);
    ours.expect_out("\"modded\"");
    all.push_str(&ours.out());

    let log = Home::new().start([
        "tail",
        "127.0.0.1:1",
        "--log-format",
        "json",
        "--timeout",
        "100ms",
    ]);
    all.push_str(&log.finish(SOON).err);

    server.process.signal("TERM");
    assert_eq!(server.process.finish(SOON).status, 0);
    all.push_str(&run(&["log", "search", &folder, "--json", "hi"]));
    all.push_str(&run(&["log", "export", &folder]));
    let lines = all
        .lines()
        .map(|line| serde_json::from_str(line).expect(line));
    lines.collect()
}

#[test]
fn the_document_and_the_output_agree() {
    let schema = schema();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut history = BTreeSet::new();
    for object in printed() {
        let kind = object["type"].as_str().expect("a type");
        let fields = schema
            .get(kind)
            .unwrap_or_else(|| panic!("{kind} is not in docs/JSON.md: {object}"));
        let keys = object.as_object().expect("an object");
        for (key, value) in keys {
            let field = fields
                .get(key)
                .unwrap_or_else(|| panic!("{key} of {kind} is not in docs/JSON.md: {object}"));
            assert!(
                fits(value, &field.value),
                "{key} is no {}: {object}",
                field.value
            );
            seen.insert((kind.to_owned(), key.clone()));
        }
        for (key, field) in fields {
            assert!(
                field.sometimes || keys.contains_key(key),
                "{key} is missing: {object}"
            );
        }
        assert_eq!(object["v"], 1, "{object}");
        history.extend(object["history"].as_bool());
    }
    assert_eq!(history, BTreeSet::from([false, true]));
    for (kind, fields) in &schema {
        for key in fields.keys() {
            assert!(
                seen.contains(&(kind.clone(), key.clone())),
                "nothing printed {key} of {kind}, which is in docs/JSON.md"
            );
        }
    }
}
