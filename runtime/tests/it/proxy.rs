//! The header of the PROXY protocol, whole, cut, late, wrong, and from where none is believed.

use std::thread;
use std::time::{Duration, Instant};

use parlance_proto::wire::Message;

use crate::harness::{SOON, Server};
use crate::peer::{Peer, frame, login};
use crate::requirement;

const FIRST: &[u8] = b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 8800\r\n";
const SECOND: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xcb\0\x71\x09\xc0\0\x02\x01\x9c\x40\x22\x60\xea\0\x04more";

/// Others are let in as often as they like, and the test comes from where a proxy is.
const FLAGS: [&str; 6] = [
    "--proxy-from",
    "127.0.0.1",
    "--per-address",
    "0",
    "--new-per-address",
    "0",
];

fn name(of: &str) -> Vec<u8> {
    frame(&Message::Name(login(of)))
}

fn address(peer: &mut Peer) -> Option<String> {
    match peer.next(SOON) {
        Some(Message::Client(welcome)) => welcome.you.addr,
        other => panic!("no welcome: {other:?}"),
    }
}

/// The connection ends without a word.
fn ends_in_silence(mut peer: Peer, what: &str) {
    assert_eq!(peer.next(SOON), None, "{what}");
}

#[test]
fn a_header_may_be_cut_anywhere_and_takes_nothing_of_what_follows() {
    requirement!("LV-15");
    let server = Server::start(&FLAGS);
    for header in [FIRST, SECOND] {
        for cut in 0..=header.len() + 5 {
            // Each by a name of its own: the one before may not be gone yet.
            let bytes = [header, &name(&format!("{} {cut}", header.len()))].concat();
            let mut peer = Peer::connect(server.address);
            peer.send_bytes(&bytes[..cut]).expect("a server");
            // So long that the server sees what came; should it not, the cut is another, and that is fine as well.
            thread::sleep(Duration::from_millis(3));
            peer.send_bytes(&bytes[cut..]).expect("a server");
            let told = address(&mut peer);
            assert_eq!(told.as_deref(), Some("203.0.113.9"), "cut at {cut}");
            peer.reset();
        }
    }
}

#[test]
fn a_header_may_come_byte_by_byte() {
    requirement!("LV-15");
    let server = Server::start(&FLAGS);
    for header in [FIRST, SECOND] {
        let mut peer = Peer::connect(server.address);
        for byte in [header, &name("trickle")].concat() {
            peer.send_bytes(&[byte]).expect("a server");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(address(&mut peer).as_deref(), Some("203.0.113.9"));
        peer.reset();
    }
}

#[test]
fn where_the_proxy_speaks_for_itself_its_own_address_stands() {
    requirement!("LV-15");
    let server = Server::start(&FLAGS);
    for header in [
        &b"PROXY UNKNOWN\r\n"[..],
        b"PROXY UNKNOWN whatever stands here\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
        b"\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\x9c\x40\x22\x60",
    ] {
        let mut peer = Peer::connect(server.address);
        peer.send_bytes(&[header, &name("itself")].concat())
            .expect("a server");
        assert_eq!(address(&mut peer).as_deref(), Some("127.0.0.1"));
        peer.reset();
    }
}

#[test]
fn what_is_no_header_or_not_whole_ends_in_silence_and_hurts_nobody() {
    requirement!("LV-15");
    // One of them at a time, so there is room for it, if those before it have left nothing behind.
    let flags = [&FLAGS[..], &["--connections", "2"]].concat();
    let server = Server::start(&flags);
    let mut member = Peer::connect(server.address);
    member
        .send_bytes(&[FIRST, &name("member")].concat())
        .expect("a server");
    assert!(address(&mut member).is_some());

    let garbage = [
        &name("no header at all")[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
        b"PROXY TCP4 nobody nowhere 1 2\r\n",
        b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 8800 and more\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x51\x11\0\x0c\xcb\0\x71\x09\xc0\0\x02\x01\x9c\x40\x22\x60",
        &[b'P'; 4000],
    ];
    let endless = [&b"PROXY UNKNOWN "[..], &[b'x'; 200]].concat();
    for bytes in garbage.into_iter().chain([&endless[..]]) {
        let mut peer = Peer::connect(server.address);
        // The end may come while there is more to write.
        let _ = peer.send_bytes(bytes);
        ends_in_silence(peer, &String::from_utf8_lossy(bytes));
    }
    for cut in [0, 1, 5, FIRST.len() - 1] {
        let mut peer = Peer::connect(server.address);
        peer.send_bytes(&FIRST[..cut]).expect("a server");
        peer.finish_writing();
        ends_in_silence(peer, &format!("cut at {cut}"));
    }
    let err = server.process.err();
    assert!(err.contains("it begins with no PROXY header"), "{err}");
    member.say(1, "nothing happened");
    member.events_until("nothing happened");
}

#[test]
fn a_header_has_the_time_of_a_login_and_nobody_waits_for_it() {
    requirement!("LV-15", "HS-5");
    let flags = [&FLAGS[..], &["--handshake", "1s"]].concat();
    let server = Server::start(&flags);
    let begun = Instant::now();
    let waiting: Vec<Peer> = [&b""[..], &FIRST[..1], &FIRST[..20], &SECOND[..20]]
        .into_iter()
        .map(|bytes| {
            let mut peer = Peer::connect(server.address);
            peer.send_bytes(bytes).expect("a server");
            peer
        })
        .collect();
    let mut member = Peer::connect(server.address);
    member
        .send_bytes(&[SECOND, &name("member")].concat())
        .expect("a server");
    assert!(address(&mut member).is_some());
    assert!(begun.elapsed() < Duration::from_secs(1), "a slow machine");
    for peer in waiting {
        ends_in_silence(peer, "late");
    }
    let took = begun.elapsed();
    assert!(
        (Duration::from_millis(950)..Duration::from_secs(4)).contains(&took),
        "{took:?}"
    );
    server.process.expect_err("no PROXY header in time");
}

#[test]
fn those_whose_header_is_awaited_are_strangers() {
    requirement!("LV-14");
    let flags = [&FLAGS[..], &["--before-login", "1", "--handshake", "1m"]].concat();
    let server = Server::start(&flags);
    let _waiting = Peer::connect(server.address);
    ends_in_silence(Peer::connect(server.address), "the one place is taken");
}

#[test]
fn from_elsewhere_a_header_is_bytes_as_others_are() {
    requirement!("LV-15", "ER-2");
    let server = Server::start(&["--proxy-from", "192.0.2.0/24", "--proxy-from", "::1"]);
    for header in [FIRST, SECOND] {
        let mut peer = Peer::connect(server.address);
        let _ = peer.send_bytes(&[header, &name("liar")].concat());
        assert_eq!(peer.last_words(SOON).code.as_str(), "too-big");
    }
    let (_peer, welcome) = Peer::guest(server.address, "plain");
    assert_eq!(welcome.you.addr.as_deref(), Some("127.0.0.1"));
}
