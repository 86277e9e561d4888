//! Many members over TLS: what each of them costs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use parlance::load::cpu;
use parlance_proto::wire::Message;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use crate::harness::{Home, SOON, Server};
use crate::peer::{frame, login};

/// How many.
const MEMBERS: usize = 2_000;
/// What each may cost, in bytes.
const EACH: u64 = 14 * 1024;

/// Idle, in one room, their keys and their buffers included: by what the system gave the process, since what the
/// cryptography takes no allocator of ours sees.
#[test]
fn an_idle_member_over_tls_takes_at_most_14_kibibytes() {
    parlance::files::raise_limit();
    let at = Home::new();
    let server = at.start([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls",
        "--announce-below",
        "0",
    ]);
    let server = Server::of(server);
    server.process.expect_err("TLS, pin ");
    let err = server.process.err();
    let pin = err
        .split("TLS, pin ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    let pin = pin.expect("a pin").parse().expect("a pin");
    let config = parlance::tls::verifier::known(pin).expect("a configuration");
    let join = |nth: usize| {
        let stream = TcpStream::connect(server.address).expect("a server that listens");
        stream.set_read_timeout(Some(SOON)).expect("a TCP socket");
        stream.set_nodelay(true).expect("a TCP socket");
        let name = ServerName::try_from("localhost").expect("a name");
        let session = ClientConnection::new(Arc::clone(&config), name).expect("a session");
        let mut member = StreamOwned::new(session, stream);
        let hello = frame(&Message::Name(login(&format!("m{nth}"))));
        member.write_all(&hello).expect("a server that reads");
        let mut welcome = [0; 32];
        member.read_exact(&mut welcome).expect("a welcome");
        assert!(welcome.windows(6).any(|window| window == b"CLIENT"));
        member
    };
    // What is there once, or grows in steps, is there by then.
    let mut members: Vec<_> = (0..200).map(join).collect();
    let memory = || {
        cpu::of(server.process.id())
            .expect("a process of ours")
            .memory
    };
    let before = memory();
    members.extend((200..200 + MEMBERS).map(join));
    let each = memory().saturating_sub(before) / MEMBERS as u64;
    println!("{each} bytes a member");
    assert!((1_024..=EACH).contains(&each), "{each} bytes a member");
}
