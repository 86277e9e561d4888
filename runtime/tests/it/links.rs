//! Links that go dark without a word, and those who come back.

use parlance_proto::wire::{Event, Resume};

use crate::harness::{Home, SOON, Server};
use crate::peer::{Peer, login_of};
use crate::requirement;
use crate::way::Way;

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
