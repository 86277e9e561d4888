//! `log`: the tools for a folder whose server has ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Finished, Home, SOON, Server, wait_for};

struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn serve(&self, name: &str) -> Server {
        self.serve_at("127.0.0.1:0", name)
    }

    fn serve_at(&self, address: &str, name: &str) -> Server {
        Server::at(address, &["--data", &self.shown(name)])
    }

    fn tool(&self, tool: &str, name: &str, flags: &[&str], input: &[u8]) -> Finished {
        let folder = self.shown(name);
        let args = ["log", tool, &folder].into_iter();
        let mut process = Home::new().start(args.chain(flags.iter().copied()));
        process.give(input);
        process.finish(SOON)
    }

    fn export(&self, name: &str) -> (String, Vec<Value>) {
        let end = self.tool("export", name, &[], b"");
        assert_eq!((end.status, end.err.as_str()), (0, ""));
        let lines = parsed(&end.out);
        (end.out, lines)
    }

    fn database(&self, name: &str) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path(name).join("log.db")).expect("a database")
    }
}

fn parsed(out: &str) -> Vec<Value> {
    let lines = out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

fn end(server: Server) {
    server.process.signal("TERM");
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}

/// Alice says some lines in the folder `log`, and a second room has one. Where that was: a key is for one address.
fn filled(place: &Place, alice: &Home) -> String {
    let server = place.serve("log");
    let said = alice.send(
        &server,
        &["--name", "alice"],
        "one\n你好，世界\nthree\n".as_bytes(),
    );
    assert_eq!(said.status, 0, "{}", said.err);
    let other = ["--name", "alice", "--room", "attic"];
    assert_eq!(alice.send(&server, &other, b"dusty\n").status, 0);
    let address = server.place();
    end(server);
    address
}

/// All that the lobby shows, to somebody who was never there before.
fn history(server: &Server) -> Vec<Value> {
    static READERS: AtomicU32 = AtomicU32::new(0);
    let name = format!("reader {}", READERS.fetch_add(1, Ordering::Relaxed));
    let place = server.place();
    let args = [
        "tail",
        &place,
        "--name",
        &name,
        "--json",
        "--since",
        "0",
        "--no-follow",
    ];
    let read = Home::new().start(args).finish(SOON);
    assert_eq!(read.status, 0, "{}", read.err);
    parsed(&read.out)
}

fn one_line(end: &Finished, words: &str) {
    assert_eq!(end.status, 1, "{}", end.err);
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    assert!(end.err.contains(words), "{}", end.err);
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn an_imported_log_is_the_same_room_under_another_epoch() {
    let (place, alice) = (Place::new(), Home::new());
    let address = filled(&place, &alice);
    let (text, before) = place.export("log");
    assert_eq!(
        before[0],
        serde_json::json!({"v": 1, "type": "log", "version": 1})
    );
    let imported = place.tool("import", "copy", &[], text.as_bytes());
    assert_eq!(imported.status, 0, "{}", imported.err);
    let checked = place.tool("check", "copy", &[], b"");
    assert_eq!((checked.status, checked.err.as_str()), (0, ""));
    assert!(checked.out.contains("attic: events 1..") && checked.out.contains("\nok: "));

    let (_, after) = place.export("copy");
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        if before["type"] == "room" {
            assert_ne!(before["epoch"], after["epoch"]);
            for key in ["room", "kept", "head"] {
                assert_eq!(before[key], after[key]);
            }
        } else {
            assert_eq!(before, after);
        }
    }

    let server = place.serve("log");
    let original = history(&server);
    end(server);
    let server = place.serve_at(&address, "copy");
    let copy = history(&server);
    let of_alice = |events: &[Value]| -> Vec<Value> {
        let mut events = events.to_vec();
        events.retain(|event| event["name"] == "alice");
        events
    };
    assert_eq!(of_alice(&original), of_alice(&copy));
    assert_eq!(of_alice(&copy).len(), 5);
    // The name is still that of the same key.
    assert_eq!(
        Home::new()
            .send(&server, &["--name", "alice"], b"x\n")
            .status,
        5
    );
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"back\n").status,
        0
    );
    let told = history(&server);
    let back = told
        .iter()
        .find(|event| event["text"] == "back")
        .expect("said");
    assert_eq!(back["member"], of_alice(&copy)[0]["member"]);
    end(server);
}

