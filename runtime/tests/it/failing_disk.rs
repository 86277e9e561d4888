//! `serve --data` on a disk that fails, and on one that is full: row 50 of the faults, with the real program.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use parlance_proto::wire::Message;

use crate::harness::{Home, PARLANCE, SOON, Server, wait_for};
use crate::peer::Peer;

/// A library that makes syncs fail while a file is there.
fn preload(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/preload.c");
    let library = folder.join("preload.so");
    // The database is compiled by the same compiler.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.expect("cc(1)").success());
    library
}

#[test]
fn a_sync_that_fails_is_the_end_and_nothing_more_is_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, flag) = (folder.path().join("data"), folder.path().join("fails"));
    let home = Home::new();
    let serve = |listen: &str| {
        let mut command = home.parlance(["serve", "--listen", listen, "--data"]);
        command.arg(&data);
        command
    };
    let mut command = serve("127.0.0.1:0");
    command.env("LD_PRELOAD", preload(folder.path()));
    command.env("SYNC_FAILS", &flag);
    let mut server = Server::of(home.run(command));
    let (mut alice, _) = Peer::guest(server.address, "alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    alice.say(1, "kept");
    bob.events_until("kept");
    fs::write(&flag, "").expect("written");
    alice.say(2, "lost or not, but not shown");
    for peer in [&mut alice, &mut bob] {
        let bye = loop {
            match peer.next(Duration::from_secs(5)) {
                Some(Message::Bye(bye)) => break bye,
                Some(Message::Error(refused)) => panic!("{refused:?}"),
                Some(Message::Said(said)) => assert_eq!(said.text.as_deref(), Some("kept")),
                Some(_) => {}
                None => panic!("an end without a goodbye"),
            }
        };
        assert_eq!(bye.code.as_str(), "shutdown");
        assert!(matches!(bye.retry, Some(1..=3)), "{bye:?}");
    }
    drop((alice, bob));
    wait_for(
        SOON,
        || "its end".to_owned(),
        || (!server.process.is_running()).then_some(()),
    );
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 1);
    let last = end.err.lines().last().unwrap_or_default();
    assert!(
        last.contains("the log stopped, and so does the server"),
        "{}",
        end.err
    );

    fs::remove_file(&flag).expect("removed");
    let server = Server::of(home.run(serve("127.0.0.1:0")));
    let (mut carol, _) = Peer::guest(server.address, "carol");
    carol.say(1, "goes on");
    carol.events_until("goes on");
    let place = server.place();
    let args = ["tail", &place, "--json", "--since", "0", "--no-follow"];
    let read = Home::new().start(args).finish(SOON);
    assert!(
        read.out.contains("\"kept\"") && read.out.contains("\"goes on\""),
        "{}",
        read.out
    );
}

/// A file system of some megabytes in a name space of its own. `None` where nobody may mount one.
fn small_disk(home: &Home, folder: &Path) -> Option<Server> {
    let mount = format!(
        "mount -t tmpfs -o size=12m none '{0}' && exec \"$PARLANCE\" serve --listen 127.0.0.1:0 --rate 0 --byte-rate 0 --data '{0}/data'",
        folder.display()
    );
    let allowed = Command::new("unshare")
        .args(["-m", "sh", "-c", "mount -t tmpfs none /mnt"])
        .status();
    if !allowed.is_ok_and(|status| status.success()) {
        println!("skipped: nobody may mount a file system here");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &mount]);
    command.env("PARLANCE", PARLANCE);
    Some(Server::of(home.run(command)))
}

#[test]
fn a_full_disk_refuses_lines_and_heals_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new();
    let Some(server) = small_disk(&home, folder.path()) else {
        return;
    };
    let alice = Home::new();
    assert_eq!(
        alice
            .send(&server, &["--name", "alice"], b"before\n")
            .status,
        0
    );
    // The file system is seen through the server's own root.
    let root = PathBuf::from(format!("/proc/{}/root", server.process.id()));
    let filler = root
        .join(folder.path().strip_prefix("/").expect("an absolute path"))
        .join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    while file.write_all(&[1; 4096]).is_ok() {}

    let text = "x".repeat(4_000);
    let lines: String = (0..200).map(|n| format!("{n} {text}\n")).collect();
    let refused = alice.send(
        &server,
        &["--name", "alice", "--timeout", "20s"],
        lines.as_bytes(),
    );
    assert_eq!(refused.status, 4, "{}", refused.err);
    assert!(refused.err.contains("storage"), "{}", refused.err);
    // Who comes is let in, and reads what there is.
    let place = server.place();
    let args = [
        "tail",
        &place,
        "--name",
        "bob",
        "--json",
        "--since",
        "0",
        "--no-follow",
    ];
    let read = Home::new().start(args).finish(SOON);
    assert_eq!(read.status, 0, "{}", read.err);
    assert!(read.out.contains("\"before\""), "{}", read.out);

    drop(file);
    fs::remove_file(&filler).expect("removed");
    wait_for(
        SOON,
        || "a line that is taken".to_owned(),
        || (alice.send(&server, &["--name", "alice"], b"after\n").status == 0).then_some(()),
    );
    let args = [
        "tail",
        &place,
        "--name",
        "carol",
        "--json",
        "--since",
        "0",
        "--no-follow",
    ];
    let read = Home::new().start(args).finish(SOON);
    assert!(read.out.contains("\"after\""), "{}", read.out);
    server.process.signal("TERM");
    let end = server.process.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}
