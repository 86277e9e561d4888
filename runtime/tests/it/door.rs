//! How many may come in, and from where. A header of the PROXY protocol says where a connection is from.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use parlance_proto::wire::{ByeCode, Event, Message, Quit, Welcome, decode};

use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, frame, login};
use crate::requirement;

/// The tests' own address is that of a proxy.
const BEHIND_A_PROXY: [&str; 2] = ["--proxy-from", "127.0.0.1"];

fn header(from: &str) -> String {
    match from.contains(':') {
        true => format!("PROXY TCP6 {from} 2001:db8:ffff::1 40000 8800\r\n"),
        false => format!("PROXY TCP4 {from} 192.0.2.1 40000 8800\r\n"),
    }
}

/// One who comes through the proxy.
fn from(server: SocketAddr, address: &str) -> Peer {
    let mut peer = Peer::connect(server);
    peer.send_bytes(header(address).as_bytes())
        .expect("a server that reads");
    peer
}

fn guest_from(server: SocketAddr, address: &str, name: &str) -> (Peer, Welcome) {
    let mut peer = from(server, address);
    let welcome = peer.log_in(login(name));
    (peer, welcome)
}

/// He comes, says goodbye, and is gone.
fn come_and_go(server: SocketAddr, address: &str, name: &str) {
    let (mut peer, _) = guest_from(server, address, name);
    leave(&mut peer);
}

fn leave(peer: &mut Peer) {
    peer.send(&Message::Quit(Quit { why: None }));
    assert_eq!(peer.last_words(SOON).code, ByeCode::QUIT);
}

/// He is told that there are too many of his address.
fn sent_away(server: SocketAddr, address: &str) {
    let mut peer = from(server, address);
    // What he says before he has heard it does not lose the words.
    let _ = peer.send_bytes(&frame(&Message::Name(login("late"))));
    let bye = peer.last_words(SOON);
    assert_eq!(bye.code, ByeCode::FULL, "{address}: {bye:?}");
    assert!(bye.text.contains("from your address"), "{bye:?}");
}

#[test]
fn an_address_has_sixteen_connections_and_is_told_so_at_the_next() {
    requirement!("LV-14", "ER-3");
    let server = Server::start(&BEHIND_A_PROXY);
    for addresses in [
        ["203.0.113.1", "203.0.113.1", "::ffff:203.0.113.1"],
        ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"],
    ] {
        let mut here: Vec<Peer> = (0..16)
            .map(|n| {
                let name = format!("{n} of {}", addresses[0]);
                guest_from(server.address, addresses[n % 3], &name).0
            })
            .collect();
        for address in addresses {
            sent_away(server.address, address);
        }
        let others = ["203.0.113.2", "2001:db8:0:1::1"];
        for other in others {
            come_and_go(server.address, other, "other");
        }
        // A place that is left is free, and only one.
        leave(&mut here.pop().expect("one of sixteen"));
        let (_again, _) = guest_from(server.address, addresses[1], "again");
        sent_away(server.address, addresses[0]);
    }
    server
        .process
        .expect_err("203.0.113.1:40000: turned away: too many connections from this address");
}

#[test]
fn an_address_begins_thirty_two_connections_in_ten_minutes() {
    requirement!("LV-14");
    let server = Server::start(&BEHIND_A_PROXY);
    for n in 0..32 {
        let address = ["2001:db8::1", "2001:db8::2"][n % 2];
        come_and_go(server.address, address, &format!("number {n}"));
    }
    sent_away(server.address, "2001:db8::1");
    sent_away(server.address, "2001:db8::3");
    come_and_go(server.address, "2001:db8:0:1::1", "other");
    come_and_go(server.address, "203.0.113.1", "other");
}

#[test]
fn loopback_and_the_proxy_itself_have_no_limit_of_an_address() {
    requirement!("LV-14");
    let direct = Server::start(&[]);
    let many: Vec<_> = (0..40)
        .map(|n| Peer::guest(direct.address, &format!("number {n}")))
        .collect();
    drop(many);

    let server = Server::start(&BEHIND_A_PROXY);
    for line in [
        "PROXY UNKNOWN\r\n",
        "PROXY TCP4 127.0.0.1 127.0.0.1 40000 8800\r\n",
        "PROXY TCP6 ::1 ::1 40000 8800\r\n",
    ] {
        let many: Vec<_> = (0..40)
            .map(|n| {
                let mut peer = Peer::connect(server.address);
                peer.send_bytes(line.as_bytes()).expect("a server");
                peer.log_in(login(&format!("number {n}")));
                peer
            })
            .collect();
        drop(many);
    }
}

