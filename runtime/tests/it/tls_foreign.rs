//! TLS with others: one who copied a certificate, openssl, other protocols on the port, somebody in between.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use parlance::tls::pin::Pin;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::{Home, SOON, Server, wait_for};
use crate::peer::{frame, login};
use crate::requirement;
use crate::tls::{Pair, Safe};

/// Plays a server with this certificate to whoever connects, and tells what it was told.
fn listen_with(config: ServerConfig) -> (SocketAddr, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, told) = mpsc::channel();
    let config = Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming().take(8).flatten() {
            stream.set_read_timeout(Some(SOON)).expect("a TCP socket");
            let session = ServerConnection::new(Arc::clone(&config)).expect("a configuration");
            let mut heard = Vec::new();
            // Ends with whatever ended it.
            let _ = StreamOwned::new(session, stream).read_to_end(&mut heard);
            if tell.send(heard).is_err() {
                return;
            }
        }
    });
    (address, told)
}

/// Who copied the certificate of a server has not got its key.
#[test]
fn the_certificate_without_its_key_hears_nothing() {
    requirement!("TR-2", "TR-3");
    let (owner, thief) = (Pair::new(), Pair::new());
    let der =
        |pem: &str| rustls::pki_types::pem::PemObject::from_pem_slice(pem.as_bytes()).expect("PEM");
    let provider = parlance::tls::provider();
    let key = provider
        .key_provider
        .load_private_key(
            rustls::pki_types::pem::PemObject::from_pem_slice(thief.key.as_bytes()).expect("PEM"),
        )
        .expect("a key");
    let certified = rustls::sign::CertifiedKey::new(vec![der(&owner.certificate)], key);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![parlance::tls::ALPN.to_vec()];
    let (address, told) = listen_with(config);
    let (place, pin) = (address.to_string(), owner.pin.to_string());
    let home = Home::new();
    for args in [
        vec!["send", &place, "--name", "alice", "--pin", &pin, "secret"],
        vec!["trust", &place, "--pin", &pin],
    ] {
        let end = home.start(&args).finish(SOON);
        assert_eq!(end.status, 3, "{}", end.err);
        assert!(end.err.contains("does not hold the key"), "{}", end.err);
        assert_eq!(
            told.recv_timeout(SOON).expect("a connection"),
            b"",
            "{args:?}"
        );
    }
    assert!(!home.path().join("state/parlance/known_servers").exists());
}

/// What `openssl s_client` with these flags prints, given this input; none, with a line that says so, where there is none.
fn openssl(address: SocketAddr, flags: &[&str], input: &[u8]) -> Option<String> {
    let child = Command::new("openssl")
        .args(["s_client", "-connect", &address.to_string()])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: openssl(1): {error}");
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may have ended before it has read.
    let _ = stdin.write_all(input);
    drop(stdin);
    let end = child.wait_with_output().expect("its end");
    Some(String::from_utf8_lossy(&[end.stdout, end.stderr].concat()).into_owned())
}

#[test]
fn another_implementation_of_tls_gets_in_by_tls_13_alone() {
    let safe = Safe::start(&Home::new(), "127.0.0.1:0", &["--handshake", "1s"]);
    let address = safe.server.address;
    let mut name = frame(&parlance_proto::wire::Message::Name(login("openssl")));
    name.extend(frame(&parlance_proto::wire::Message::Quit(
        parlance_proto::wire::Quit { why: None },
    )));
    let quiet = ["-quiet", "-alpn", "parlance/1"];
    let Some(heard) = openssl(address, &[&quiet[..], &["-ign_eof"]].concat(), &name) else {
        return;
    };
    assert!(
        heard.contains("CLIENT") && heard.contains("until next time"),
        "{heard}"
    );
    requirement!("TR-1");
    let openssl = |flags: &[&str]| openssl(address, flags, b"").expect("it ran before");
    let old = openssl(&["-tls1_2"]);
    assert!(old.contains("alert protocol version"), "{old}");
    let shown = openssl(&["-alpn", "parlance/1"]);
    assert!(
        shown.contains("TLSv1.3") && shown.contains("ALPN protocol: parlance/1"),
        "{shown}"
    );
    assert!(
        !shown.contains("Max Early Data: 1") && !shown.contains("TLS session ticket:"),
        "{shown}"
    );
    let other = openssl(&["-alpn", "http/1.1"]);
    assert!(other.contains("alert no application protocol"), "{other}");
}

