//! What a moderator redacts is given to nobody any more, and leaves the disk.

use std::fs;
use std::path::{Path, PathBuf};

use parlance_proto::wire::{Act, Event, Login, Message, Mod, Said};
use tempfile::TempDir;

use crate::harness::{Finished, Home, SOON, Server, wait_for};
use crate::peer::{Peer, login, login_of, say};
use crate::requirement;

/// A word that stands nowhere else.
const SECRET: &str = "xyzzyplugh";

struct Data(TempDir);

impl Data {
    fn new() -> Data {
        Data(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn flags(&self, flags: &[&str]) -> Vec<String> {
        let data = self.path("log").display().to_string();
        let own = ["--data".to_owned(), data].into_iter();
        own.chain(flags.iter().map(|flag| (*flag).to_owned()))
            .collect()
    }

    fn serve(&self, flags: &[&str]) -> Server {
        let flags = self.flags(flags);
        Server::start(&flags.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn tool(&self, tool: &str, name: &str, flags: &[&str], input: &str) -> Finished {
        let folder = self.path(name).display().to_string();
        let args = ["log", tool, &folder].into_iter();
        let mut process = Home::new().start(args.chain(flags.iter().copied()));
        process.give(input.as_bytes());
        let finished = process.finish(SOON);
        assert_eq!(finished.status, 0, "{}", finished.err);
        finished
    }

    /// The files that hold the bytes of the secret.
    fn holders(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("log")).expect("the folder");
        let files = files.map(|file| file.expect("a file").path());
        let holds = |path: &Path| {
            // One may go while it is looked for.
            let bytes = fs::read(path).unwrap_or_default();
            let mut windows = bytes.windows(SECRET.len());
            windows.any(|window| window == SECRET.as_bytes())
        };
        files
            .filter(|path| holds(path))
            .map(|path| path.display().to_string())
            .collect()
    }

    fn wait_until_erased(&self) {
        wait_for(
            SOON,
            || format!("no file with the text: {:?}", self.holders()),
            || self.holders().is_empty().then_some(()),
        );
    }
}

fn kill(mut server: Server) {
    server.process.crash();
}

fn end(server: Server) {
    server.process.signal("TERM");
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}

/// The operator says three lines, and redacts the second of them, whose number it gives.
fn say_and_redact(server: &Server) -> u64 {
    let mut alice = Peer::connect(server.address);
    // The first key that comes is the operator's.
    alice.log_in(login_of("alice", 1, None));
    for (id, text) in [(1, "before"), (2, SECRET), (3, "after")] {
        alice.send(&say(id, text));
    }
    let events = alice.events_until("after");
    let told = events.iter().find(|event| text_of(event) == Some(SECRET));
    let seq = told.expect("the secret").seq();
    alice.send(&Message::Mod(Mod {
        id: 4,
        after: 3,
        act: Act::Redact,
        who: Some(seq),
        secs: None,
        why: None,
    }));
    match alice.next_event() {
        Event::Modded(modded) => assert_eq!((modded.act, modded.who), (Act::Redact, Some(seq))),
        other => panic!("{other:?}"),
    }
    seq
}

fn text_of(event: &Event) -> Option<&str> {
    match event {
        Event::Said(said) => said.text.as_deref(),
        _ => None,
    }
}

/// What a newcomer is given of the past: the lines, up to the redaction.
fn history(server: &Server) -> Vec<Said> {
    let mut newcomer = Peer::connect(server.address);
    newcomer.log_in(Login {
        history: 1_000,
        ..login("newcomer")
    });
    let mut lines = Vec::new();
    loop {
        match newcomer.next_event() {
            Event::Said(said) => lines.push(said),
            Event::Modded(_) => return lines,
            _ => {}
        }
    }
}

fn check_history(server: &Server, seq: u64) {
    let lines = history(server);
    let shown: Vec<Option<&str>> = lines.iter().map(|said| said.text.as_deref()).collect();
    assert_eq!(shown, [Some("before"), None, Some("after")]);
    assert_eq!((lines[1].seq, lines[1].name.as_str()), (seq, "alice"));
}

#[test]
fn at_once_no_file_has_it_and_the_log_is_whole() {
    requirement!("RM-25");
    let data = Data::new();
    let server = data.serve(&["--erase"]);
    let seq = say_and_redact(&server);
    data.wait_until_erased();
    check_history(&server, seq);
    // The ring is empty now: what is given comes from the log.
    kill(server);
    let server = data.serve(&["--erase"]);
    check_history(&server, seq);
    end(server);

    let checked = data.tool("check", "log", &[], "");
    assert!(checked.out.contains("lobby"), "{}", checked.out);
    assert_eq!(data.tool("search", "log", &[SECRET], "").out, "");
    assert_ne!(data.tool("search", "log", &["before"], "").out, "");
    assert_eq!(data.holders(), [""; 0]);
    let export = data.tool("export", "log", &[], "").out;
    let salvaged = data.tool("export", "log", &["--salvage"], "").out;
    assert_eq!(export, salvaged);
    let redaction = "\"act\":\"redact\"";
    assert!(
        export.contains(redaction) && export.contains("\"text\":null"),
        "{export}"
    );
    data.tool("import", "copy", &[], &export);
    data.tool("check", "copy", &[], "");
    let again = data.tool("export", "copy", &[], "").out;
    let events = |export: &str| {
        export
            .lines()
            .skip(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(events(&again), events(&export));
}

#[test]
fn without_the_flag_it_goes_once_no_start_needs_it() {
    requirement!("RM-25");
    let data = Data::new();
    let server = data.serve(&[]);
    let seq = say_and_redact(&server);
    check_history(&server, seq);
    kill(server);
    assert!(!data.holders().is_empty(), "a start folds its entry");
    let server = data.serve(&[]);
    check_history(&server, seq);
    assert!(!data.holders().is_empty());
    // With its end comes a checkpoint.
    end(server);
    let server = data.serve(&[]);
    data.wait_until_erased();
    check_history(&server, seq);
    end(server);
    data.tool("check", "log", &[], "");
}

#[test]
fn what_another_server_left_is_erased_at_the_start() {
    requirement!("RM-25");
    let data = Data::new();
    let server = data.serve(&[]);
    let seq = say_and_redact(&server);
    kill(server);
    assert!(!data.holders().is_empty());
    // Nobody comes.
    let server = data.serve(&["--erase"]);
    data.wait_until_erased();
    check_history(&server, seq);
    kill(server);
    data.tool("check", "log", &[], "");
}

/// In memory it needs no flag, which is taken all the same. What is given comes from the log: the ring is too short.
#[test]
fn in_memory_it_is_gone_with_or_without_the_flag() {
    requirement!("RM-25");
    for flags in [&["--ring", "64KiB"][..], &["--ring", "64KiB", "--erase"]] {
        let server = Server::start(flags);
        let seq = say_and_redact(&server);
        let (mut bob, _) = Peer::guest(server.address, "bob");
        for id in 1..=10 {
            bob.say(id, &"x".repeat(15_000));
        }
        bob.say(11, "end");
        bob.events_until("end");
        check_history(&server, seq);
    }
}
