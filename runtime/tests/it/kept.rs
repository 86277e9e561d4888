//! What a person's client keeps over its end: kills at any moment, two at once, and files that are nothing to go on from.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use parlance_proto::wire::Event;

use crate::harness::{Home, Process, SOON, Server};
use crate::peer::Peer;
use crate::requirement;
use crate::way::Way;

const UNPACED: [&str; 4] = ["--rate", "0", "--byte-rate", "0"];

/// The texts of alice in the lobby, in order.
fn texts(home: &Home, server: &Server) -> Vec<String> {
    let place = server.place();
    let args = ["tail", &place, "--name", "auditor", "--json"];
    let args = args.into_iter().chain(["--since", "0", "--no-follow"]);
    let told = home.start(args).finish(SOON);
    assert_eq!(told.status, 0, "{}", told.err);
    let events = told
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("one object a line"));
    events
        .filter(|event| event["type"] == "said" && event["name"] == "alice")
        .map(|event| event["text"].as_str().expect("a text").to_owned())
        .collect()
}

fn join(home: &Home, place: &str) -> Process {
    home.start(["join", place, "--name", "alice"])
}

/// The one file of the home's sessions that holds what is kept.
fn kept_file(home: &Home) -> PathBuf {
    let folder = home.path().join("state/parlance/sessions");
    let files = fs::read_dir(folder).expect("a folder");
    let mut kept = files
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_none());
    let file = kept.next().expect("a file");
    assert_eq!(kept.next(), None, "one place was used");
    file
}

/// What stands on stderr behind this word, line by line.
fn told<'a>(err: &'a str, word: &str) -> Vec<&'a str> {
    let start = format!("parlance: {word}: ");
    err.lines()
        .filter_map(|line| line.strip_prefix(&start))
        .collect()
}

#[test]
fn lines_that_were_pending_at_a_kill_go_once_at_the_next_start() {
    requirement!("HS-22", "DL-23", "HS-17");
    let server = Server::start(&["--grace", "50s"]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = join(&home, &way.place());
    alice.expect_err("connected as alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    alice.say("before");
    bob.events_until("before");
    // Not only the others: she has it too, and so it is no backlog later.
    alice.expect_out("alice: before");

    way.fall_night(true);
    way.darken();
    for text in ["one", "two", "three"] {
        alice.say(text);
        alice.expect_err(&format!("pending: {text}"));
    }
    bob.say(1, "missed by alice");
    alice.crash();
    // In the dark they stay pending, start after start, and nothing freezes.
    let mut alice = join(&home, &way.place());
    for text in ["one", "two", "three"] {
        alice.expect_err(&format!("pending: {text}"));
    }
    alice.say("four");
    let begun = Instant::now();
    alice.say("/help");
    alice.expect_out("//TEXT");
    assert!(begun.elapsed() < Duration::from_secs(2));
    // Not earlier, or it was not kept.
    thread::sleep(Duration::from_millis(300));
    alice.crash();

    way.fall_night(false);
    let alice = join(&home, &way.place());
    for text in ["one", "two", "three", "four"] {
        alice.expect_err(&format!("sent: {text}"));
    }
    let events = bob.events_until("four");
    let alien = |event: &&Event| !matches!(event, Event::Said(_));
    assert_eq!(events.iter().find(alien), None, "nobody saw her go or come");
    alice.expect_out("alice: four");
    let out = alice.out();
    assert_eq!(out.matches("bob: missed by alice").count(), 1, "{out}");
    assert!(!out.contains("alice: before"), "no backlog: {out}");
    assert_eq!(
        texts(&home, &server),
        ["before", "one", "two", "three", "four"]
    );
}

#[test]
fn a_kill_at_any_moment_repeats_and_reorders_nothing() {
    requirement!("HS-22", "DL-23");
    let server = Server::start(&UNPACED);
    let home = Home::new();
    let mut pending: Vec<String> = Vec::new();
    let mut unknown = Vec::new();
    for round in 0..20 {
        let mut alice = join(&home, &server.place());
        if round % 4 > 0 {
            alice.expect_err("connected as alice");
        }
        let stands_still = round == 10;
        if stands_still {
            server.process.signal("STOP");
        }
        for line in 0..10 {
            alice.say(&format!("{round}.{line}"));
        }
        if stands_still {
            alice.expect_err("pending: 10.9");
        }
        // Spread over the time in which ten lines are read, kept, sent and echoed.
        thread::sleep(Duration::from_micros(1_500 * (round * 7 % 20)));
        alice.crash();
        if stands_still {
            server.process.signal("CONT");
        }
        let finished = alice.finish(SOON);
        pending.extend(
            told(&finished.err, "pending")
                .into_iter()
                .map(str::to_owned),
        );
        unknown.extend(
            told(&finished.err, "unknown (it may have arrived)")
                .into_iter()
                .map(str::to_owned),
        );
    }
    let mut alice = join(&home, &server.place());
    alice.close_stdin();
    let last = alice.finish(SOON);
    assert_eq!(last.status, 0, "{}", last.err);
    pending.extend(told(&last.err, "pending").into_iter().map(str::to_owned));

    let texts = texts(&home, &server);
    assert!(
        unknown.is_empty(),
        "the room knows the session: {unknown:?}"
    );
    let mut once = texts.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), texts.len(), "twice: {texts:?}");
    for text in &pending {
        assert!(
            texts.contains(text),
            "{text} was kept, and is lost: {texts:?}"
        );
    }
    for round in 0..20 {
        let start = format!("{round}.");
        let got: Vec<_> = texts
            .iter()
            .filter(|text| text.starts_with(&start))
            .collect();
        let typed: Vec<_> = (0..got.len())
            .map(|line| format!("{round}.{line}"))
            .collect();
        assert!(
            got.iter().copied().eq(&typed),
            "a hole, or another order: {texts:?}"
        );
    }
    let rounds: Vec<u64> = texts
        .iter()
        .map(|text| {
            text.split('.')
                .next()
                .and_then(|n| n.parse().ok())
                .expect("a round")
        })
        .collect();
    assert!(rounds.is_sorted(), "{texts:?}");
    // Else the kills all came before or after everything.
    assert!(!pending.is_empty(), "no kill left anything pending");
    assert!(texts.len() > 20, "{texts:?}");
}

