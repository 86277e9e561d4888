//! The seed's own programs, and clients of the same recipe for Python 3, in one room with ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Home, Process, SOON, Server, wait_for};

fn peer() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/seed_peer.py")
}

/// A Python 3; a test that finds none says so.
fn python3() -> Option<&'static str> {
    let found = Command::new("python3").arg("--version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some("python3");
    }
    eprintln!("skipped: no python3 runs here");
    None
}

/// A Python 2.7, where `PARLANCE_PY2` names one; one on the path may be a shim that only fails.
fn python2() -> Option<String> {
    let named = std::env::var("PARLANCE_PY2").unwrap_or_else(|_| "python2.7".to_owned());
    let found = Command::new(&named).args(["-c", "import cPickle"]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(named);
    }
    eprintln!("skipped: {named} does not run here; PARLANCE_PY2 may name a Python 2.7");
    None
}

fn run_peer(server: &Server, what: &str, more: &[&str]) -> Option<String> {
    let port = server.address.port().to_string();
    let output = Command::new(python3()?)
        .arg(peer())
        .args([what, &port])
        .args(more)
        .output()
        .expect("python3 runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn python_3_clients_of_every_kind_sit_with_a_native_member() {
    let server = Server::start(&["--seed-wire"]);
    let home = Home::new();
    let mut native = home.join(&server, "native");
    let peers = std::thread::scope(|scope| {
        let peers = scope.spawn(|| run_peer(&server, "room", &["native"]));
        if python3().is_some() {
            native.expect_out("小明7@127.0.0.1");
            native.say("welcome, 大家");
        }
        peers.join().expect("the clients find what they expect")
    });
    if peers.is_some() {
        let long = "\u{4e07}".repeat(5_461);
        native.expect_out(&format!("小明7: {long}x"));
    }
}

#[test]
fn a_crowd_of_1_100_is_let_in_or_told_politely_and_nothing_stops() {
    let flags = [
        "--seed-wire",
        "--connections",
        "500",
        "--before-login",
        "500",
    ];
    let server = Server::start(&flags);
    let Some(counts) = run_peer(&server, "crowd", &["1100"]) else {
        return;
    };
    let counts: Vec<u32> = counts
        .split_whitespace()
        .map(|n| n.parse().expect("a count"))
        .collect();
    let [told, dropped] = counts[..] else {
        panic!("two counts: {counts:?}");
    };
    assert_eq!(told + dropped, 1_100);
    // Of those that are too many 64 at a time are told so; the rest costs nothing.
    assert!(told >= 500 + 64, "{counts:?}");
}

#[test]
fn a_hearer_that_never_reads_holds_nobody_up() {
    let server = Server::start(&["--seed-wire", "--rate", "0", "--byte-rate", "0"]);
    run_peer(&server, "deaf", &[]);
}

#[test]
fn four_stopped_at_once_leave_once_each_on_real_sockets() {
    let server = Server::start(&["--seed-wire"]);
    run_peer(&server, "stop", &[]);
}

#[test]
fn the_seed_itself_sits_in_the_room() {
    let Some(python) = python2() else { return };
    let server = Server::start(&["--seed-wire"]);
    let home = Home::new();
    let mut native = home.join(&server, "native");
    let chat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/seed/chat_py2.py");
    let start = |name: &str| {
        let mut command = Command::new(&python);
        let port = server.address.port().to_string();
        command
            .arg("-u")
            .arg(&chat)
            .args(["--name", name, "--port", &port]);
        home.run(command)
    };
    let mut alice = start("alice");
    alice.expect_out("[alice@127.0.0.1]> ");
    let bob = start("小明");
    bob.expect_out("]> ");
    alice.expect_out("(新客户端连接: (3) from 小明@127.0.0.1)");
    alice.say("你好");
    native.expect_out("alice: 你好");
    bob.expect_out("#[alice@127.0.0.1]>>你好");
    native.say("and to you");
    alice.expect_out("#[native@127.0.0.1]>>and to you");
    // Refused: it says why, and ends without a traceback.
    let refused = start("alice").finish(SOON);
    assert_eq!(refused.status, 0, "{}", refused.err);
    assert!(
        refused.out.contains("taken") && refused.out.contains("客户端关闭"),
        "{}",
        refused.out
    );
}

#[test]
fn without_the_flag_the_seed_is_a_stranger_and_inside_tls_there_is_none() {
    use std::io::{Read, Write};
    let server = Server::start(&[]);
    let address: SocketAddr = server.address;
    let mut stranger = std::net::TcpStream::connect(address).expect("connects");
    stranger
        .write_all(b"\0\0\0\x18\0\0\0\0(S'NAME: alice'\np1\ntp2\n.")
        .expect("written");
    let mut answer = Vec::new();
    stranger.read_to_end(&mut answer).expect("read");
    assert!(
        answer.windows(9).any(|part| part == b"malformed"),
        "{answer:?}"
    );
    for flags in [&["--tls", "on"][..], &["--listen", "0.0.0.0:0"]] {
        let args = ["serve", "--seed-wire"]
            .into_iter()
            .chain(flags.iter().copied());
        let refused = Home::new().start(args).finish(SOON);
        assert_eq!(refused.status, 2, "{}", refused.err);
        assert!(refused.err.contains("--seed-wire"), "{}", refused.err);
    }
}

/// A server of the seed's wire, in Python 3, and `join --seed-wire` or the seed's form at it.
fn at_a_seed_server(narrow: bool, join: impl FnOnce(&Home, &str) -> Process) {
    let Some(python) = python3() else { return };
    let home = Home::new();
    let mut command = Command::new(python);
    command.arg(peer()).arg("serve");
    if narrow {
        command.arg("narrow");
    }
    let mut server = home.run(command);
    let port = wait_for(
        SOON,
        || "the port".to_owned(),
        || server.out().lines().next().map(str::to_owned),
    );
    let mut member = join(&home, &port);
    server.expect_out("'NAME: alice'");
    let say = |server: &mut Process, text: &str| server.say(text);
    say(
        &mut server,
        r"\n(\xe6\x96\xb0\xe5\xae\xa2\xe6\x88\xb7\xe7\xab\xaf\xe8\xbf\x9e\xe6\x8e\xa5: (2) from bob@127.0.0.1)",
    );
    member.expect_out("bob");
    say(
        &mut server,
        r"\n#[bob@127.0.0.1]>>hi, \xe4\xbd\xa0\xe5\xa5\xbd",
    );
    member.expect_out("hi, 你好");
    member.say("你好 \"it's\"");
    server.expect_out("你好 \"it\\'s\"");
    // What would move a cursor is not handed to the terminal.
    say(&mut server, r"\n#[eve@127.0.0.1]>>\x1b[2Jgone");
    member.expect_out("gone");
    assert!(!member.out().contains('\u{1b}'), "{}", member.out());
    member.close_stdin();
    server.expect_out("gone");
    assert_eq!(member.finish(SOON).status, 0);
}

#[test]
fn join_is_a_client_of_a_seed_server_in_both_widths() {
    for narrow in [false, true] {
        at_a_seed_server(narrow, |home, port| {
            let place = format!("127.0.0.1:{port}");
            let (width, text) = if narrow {
                ("4", "unicode")
            } else {
                ("8", "bytes")
            };
            let args = [
                "join",
                &place,
                "--name",
                "alice",
                "--seed-wire",
                "--seed-width",
                width,
            ];
            home.start(args.into_iter().chain(["--seed-text", text]))
        });
    }
}

#[test]
fn the_seeds_form_speaks_the_seeds_wire_where_it_is_asked_to() {
    at_a_seed_server(false, |home, port| {
        home.start(["--name", "alice", "--port", port, "--seed-wire"])
    });
}

#[test]
fn join_in_the_seeds_wire_is_a_member_of_our_own_server_too() {
    let server = Server::start(&["--seed-wire"]);
    let home = Home::new();
    let mut native = home.join(&server, "native");
    let mut seed = home.start(["join", &server.place(), "--name", "seed", "--seed-wire"]);
    native.expect_out("seed");
    native.say("one");
    seed.expect_out("one");
    seed.say("two");
    native.expect_out("two");
    // Refused, with the reason.
    let refused = home.start(["join", &server.place(), "--name", "native", "--seed-wire"]);
    let refused = refused.finish(SOON);
    assert!(
        format!("{}{}", refused.out, refused.err).contains("taken"),
        "{refused:?}"
    );
}

#[test]
fn join_is_a_client_of_the_seed_itself() {
    let Some(python) = python2() else { return };
    let home = Home::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("its number").port().to_string();
    drop(free);
    let chat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/seed/chat_py2.py");
    let run = |name: &str| {
        let mut command = Command::new(&python);
        command
            .arg("-u")
            .arg(&chat)
            .args(["--name", name, "--port", &port]);
        home.run(command)
    };
    let server = run("server");
    server.expect_out("服务器监听在端口");
    let mut ours = home.start([
        "join",
        &format!("127.0.0.1:{port}"),
        "--name",
        "小明",
        "--seed-wire",
    ]);
    ours.expect_err("connected as 小明");
    let mut theirs = run("theirs");
    ours.expect_out("theirs");
    theirs.say("你好");
    ours.expect_out("theirs: 你好");
    ours.say("it's me");
    theirs.expect_out("#[小明@127.0.0.1]>>it's me");
    ours.close_stdin();
    assert_eq!(ours.finish(SOON).status, 0);
    theirs.expect_out("(客户端离开: 小明@127.0.0.1)");
}
