//! `serve --data`: what was acknowledged is there after the end of the process, whatever kind of end it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::{Finished, Home, SOON, Server, wait_for};

/// A folder for a log, and one who reads all that there is.
struct Data(TempDir, Home);

impl Data {
    fn new() -> Data {
        Data(tempfile::tempdir().expect("a folder"), Home::new())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn shown(&self) -> String {
        self.path().display().to_string()
    }

    fn serve(&self, flags: &[&str]) -> Server {
        self.serve_at("127.0.0.1:0", flags)
    }

    fn serve_at(&self, listen: &str, flags: &[&str]) -> Server {
        let data = self.shown();
        let all: Vec<&str> = ["--data", &data]
            .into_iter()
            .chain(flags.iter().copied())
            .collect();
        Server::at(listen, &all)
    }

    /// All that the room ever showed, a line each.
    fn all(&self, server: &Server) -> Vec<String> {
        let args = [
            "tail",
            &server.place(),
            "--name",
            "reader",
            "--json",
            "--since",
            "0",
            "--no-follow",
        ];
        let read = self.1.start(args).finish(SOON);
        assert_eq!(read.status, 0, "{}", read.err);
        read.out.lines().map(str::to_owned).collect()
    }

    /// A server that does not start: its status and its words.
    fn refused(&self, flags: &[&str]) -> Finished {
        let data = self.shown();
        let args = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
        let refused = Home::new().start(args.iter().chain(flags)).finish(SOON);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
        assert_eq!(refused.status, 1, "{}", refused.err);
        refused
    }
}

fn end(server: Server) {
    server.process.signal("TERM");
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}

#[test]
fn what_was_said_survives_both_kinds_of_end() {
    let data = Data::new();
    let alice = Home::new();
    let mut server = data.serve(&[]);
    let mut before = Vec::new();
    for round in 0..4 {
        let sent = alice.send(
            &server,
            &["--name", "alice"],
            format!("round {round}\n你好\n").as_bytes(),
        );
        assert_eq!(sent.status, 0, "{}", sent.err);
        let now = data.all(&server);
        assert_eq!(
            now[..before.len()],
            before[..],
            "nothing is another, or has another number"
        );
        assert!(
            now.iter()
                .any(|line| line.contains(&format!("round {round}")))
        );
        before = now;
        let place = server.place();
        if round % 2 == 0 {
            end(server);
        } else {
            server.process.crash();
            drop(server);
        }
        server = data.serve_at(&place, &[]);
    }
    assert_eq!(data.all(&server)[..before.len()], before[..]);
    // Alice's name is hers, whoever asks for it while she is away.
    let thief = Home::new().send(&server, &["--name", "alice"], b"hi\n");
    assert_eq!(thief.status, 5, "{}", thief.err);
}

/// faults.md, section 2, row 38, for two; and who does not come back leaves.
#[test]
fn members_come_back_without_a_leave_and_a_join() {
    let data = Data::new();
    let (alice, bob, carol) = (Home::new(), Home::new(), Home::new());
    let server = data.serve(&["--grace", "3s"]);
    let place = server.place();
    let mut a = alice.join(&server, "alice");
    let mut b = bob.join(&server, "bob");
    let watch = carol.start(["tail", &place, "--name", "carol", "--json"]);
    a.say("before");
    watch.expect_out("\"before\"");
    let seen = watch.out().lines().count();
    let mut server = server;
    server.process.crash();
    b.crash();
    drop((server, b));
    let server = data.serve_at(&place, &["--grace", "3s"]);
    a.say("after");
    watch.expect_out("\"after\"");
    watch.expect_out("\"left\"");
    let out = watch.out();
    let news: Vec<&str> = out.lines().skip(seen).collect();
    assert_eq!(news.len(), 2, "{news:#?}");
    assert!(
        news[0].contains("\"after\"") && news[1].contains("\"bob\""),
        "{news:#?}"
    );
    end(server);
}

/// Row 53.
#[test]
fn a_folder_belongs_to_one_server() {
    let data = Data::new();
    let server = data.serve(&[]);
    let refused = data.refused(&[]);
    assert!(
        refused.err.contains(&data.shown()) && refused.err.contains("another server"),
        "{}",
        refused.err
    );
    assert_eq!(Home::new().send(&server, &[], b"still here\n").status, 0);
    end(server);
    end(data.serve(&[]));
}

#[test]
fn nobody_else_may_read_it() {
    let data = Data::new();
    let server = data.serve(&[]);
    Home::new().send(&server, &[], b"hi\n");
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&data.path()), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(data.path()).expect("a folder") {
        let path = file.expect("a file").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    assert_eq!(names, ["head", "lock", "log.db", "log.db-wal", "reserve"]);
}

#[test]
fn what_is_no_log_or_not_whole_is_refused_in_one_line() {
    let data = Data::new();
    fs::write(data.path(), "a file").expect("written");
    assert!(data.refused(&[]).err.contains("data"));
    fs::remove_file(data.path()).expect("removed");

    let server = data.serve(&[]);
    let lines: String = (0..300).map(|n| format!("line {n}\n")).collect();
    assert_eq!(
        Home::new()
            .send(&server, &["--name", "alice"], lines.as_bytes())
            .status,
        0
    );
    end(server);
    let file = data.path().join("log.db");
    let whole = fs::read(&file).expect("a database");
    let head = fs::read(data.path().join("head")).expect("a head");

    // A text in the middle of the file is another.
    let mut other = whole.clone();
    for at in 0..other.len() - 8 {
        if &other[at..at + 8] == b"line 150" {
            other[at + 5] = b'9';
        }
    }
    fs::write(&file, &other).expect("written");
    let server = Server::of(Home::new().start([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data.shown(),
    ]));
    let reader = Home::new();
    let read = reader.start(["tail", &server.place(), "--json", "--since", "0"]);
    let stopped = server.process.finish(SOON);
    assert_eq!(stopped.status, 1);
    assert!(
        stopped.err.contains("is not as it was written"),
        "{}",
        stopped.err
    );

    read.expect_err("shutdown");
    assert!(!read.out().contains("line 950"), "{}", read.out());

    // An older database beside what tells how much there was; then cut, and gone.
    fs::write(&file, &whole).expect("written");
    assert!(data.refused(&[]).err.contains("were acknowledged"));
    fs::write(data.path().join("head"), head).expect("written");
    fs::write(&file, &whole[..whole.len() / 2]).expect("written");
    assert!(data.refused(&[]).err.contains("damaged"));
    fs::remove_file(&file).expect("removed");
    assert!(data.refused(&[]).err.contains("were acknowledged"));
    fs::write(&file, &whole).expect("written");
    end(data.serve(&[]));
}

/// Row 46.
#[test]
fn what_is_too_old_goes_and_who_needs_it_is_told() {
    let data = Data::new();
    let server = data.serve(&[]);
    let alice = Home::new();
    assert_eq!(
        alice
            .send(&server, &["--name", "alice"], b"old 1\nold 2\nold 3\n")
            .status,
        0
    );
    let place = server.place();
    end(server);
    thread::sleep(Duration::from_millis(1_500));
    let server = data.serve_at(&place, &["--keep-for", "1s"]);
    let first = wait_for(
        SOON,
        || "a gap".to_owned(),
        || {
            let lines = data.all(&server);
            lines[0].contains("\"gap\"").then(|| lines[0].clone())
        },
    );
    assert!(
        first.contains("\"from\":1") && first.contains("\"trimmed\""),
        "{first}"
    );
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"new\n").status,
        0
    );
    let lines = data.all(&server);
    assert!(
        !lines.iter().any(|line| line.contains("old ")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("\"new\"")),
        "{lines:#?}"
    );
    end(server);
}

