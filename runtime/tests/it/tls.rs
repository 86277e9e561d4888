//! TLS end to end: the real server and clients, and others on its port.

use std::fs::{Permissions, set_permissions, write};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use parlance::tls::pin::Pin;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::{Home, SOON, Server, wait_for};
use crate::peer::{frame, login};

/// A server that speaks TLS, and the pin that it prints.
struct Safe {
    server: Server,
    pin: String,
}

impl Safe {
    fn start(home: &Home, listen: &str, flags: &[&str]) -> Safe {
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
struct Pair {
    certificate: String,
    key: String,
    pin: Pin,
}

impl Pair {
    fn new() -> Pair {
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
