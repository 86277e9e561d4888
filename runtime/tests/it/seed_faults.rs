//! Faults of the seed's program, as a process: signals, its stdin, its port. docs/SEED.md names these tests.

use std::net::TcpListener;

use crate::harness::{Home, Process, SOON, Server, wait_for};

/// The server in the seed's form, with its wire.
fn seed_form() -> (Process, String) {
    let server = Home::new().start(["--name", "server", "--port", "0", "--seed-wire"]);
    let port = wait_for(
        SOON,
        || "the port".to_owned(),
        || {
            let out = server.out();
            Some(
                out.lines()
                    .next()?
                    .strip_prefix("服务器监听在端口: ")?
                    .to_owned(),
            )
        },
    );
    (server, port)
}

fn member(port: &str) -> Process {
    let member = Home::new().start(["--name", "alice", "--port", port, "--seed-wire"]);
    member.expect_out("[alice@127.0.0.1]> ");
    member
}

/// [L17] [L18] [L20]
#[test]
fn a_signal_ends_a_server_with_seed_members_cleanly() {
    for signal in ["INT", "TERM"] {
        let server = Server::start(&["--seed-wire"]);
        let alice = member(&server.address.port().to_string());
        server.process.signal(signal);
        alice.expect_out("(关闭服务器...)");
        alice.expect_out("客户端关闭");
        assert_eq!(alice.finish(SOON).status, 0);
        let ended = server.process.finish(SOON);
        assert_eq!(
            (ended.status, ended.err.contains("panicked")),
            (0, false),
            "{}",
            ended.err
        );
    }
}

/// [L19] The end of stdin is no line: then there is no operator. A line ends it, as ever.
#[test]
fn the_server_goes_on_without_stdin_and_ends_at_a_line() {
    let (mut server, port) = seed_form();
    server.close_stdin();
    let mut first = member(&port);
    first.close_stdin();
    assert_eq!(first.finish(SOON).status, 0);
    let again = member(&port);
    drop(again);
    drop(server);

    let (mut server, port) = seed_form();
    let alice = member(&port);
    server.say("");
    alice.expect_out("客户端关闭");
    assert_eq!(server.finish(SOON).status, 0);
}

/// [L27] Too large, taken: said on stderr, with the cause, and never a traceback.
#[test]
fn ports_that_cannot_be_had_are_told_so() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its number").port().to_string();
    for (port, status) in [("70000", 2), (&port, 1)] {
        let server = Home::new().start(["--name", "server", "--port", port, "--seed-wire"]);
        let ended = server.finish(SOON);
        assert_eq!(ended.status, status, "{}", ended.err);
        assert!(
            ended.err.lines().count() == 1 && ended.err.contains(port),
            "{}",
            ended.err
        );
    }
    // A client that has nowhere to go.
    drop(taken);
    let lost = Home::new().start(["--name", "alice", "--port", &port, "--seed-wire"]);
    let lost = lost.finish(SOON);
    assert_eq!(lost.status, 1, "{}", lost.err);
    assert!(format!("{}{}", lost.out, lost.err).contains(&format!("连接聊天室失败 @ port {port}")));
}
