//! The outbox: numbers, the chain, the window, refusals, gaps.

use super::*;
use crate::wire::{Gap, GapWhy, SayKind};

const SENT: LineState = LineState::Sent;

#[test]
fn lines_are_numbered_and_chained() {
    let mut rig = Rig::live(config());
    rig.say("one");
    rig.client
        .nick(Name::parse("alicia").unwrap(), rig.now)
        .unwrap();
    rig.client.set_topic(None, rig.now).unwrap();
    let expected = lines(&[(1, 0, "one"), (2, 1, "alicia"), (3, 2, "")]);
    assert_eq!(rig.sent_lines(), expected);
    assert_eq!(rig.sent_lines(), []);
    assert_eq!(rig.pending(), [1, 2, 3]);
}

#[test]
fn the_exact_bytes_of_a_line() {
    let mut rig = Rig::live(config());
    rig.client
        .say(SayKind::Action, Some(5), text("hi"), rig.now)
        .unwrap();
    let Some(Transmit::Data(bytes)) = rig.client.poll_transmit(rig.now) else {
        panic!("nothing");
    };
    assert_eq!(
        &bytes[..],
        b"\x00\x00\x00\x12\x86\x63SAY\x01\x00\x66action\x05\x62hi"
    );
    assert_eq!(rig.client.poll_transmit(rig.now), None);
}

#[test]
fn what_was_said_before_the_link_goes_out_when_let_in() {
    let mut rig = Rig::new(config());
    rig.say("one");
    rig.client.connected(rig.now);
    rig.say("two");
    assert!(matches!(rig.sent()[..], [Message::Name(_)]));
    rig.server(&Message::Client(welcome()));
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "one"), (2, 1, "two")]));
}

#[test]
fn own_events_settle_by_session_and_id() {
    let mut rig = Rig::live(config());
    rig.say("one");
    rig.say("two");
    rig.sent();
    // The same member, another session: another device. Nothing of ours.
    let actions = rig.hears(&said(1, 4, 1));
    assert_eq!(changes(&actions), []);
    assert_eq!(events(&actions), [1]);
    let actions = rig.hears(&said(2, 3, 1));
    assert_eq!(changes(&actions), [(1, SENT)]);
    assert_eq!(events(&actions), [2]);
    assert!(matches!(actions[0], Action::Line { .. }), "{actions:?}");
    assert_eq!(rig.pending(), [2]);
    // A repeat of the event changes nothing and is not given twice.
    assert_eq!(rig.hears(&said(2, 3, 1)), []);
}

#[test]
fn the_line_comes_back_with_its_text() {
    let mut rig = Rig::live(config());
    let line = rig.say("one");
    rig.sent();
    let (kind, re) = (SayKind::Say, None);
    let text = text("one");
    let what = What::Say { kind, re, text };
    let state = SENT;
    let expected = Action::Line { line, what, state };
    assert_eq!(rig.hears(&said(1, 3, 1))[0], expected);
}

#[test]
fn the_window_holds_the_rest_back() {
    let mut rig = Rig::new(config());
    let mut small = welcome();
    small.limits.window = 2;
    rig.enter(small);
    for word in ["a", "b", "c", "d"] {
        rig.say(word);
    }
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "a"), (2, 1, "b")]));
    rig.server(&said(1, 3, 1));
    assert_eq!(rig.client.poll(), Some(Action::Writable));
    assert_eq!(rig.sent_lines(), lines(&[(3, 2, "c")]));
    // One that is refused makes room too.
    rig.server(&error(3));
    assert_eq!(rig.sent_lines(), lines(&[(4, 2, "d")]));
}

#[test]
fn a_refusal_mid_chain_sends_the_rest_again() {
    let mut rig = Rig::live(config());
    for word in ["a", "b", "c", "d"] {
        rig.say(word);
    }
    rig.sent();
    let actions = rig.hears(&error(2));
    assert_eq!(changes(&actions), [(2, refused())]);
    assert_eq!(rig.sent_lines(), lines(&[(3, 1, "c"), (4, 3, "d")]));
    // A second word about it says nothing new.
    assert_eq!(rig.hears(&error(2)), []);
    assert_eq!(rig.sent_lines(), []);
    assert_eq!(rig.pending(), [1, 3, 4]);
}

#[test]
fn after_refusals_the_chain_joins_what_was_taken() {
    let mut rig = Rig::live(config());
    for word in ["a", "b", "c"] {
        rig.say(word);
    }
    rig.sent();
    rig.server(&said(1, 3, 1));
    rig.server(&error(2));
    assert_eq!(rig.sent_lines(), lines(&[(3, 1, "c")]));
    rig.server(&error(3));
    rig.say("d");
    // The numbers of what was refused are never used again.
    assert_eq!(rig.sent_lines(), lines(&[(4, 1, "d")]));
    rig.server(&said(2, 3, 4));
    rig.say("e");
    assert_eq!(rig.sent_lines(), lines(&[(5, 4, "e")]));
}

