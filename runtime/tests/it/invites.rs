//! Who may come in: links made, used, used up, expired and taken back, against a server that asks for them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::thread;
use std::time::{Duration, Instant};

use parlance::link::{Link, Secret};
use parlance_proto::wire::{Bye, ByeCode, Login, Message};

use crate::harness::{Finished, Home, SOON, Server};
use crate::peer::{Peer, login, login_of};
use crate::requirement;

/// A server that asks for invitations, and the home of whoever runs it.
struct Club {
    owner: Home,
    server: Server,
}

impl Club {
    fn new(flags: &[&str]) -> Club {
        let owner = Home::new();
        let server = serve(&owner, "127.0.0.1:0", flags);
        server.process.expect_err("by invitation only");
        Club { owner, server }
    }

    fn invite(&self, flags: &[&str]) -> Finished {
        let args = ["invite"].into_iter().chain(flags.iter().copied());
        self.owner.start(args).finish(SOON)
    }

    /// A link, as it is printed.
    fn link(&self, flags: &[&str]) -> String {
        let made = self.invite(flags);
        assert_eq!(made.status, 0, "{}", made.err);
        let link = made.out.strip_suffix('\n').expect("one line");
        let parsed: Link = link.parse().expect("a link");
        assert_eq!(parsed.place().to_string(), self.server.place());
        assert!(!made.err.contains(&secret_text(link)), "{}", made.err);
        link.to_owned()
    }

    /// Somebody who shows this, and is told to go.
    fn refused(&self, proof: Option<Vec<u8>>) -> Bye {
        let mut peer = Peer::connect(self.server.address);
        let name = login("mallory");
        peer.send(&Message::Name(Login { proof, ..name }));
        peer.last_words(SOON)
    }
}

fn serve(owner: &Home, listen: &str, flags: &[&str]) -> Server {
    let args = ["serve", "--listen", listen, "--invited"];
    Server::of(owner.start(args.into_iter().chain(flags.iter().copied())))
}

fn secret(link: &str) -> Secret {
    let link: Link = link.parse().expect("a link");
    link.invite.expect("an invitation")
}

fn secret_text(link: &str) -> String {
    let (_, secret) = link.split_once("invite=").expect("an invitation");
    secret.to_owned()
}

fn proof(link: &str) -> Option<Vec<u8>> {
    let proof = secret(link).proof().expect("its bytes");
    Some(proof.as_bytes().to_vec())
}

fn send(home: &Home, to: &str, name: &str, more: &[&str]) -> Finished {
    let args = ["send", to, "hi", "--name", name];
    home.start(args.into_iter().chain(more.iter().copied()))
        .finish(SOON)
}

#[test]
fn a_link_lets_one_in_who_then_needs_none() {
    requirement!("HS-23");
    let club = Club::new(&[]);
    let place = club.server.place();
    let alice = Home::new();
    let stranger = send(&alice, &place, "alice", &[]);
    assert_eq!(stranger.status, 5, "{}", stranger.err);
    assert!(stranger.err.contains("forbidden"), "{}", stranger.err);
    assert!(stranger.err.contains("ask for one"), "{}", stranger.err);

    let link = club.link(&[]);
    let mut first = alice.start(["join", &link, "--name", "alice"]);
    first.expect_err("connected as alice");
    first.close_stdin();
    assert_eq!(first.finish(SOON).status, 0);
    assert_eq!(send(&alice, &place, "alice", &[]).status, 0);
    // It was for one: not for another person, nor for another key of the same.
    assert_eq!(send(&Home::new(), &link, "bob", &[]).status, 5);
    assert_eq!(send(&alice, &link, "alicia", &[]).status, 5);
    // Nor is she let into another room by it.
    assert_eq!(
        send(&alice, &place, "alice", &["--room", "attic"]).status,
        5
    );
}

