//! Last words by their code, quitting, lost links.

use super::*;

/// What a client does after each code, [ER-8]: the column "the client then" of the table of codes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Stops,
    Returns,
    Fresh,
}

const THEN: [(&str, Then); 20] = [
    ("too-big", Then::Stops),
    ("malformed", Then::Stops),
    ("unexpected", Then::Stops),
    ("version", Then::Stops),
    ("bad-name", Then::Stops),
    ("bad-room", Then::Stops),
    ("taken", Then::Stops),
    ("full", Then::Returns),
    ("forbidden", Then::Stops),
    ("banned", Then::Stops),
    ("kicked", Then::Stops),
    ("stale", Then::Stops),
    ("session", Then::Fresh),
    ("replaced", Then::Stops),
    ("timeout", Then::Returns),
    ("idle", Then::Returns),
    ("stalled", Then::Returns),
    ("busy", Then::Returns),
    ("shutdown", Then::Returns),
    ("quit", Then::Stops),
];

/// A client with a line on the link and one not written, and one that has only just greeted.
fn in_both_phases(config: &ClientConfig) -> [Rig; 2] {
    let mut live = Rig::live(config.clone());
    live.say("a");
    live.sent();
    live.say("b");
    live.actions();
    let mut greeting = Rig::new(config.clone());
    greeting.client.connected(greeting.now);
    greeting.sent();
    greeting.actions();
    [live, greeting]
}

#[test]
fn each_code_has_its_consequence() {
    assert_eq!(THEN.len(), ByeCode::ALL.len());
    for (word, then) in THEN {
        let bye = bye(ByeCode::new(word).unwrap(), None);
        assert!(bye.code.is_known());
        for mut rig in in_both_phases(&config()) {
            let state = rig.client.state();
            let session = rig.client.session;
            let actions = rig.hears(&Message::Bye(bye.clone()));
            assert_eq!(actions[0], Action::Close, "{word}");
            assert_eq!(session != rig.client.session, then == Then::Fresh, "{word}");
            if then == Then::Stops {
                let reason = EndReason::Bye(bye.clone());
                assert_eq!(actions.last(), Some(&Action::Ended { reason }));
                assert_eq!(rig.client.poll_timeout(), None);
                let rest = [(1, LineState::Unknown), (2, not_sent())];
                let rest = if state == State::Live { &rest[..] } else { &[] };
                assert_eq!(changes(&actions), rest);
            } else {
                let at = rig.client.poll_timeout().unwrap().at;
                let why = LostWhy::Bye(bye.clone());
                let retry_at = at;
                assert_eq!(actions[1..], [Action::Lost { why, retry_at }]);
                assert!(at <= rig.now.saturating_add(Duration::from_secs(1)));
            }
        }
    }
}

#[test]
fn nobody_returns_who_was_not_to() {
    for (word, then) in THEN {
        let config = ClientConfig {
            reconnect: false,
            ..config()
        };
        let bye = bye(ByeCode::new(word).unwrap(), Some(3));
        for mut rig in in_both_phases(&config) {
            let actions = rig.hears(&Message::Bye(bye.clone()));
            let reason = EndReason::Bye(bye.clone());
            assert_eq!(
                actions.last(),
                Some(&Action::Ended { reason }),
                "{word} {then:?}"
            );
        }
    }
}

#[test]
fn retry_is_added_for_those_who_return() {
    for word in ["shutdown", "busy", "full", "stalled", "unheard-of"] {
        let bye = bye(ByeCode::new(word).unwrap(), Some(40));
        let [mut rig, _] = in_both_phases(&config());
        rig.server(&Message::Bye(bye));
        let wake = rig.client.poll_timeout().unwrap();
        let wait = wake.at.saturating_duration_since(rig.now);
        assert!(wait > Duration::from_secs(40) && wait <= Duration::from_secs(41));
    }
    // A code that this version does not know, and that names no time, is no reason to come back.
    let bye = bye(ByeCode::new("unheard-of").unwrap(), None);
    let [mut rig, _] = in_both_phases(&config());
    rig.server(&Message::Bye(bye));
    assert_eq!(rig.client.state(), State::Ended);
}

#[test]
fn every_lost_link_is_the_end_without_reconnecting() {
    let config = ClientConfig {
        reconnect: false,
        ..config()
    };
    type Loss = fn(&mut Client, Instant);
    let losses: [(Loss, LostWhy); 3] = [
        (Client::receive_eof, LostWhy::Eof),
        (Client::receive_reset, LostWhy::Reset),
        (Client::clock_jumped, LostWhy::ClockJumped),
    ];
    for (lose, why) in losses {
        for mut rig in in_both_phases(&config) {
            lose(&mut rig.client, rig.now);
            let reason = EndReason::Lost(why.clone());
            let actions = rig.actions();
            assert_eq!(actions[0], Action::Close);
            assert_eq!(actions.last(), Some(&Action::Ended { reason }));
        }
    }
    let mut rig = Rig::new(config);
    rig.client.connect_failed(rig.now);
    let reason = EndReason::Lost(LostWhy::Unreachable);
    assert_eq!(rig.actions(), [Action::Ended { reason }]);
}

