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
            "ERROR Some(1) None unsupported",
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
fn one_encoding_for_all_readers_and_shared_memory() {
    let mut rig = Rig::new();
    let sender = rig.guest("sender");
    let all: Vec<ConnId> = (0..1000).map(|n| rig.guest(&format!("m{n}"))).collect();
    for conn in &all {
        rig.heard(*conn);
    }
    rig.heard(sender);
    let before = rig.server.counters().encoded;
    for id in 1..=10 {
        rig.send(sender, &[say(id, id - 1, "to everybody")]);
    }
    assert_eq!(rig.server.counters().encoded - before, 10);
    let mut pieces = Vec::new();
    for conn in &all {
        let Some(Transmit::Data(bytes)) = rig.server.poll_transmit(*conn, rig.now) else {
            panic!()
        };
        pieces.push((bytes.as_ptr(), bytes.len()));
        assert_eq!(
            rig.server.poll_transmit(*conn, rig.now),
            None,
            "all that is pending is one piece"
        );
    }
    assert!(
        pieces.iter().all(|piece| *piece == pieces[0]),
        "the very same bytes"
    );
}

#[test]
fn answers_go_before_the_events_around_them() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let bob = rig.guest("bob");
    rig.send(
        bob,
        &[
            Message::Who(Who {
                reference: 9,
                from: 0,
            }),
            say(1, 0, "after"),
        ],
    );
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    let heard = rig.heard(bob);
    assert_eq!(
        brief(&heard),
        ["MEMBERS", "SAID 3 bob/1 after", "LEFT 4 alice 1"]
    );
    let Message::Members(page) = &heard[0] else {
        panic!()
    };
    let names: Vec<&str> = page
        .list
        .iter()
        .map(|listed| listed.name.as_str())
        .collect();
    assert_eq!(
        (page.reference, names, page.next),
        (9, vec!["alice", "bob"], None)
    );
}