#[test]
fn a_server_that_forgot_all_is_told_again_what_it_may_have_had() {
    requirement!("DL-21");
    let server = Server::start(&[]);
    let address = server.address;
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    server.process.signal("STOP");
    alice.say("into the socket");
    alice.expect_err("pending: into the socket");
    alice.crash();
    drop(server);
    let server = Server::at(&address.to_string(), &[]);
    let alice = join(&home, &server.place());
    alice.expect_err("pending: into the socket");
    alice.expect_err("sent: into the socket");
    assert_eq!(texts(&home, &server), ["into the socket"]);
}

#[test]
fn two_at_once_are_two_devices_of_which_the_first_keeps() {
    requirement!("HS-12", "HS-17");
    let server = Server::start(&["--grace", "50s"]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut first = join(&home, &way.place());
    first.expect_err("connected as alice");
    let mut second = join(&home, &way.place());
    second.expect_err("this one is another device");
    second.expect_err("connected as alice");
    first.say("from the first");
    second.expect_out("alice: from the first");
    second.say("from the second");
    first.expect_out("alice: from the second");

    way.fall_night(true);
    way.darken();
    second.say("goes with the second");
    second.expect_err("pending: goes with the second");
    first.say("stays with the first");
    first.expect_err("pending: stays with the first");
    second.crash();
    first.crash();
    way.fall_night(false);
    let mut third = join(&home, &way.place());
    third.expect_err("sent: stays with the first");
    third.say("from the third");
    third.expect_out("alice: from the third");
    let all = [
        "from the first",
        "from the second",
        "stays with the first",
        "from the third",
    ];
    assert_eq!(texts(&home, &server), all);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_moved_away() {
    requirement!("HS-22");
    let server = Server::start(&[]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = join(&home, &way.place());
    alice.expect_err("connected as alice");
    way.fall_night(true);
    way.darken();
    alice.say("kept");
    alice.expect_err("pending: kept");
    alice.crash();
    way.fall_night(false);
    let file = kept_file(&home);
    let whole = fs::read(&file).expect("a file");
    let mut flipped = whole.clone();
    flipped[60] ^= 1;
    for bad in [
        &whole[..0],
        &whole[..20],
        &whole[..whole.len() - 1],
        &flipped,
        b"foreign",
    ] {
        fs::write(&file, bad).expect("a file");
        let mut alice = join(&home, &way.place());
        alice.close_stdin();
        let finished = alice.finish(SOON);
        assert_eq!(finished.status, 0, "{}", finished.err);
        let told = finished.err.matches("begun afresh").count();
        assert_eq!(told, 1, "{}", finished.err);
        assert!(!finished.err.contains("panicked"), "{}", finished.err);
        assert!(told_once_is_enough(&home, &way));
    }
    assert!(texts(&home, &server).is_empty(), "nothing of it was used");
}

fn told_once_is_enough(home: &Home, way: &Way) -> bool {
    let mut alice = join(home, &way.place());
    alice.close_stdin();
    !alice.finish(SOON).err.contains("afresh")
}

#[test]
fn an_old_file_is_known_and_repeats_nothing() {
    requirement!("HS-22");
    let server = Server::start(&[]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = join(&home, &way.place());
    alice.expect_err("connected as alice");
    way.fall_night(true);
    way.darken();
    alice.say("copied");
    alice.expect_err("pending: copied");
    alice.crash();
    let file = kept_file(&home);
    let old = fs::read(&file).expect("a file");

    way.fall_night(false);
    let mut alice = join(&home, &way.place());
    alice.expect_err("sent: copied");
    alice.say("since then");
    alice.expect_out("alice: since then");
    alice.crash();

    fs::write(&file, old).expect("a file");
    let mut alice = join(&home, &way.place());
    alice.expect_err("what was kept here is older");
    alice.expect_err("unknown (it may have arrived): copied");
    alice.expect_err("connected as alice");
    alice.say("afresh");
    alice.expect_out("alice: afresh");
    assert_eq!(texts(&home, &server), ["copied", "since then", "afresh"]);
}

#[test]
fn what_is_told_as_failed_does_not_go_again() {
    requirement!("DL-23");
    let server = Server::start(&[]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = join(&home, &way.place());
    alice.expect_err("connected as alice");
    way.fall_night(true);
    way.darken();
    alice.say("given up");
    alice.expect_err("pending: given up");
    alice.signal("INT");
    let finished = alice.finish(SOON);
    assert_eq!(finished.status, 4, "{}", finished.err);
    assert!(
        finished
            .err
            .contains("unknown (it may have arrived): given up")
    );
    way.fall_night(false);
    let mut alice = join(&home, &way.place());
    alice.say("new");
    alice.expect_out("alice: new");
    assert!(!alice.err().contains("given up"), "{}", alice.err());
    assert_eq!(texts(&home, &server), ["new"]);
}

#[test]
fn what_was_typed_where_no_server_was_goes_at_the_next_join() {
    requirement!("DL-23");
    let server = Server::start(&[]);
    let address = server.address;
    drop(server);
    let home = Home::new();
    let args = [
        "join",
        &address.to_string(),
        "--name",
        "alice",
        "--timeout",
        "2s",
    ];
    let mut alice = home.start(args);
    alice.say("too early");
    let finished = alice.finish(SOON);
    assert_eq!(finished.status, 6, "{}", finished.err);
    assert!(
        finished.err.contains("1 lines are kept"),
        "{}",
        finished.err
    );
    let server = Server::at(&address.to_string(), &[]);
    let alice = join(&home, &server.place());
    alice.expect_err("sent: too early");
    assert_eq!(texts(&home, &server), ["too early"]);
}

#[test]
fn send_keeps_nothing() {
    requirement!("HS-17");
    let server = Server::start(&[]);
    let way = Way::to(server.address);
    let home = Home::new();
    way.fall_night(true);
    let mut sender = home.start(["send", &way.place(), "--name", "alice", "--timeout", "1s"]);
    sender.give(b"never\n");
    assert_eq!(sender.finish(SOON).status, 6);
    way.fall_night(false);
    let mut alice = join(&home, &way.place());
    alice.say("first");
    alice.expect_out("alice: first");
    assert_eq!(texts(&home, &server), ["first"]);
}

#[test]
fn only_the_owner_may_look_at_what_is_kept() {
    requirement!("HS-16");
    let server = Server::start(&[]);
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    alice.say("secret");
    alice.expect_out("alice: secret");
    alice.crash();
    let folder = home.path().join("state/parlance/sessions");
    let mode = |path: &std::path::Path| path.metadata().expect("there").mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).expect("a folder") {
        let path = file.expect("a file").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // A folder that others may read is not used, and the person can talk all the same.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
    let mut alice = home.join(&server, "alice");
    alice.expect_err("nothing is kept over the end of this program");
    alice.say("open");
    alice.expect_out("alice: open");
}

#[test]
fn a_paste_of_a_thousand_lines_takes_no_time() {
    let server = Server::start(&UNPACED);
    let home = Home::new();
    let mut alice = home.join(&server, "alice");
    let begun = Instant::now();
    let lines: String = (0..1_000).map(|n| format!("line {n}\n")).collect();
    alice.give(lines.as_bytes());
    let finished = alice.finish(SOON);
    assert_eq!(finished.status, 0, "{}", finished.err);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(8), "{took:?}");
    assert_eq!(texts(&home, &server).len(), 1_000);
}
