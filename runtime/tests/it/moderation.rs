//! A room kept civil by the people in it: from a terminal and from scripts, over restarts, with an account in the log.

use std::time::Duration;

use crate::harness::{Home, Process, SOON, Server};
use crate::requirement;

/// Alice, who came first and so may moderate, and bob.
fn room(flags: &[&str]) -> (Server, Home, Process, Process) {
    let server = Server::start(flags);
    let home = Home::new();
    let alice = home.join(&server, "alice");
    let bob = Home::new().join(&server, "bob");
    alice.expect_out("--> bob@127.0.0.1 joined");
    (server, home, alice, bob)
}

/// Ends a server as its keeper does; what it said.
fn stop(server: Server) -> String {
    server.process.signal("TERM");
    server.process.finish(SOON).err
}

#[test]
fn every_command_does_what_it_says() {
    requirement!("RM-19", "RM-20", "RM-21", "RM-22");
    let (server, _home, mut alice, mut bob) = room(&[]);
    bob.say("/kick alice");
    bob.expect_err("failed (not-allowed: you may not do that): /kick #1");
    alice.say("/mute bob 10m flooding");
    bob.expect_out("--- alice muted bob for 10 min (flooding)");
    bob.say("hi");
    bob.expect_err("failed (muted: you are muted): hi");
    alice.say("/who");
    alice.expect_out("  bob@127.0.0.1 (muted)\n");
    alice.say("/unmute bob");
    bob.expect_out("--- alice unmuted bob");
    alice.say("/slow 1h");
    bob.expect_out("--- alice set slow mode: a message every 1 h");
    bob.say("one");
    bob.say("two");
    bob.expect_err("failed (slow-mode: the room is in slow mode: wait a little): two");
    alice.say("/slow off");
    bob.expect_out("--- alice ended slow mode");
    bob.say("oops, my password");
    alice.expect_out("] bob: oops, my password");
    alice.say("/redact bob a secret");
    bob.expect_out("--- alice removed line #");
    alice.say("/op bob");
    bob.expect_out("--- alice made bob an operator");
    bob.say("/deop alice");
    alice.expect_out("--- bob made alice an operator no more");
    bob.say("/deop bob");
    bob.expect_err("failed (not-allowed: you may not do that): /deop #2");
    bob.say("/ban alice 1h go away");
    let alice = alice.finish(SOON);
    assert_eq!(alice.status, 5, "{}", alice.err);
    assert!(alice.err.contains("banned: go away"), "{}", alice.err);
    bob.expect_out("--- bob banned alice for 1 h (go away)");
    bob.say("/bans");
    bob.expect_out("  #1 alice\n");
    bob.expect_out("  1 kept out\n");
    bob.say("/unban alice");
    bob.expect_out("--- bob lifted the bans of alice");
    let mut carol = Home::new().join(&server, "carol");
    carol.say("/unban");
    carol.expect_err("write it like /unban NAME");
    carol.say("/kick nobody");
    carol.expect_err("nobody who is or was here is called nobody");
    // Whoever comes later is shown that a line was there, and not what it said.
    let late = Home::new().start(["join", &server.place(), "--name", "late"]);
    late.expect_out("] bob: (erased)\n");
    assert!(!late.out().contains("password"), "{}", late.out());
}

#[test]
fn scripts_moderate_and_are_told_by_their_status() {
    requirement!("RM-20", "RM-23");
    let (server, home, alice, _bob) = room(&[]);
    let place = server.place();
    let moderate = |home: &Home, name: &str, args: &[&str]| {
        let all = ["mod", "--host", &place, "--name", name].into_iter();
        home.start(all.chain(args.iter().copied())).finish(SOON)
    };
    let done = moderate(&home, "alice", &["mute", "bob", "10m", "too", "loud"]);
    assert_eq!((done.status, &done.out[..], &done.err[..]), (0, "", ""));
    alice.expect_out("--- alice muted bob for 10 min (too loud)");
    let stranger = Home::new();
    let refused = moderate(&stranger, "eve", &["kick", "bob"]);
    assert_eq!(refused.status, 4, "{}", refused.err);
    assert!(refused.err.contains("not-allowed"), "{}", refused.err);
    let done = moderate(&home, "alice", &["ban", "eve"]);
    assert_eq!(done.status, 0, "one who has gone: {}", done.err);
    let out = moderate(&stranger, "eve", &["unban", "eve"]);
    assert_eq!(out.status, 5, "{}", out.err);
    assert!(out.err.contains("a moderator keeps you out"), "{}", out.err);
    let bans = moderate(&home, "alice", &["bans"]);
    assert_eq!((bans.status, &bans.out[..]), (0, "  #3 eve\n"));
    let bans = moderate(&home, "alice", &["bans", "--json"]);
    assert_eq!(
        bans.out,
        "{\"member\":3,\"name\":\"eve\",\"type\":\"kept-out\",\"v\":1}\n"
    );
    for (args, status, told) in [
        (&["kick"][..], 2, "write it like /kick NAME [WHY]"),
        (
            &["kick", "zoe"],
            1,
            "nobody who is or was here is called zoe",
        ),
        (&["redact", "#999"], 4, "no-event"),
        (&["bans", "bob"], 2, "takes nobody's name"),
        (
            &["mute", "--address", "bob"],
            2,
            "--address is for ban alone",
        ),
        (&["forgive", "bob"], 2, "invalid value 'forgive'"),
    ] {
        let done = moderate(&home, "alice", args);
        assert_eq!(done.status, status, "{args:?}: {}", done.err);
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
        assert_eq!(
            done.err.trim_end().lines().count() - usize::from(status == 4),
            1,
            "{}",
            done.err
        );
    }
}

