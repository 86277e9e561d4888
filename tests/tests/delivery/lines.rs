//! The outbox of a client: numbers, the chain, the window, what is settled and how.

use super::*;

fn refusal(id: u64) -> Message {
    Message::Error(Refused {
        id: Some(id),
        reference: None,
        code: ErrorCode::Muted,
        text: "muted".to_owned(),
    })
}

fn refused() -> LineState {
    LineState::Failed(Failure::Refused {
        code: ErrorCode::Muted,
        text: "muted".to_owned(),
    })
}

fn bye(code: ByeCode) -> Message {
    let (text, retry) = (String::new(), None);
    Message::Bye(Bye { code, text, retry })
}

/// A client with lines 1 to 4 on the link, of which the room has taken the first.
fn under_way(has_key: bool) -> Bench {
    let mut bench = Bench::live(has_key);
    for word in ["a", "b", "c", "d"] {
        bench.say(word);
    }
    bench.sent();
    bench.hears(&said(1, 3, 1));
    bench
}

#[test]
fn a_client_numbers_all_its_lines_by_one_counter_and_chains_them() {
    requirement!("DL-4");
    let mut bench = Bench::live(true);
    bench.say("one");
    bench.nick("alicia");
    bench.topic("tea");
    assert_eq!(
        brief(&bench.lines()),
        [
            "SAY 1 after 0: one",
            "NICK 2 after 1: alicia",
            "TOPIC 3 after 2: tea"
        ]
    );
    // What was refused is neither named as `after` nor used again, were it the newest of all.
    bench.hears(&refusal(3));
    bench.say("two");
    assert_eq!(brief(&bench.lines()), ["SAY 4 after 2: two"]);
    bench.hears(&refusal(4));
    bench.hears(&refusal(1));
    assert_eq!(brief(&bench.lines()), ["NICK 2 after 0: alicia"]);
    bench.hears(&refusal(2));
    bench.say("three");
    assert_eq!(brief(&bench.lines()), ["SAY 5 after 0: three"]);
}

#[test]
fn a_line_is_sent_when_its_own_event_or_an_acked_that_covers_it_has_come() {
    requirement!("DL-7");
    let mut bench = Bench::live(true);
    for word in ["a", "b", "c"] {
        bench.say(word);
    }
    bench.sent();
    assert_eq!(bench.pending(), [1, 2, 3], "written is not sent");
    // The same member and name and id, from another device; then one's own session without a line.
    assert_eq!(settled(&bench.hears(&said(1, 4, 1))), []);
    let joined = Message::Joined(Joined {
        seq: 2,
        at: 0,
        member: 12,
        session: 3,
        id: 0,
        name: "alice".to_owned(),
        host: None,
        members: 1,
    });
    assert_eq!(settled(&bench.hears(&joined)), []);
    // One's own, under a name and number that say otherwise.
    let renamed = Message::Renamed(Renamed {
        seq: 3,
        at: 0,
        member: 77,
        session: 3,
        id: 1,
        old: "x".to_owned(),
        new: "y".to_owned(),
    });
    assert_eq!(settled(&bench.hears(&renamed)), [(1, SENT)]);
    bench.lose();
    bench.until_connect();
    let (_, actions) = bench.let_in(Welcome {
        start: 3,
        head: 3,
        acked: 2,
        ..welcome()
    });
    assert_eq!(settled(&actions), [(2, SENT)]);
    assert_eq!(bench.pending(), [3]);
}

#[test]
fn after_a_refusal_the_rest_goes_again_past_it() {
    requirement!("DL-8");
    let mut bench = under_way(true);
    assert_eq!(settled(&bench.hears(&refusal(2))), [(2, refused())]);
    let again = ["SAY 3 after 1: c", "SAY 4 after 3: d"];
    assert_eq!(brief(&bench.lines()), again);
    // In order, once, and without a second word about what has failed.
    assert_eq!(settled(&bench.hears(&refusal(2))), []);
    assert_eq!(brief(&bench.lines()), NONE);
    assert_eq!(settled(&bench.hears(&said(2, 3, 3))), [(3, SENT)]);
    assert_eq!(settled(&bench.hears(&refusal(4))), [(4, refused())]);
    assert_eq!(brief(&bench.lines()), NONE);
}

#[test]
fn after_a_welcome_what_it_does_not_cover_goes_again_in_order() {
    requirement!("DL-9");
    let all = ["b", "c", "d", "e"];
    for acked in 1..=4 {
        let mut bench = under_way(true);
        bench.say("e");
        bench.lose();
        bench.until_connect();
        let (_, actions) = bench.let_in(Welcome {
            start: 1,
            head: acked,
            acked,
            ..welcome()
        });
        let sent: Vec<(u64, LineState)> = (2..=acked).map(|id| (id, SENT)).collect();
        assert_eq!(settled(&actions), sent, "acked {acked}");
        let rest = (acked + 1..=5).zip(&all[acked as usize - 1..]);
        let rest: Vec<String> = rest
            .map(|(id, text)| format!("SAY {id} after {}: {text}", id - 1))
            .collect();
        assert_eq!(brief(&bench.lines()), rest, "acked {acked}");
    }
}

#[test]
fn what_nobody_can_tell_any_more_is_shown_as_unknown_with_its_text() {
    requirement!("DL-21");
    // A guest: what was written is unknown as the link goes, and the rest goes under his next session.
    let mut guest = under_way(false);
    guest.say("e");
    let actions = guest.lose();
    let unknown = [(2, UNKNOWN), (3, UNKNOWN), (4, UNKNOWN)];
    assert_eq!(settled(&actions), unknown);
    let texts: Vec<String> = actions.iter().filter_map(text_of).collect();
    assert_eq!(texts, ["b", "c", "d"]);
    guest.until_connect();
    guest.let_in(welcome());
    assert_eq!(brief(&guest.lines()), ["SAY 1 after 0: e"]);

    for (epoch, told, again) in [
        (99, &unknown[..], &["SAY 1 after 0: e"][..]),
        (
            100,
            &[],
            &[
                "SAY 1 after 0: b",
                "SAY 2 after 1: c",
                "SAY 3 after 2: d",
                "SAY 4 after 3: e",
            ],
        ),
    ] {
        let mut bench = under_way(true);
        bench.say("e");
        bench.lose();
        bench.until_connect();
        bench.greet();
        bench.hears(&bye(ByeCode::SESSION));
        bench.until_connect();
        let (_, actions) = bench.let_in(Welcome { epoch, ..welcome() });
        assert_eq!(settled(&actions), told, "epoch {epoch}");
        assert_eq!(brief(&bench.lines()), again, "epoch {epoch}");
    }
}

fn text_of(action: &Action) -> Option<String> {
    match action {
        Action::Line {
            what: What::Say { text, .. },
            ..
        } => Some(text.as_str().to_owned()),
        _ => None,
    }
}

#[test]
fn a_client_waits_with_what_its_window_does_not_hold() {
    requirement!("DL-14");
    let mut bench = Bench::new(true);
    let mut small = welcome();
    small.limits.window = 2;
    bench.let_in(small);
    for word in ["a", "b", "c", "d"] {
        bench.say(word);
    }
    assert_eq!(
        brief(&bench.lines()),
        ["SAY 1 after 0: a", "SAY 2 after 1: b"]
    );
    bench.hears(&said(1, 3, 1));
    assert_eq!(brief(&bench.lines()), ["SAY 3 after 2: c"]);
    bench.hears(&refusal(3));
    assert_eq!(brief(&bench.lines()), ["SAY 4 after 2: d"]);
}