#[test]
fn a_first_line_refused_leaves_an_empty_chain() {
    let mut rig = Rig::live(config());
    rig.say("a");
    rig.say("b");
    rig.sent();
    rig.server(&error(1));
    assert_eq!(rig.sent_lines(), lines(&[(2, 0, "b")]));
}

fn gap(from: u64, to: u64, acked: u64, why: GapWhy) -> Message {
    Message::Gap(Gap {
        from,
        to,
        why,
        acked,
        topic: Some("after".into()),
        members: 9,
    })
}

#[test]
fn a_gap_settles_and_moves_on() {
    for (why, asks) in [(GapWhy::Trimmed, true), (GapWhy::Newer, false)] {
        let mut rig = Rig::live(config());
        for word in ["a", "b", "c"] {
            rig.say(word);
        }
        rig.sent();
        rig.client.view.roster.joined(5, "bob".into(), None);
        let actions = rig.hears(&gap(1, 40, 2, why));
        assert_eq!(rig.client.roster().get(5).is_none(), asks);
        let told = Action::Gap {
            from: 1,
            to: 40,
            why,
        };
        assert_eq!(actions[0], told);
        assert_eq!(changes(&actions), [(1, SENT), (2, SENT)]);
        assert_eq!(rig.client.cursor(), 40);
        assert_eq!(rig.client.topic(), Some("after"));
        assert_eq!(rig.client.roster().count(), 9);
        let sent = rig.sent();
        assert_eq!(matches!(sent[..], [Message::Who(_)]), asks, "{sent:?}");
        assert_eq!(events(&rig.hears(&said(41, 3, 3))), [41]);
        assert_eq!(rig.pending(), []);
        // What lies behind the cursor is passed over.
        assert_eq!(rig.hears(&gap(1, 41, 2, why)), []);
    }
}

#[test]
fn a_gap_that_does_not_join_is_a_violation() {
    let mut rig = Rig::live(config());
    let actions = rig.hears(&gap(2, 40, 0, GapWhy::Trimmed));
    let violation = Violation::Jump { due: 1, came: 2 };
    let reason = EndReason::Violated(violation);
    assert_eq!(actions, [Action::Close, Action::Ended { reason }]);
}

#[test]
fn the_outbox_is_bounded() {
    let mut rig = Rig::new(config());
    for _ in 0..MAX_OUTBOX {
        rig.say("x");
    }
    let more = (SayKind::Say, None, text("x"));
    let before = rig.client.clone();
    let error = rig.client.say(more.0, more.1, more.2.clone(), rig.now);
    assert_eq!(error, Err(SayError::Full));
    assert_eq!(rig.client, before);
    rig.enter(welcome());
    rig.server(&said(1, 3, 1));
    assert!(rig.client.say(more.0, more.1, more.2, rig.now).is_ok());
}

#[test]
fn a_piece_is_at_most_64_kib_of_whole_frames() {
    let mut rig = Rig::live(config());
    for _ in 0..20 {
        rig.say(&"x".repeat(16_384));
    }
    let mut count = 0;
    while let Some(Transmit::Data(bytes)) = rig.client.poll_transmit(rig.now) {
        assert!(bytes.len() <= 65_536);
        count += messages(&bytes).len();
    }
    assert_eq!(count, 20);
}

#[test]
fn a_server_that_takes_less_is_not_sent_more() {
    let mut rig = Rig::new(config());
    rig.say("long enough");
    rig.say("ok");
    let mut small = welcome();
    small.limits.text = 5;
    rig.let_in(small);
    let too_long = LineState::Failed(Failure::TooLong);
    assert_eq!(changes(&rig.actions()), [(1, too_long)]);
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "ok")]));
    let error = rig
        .client
        .say(SayKind::Say, None, text("long enough"), rig.now);
    assert_eq!(error, Err(SayError::TooLong { limit: 5 }));
    let error = rig.client.tell(4, text("long enough"), rig.now);
    assert_eq!(error, Err(TellError::TooLong { limit: 5 }));
}

#[test]
fn numbers_that_the_wire_cannot_carry_are_refused() {
    let mut rig = Rig::live(config());
    let error = rig
        .client
        .say(SayKind::Say, Some(1 << 63), text("x"), rig.now);
    assert_eq!(error, Err(SayError::OutOfRange));
    let error = rig.client.tell(1 << 63, text("x"), rig.now);
    assert_eq!(error, Err(TellError::OutOfRange));
}