#[test]
fn a_limit_that_is_off_or_other_is_so() {
    let flags = "--proxy-from 127.0.0.0/8 --per-address 2 --new-per-address 0 --connections 3 --before-login 3";
    let server = Server::start(&flags.split(' ').collect::<Vec<_>>());
    for n in 0..40 {
        come_and_go(server.address, "203.0.113.1", &format!("number {n}"));
    }
    let _two = ["one", "two"].map(|name| guest_from(server.address, "203.0.113.1", name));
    // Those who are sent away take no place.
    for _ in 0..5 {
        sent_away(server.address, "203.0.113.1");
    }
    let _third = guest_from(server.address, "203.0.113.2", "third");
    let bye = from(server.address, "203.0.113.3").last_words(SOON);
    assert!(bye.text.contains("the server is full"), "{bye:?}");
}

#[test]
fn whoever_is_sent_away_can_end_in_peace() {
    requirement!("ER-3");
    let server = Server::start(&["--connections", "1"]);
    let (_only, _) = Peer::guest(server.address, "only");
    let mut stream = TcpStream::connect(server.address).expect("a server");
    // What is sent before the words are read, and after they are there, would be answered by a reset, which takes the
    // words with it on some systems, if nobody took it.
    for _ in 0..2 {
        stream
            .write_all(&frame(&Message::Name(login("late"))))
            .expect("a server that has not closed yet");
        thread::sleep(Duration::from_millis(100));
    }
    let mut words = Vec::new();
    stream
        .read_to_end(&mut words)
        .expect("an end, and no reset");
    let Ok(Message::Bye(bye)) = decode(&words[4..]) else {
        panic!("{words:?}");
    };
    assert_eq!(bye.code, ByeCode::FULL);
}

#[test]
fn a_full_server_says_so_and_the_status_of_a_client_tells() {
    requirement!("LV-14");
    let server = Server::start(&["--connections", "1"]);
    let (mut only, _) = Peer::guest(server.address, "only");
    let sent = Home::new().send(&server, &["--name", "late", "--timeout", "2s"], b"hello\n");
    assert_eq!(sent.status, 5, "{sent:?}");
    assert!(sent.err.contains("full"), "{sent:?}");
    server.process.expect_err("turned away: the server is full");
    leave(&mut only);
    drop(only);
    let sent = Home::new().send(&server, &["--name", "late"], b"hello\n");
    assert_eq!(sent.status, 0, "{sent:?}");
}

#[test]
fn before_login_there_are_only_so_many() {
    requirement!("LV-14");
    let server = Server::start(&["--before-login", "1"]);
    let (mut member, _) = Peer::guest(server.address, "member");
    let silent = Peer::connect(server.address);
    // Which of two comes in first is for the system to say: this one is surely there once another is refused.
    let mut late = Peer::connect(server.address);
    assert_eq!(late.next(SOON), None, "closed without a word");
    member.say(1, "members are none of them");
    member.events_until("members are none of them");
    drop(silent);
    crate::harness::wait_for(
        SOON,
        || "a place before login".to_owned(),
        || {
            let mut next = Peer::connect(server.address);
            next.send_bytes(&frame(&Message::Name(login("next"))))
                .ok()?;
            matches!(next.next(SOON), Some(Message::Client(_))).then_some(())
        },
    );
}

#[test]
fn others_see_the_host_only_of_one_who_is_near() {
    requirement!("RM-11");
    for (flags, far) in [(&[][..], None), (&["--show-hosts"], Some("203.0.113.7"))] {
        let flags = [&BEHIND_A_PROXY[..], flags].concat();
        let server = Server::start(&flags);
        let (mut witness, _) = guest_from(server.address, "127.0.0.1", "witness");
        for (name, address, shown) in [
            ("far", "203.0.113.7", far),
            ("near", "192.168.1.7", Some("192.168.1.7")),
        ] {
            let (mut peer, welcome) = guest_from(server.address, address, name);
            assert_eq!(welcome.you.addr.as_deref(), Some(address));
            let joined = loop {
                match witness.next_event() {
                    Event::Joined(joined) if joined.name == name => break joined,
                    _ => {}
                }
            };
            assert_eq!(joined.host.as_deref(), shown, "{flags:?}");
            leave(&mut peer);
        }
    }
}
