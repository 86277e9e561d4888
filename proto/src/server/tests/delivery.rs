//! The life of a line, on a log that refuses, loses and repeats.

use super::*;

#[test]
fn a_repeat_and_an_orphan_are_dropped_in_silence() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.send(
        alice,
        &[
            say(1, 0, "one"),
            say(1, 0, "one again"),
            say(3, 2, "orphan"),
            say(2, 1, "two"),
        ],
    );
    assert_eq!(
        brief(&rig.heard(alice)),
        ["SAID 2 alice/1 one", "SAID 3 alice/2 two"]
    );
}

#[test]
fn a_refusal_in_mid_chain_drops_what_followed() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.send(
        alice,
        &[say(1, 0, "one"), say(2, 1, "\u{7}"), say(3, 2, "three")],
    );
    assert_eq!(
        brief(&rig.heard(alice)),
        ["ERROR Some(2) None bad-text", "SAID 2 alice/1 one"]
    );
    rig.send(alice, &[say(3, 1, "three")]);
    assert_eq!(brief(&rig.heard(alice)), ["SAID 3 alice/3 three"]);
}

#[test]
fn each_line_is_judged_by_its_rule() {
    let cases = [
        (
            Message::Nick(Nick {
                id: 1,
                after: 0,
                name: "bob".into(),
            }),
            "ERROR Some(1) None taken",
        ),
        (
            Message::Nick(Nick {
                id: 1,
                after: 0,
                name: "BOB".into(),
            }),
            "ERROR Some(1) None taken",
        ),
        (
            Message::Nick(Nick {
                id: 1,
                after: 0,
                name: "server".into(),
            }),
            "ERROR Some(1) None bad-name",
        ),
        (
            Message::Nick(Nick {
                id: 1,
                after: 0,
                name: "Alice".into(),
            }),
            "RENAMED 3 alice Alice",
        ),
        (
            Message::Topic(SetTopic {
                id: 1,
                after: 0,
                topic: Some("t\u{202e}".into()),
            }),
            "ERROR Some(1) None bad-text",
        ),
        (
            Message::Topic(SetTopic {
                id: 1,
                after: 0,
                topic: Some("tea".into()),
            }),
            "TITLED 3 tea",
        ),
        (
            Message::Topic(SetTopic {
                id: 1,
                after: 0,
                topic: None,
            }),
            "TITLED 3 -",
        ),
        (
            Message::Mod(Mod {
                id: 1,
                after: 0,
                act: Act::Kick,
                who: Some(1),
                secs: None,
                why: None,
            }),
            "ERROR Some(1) None not-allowed",
        ),
        (answering(0), "ERROR Some(1) None no-event"),
        (answering(3), "ERROR Some(1) None no-event"),
        (answering(2), "SAID 3 alice/1 re"),
    ];
    for (message, want) in cases {
        let mut rig = Rig::new();
        let alice = rig.guest("alice");
        rig.guest("bob");
        rig.heard(alice);
        rig.send(alice, &[message]);
        assert_eq!(brief(&rig.heard(alice)), [want]);
    }
}

fn answering(re: u64) -> Message {
    let kind = SayKind::Say;
    Message::Say(Say {
        id: 1,
        after: 0,
        kind,
        re: Some(re),
        text: "re".into(),
    })
}

#[test]
fn nothing_is_shown_before_the_log_has_it() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.heard(alice);
    rig.answers = false;
    rig.send(alice, &[say(1, 0, "hi")]);
    assert!(rig.heard(alice).is_empty() && rig.heard(bob).is_empty());
    rig.commit();
    assert_eq!(brief(&rig.heard(alice)), ["SAID 3 alice/1 hi"]);
    assert_eq!(brief(&rig.heard(bob)), ["SAID 3 alice/1 hi"]);
}

#[test]
fn not_stored_is_an_error_and_certain() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.answers = false;
    rig.send(alice, &[say(1, 0, "one"), say(2, 1, "two")]);
    rig.fail(AppendFailure::NotStored);
    assert_eq!(brief(&rig.heard(alice)), ["ERROR Some(1) None storage"]);
    rig.commit();
    assert!(rig.heard(alice).is_empty(), "the second is an orphan now");
    rig.send(alice, &[say(2, 0, "two")]);
    rig.commit();
    assert_eq!(brief(&rig.heard(alice)), ["SAID 2 alice/2 two"]);
}

#[test]
fn unknown_is_proposed_again_in_order_and_lands_once() {
    for stored in [false, true] {
        let mut rig = Rig::new();
        let alice = rig.guest("alice");
        rig.answers = false;
        rig.send(
            alice,
            &[say(1, 0, "one"), say(2, 1, "two"), say(3, 2, "three")],
        );
        let first = rig.fail(AppendFailure::Unknown);
        if stored {
            rig.land(&RoomName::lobby(), &first, None);
        }
        rig.commit();
        rig.commit();
        rig.answers = true;
        rig.pass(Duration::from_millis(100));
        let heard = brief(&rig.heard(alice));
        let want = [
            "SAID 2 alice/1 one",
            "SAID 3 alice/2 two",
            "SAID 4 alice/3 three",
        ];
        assert_eq!(heard, want, "stored: {stored}");
    }
}

