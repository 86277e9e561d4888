//! Links that go dark without a word, and those who come back.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use parlance_proto::wire::{Event, Resume};

use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, login_of};
use crate::requirement;

/// A way to a server that can go dark: nothing more comes through, and neither end is told.
struct Way {
    address: SocketAddr,
    /// Of each link that was opened so far, whether it is dark.
    links: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Way {
    fn to(server: SocketAddr) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let way = Way {
            address: listener.local_addr().expect("an address"),
            links: Arc::default(),
        };
        let links = Arc::clone(&way.links);
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.expect("a link"), TcpStream::connect(server));
                let far = far.expect("a server that listens");
                let dark = Arc::<AtomicBool>::default();
                links.lock().expect("a lock").push(Arc::clone(&dark));
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let from = from.try_clone().expect("a socket");
                    let to = to.try_clone().expect("a socket");
                    let dark = Arc::clone(&dark);
                    thread::spawn(move || carry(from, to, &dark));
                }
            }
        });
        way
    }

    /// All links that are open now go dark. New ones are not.
    fn darken(&self) {
        for link in self.links.lock().expect("a lock").iter() {
            link.store(true, Ordering::SeqCst);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, dark: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        let dark = dark.load(Ordering::SeqCst);
        // In the dark what was sent is taken, as by the buffers of a network, and so is its end.
        if count == 0 {
            if !dark {
                let _ = to.shutdown(std::net::Shutdown::Write);
            }
            return;
        }
        if !dark && to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

#[test]
fn who_drops_off_without_a_word_misses_and_repeats_nothing() {
    requirement!("LV-4", "DL-9", "RM-10");
    let server = Server::start(&[
        "--ping-after",
        "1s",
        "--dead-after",
        "50s",
        "--grace",
        "50s",
    ]);
    let way = Way::to(server.address);
    let home = Home::new();
    let mut alice = home.start(["join", &way.address.to_string(), "--name", "alice"]);
    alice.expect_err("connected as alice");
    let (mut bob, _) = Peer::guest(server.address, "bob");
    for n in 1..=10 {
        bob.say(n, &format!("line {n}."));
    }
    alice.expect_out("bob: line 10.");

    way.darken();
    alice.say("into the dark");
    for n in 11..=30 {
        bob.say(n, &format!("line {n}."));
    }
    alice.expect_err("connection lost");
    alice.expect_err("connected again as alice");
    alice.expect_err("sent: into the dark");
    let events = bob.events_until("into the dark");
    let alien = |event: &&Event| !matches!(event, Event::Said(_));
    assert_eq!(events.iter().find(alien), None, "nobody saw her go or come");
    bob.say(31, "the end");
    alice.expect_out("bob: the end");
    let out = alice.out();
    for n in 1..=30 {
        assert_eq!(out.matches(&format!("bob: line {n}.")).count(), 1, "{out}");
    }
    assert_eq!(out.matches("alice: into the dark").count(), 1, "{out}");
    assert!(!out.contains("missing"), "{out}");
}

#[test]
fn a_newer_link_takes_over_at_once() {
    requirement!("HS-9", "HS-10");
    let server = Server::start(&[]);
    let (mut bob, _) = Peer::guest(server.address, "bob");
    let mut old = Peer::connect(server.address);
    let welcome = old.log_in(login_of("alice", 1, None));
    bob.say(1, "seen by both");
    let seen = old.events_until("seen by both");

    let mut new = Peer::connect(server.address);
    let resume = Resume {
        epoch: welcome.epoch,
        since: seen.last().map_or(0, Event::seq),
    };
    let again = new.log_in(login_of("alice", 2, Some(resume)));
    assert_eq!(again.you.member, welcome.you.member);
    assert_eq!(again.start, resume.since, "nothing was missed");
    assert_eq!(old.last_words(SOON).code.as_str(), "replaced");

    let mut stale = Peer::connect(server.address);
    stale.send(&parlance_proto::wire::Message::Name(login_of(
        "alice", 2, None,
    )));
    assert_eq!(stale.last_words(SOON).code.as_str(), "stale");

    new.say(1, "still alice");
    let events = bob.events_until("still alice");
    let others = events
        .iter()
        .filter(|event| !matches!(event, Event::Said(_)));
    assert_eq!(others.count(), 1, "her first join alone: {events:?}");
}
