//! The form of the program that this one began from, in a terminal, word for word.

use std::net::TcpListener;
use std::time::Duration;

use crate::harness::{Home, SOON, wait_for};
use crate::terminal::Terminal;

fn start(name: &str, port: u16) -> Terminal {
    Terminal::start(Home::new(), &["--name", name, "--port", &port.to_string()])
}

/// A server on a free port.
fn server() -> (Terminal, u16) {
    let server = start("server", 0);
    let port = wait_for(
        SOON,
        || "the port".to_owned(),
        || {
            let text = server.printed.text();
            let line = text.strip_prefix("服务器监听在端口: ")?;
            line.strip_suffix("\r\n")?.parse().ok()
        },
    );
    (server, port)
}

fn client(name: &str, port: u16) -> Terminal {
    let terminal = start(name, port);
    let connected = format!("连接到聊天室@ port {port}");
    let prompt = format!("[{name}@127.0.0.1]> ");
    terminal.expect_screen(&[&connected, &prompt]);
    terminal
}

#[test]
fn a_room_as_it_was() {
    let (mut server, port) = server();
    let connected = format!("连接到聊天室@ port {port}");
    let mut alice = client("alice", port);
    let mut bob = client("bob", port);
    let welcome = [
        "[alice@127.0.0.1]> ",
        "(新客户端连接: (2) from bob@127.0.0.1)",
    ];
    alice.expect_screen(&[&connected, welcome[0], welcome[1], "[alice@127.0.0.1]> "]);

    bob.press("  hi, 小明  \r");
    alice.expect_screen(&[
        &connected,
        welcome[0],
        welcome[1],
        "[alice@127.0.0.1]> ",
        "#[bob@127.0.0.1]>>hi, 小明",
        "[alice@127.0.0.1]> ",
    ]);
    // The speaker sees what the terminal echoed, and a prompt; an empty line says nothing.
    bob.press("\r");
    bob.expect_screen(&[
        &connected,
        "[bob@127.0.0.1]>   hi, 小明  ",
        "[bob@127.0.0.1]> ",
        "[bob@127.0.0.1]> ",
    ]);

    let mut carol = client("carol", port);
    for other in [&alice, &bob] {
        other.expect("(新客户端连接: (3) from carol@127.0.0.1)");
    }
    carol.press("one for all\r");
    for other in [&alice, &bob] {
        other.expect("#[carol@127.0.0.1]>>one for all");
    }

    bob.press("\x03");
    assert_eq!(bob.status(), 0);
    bob.expect_printed(|text| text.ends_with(" 客户端中断 \r\n"));
    for other in [&alice, &carol] {
        other.expect("(客户端离开: bob@127.0.0.1)");
    }

    server.press("anything\r");
    assert_eq!(server.status(), 0);
    for other in [&mut alice, &mut carol] {
        assert_eq!(other.status(), 0);
        other.expect_printed(|text| text.ends_with("客户端关闭\r\n"));
        assert!(
            !other.printed.text().contains('\x1b'),
            "the seed knew no escape"
        );
    }
    let said = server.whole();
    assert_eq!(said.matches("聊天室: 获取连接 ").count(), 3, "{said}");
    assert_eq!(said.matches(" 来自 ('127.0.0.1', ").count(), 3, "{said}");
    assert!(said.matches(" 离开\r\n").count() >= 1, "{said}");
}

#[test]
fn an_interrupted_server_says_so() {
    let (mut server, port) = server();
    let mut alice = client("alice", port);
    server.press("\x03");
    assert_eq!(server.status(), 0);
    server.expect_printed(|text| text.contains("关闭服务器...\r\n"));
    assert_eq!(alice.status(), 0);
    alice.expect_printed(|text| text.ends_with("客户端关闭\r\n"));
}

#[test]
fn without_a_server_it_is_1() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let mut alice = start("alice", port);
    assert_eq!(alice.status(), 1);
    alice.expect_screen(&[&format!("连接聊天室失败 @ port {port}")]);
}

#[test]
fn a_name_that_is_taken_is_1() {
    let (_server, port) = server();
    let _alice = client("alice", port);
    let mut thief = start("alice", port);
    assert_eq!(thief.status(), 1);
    thief.expect_printed(|text| text.contains("聊天室拒绝"));
}

/// In pipes: every byte, and that the end of stdin is a leave for a client and nothing for a server.
#[test]
fn every_byte() {
    let server_home = Home::new();
    let mut server = server_home.start(["--name", "server", "--port", "0"]);
    server.close_stdin();
    let port: u16 = wait_for(
        SOON,
        || "the port".to_owned(),
        || {
            let out = server.out();
            out.strip_prefix("服务器监听在端口: ")?
                .strip_suffix('\n')?
                .parse()
                .ok()
        },
    );
    let port_flag = port.to_string();
    let alice_home = Home::new();
    let mut alice = alice_home.start(["--name", "alice", "--port", &port_flag]);
    alice.expect_out("[alice@127.0.0.1]> ");
    let bob_home = Home::new();
    let mut bob = bob_home.start(["--name", "bob", "--port", &port_flag]);
    bob.give("  hi  \n\n/quit is no command here\nand the last".as_bytes());
    assert_eq!(
        bob.finish(SOON).status,
        0,
        "all it said was taken before it left"
    );
    alice.expect_out("(客户端离开: bob@127.0.0.1)\n[alice@127.0.0.1]> ");
    assert!(
        server.is_running(),
        "nobody is at the keyboard: {}",
        server.err()
    );

    // A member in the new form is one of them.
    let mut ann = Home::new().start(["join", &format!("127.0.0.1:{port}"), "--name", "Ann Lee"]);
    ann.expect_err("connected as Ann Lee");
    ann.say("/me waves");
    alice.expect_out("#[Ann Lee@127.0.0.1]>>* waves\n[alice@127.0.0.1]> ");

    alice.close_stdin();
    let end = alice.finish(Duration::from_secs(20));
    let expected = format!(
        "连接到聊天室@ port {port}\n[alice@127.0.0.1]> \
         \n(新客户端连接: (2) from bob@127.0.0.1)\n[alice@127.0.0.1]> \
         \n#[bob@127.0.0.1]>>hi\n[alice@127.0.0.1]> \
         \n#[bob@127.0.0.1]>>/quit is no command here\n[alice@127.0.0.1]> \
         \n#[bob@127.0.0.1]>>and the last\n[alice@127.0.0.1]> \
         \n(客户端离开: bob@127.0.0.1)\n[alice@127.0.0.1]> \
         \n(新客户端连接: (2) from Ann Lee@127.0.0.1)\n[alice@127.0.0.1]> \
         \n#[Ann Lee@127.0.0.1]>>* waves\n[alice@127.0.0.1]> "
    );
    assert_eq!((end.status, end.out, end.err), (0, expected, String::new()));
}