#[test]
fn a_folder_that_is_not_what_is_wanted_is_left_alone() {
    let (place, alice) = (Place::new(), Home::new());
    for tool in ["check", "export"] {
        one_line(&place.tool(tool, "none", &[], b""), "there is no log");
        assert!(!place.path("none").exists());
    }
    filled(&place, &alice);
    let (text, _) = place.export("log");
    one_line(
        &place.tool("import", "log", &[], text.as_bytes()),
        "new or empty",
    );
    one_line(
        &place.tool("export", "log", &["--room", "cellar"], b""),
        "no room cellar",
    );
    let attic = place.tool("export", "log", &["--room", "attic"], b"");
    assert!(attic.out.contains("dusty") && !attic.out.contains("three"));

    let server = place.serve("log");
    for tool in ["check", "export"] {
        one_line(
            &place.tool(tool, "log", &[], b""),
            "a server has this folder",
        );
    }
    end(server);
}

#[test]
fn a_bad_line_is_named_and_nothing_is_left_of_the_import() {
    let (place, alice) = (Place::new(), Home::new());
    filled(&place, &alice);
    let (text, _) = place.export("log");
    let lines: Vec<&str> = text.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n")
    };
    fs::create_dir(place.path("empty")).expect("made");
    for (input, words) in [
        (String::new(), "line 1: "),
        (
            with(0, "{\"type\":\"log\",\"version\":2}"),
            "line 1: an export of version 2",
        ),
        (with(1, lines[2]), "line 3: this room"),
        (with(2, lines[5]), "line 3: its room"),
        (with(5, lines[4]), "line 6: its number"),
        (with(5, "nonsense"), "line 6: not JSON"),
        (with(5, "{\"type\":\"said\"}"), "line 6: not an event"),
        (
            with(1, &lines[1].replace("\"state\":\"", "\"state\":\"00")),
            "line 2: its state",
        ),
    ] {
        for folder in ["new", "empty"] {
            one_line(&place.tool("import", folder, &[], input.as_bytes()), words);
        }
        assert!(!place.path("new").exists());
        assert!(names(&place.path("empty")).is_empty());
    }
    let imported = place.tool("import", "empty", &[], text.as_bytes());
    assert_eq!(imported.status, 0, "{}", imported.err);
}

#[test]
fn what_is_damaged_is_named_and_the_rest_keeps_its_numbers() {
    let (place, alice) = (Place::new(), Home::new());
    let address = filled(&place, &alice);
    let (_, whole) = place.export("log");
    let lobby = "room = (SELECT id FROM rooms WHERE name = 'lobby')";
    let two = whole
        .iter()
        .filter(|line| line["room"] == "lobby" && line["type"] == "said")
        .nth(1)
        .expect("said")["seq"]
        .as_u64()
        .expect("a number");
    let database = place.database("log");
    let sql = format!("UPDATE events SET body = zeroblob(9) WHERE {lobby} AND seq = {two}");
    assert_eq!(database.execute(&sql, []).expect("changed"), 1);
    // So that it cannot be made again of its entry either.
    let sql = format!(
        "UPDATE entries SET body = zeroblob(9) WHERE n = (SELECT pos FROM events WHERE {lobby} AND seq = {two})"
    );
    assert_eq!(database.execute(&sql, []).expect("changed"), 1);
    let sql = "UPDATE checkpoints SET body = zeroblob(9)";
    database.execute(sql, []).expect("changed");
    database.close().expect("closed");

    for tool in ["check", "export"] {
        let end = place.tool(tool, "log", &[], b"");
        one_line(&end, "the log is damaged");
        assert_eq!(end.out, "");
    }
    let salvaged = place.tool("export", "log", &["--salvage"], b"");
    assert_eq!(salvaged.status, 0, "{}", salvaged.err);
    assert!(salvaged.err.contains("1 events"), "{}", salvaged.err);
    let events = |lines: &[Value]| -> Vec<Value> {
        let mut lines = lines.to_vec();
        lines.retain(|line| line["seq"].is_u64());
        lines
    };
    let mut expected = events(&whole);
    expected.retain(|event| event["room"] != "lobby" || event["seq"] != two);
    assert_eq!(events(&parsed(&salvaged.out)), expected);

    let imported = place.tool("import", "copy", &[], salvaged.out.as_bytes());
    assert_eq!(imported.status, 0, "{}", imported.err);
    assert!(
        imported.err.contains("lobby: nobody is known"),
        "{}",
        imported.err
    );
    let (_, copy) = place.export("copy");
    let hole = |event: &Value| event["room"] == "lobby" && event["seq"] == two;
    let filled = copy.iter().find(|line| hole(line)).expect("a placeholder");
    assert_eq!(
        (&filled["name"], &filled["text"]),
        (&"?".into(), &Value::Null)
    );
    let mut rest = events(&copy);
    rest.retain(|event| !hole(event));
    assert_eq!(rest, expected);
    let server = place.serve_at(&address, "copy");
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"again\n").status,
        0
    );
    assert!(
        history(&server)
            .iter()
            .any(|event| event["text"] == "again")
    );
    end(server);
    assert_eq!(place.tool("check", "copy", &[], b"").status, 0);
}

