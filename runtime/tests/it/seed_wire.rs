//! The seed's own programs, and clients of the same recipe for Python 3, in one room with ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Home, SOON, Server};

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
            native.expect("小明7@127.0.0.1");
            native.give("welcome, 大家\n".as_bytes());
        }
        peers.join().expect("the clients find what they expect")
    });
    if peers.is_some() {
        let long = "\u{4e07}".repeat(5_461);
        native.expect(&format!("小明7: {long}x"));
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
    alice.expect("[alice@127.0.0.1]> ");
    let bob = start("小明");
    bob.expect("]> ");
    alice.expect("(新客户端连接: (3) from 小明@127.0.0.1)");
    alice.give("你好\n".as_bytes());
    native.expect("alice: 你好");
    bob.expect("#[alice@127.0.0.1]>>你好");
    native.give(b"and to you\n");
    alice.expect("#[native@127.0.0.1]>>and to you");
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