/// Row 57.
#[test]
fn after_a_backup_was_put_back_clients_are_told() {
    let data = Data::new();
    let server = data.serve(&[]);
    let place = server.place();
    let (alice, bob) = (Home::new(), Home::new());
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"kept\n").status,
        0
    );
    end(server);
    let backup = fs::read(data.path().join("log.db")).expect("a database");
    let head = fs::read(data.path().join("head")).expect("a head");

    let server = data.serve_at(&place, &[]);
    let watch = bob.start(["tail", &place, "--name", "bob", "--json", "--since", "0"]);
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"gone\n").status,
        0
    );
    watch.expect_out("\"gone\"");
    end(server);
    fs::write(data.path().join("log.db"), backup).expect("written");
    fs::write(data.path().join("head"), head).expect("written");

    let server = data.serve_at(&place, &["--new-epoch"]);
    watch.expect_out("\"restarted\"");
    assert_eq!(
        alice.send(&server, &["--name", "alice"], b"new\n").status,
        0
    );
    watch.expect_out("\"new\"");
    let lines = data.all(&server);
    assert!(
        lines.iter().any(|line| line.contains("\"kept\"")),
        "{lines:#?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("\"gone\"")),
        "{lines:#?}"
    );
    end(server);
}

#[test]
fn flags_of_the_log_belong_together() {
    for flags in [
        &["--keep", "1GiB"][..],
        &["--keep-for", "30d"],
        &["--new-epoch"],
        &["--data", "x", "--memory", "1MiB"],
        &["--data", "x", "--keep", "1KiB"],
    ] {
        let args = ["serve", "--listen", "127.0.0.1:0"]
            .into_iter()
            .chain(flags.iter().copied());
        let refused = Home::new().start(args).finish(SOON);
        assert_eq!(refused.status, 2, "{flags:?}: {}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    }
}