/// Somebody else's protocol on the port, in TLS and without: closed at once, and the server goes on.
#[test]
fn other_protocols_on_the_port_are_closed_at_once() {
    requirement!("FR-2", "TR-1");
    let safe = Safe::start(&Home::new(), "127.0.0.1:0", &[]);
    let clear = Server::start(&[]);
    for address in [safe.server.address, clear.address] {
        for junk in [
            &b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"[..],
            b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
            b"\x16\x03\x01\x00\x05hello",
            &[0xff; 64],
        ] {
            let begun = Instant::now();
            let mut stream = TcpStream::connect(address).expect("a server that listens");
            stream.set_read_timeout(Some(SOON)).expect("a TCP socket");
            stream.write_all(junk).expect("a server that reads");
            let mut last = Vec::new();
            // A reset is an end, too.
            let _ = stream.read_to_end(&mut last);
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{address} {junk:?}"
            );
            assert!(
                !last.windows(6).any(|window| window == b"CLIENT"),
                "{last:?}"
            );
        }
    }
    let junk = b"GET / HTTP/1.1\r\n\r\n";
    if let Some(heard) = openssl(safe.server.address, &["-quiet"], junk) {
        assert!(heard.contains("too-big"), "{heard}");
    }
    let spoken = wait_for(
        SOON,
        || safe.server.process.err(),
        || {
            let lines = safe
                .server
                .process
                .err()
                .matches("no TLS handshake")
                .count();
            (lines == 4).then_some(lines)
        },
    );
    assert_eq!(spoken, 4);
    let end = Home::new()
        .start(["send", &clear.place(), "--name", "alice", "hi"])
        .finish(SOON);
    assert_eq!(end.status, 0, "{}", end.err);
}

#[test]
fn a_client_that_expects_tls_says_so_where_there_is_none() {
    let clear = Server::start(&[]);
    let pin = Pair::new().pin.to_string();
    let args = [
        "send",
        &clear.place(),
        "--name",
        "alice",
        "--timeout",
        "2s",
        "--pin",
        &pin,
        "hi",
    ];
    let end = Home::new().start(args).finish(SOON);
    assert_eq!(end.status, 6, "{}", end.err);
    assert!(end.err.contains("does not speak TLS"), "{}", end.err);
}

/// Between the client and the server somebody ends the link, as the server would, but without its key.
#[test]
fn an_end_that_the_server_did_not_say_is_a_broken_link() {
    requirement!("TR-4");
    let safe = Safe::start(&Home::new(), "127.0.0.1:0", &[]);
    let between = TcpListener::bind("127.0.0.1:0").expect("a port");
    let place = between.local_addr().expect("an address").to_string();
    let server = safe.server.address;
    let (cut, when) = mpsc::channel::<()>();
    thread::spawn(move || {
        // The first link is cut, the second stays.
        let links: Vec<_> = between
            .incoming()
            .take(2)
            .flatten()
            .map(|near| {
                let far = TcpStream::connect(server).expect("a server that listens");
                carry(&near, &far);
                carry(&far, &near);
                if when.recv().is_ok() {
                    let _ = near.shutdown(Shutdown::Write);
                }
                (near, far)
            })
            .collect();
        drop(links);
    });
    let home = Home::new();
    let args = ["join", &place, "--name", "alice", "--pin", &safe.pin];
    let mut alice = home.start(args);
    alice.expect_err("connected as alice");
    cut.send(()).expect("a proxy");
    alice.expect_err("connection lost: ");
    alice.expect_err("connected again");
    alice.say("still here");
    alice.expect_out("alice: still here");
    let told = alice.err();
    assert!(told.contains("reset"), "{told}");
}

fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (
        from.try_clone().expect("a socket"),
        to.try_clone().expect("a socket"),
    );
    thread::spawn(move || std::io::copy(&mut from, &mut to));
}

/// A pin may begin with a hyphen, and is no flag for that.
#[test]
fn a_pin_that_begins_with_a_hyphen_is_a_pin() {
    let pin = Pin::new([0xf8 | 3; Pin::LEN]).to_string();
    assert!(pin.starts_with('-'), "{pin}");
    let clear = Server::start(&[]);
    let place = clear.place();
    for args in [
        ["send", &place, "--timeout", "2s", "--pin", &pin],
        ["trust", &place, "--timeout", "2s", "--pin", &pin],
    ] {
        let end = Home::new().start(args).finish(SOON);
        assert_eq!(end.status, 6, "{args:?}: {}", end.err);
    }
}