/// What is listed is the room's, also where it was asked for before one was in.
#[test]
fn lists_wait_for_the_room() {
    requirement!("RM-12");
    let server = Server::start(&[]);
    let mut alice = Home::new().start(["join", &server.place(), "--name", "alice"]);
    alice.give(b"/who\n/bans\n");
    let end = alice.finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
    assert!(
        end.out.contains("  alice@127.0.0.1 (operator)\n  1 here\n"),
        "{}",
        end.out
    );
    assert!(end.out.contains("nobody is kept out"), "{}", end.out);
}

/// The audit line of each act, on one line whatever it quotes; the exported log shows the acts.
#[test]
fn there_is_an_account_of_every_act() {
    requirement!("RM-20");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let (server, _home, mut alice, _bob) = room(&["--data", &data]);
    for line in ["/mute bob 10m a \"b\"", "/slow 5s", "/kick bob"] {
        alice.say(line);
    }
    alice.expect_out("--- alice put bob out");
    let err = stop(server);
    for line in [
        "parlance: moderation in lobby, event 3: alice #1 mute bob #2 for 10 min (a \"b\")\n",
        "parlance: moderation in lobby, event 4: alice #1 slow for 5 s\n",
        "parlance: moderation in lobby, event 5: alice #1 kick bob #2\n",
    ] {
        assert!(err.contains(line), "{err}");
    }
    let exported = Home::new().start(["log", "export", &data]).finish(SOON);
    assert_eq!(exported.status, 0, "{}", exported.err);
    for act in ["\"act\":\"mute\"", "\"act\":\"slow\"", "\"act\":\"kick\""] {
        assert_eq!(exported.out.matches(act).count(), 1, "{}", exported.out);
    }
}

/// Bans, mutes and operators are there after a restart, and end when they should by the log's time, which a clock that
/// steps back does not stretch: it is the events of the room that it ends by.
#[test]
fn what_was_done_survives_a_restart() {
    requirement!("RM-23", "RM-19");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let alices = Home::new();
    let bobs = Home::new();
    let (address, err) = {
        let server = Server::start(&["--data", &data]);
        let mut alice = alices.join(&server, "alice");
        let bob = bobs.join(&server, "bob");
        alice.expect_out("--> bob@127.0.0.1 joined");
        alice.say("/ban bob 1h");
        assert_eq!(bob.finish(SOON).status, 5);
        alice.expect_out("banned bob");
        (server.place(), stop(server))
    };
    assert!(err.contains("ban bob #2 for 1 h"), "{err}");
    let server = Server::at(&address, &["--data", &data]);
    let mut alice = alices.join(&server, "alice");
    let place = server.place();
    let refused = bobs
        .start(["send", &place, "--name", "bob", "hi"])
        .finish(SOON);
    assert_eq!(refused.status, 5, "{}", refused.err);
    assert!(
        !server.process.err().contains("moderation in"),
        "an act is told once"
    );
    alice.say("/bans");
    alice.expect_out("  #2 bob\n");
    alice.say("/unban bob");
    alice.expect_out("lifted the bans of bob");
    bobs.join(&server, "bob");
}

#[test]
fn whoever_runs_the_server_may_name_himself() {
    requirement!("RM-19");
    let home = Home::new();
    let listen = ["serve", "--listen", "127.0.0.1:0"];
    let admins = ["--admin", "root", "--admin", "alice"];
    let server = Server::of(home.start(listen.into_iter().chain(admins)));
    // Somebody else's home, and so another key.
    let _first = Home::new().join(&server, "first");
    let _other = Home::new().join(&server, "root");
    let mut alice = home.join(&server, "alice");
    server
        .process
        .expect_err("moderation in lobby: alice #3 is an operator (--admin)");
    assert!(
        !server.process.err().contains("root"),
        "{}",
        server.process.err()
    );
    // An operator is put out by nobody, before he is none.
    alice.say("/deop first");
    alice.say("/kick first");
    alice.expect_out("--- alice put first out");
    let clear = Home::new()
        .start([
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--insecure",
            "--admin",
            "x",
        ])
        .finish(Duration::from_secs(10));
    assert_eq!(clear.status, 2, "{}", clear.err);
    assert!(clear.err.contains("--admin goes by a key"), "{}", clear.err);
}