#[test]
fn no_wrong_used_expired_and_revoked_are_told_the_same_and_the_fourth_in_a_minute_waits() {
    requirement!("HS-23", "HS-24");
    let club = Club::new(&[]);
    let used = club.link(&[]);
    let (mut member, _) = {
        let mut peer = Peer::connect(club.server.address);
        let name = login_of("alice", 1, None);
        let welcome = peer.log_in(Login {
            proof: proof(&used),
            ..name
        });
        (peer, welcome)
    };
    let expired = club.link(&["--for", "1s"]);
    let revoked = club.link(&[]);
    let list = club.invite(&["list"]);
    let number = list.out.lines().last().expect("three").split(' ').next();
    let number = number.expect("a number");
    assert_eq!(club.invite(&["revoke", number]).status, 0);
    thread::sleep(Duration::from_millis(1_100));
    let list = club.invite(&["list"]);
    assert!(list.out.contains("used up") && list.out.contains("expired"));
    // And the one that the server made at its start.
    assert_eq!(list.out.lines().count(), 3, "{}", list.out);

    let none = club.refused(None);
    assert_eq!((none.code.clone(), none.retry), (ByeCode::FORBIDDEN, None));
    let began = Instant::now();
    for proof in [Some(vec![7; 16]), proof(&used), proof(&expired)] {
        assert_eq!(club.refused(proof), none);
    }
    let three = began.elapsed();
    let began = Instant::now();
    assert_eq!(club.refused(proof(&revoked)), none);
    let fourth = began.elapsed();
    assert!(
        fourth >= Duration::from_millis(950),
        "{fourth:?} after {three:?}"
    );

    // Whoever has a good one waits too; a member does not.
    let good = club.link(&[]);
    let began = Instant::now();
    let newcomer = Home::new();
    assert_eq!(send(&newcomer, &good, "bob", &[]).status, 0);
    assert!(began.elapsed() >= Duration::from_millis(1_950));
    member.say(1, "still here");
    member.events_until("still here");
    let began = Instant::now();
    let mut again = Peer::connect(club.server.address);
    again.log_in(login_of("alice", 2, None));
    assert!(began.elapsed() < Duration::from_millis(900), "she waited");
}

#[test]
fn a_login_that_the_room_refuses_leaves_the_link_good() {
    requirement!("HS-23");
    let club = Club::new(&[]);
    let alice = Home::new();
    let joined = alice.start(["join", &club.link(&[]), "--name", "alice"]);
    joined.expect_err("connected as alice");
    let link = club.link(&[]);
    let bob = Home::new();
    let taken = send(&bob, &link, "alice", &[]);
    assert_eq!(taken.status, 5, "{}", taken.err);
    assert!(taken.err.contains("taken"), "{}", taken.err);
    assert_eq!(send(&bob, &link, "bob", &[]).status, 0);
    assert_eq!(send(&Home::new(), &link, "carol", &[]).status, 5);
}

#[test]
fn a_link_says_which_room() {
    let club = Club::new(&[]);
    let link = club.link(&["--room", "attic", "--uses", "2"]);
    let alice = Home::new();
    assert_eq!(send(&alice, &link, "alice", &[]).status, 0);
    let other = send(&alice, &link, "alice", &["--room", "lobby"]);
    assert_eq!(other.status, 2, "{}", other.err);
    assert!(other.err.contains("attic") && other.err.contains("lobby"));
    assert_eq!(send(&alice, &link, "alice", &["--room", "attic"]).status, 0);
    let tail = [
        "tail",
        &link,
        "--name",
        "alice",
        "--no-follow",
        "--history",
        "9",
    ];
    let heard = alice.start(tail).finish(SOON);
    assert_eq!(heard.status, 0, "{}", heard.err);
    assert!(heard.out.contains("hi"), "{}", heard.out);
    let broken = send(&alice, &format!("{link}x"), "alice", &[]);
    assert_eq!(broken.status, 2);
    assert!(broken.err.contains("copy it again"), "{}", broken.err);
    assert!(!broken.err.contains(&secret_text(&link)), "{}", broken.err);
}