#[test]
fn quit_waits_for_what_was_said() {
    let [mut rig, _] = in_both_phases(&config());
    let why = Why::parse("tea").unwrap();
    rig.client.quit(Some(why), rig.now);
    assert_eq!(rig.client.state(), State::Quitting);
    let more = rig.client.say(SayKind::Say, None, text("x"), rig.now);
    assert_eq!(more, Err(SayError::Quitting));
    let more = rig.client.tell(2, text("x"), rig.now);
    assert_eq!(more, Err(TellError::NotLive));
    assert_eq!(rig.sent_lines(), lines(&[(2, 1, "b")]));
    // A refusal on the way out still sends the rest again; behind QUIT nobody would read it.
    rig.server(&error(1));
    assert_eq!(rig.sent_lines(), lines(&[(2, 0, "b")]));
    rig.server(&said(1, 3, 2));
    assert_eq!(
        frame_of_next(&mut rig),
        b"\x00\x00\x00\x0a\x82\x64QUIT\x63tea"
    );
    rig.actions();
    assert_eq!(events(&rig.hears(&said(2, 9, 1))), [2]);
    let reason = EndReason::Quit;
    let actions = rig.hears(&Message::Bye(bye(ByeCode::QUIT, None)));
    assert_eq!(actions, [Action::Close, Action::Ended { reason }]);
    assert_eq!(rig.client.poll_transmit(rig.now), Some(Transmit::Shutdown));
    assert_eq!(rig.client.poll_transmit(rig.now), None);
}

fn frame_of_next(rig: &mut Rig) -> Vec<u8> {
    match rig.client.poll_transmit(rig.now) {
        Some(Transmit::Data(bytes)) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reason_that_is_refused_is_left_out() {
    let mut rig = Rig::live(config());
    rig.client.quit(Some(Why::parse("tea").unwrap()), rig.now);
    rig.sent();
    let refusal = Message::Error(Refused {
        id: None,
        reference: None,
        code: ErrorCode::BadText,
        text: String::new(),
    });
    rig.server(&refusal);
    let quit = Message::Quit(crate::wire::Quit { why: None });
    assert_eq!(rig.sent(), [quit]);
    // No second time, or two machines would talk for ever.
    rig.server(&refusal);
    assert_eq!(rig.sent(), []);
}

#[test]
fn quitting_ends_with_the_link() {
    let [mut rig, _] = in_both_phases(&config());
    rig.client.quit(None, rig.now);
    rig.actions();
    rig.client.receive_eof(rig.now);
    let actions = rig.actions();
    let reason = EndReason::Lost(LostWhy::Eof);
    assert_eq!(actions.last(), Some(&Action::Ended { reason }));
    let rest = [(1, LineState::Unknown), (2, not_sent())];
    assert_eq!(changes(&actions), rest);
}

#[test]
fn a_second_quit_waits_for_nothing() {
    let [mut rig, _] = in_both_phases(&config());
    rig.client.quit(None, rig.now);
    rig.actions();
    rig.client.quit(None, rig.now);
    let actions = rig.actions();
    assert_eq!(actions[0], Action::Close);
    let reason = EndReason::Quit;
    assert_eq!(actions.last(), Some(&Action::Ended { reason }));
    rig.client.quit(None, rig.now);
    assert_eq!(rig.actions(), []);
}

#[test]
fn quit_without_a_room_is_the_end() {
    let mut offline = Rig::new(config());
    offline.say("a");
    let mut greeting = offline.clone();
    greeting.client.connected(greeting.now);
    greeting.actions();
    for (mut rig, closes) in [(offline, false), (greeting, true)] {
        rig.client.quit(None, rig.now);
        let actions = rig.actions();
        assert_eq!(actions.contains(&Action::Close), closes);
        assert_eq!(changes(&actions), [(1, not_sent())]);
        let reason = EndReason::Quit;
        assert_eq!(actions.last(), Some(&Action::Ended { reason }));
    }
}

#[test]
fn nothing_happens_after_the_end() {
    let mut rig = Rig::live(config());
    rig.server(&Message::Bye(bye(ByeCode::KICKED, None)));
    rig.actions();
    rig.sent();
    let ended = rig.client.clone();
    rig.client.connected(rig.now);
    rig.client.connect_failed(rig.now);
    rig.server(&said(1, 3, 1));
    rig.client.receive_eof(rig.now);
    rig.client.receive_reset(rig.now);
    rig.client.clock_jumped(rig.now);
    rig.client.quit(None, rig.now);
    rig.client.handle_timeout(Instant::from_millis(u64::MAX));
    let more = rig.client.say(SayKind::Say, None, text("x"), rig.now);
    assert_eq!(more, Err(SayError::Ended));
    assert_eq!(rig.client.poll(), None);
    assert_eq!(rig.client.poll_transmit(rig.now), None);
    assert_eq!(rig.client, ended);
}

#[test]
fn endings_speak() {
    let violation = Violation::Unexpected {
        message: crate::wire::Kind::Say,
        state: State::Greeting,
    };
    let told = [
        EndReason::Quit.to_string(),
        EndReason::Bye(bye(ByeCode::KICKED, None)).to_string(),
        EndReason::Violated(violation).to_string(),
        EndReason::Lost(LostWhy::Unreachable).to_string(),
    ];
    let expected = [
        "quit",
        "the server says kicked: words",
        "the server broke the rules: SAY while greeting",
        "the server could not be reached",
    ];
    assert_eq!(told, expected);
}