#[test]
fn no_error_while_another_copy_is_out_or_uncertain() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.answers = false;
    rig.send(alice, &[say(1, 0, "one")]);
    let copy = rig.fail(AppendFailure::Unknown);
    rig.pass(Duration::from_millis(100));
    rig.fail(AppendFailure::NotStored);
    assert!(
        rig.heard(alice).is_empty(),
        "the first copy may be in the log"
    );
    rig.land(&RoomName::lobby(), &copy, None);
    assert_eq!(brief(&rig.heard(alice)), ["SAID 2 alice/1 one"]);
}

#[test]
fn a_log_that_never_answers_counts_as_unknown() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.answers = false;
    rig.send(alice, &[say(1, 0, "one")]);
    let late = rig.proposed.pop_front().unwrap();
    rig.pass(secs(10));
    rig.pass(Duration::from_millis(100));
    assert_eq!(rig.proposed.len(), 1, "proposed again");
    rig.land(&late.0, &late.2, Some(late.1));
    rig.commit();
    assert_eq!(
        brief(&rig.heard(alice)).last().unwrap(),
        "SAID 2 alice/1 one"
    );
    assert_eq!(rig.room().head(), 2, "once");
}

#[test]
fn a_refusal_of_the_fold_is_final_and_told_to_who_sent_it_last() {
    let mut rig = Rig::new();
    let (alice, _) = rig.member("alice", 1, 1);
    rig.answers = false;
    rig.send(
        alice,
        &[Message::Nick(Nick {
            id: 1,
            after: 0,
            name: "bob".into(),
        })],
    );
    let nick = rig.proposed.pop_front().unwrap();
    rig.answers = true;
    let bob = rig.guest("bob");
    // Alice comes back and sends it again before the fold has judged the first copy.
    let (again, welcome) = rig.member("alice", 1, 2);
    assert_eq!(welcome.acked, 0);
    rig.send(
        again,
        &[Message::Nick(Nick {
            id: 1,
            after: 0,
            name: "bob".into(),
        })],
    );
    rig.land(&nick.0, &nick.2, Some(nick.1));
    let heard = brief(&rig.heard(again));
    assert_eq!(heard.last().unwrap(), "ERROR Some(1) None taken");
    rig.server.receive_reset(bob, rig.now);
    rig.drain();
    rig.pass(secs(0));
    rig.heard(again);
    rig.land(&nick.0, &nick.2, None);
    assert!(
        rig.heard(again).is_empty(),
        "the name is free now, the refusal stands"
    );
    assert_eq!(rig.room().member(1).unwrap().name.as_str(), "alice");
}

#[test]
fn a_window_holds_its_session_back() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.answers = false;
    let all: Vec<Message> = (1..=70).map(|id| say(id, id - 1, "x")).collect();
    rig.send(alice, &all);
    assert_eq!(rig.proposed.len(), WINDOW);
    assert!(!rig.server.wants_read(alice));
    rig.commit();
    assert_eq!(rig.proposed.len(), WINDOW, "one landed, one more was taken");
    rig.answers = true;
    while !rig.proposed.is_empty() {
        rig.commit();
    }
    assert!(rig.server.wants_read(alice));
    assert_eq!(rig.heard(alice).len(), 70);
}

#[test]
fn no_error_for_a_line_that_an_older_copy_may_still_bring() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.answers = false;
    rig.send(
        alice,
        &[say(1, 0, "one"), say(2, 1, "two"), say(3, 2, "three")],
    );
    let one = rig.proposed.pop_front().unwrap();
    let two = rig.proposed.pop_front().unwrap();
    let copy = rig.fail(AppendFailure::Unknown);
    // The first is refused, so what followed is the client's again: it sends the third after none.
    rig.server
        .append_failed(one.1, AppendFailure::NotStored, rig.now);
    rig.server
        .append_failed(two.1, AppendFailure::NotStored, rig.now);
    rig.drain();
    assert_eq!(brief(&rig.heard(alice)), ["ERROR Some(1) None storage"]);
    rig.send(alice, &[say(3, 2, "three")]);
    assert!(
        rig.proposed.is_empty(),
        "an orphan, as long as 2 is not there"
    );
    rig.send(alice, &[say(2, 0, "two"), say(3, 2, "three")]);
    rig.commit();
    rig.heard(alice);
    let (_, ticket, _) = rig.proposed.pop_front().unwrap();
    rig.server
        .append_failed(ticket, AppendFailure::NotStored, rig.now);
    rig.drain();
    assert!(
        rig.heard(alice).is_empty(),
        "the first copy of 3 may be in the log"
    );
    rig.land(&RoomName::lobby(), &copy, None);
    assert_eq!(brief(&rig.heard(alice)), ["SAID 3 alice/3 three"]);
}

/// A whole window is refused for want of space, again and again: each line is told as soon as its own copies are
/// answered, and none waits for what is certain already.
#[test]
fn a_window_that_is_refused_is_told_line_by_line() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    rig.heard(alice);
    rig.answers = false;
    for first in 1..=10 {
        let window: Vec<Message> = (first..=10)
            .map(|id| say(id, if id == first { 0 } else { id - 1 }, "no space"))
            .collect();
        rig.send(alice, &window);
        assert_eq!(rig.proposed.len(), window.len());
        for (_, ticket, _) in core::mem::take(&mut rig.proposed) {
            rig.server
                .append_failed(ticket, AppendFailure::NotStored, rig.now);
        }
        rig.drain();
        assert_eq!(
            brief(&rig.heard(alice)),
            [format!("ERROR Some({first}) None storage")],
            "line {first}"
        );
        assert!(rig.proposed.is_empty());
    }
}