#[test]
fn pages_of_members() {
    let mut rig = Rig::new();
    let all: Vec<ConnId> = (0..300).map(|n| rig.guest(&format!("m{n:03}"))).collect();
    rig.heard(all[0]);
    let mut from = 0;
    let mut seen = Vec::new();
    for _ in 0..10 {
        rig.send(all[0], &[Message::Who(Who { reference: 1, from })]);
        let Message::Members(page) = &rig.heard(all[0])[0] else {
            panic!()
        };
        assert!(page.list.len() <= PAGE);
        seen.extend(page.list.iter().map(|listed| listed.member));
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(seen, (1..=300).collect::<Vec<u64>>());
}

#[test]
fn a_private_text_reaches_all_devices_of_the_number() {
    let mut rig = Rig::new();
    let alice = rig.guest("alice");
    let (one, _) = rig.member("bob", 1, 1);
    let (two, _) = rig.member("bob", 2, 1);
    rig.heard(alice);
    rig.send(
        alice,
        &[Message::Tell(Tell {
            reference: 5,
            to: 2,
            text: "psst".into(),
        })],
    );
    assert_eq!(brief(&rig.heard(alice)), ["TOLD 1->2 psst Some(5)"]);
    assert_eq!(brief(&rig.heard(one)), ["TOLD 1->2 psst None"]);
    assert_eq!(brief(&rig.heard(two)), ["TOLD 1->2 psst None"]);
    let bad = [(7, "x", "no-member"), (2, "\u{0}", "bad-text")];
    for (to, text, code) in bad {
        rig.send(
            alice,
            &[Message::Tell(Tell {
                reference: 6,
                to,
                text: text.into(),
            })],
        );
        assert_eq!(
            brief(&rig.heard(alice)),
            [format!("ERROR None Some(6) {code}")]
        );
    }
    assert_eq!(rig.room().head(), 2, "nothing of it is in the log");
}

#[test]
fn a_tell_passes_to_another_worker_and_is_confirmed() {
    let mut here = Rig::new();
    let mut there = Rig::with(|config| config.node = 1);
    let alice = here.guest("alice");
    let (bob, _) = there.member("bob", 1, 1);
    // Each is told what the other's log holds, as two readers of one log would be.
    let login = there.log[&RoomName::lobby()][1].clone();
    here.land(&RoomName::lobby(), &login, None);
    here.heard(alice);
    here.send(
        alice,
        &[Message::Tell(Tell {
            reference: 3,
            to: 2,
            text: "over there".into(),
        })],
    );
    assert!(
        here.heard(alice).is_empty(),
        "nothing is said before it was queued"
    );
    let mut note = here.passed.pop().unwrap();
    note.told.to = 1; // bob's number in the other room
    there.server.passed(&RoomName::lobby(), &note, there.now);
    there.drain();
    assert_eq!(brief(&there.heard(bob)), ["TOLD 1->1 over there None"]);
    let receipt = there.passed.pop().unwrap();
    here.server.passed(&RoomName::lobby(), &receipt, here.now);
    here.drain();
    assert_eq!(brief(&here.heard(alice)), ["TOLD 1->1 over there Some(3)"]);
}

#[test]
fn a_laggard_reads_the_log_and_is_told_what_is_gone() {
    let mut rig = Rig::with(|config| config.limits.ring = 2_000);
    let alice = rig.guest("alice");
    let (bob, _) = rig.member("bob", 1, 1);
    let (carol, other) = rig.member("carol", 1, 1);
    for id in 1..=100 {
        for conn in [alice, carol] {
            rig.heard(conn);
        }
        rig.send(alice, &[say(id, id - 1, "twenty bytes of text")]);
        if id == 10 {
            rig.server.receive_reset(bob, rig.now);
            rig.drain();
        }
    }
    rig.server.trimmed(&RoomName::lobby(), 21, rig.now);
    let epoch = other.epoch;
    let back = rig.connect();
    rig.send(back, &[resume("bob", 1, 2, Resume { epoch, since: 10 })]);
    let heard = brief(&rig.heard(back));
    assert_eq!(
        heard,
        ["CLIENT start=10 head=103 acked=0", "GAP 11-20 acked=0"]
    );
    let mut seen = Vec::new();
    for _ in 0..200 {
        let Some((_, ticket, after)) = rig.reads.pop() else {
            break;
        };
        let events = &rig.events[&RoomName::lobby()];
        let page: Vec<Event> = events
            .iter()
            .filter(|e| e.seq() > after)
            .take(7)
            .cloned()
            .collect();
        rig.server.history(ticket, page, rig.now);
        seen.extend(rig.heard(back));
    }
    let seqs: Vec<u64> = seen
        .iter()
        .map(|m| Event::try_from(m.clone()).unwrap().seq())
        .collect();
    assert_eq!(
        seqs,
        (21..=103).collect::<Vec<u64>>(),
        "each once, in order, from log to ring"
    );
}

#[test]
fn a_log_that_kept_less_than_it_said_makes_a_gap() {
    for answer in [true, false] {
        let mut rig = Rig::with(|config| config.limits.ring = 500);
        let alice = rig.guest("alice");
        for id in 1..=50 {
            rig.send(alice, &[say(id, id - 1, "twenty bytes of text")]);
            rig.heard(alice);
        }
        let bob = rig.connect();
        let Message::Name(mut name) = login("bob", None) else {
            panic!()
        };
        name.history = 40;
        rig.send(bob, &[Message::Name(name)]);
        assert_eq!(brief(&rig.heard(bob)), ["CLIENT start=12 head=52 acked=0"]);
        let (_, ticket, after) = rig.reads.pop().unwrap();
        assert_eq!(after, 12);
        let events = rig.events[&RoomName::lobby()].clone();
        let page = if answer {
            events
                .into_iter()
                .filter(|e| e.seq() >= 20)
                .take(3)
                .collect()
        } else {
            vec![]
        };
        rig.server.history(ticket, page, rig.now);
        let first = brief(&rig.heard(bob)).remove(0);
        let first = first.strip_prefix("GAP 13-").unwrap();
        assert_eq!(first == "19 acked=0", answer, "{first}");
    }
}

#[test]
fn a_page_of_history_ends_at_this_servers_own_head() {
    let mut rig = Rig::with(|config| config.limits.ring = 500);
    let alice = rig.guest("alice");
    for id in 1..=50 {
        rig.send(alice, &[say(id, id - 1, "twenty bytes of text")]);
        rig.heard(alice);
    }
    let bob = rig.connect();
    let Message::Name(mut name) = login("bob", None) else {
        panic!()
    };
    name.history = 40;
    rig.send(bob, &[Message::Name(name)]);
    rig.heard(bob);
    let (_, ticket, after) = rig.reads.pop().unwrap();
    // Another worker of the log has folded further than this one.
    let mut page: Vec<Event> = rig.events[&RoomName::lobby()]
        .iter()
        .filter(|event| event.seq() > after)
        .cloned()
        .collect();
    let Event::Said(mut ahead) = page[0].clone() else {
        panic!()
    };
    ahead.seq = page.last().unwrap().seq() + 1;
    page.push(Event::Said(ahead));
    rig.server.history(ticket, page, rig.now);
    let heard = rig.heard(bob);
    let seqs: Vec<u64> = heard
        .into_iter()
        .map(|message| Event::try_from(message).unwrap().seq())
        .collect();
    assert_eq!(seqs, (after + 1..=rig.room().head()).collect::<Vec<u64>>());
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