#[test]
fn what_was_said_is_found_in_any_script_and_after_any_damage_to_the_index() {
    let (place, alice) = (Place::new(), Home::new());
    let address = filled(&place, &alice);
    let search = |words: &[&str]| {
        let end = place.tool("search", "log", words, b"");
        assert_eq!((end.status, end.err.as_str()), (0, ""), "{words:?}");
        end.out
    };
    for words in ["好", "你好", "你好，世界", "世界"] {
        let out = search(&[words]);
        assert!(
            out.starts_with("lobby [") && out.ends_with("] alice: 你好，世界\n"),
            "{out}"
        );
        assert_eq!(out.lines().count(), 1);
    }
    for words in [
        "世好",
        "\"",
        "*",
        "NOT",
        "one AND three",
        "text:one",
        "'; --",
        "(",
        "one\" OR \"three",
    ] {
        assert_eq!(search(&[words]), "", "{words}");
    }
    assert_eq!(search(&["--", "-x"]), "");
    let dusty = parsed(&search(&["DUSTY", "--json"]));
    assert_eq!(dusty.len(), 1);
    assert_eq!(
        (&dusty[0]["room"], &dusty[0]["text"]),
        (&"attic".into(), &"dusty".into())
    );
    assert_eq!(search(&["dusty", "--room", "lobby"]), "");

    let server = place.serve_at(&address, "log");
    one_line(
        &place.tool("search", "log", &["one"], b""),
        "a server has this folder",
    );
    assert_eq!(
        alice
            .send(&server, &["--name", "alice"], b"one more\n")
            .status,
        0
    );
    end(server);
    let texts = |out: &str| -> Vec<String> {
        out.lines()
            .map(|line| line.rsplit(": ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(texts(&search(&["one"])), ["one more", "one"]);
    assert_eq!(texts(&search(&["one", "--limit", "1"])), ["one more"]);
    let index = place.path("log").join("search.db");
    let whole = fs::read(&index).expect("an index");
    let mut torn = whole.clone();
    torn[4096..].fill(0x5a);
    for damaged in [
        &b"not a database, but long enough to have been one, were it one"[..],
        &torn,
        b"",
    ] {
        fs::write(&index, damaged).expect("written");
        assert_eq!(texts(&search(&["one"])), ["one more", "one"]);
    }
    let server = Server::start(&["--data", &place.shown("log"), "--keep-for", "1s"]);
    let is_gap = || (history(&server)[0]["type"] == "gap").then_some(());
    wait_for(SOON, || "a gap".to_owned(), is_gap);
    end(server);
    for word in ["dusty", "one", "好"] {
        assert_eq!(search(&[word]), "");
    }
}