#[test]
fn who_was_let_in_and_what_was_used_outlives_the_server_and_nobody_else_may_read_it() {
    requirement!("HS-24", "HS-16");
    let owner = Home::new();
    let data = owner.path().join("data");
    let data = data.to_string_lossy().into_owned();
    let flags = ["--data", &data];
    let server = serve(&owner, "127.0.0.1:0", &flags);
    let club = Club { owner, server };
    let link = club.link(&flags);
    let alice = Home::new();
    assert_eq!(send(&alice, &link, "alice", &[]).status, 0);

    let Club { owner, mut server } = club;
    let address = server.address.to_string();
    server.process.crash();
    let err = server.process.err();
    let again = serve(&owner, &address, &flags);
    assert_eq!(send(&alice, &again.place(), "alice", &[]).status, 0);
    assert_eq!(send(&Home::new(), &link, "bob", &[]).status, 5);

    let shown = secret(&link).proof().expect("its bytes");
    for text in [&err, &again.process.err()] {
        assert!(!text.contains(&secret_text(&link)), "{text}");
    }
    for file in fs::read_dir(&data).expect("a folder") {
        let path = file.expect("a file").path();
        let bytes = fs::read(&path).expect("a file");
        let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(!has(shown.as_bytes()), "{}", path.display());
        assert!(!has(secret_text(&link).as_bytes()), "{}", path.display());
        let mode = fs::metadata(&path).expect("a file").mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }

    let database = owner.path().join("data/access.db");
    fs::set_permissions(&database, Permissions::from_mode(0o644)).expect("ours");
    drop(again);
    for args in [
        ["invite", "--data", &data].as_slice(),
        &["invite", "list", "--data", &data],
        &[
            "serve",
            "--invited",
            "--listen",
            "127.0.0.1:0",
            "--data",
            &data,
        ],
    ] {
        let end = owner.start(args.iter().copied()).finish(SOON);
        assert_eq!(end.status, 1, "{args:?}");
        assert!(end.err.contains("chmod go="), "{}", end.err);
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let (club, nobody) = (Club::new(&[]), Home::new());
    for (args, status, said) in [
        (
            ["invite"].as_slice(),
            1,
            "no server that asks for invitations",
        ),
        (&["invite", "list"], 0, "no invitations"),
        (&["invite", "revoke", "7"], 1, "no invitation 7"),
        (&["invite", "revoke", "x"], 2, "invalid value"),
        (&["invite", "--uses", "0"], 2, "--uses"),
        (&["invite", "--for", "0"], 2, "--for"),
        (&["invite", "--uses", "2", "list"], 2, "--uses"),
        (&["serve", "--open", "--invited"], 2, "--open"),
        (
            &["serve", "--invited", "--listen", "127.0.0.1:0"],
            1,
            "another server keeps its invitations",
        ),
    ] {
        let home = if args[0] == "serve" {
            &club.owner
        } else {
            &nobody
        };
        let end = home.start(args.iter().copied()).finish(SOON);
        assert_eq!(end.status, status, "{args:?}: {}", end.err);
        assert!(end.err.contains(said), "{args:?}: {}", end.err);
        assert_eq!(end.out, "", "{args:?}");
    }
}

/// On an address that others can reach the server speaks TLS, and strangers come in only by word; in clear text, which
/// takes a word of its own, anybody does, and nobody shows a secret.
#[test]
fn strangers_come_in_only_by_word() {
    requirement!("HS-15", "HS-24", "TR-1");
    let owner = Home::new();
    let server = Server::of(owner.start(["serve", "--listen", "0.0.0.0:0"]));
    server.process.expect_err("by invitation only");
    server.process.expect_err("parlance join 'parlance://");
    let host = format!("127.0.0.1:{}", server.address.port());
    let made = owner.start(["invite", "--host", &host]).finish(SOON);
    assert_eq!(made.status, 0, "{}", made.err);
    let link = made.out.trim_end();
    assert!(link.contains("#pin="), "{link}");
    let (bob, pin) = (Home::new(), link.split(['=', '&']).nth(1).expect("a pin"));
    assert_eq!(send(&bob, &host, "bob", &["--pin", pin]).status, 5);
    assert_eq!(send(&bob, link, "bob", &[]).status, 0);

    let open = Server::at("0.0.0.0:0", &["--open"]);
    open.process.expect_err("TLS, pin ");
    let err = open.process.err();
    let pin = err
        .split("TLS, pin ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let host = format!("127.0.0.1:{}", open.address.port());
    let came = send(&Home::new(), &host, "bob", &["--pin", pin.expect("a pin")]);
    assert_eq!(came.status, 0, "{}", came.err);

    let clear = Server::at("0.0.0.0:0", &["--insecure"]);
    clear.process.expect_err("anybody may come in");
    // By an address that may lead anywhere.
    let host = format!("0.0.0.0:{}", clear.address.port());
    assert_eq!(send(&Home::new(), &host, "bob", &[]).status, 3);
    assert_eq!(send(&Home::new(), &host, "bob", &["--insecure"]).status, 0);
    let link = format!("parlance://{host}/lobby#invite=BwcHBwcHBwcHBwcHBwcHBw");
    let told = send(&Home::new(), &link, "carol", &["--insecure"]);
    assert_eq!(told.status, 0, "{}", told.err);
    assert!(told.err.contains("clear text"), "{}", told.err);
    let both = Home::new()
        .start(["serve", "--insecure", "--invited"])
        .finish(SOON);
    assert_eq!(both.status, 2, "{}", both.err);
}
