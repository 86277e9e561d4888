//! TLS end to end: the real server and the real clients.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use parlance::tls::pin::Pin;

use crate::harness::{Home, SOON, Server};
use crate::requirement;

/// A server that speaks TLS, and the pin that it prints.
pub(crate) struct Safe {
    pub(crate) server: Server,
    pub(crate) pin: String,
}

impl Safe {
    pub(crate) fn start(home: &Home, listen: &str, flags: &[&str]) -> Safe {
        let args = ["serve", "--listen", listen, "--tls"];
        let server = Server::of(home.start(args.iter().chain(flags)));
        server.process.expect_err("TLS, pin ");
        let err = server.process.err();
        let pin = err.split_once("TLS, pin ").expect("a pin").1;
        let pin = pin.lines().next().expect("a line").to_owned();
        Safe { server, pin }
    }
}

/// A certificate and its key, in PEM and as the binary would use them.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) pin: Pin,
}

impl Pair {
    pub(crate) fn new() -> Pair {
        let made = rcgen::generate_simple_self_signed(vec!["example.org".to_owned()]);
        let made = made.expect("a certificate");
        Pair {
            pin: Pin::of(made.cert.der()).expect("a pin"),
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }

    fn put(&self, folder: &Path) -> [String; 2] {
        let paths = ["cert.pem", "key.pem"].map(|name| folder.join(name));
        for (path, pem) in paths.iter().zip([&self.certificate, &self.key]) {
            write(path, pem).expect("a file");
            set_permissions(path, Permissions::from_mode(0o600)).expect("its owner's");
        }
        paths.map(|path| path.to_string_lossy().into_owned())
    }
}

#[test]
fn who_knows_the_pin_comes_in_and_is_the_same_member_again() {
    requirement!("HS-15");
    let at = Home::new();
    let safe = Safe::start(&at, "127.0.0.1:0", &["--grace", "60s"]);
    let place = safe.server.place();
    let (alice, bob) = (Home::new(), Home::new());
    let tail = bob.start(["tail", &place, "--name", "bob", "--pin", &safe.pin]);
    tail.expect_out("bob@127.0.0.1 joined");
    let join = ["join", &place, "--name", "alice"];
    let mut first = alice.start(join.iter().copied().chain(["--pin", &safe.pin]));
    first.expect_err("connected as alice");
    first.say("hello");
    tail.expect_out("alice: hello");
    first.crash();
    // Known from then on: the pin need not be said again. By her key she is herself.
    let mut again = alice.start(join);
    again.expect_err("connected as alice");
    again.say("back");
    tail.expect_out("alice: back");
    assert_eq!(
        tail.out().matches("alice@127.0.0.1 joined").count(),
        1,
        "{}",
        tail.out()
    );
    // Another key has another name.
    let other = Home::new().start(["send", &place, "--name", "alice", "--pin", &safe.pin, "hi"]);
    let other = other.finish(SOON);
    assert_eq!(other.status, 5, "{}", other.err);
    // Who does not know the server speaks clear text on this machine, and gets nowhere.
    let stranger = Home::new().start(["send", &place, "--name", "eve", "--timeout", "2s", "hi"]);
    let stranger = stranger.finish(SOON);
    assert_eq!(stranger.status, 1, "{}", stranger.err);
}

#[test]
fn ten_thousand_lines_go_through_and_history_comes_back() {
    let at = Home::new();
    let safe = Safe::start(&at, "127.0.0.1:0", &["--rate", "0", "--byte-rate", "0"]);
    let place = safe.server.place();
    let home = Home::new();
    let lines: String = (1..=10_000).map(|nth| format!("line {nth}\n")).collect();
    let mut send = home.start(["send", &place, "--name", "alice", "--pin", &safe.pin]);
    send.give(lines.as_bytes());
    let sent = send.finish(Duration::from_secs(60));
    assert_eq!(sent.status, 0, "{}", sent.err);
    let tail = home.start([
        "tail",
        &place,
        "--name",
        "bob",
        "--since",
        "0",
        "--no-follow",
    ]);
    let seen = tail.finish(SOON).out;
    let heard: Vec<_> = seen
        .lines()
        .filter_map(|line| line.split_once("alice: "))
        .collect();
    assert_eq!(heard.len(), 10_000);
    for (nth, (_, text)) in (1..).zip(heard) {
        assert_eq!(text, format!("line {nth}"));
    }
}

#[test]
fn a_server_that_nobody_vouched_for_is_not_spoken_to() {
    requirement!("TR-3");
    let home = Home::new();
    let end = home
        .start(["join", "chat.invalid", "--name", "alice"])
        .finish(SOON);
    assert_eq!(end.status, 3, "{}", end.err);
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    assert!(
        end.err.contains("parlance trust chat.invalid"),
        "{}",
        end.err
    );
}

#[test]
fn a_changed_key_ends_the_client_with_both_pins_and_trust_replaces_it() {
    requirement!("TR-2", "TR-3");
    let home = Home::new();
    let old = Safe::start(&Home::new(), "127.0.0.1:0", &[]);
    let place = old.server.place();
    let hello = |more: &[&str]| {
        let args = ["send", &place, "--name", "alice", "hello"];
        home.start(args.iter().chain(more)).finish(SOON)
    };
    assert_eq!(hello(&["--pin", &old.pin]).status, 0);
    drop(old.server);
    let new = Safe::start(&Home::new(), &place, &[]);
    let trust = |more: &[&str]| {
        home.start(["trust", &place].iter().chain(more))
            .finish(SOON)
    };
    for refused in [hello(&[]), trust(&[])] {
        assert_eq!(refused.status, 3, "{}", refused.err);
        for word in [&old.pin, &new.pin, "trust --replace"] {
            assert!(refused.err.contains(word), "{word}: {}", refused.err);
        }
    }
    // A pin that somebody gives does not override what is known, nor does clear text.
    for flags in [&["--pin", &new.pin][..], &["--insecure"]] {
        assert_eq!(hello(flags).status, 3, "{flags:?}");
    }
    assert_eq!(trust(&["--replace", "--pin", &old.pin]).status, 3);
    assert_eq!(trust(&["--replace", "--pin", &new.pin]).status, 0);
    assert_eq!(trust(&[]).status, 0);
    let heard = hello(&[]);
    assert_eq!(heard.status, 0, "{}", heard.err);
}

/// A person who sits there when the key changes is told at once, and what was not sent is kept.
#[test]
fn a_key_that_changes_behind_a_member_ends_him_and_keeps_his_line() {
    let home = Home::new();
    let old = Safe::start(&Home::new(), "127.0.0.1:0", &[]);
    let place = old.server.place();
    let mut alice = home.start(["join", &place, "--name", "alice", "--pin", &old.pin]);
    alice.expect_err("connected as alice");
    drop(old.server);
    alice.expect_err("trying again");
    alice.say("for the old one");
    let _new = Safe::start(&Home::new(), &place, &[]);
    let end = alice.finish(SOON);
    assert!(
        end.err.contains("is not the server that you know"),
        "{}",
        end.err
    );
    assert!(end.err.contains("for the old one"), "{}", end.err);
    // Not acknowledged weighs more for a script than why.
    assert!(matches!(end.status, 3 | 4), "{}", end.status);
}

#[test]
fn the_own_key_stays_and_is_refused_where_others_may_read_it() {
    let at = Home::new();
    let first = Safe::start(&at, "127.0.0.1:0", &[]);
    drop(first.server);
    let again = Safe::start(&at, "127.0.0.1:0", &[]);
    assert_eq!(first.pin, again.pin);
    drop(again.server);
    let key = at.path().join("state/parlance/server/server.pem");
    set_permissions(&key, Permissions::from_mode(0o644)).expect("the key is there");
    let end = at
        .start(["serve", "--listen", "127.0.0.1:0", "--tls"])
        .finish(SOON);
    assert_eq!(end.status, 1, "{}", end.err);
    assert!(end.err.contains("chmod go= "), "{}", end.err);
    // With a folder of its own it has a key of its own.
    let data = at.path().join("data");
    let other = Safe::start(&at, "127.0.0.1:0", &["--data", &data.to_string_lossy()]);
    assert_ne!(first.pin, other.pin);
}

#[test]
fn a_key_that_is_given_is_read_again_on_sighup() {
    let at = Home::new();
    let (first, second) = (Pair::new(), Pair::new());
    let [certificate, key] = first.put(at.path());
    let safe = Safe::start(&at, "127.0.0.1:0", &["--cert", &certificate, "--key", &key]);
    assert_eq!(safe.pin, first.pin.to_string());
    let place = safe.server.place();
    let home = Home::new();
    let mut alice = home.start(["join", &place, "--name", "alice", "--pin", &safe.pin]);
    alice.expect_err("connected as alice");
    // What cannot be used changes nothing.
    write(&key, "no key").expect("a file");
    safe.server.process.signal("HUP");
    safe.server.process.expect_err("the key was not read again");
    let hello = |name: &str, pin: &str| {
        let home = Home::new();
        home.start(["send", &place, "--name", name, "--pin", pin, "hi"])
            .finish(SOON)
            .status
    };
    assert_eq!(hello("bob", &safe.pin), 0);
    second.put(at.path());
    safe.server.process.signal("HUP");
    safe.server
        .process
        .expect_err(&format!("pin {}", second.pin));
    assert_eq!(hello("carol", &safe.pin), 3);
    assert_eq!(hello("dave", &second.pin.to_string()), 0);
    // Who is in stays in.
    alice.say("still here");
    alice.expect_out("alice: still here");
}
