//! Coming back: sessions, guests, epochs, cursors.

use super::*;

const SENT: LineState = LineState::Sent;

/// The link goes while "a" is taken, "b" and "c" are on it, and "d" was said later.
fn interrupted(config: ClientConfig) -> (Rig, Vec<Action>) {
    let mut rig = Rig::live(config);
    for word in ["a", "b", "c"] {
        rig.say(word);
    }
    rig.sent();
    rig.server(&said(1, 3, 1));
    rig.say("d");
    rig.actions();
    rig.client.receive_eof(rig.now);
    let actions = rig.actions();
    rig.until_connect();
    (rig, actions)
}

/// The welcome of a return after [`interrupted`].
fn again(acked: u64) -> Welcome {
    Welcome {
        acked,
        start: 1,
        head: 1,
        ..welcome()
    }
}

#[test]
fn what_the_room_has_is_settled_and_the_rest_goes_again() {
    let (mut rig, _) = interrupted(config());
    assert_eq!(rig.pending(), [2, 3, 4]);
    let login = rig.let_in(again(2));
    assert_eq!(login.resume, resume(99, 1));
    let identity = login.identity.unwrap();
    assert_eq!((identity.key, identity.attempt), ([7; 32], 2));
    assert_eq!(changes(&rig.actions()), [(2, SENT)]);
    assert_eq!(rig.sent_lines(), lines(&[(3, 2, "c"), (4, 3, "d")]));
}

#[test]
fn nothing_taken_in_between_sends_all_again_in_order() {
    let (mut rig, actions) = interrupted(config());
    assert!(changes(&actions).is_empty());
    rig.let_in(again(1));
    let expected = lines(&[(2, 1, "b"), (3, 2, "c"), (4, 3, "d")]);
    assert_eq!(rig.sent_lines(), expected);
}

#[test]
fn a_restored_log_that_lost_the_end_is_joined_where_it_ends() {
    let (mut rig, _) = interrupted(config());
    // The room had 1 and told so; a copy of its log from before that does not have it.
    rig.let_in(Welcome {
        epoch: 100,
        ..again(0)
    });
    let expected = lines(&[(2, 0, "b"), (3, 2, "c"), (4, 3, "d")]);
    assert_eq!(rig.sent_lines(), expected);
}

#[test]
fn a_refusal_is_final_across_links() {
    let (mut rig, _) = interrupted(config());
    rig.enter(again(1));
    rig.server(&error(2));
    assert_eq!(changes(&rig.actions()), [(2, refused())]);
    assert_eq!(rig.sent_lines(), lines(&[(3, 1, "c"), (4, 3, "d")]));
}

#[test]
fn a_forgotten_session_makes_what_was_written_unknown() {
    let (mut rig, _) = interrupted(config());
    let first = session_of(&rig.enter_and_be_told(ByeCode::SESSION));
    // Not yet: the epoch decides.
    assert_eq!(rig.pending(), [2, 3, 4]);
    rig.until_connect();
    let login = rig.let_in(again(0));
    assert_ne!(session_of(&login), first);
    assert_eq!(login.identity.unwrap().attempt, 1);
    let unknown = [(2, LineState::Unknown), (3, LineState::Unknown)];
    assert_eq!(changes(&rig.actions()), unknown);
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "d")]));
}

#[test]
fn under_another_epoch_all_goes_again() {
    let (mut rig, _) = interrupted(config());
    rig.enter_and_be_told(ByeCode::SESSION);
    rig.until_connect();
    let welcome = Welcome {
        epoch: 100,
        start: 0,
        ..again(0)
    };
    rig.let_in(welcome.clone());
    let actions = rig.actions();
    assert_eq!(changes(&actions), []);
    let why = RestartWhy::Epoch;
    assert!(actions.contains(&Action::Restarted { why }));
    let expected = lines(&[(1, 0, "b"), (2, 1, "c"), (3, 2, "d")]);
    assert_eq!(rig.sent_lines(), expected);
    // They are of the new epoch from here on.
    rig.client.receive_reset(rig.now);
    rig.until_connect();
    rig.enter_and_be_told(ByeCode::SESSION);
    rig.until_connect();
    rig.let_in(welcome);
    let unknown = [2, 3, 4].map(|line| (line, LineState::Unknown));
    assert_eq!(changes(&rig.actions()), unknown);
}

#[test]
fn a_doubtful_line_is_unknown_if_the_client_ends_first() {
    let (mut rig, _) = interrupted(config());
    rig.enter_and_be_told(ByeCode::SESSION);
    rig.client.quit(None, rig.now);
    let expected = [
        (2, LineState::Unknown),
        (3, LineState::Unknown),
        (4, not_sent()),
    ];
    assert_eq!(changes(&rig.actions()), expected);
}

#[test]
fn acked_above_our_own_means_a_foreign_session() {
    let (mut rig, _) = interrupted(config());
    let first = session_of(&rig.let_in(again(4)));
    let actions = rig.actions();
    assert!(matches!(
        actions[..],
        [
            Action::Close,
            Action::Lost {
                why: LostWhy::ForeignSession,
                ..
            }
        ]
    ));
    rig.until_connect();
    let login = rig.let_in(again(0));
    assert_ne!(session_of(&login), first);
    let unknown = [(2, LineState::Unknown), (3, LineState::Unknown)];
    assert_eq!(changes(&rig.actions()), unknown);
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "d")]));
}

#[test]
fn a_foreign_line_in_our_session_settles_nothing() {
    let mut rig = Rig::live(config());
    rig.say("a");
    rig.sent();
    let actions = rig.hears(&said(1, 3, 2));
    assert_eq!(changes(&actions), []);
    assert_eq!(events(&actions), [1]);
    assert_eq!(rig.client.state(), State::Offline);
}

#[test]
fn a_guest_has_no_second_chance() {
    let (mut rig, actions) = interrupted(guest());
    let unknown = [(2, LineState::Unknown), (3, LineState::Unknown)];
    assert_eq!(changes(&actions), unknown);
    let login = rig.let_in(again(0));
    assert_eq!(login.identity, None);
    assert_eq!(login.resume, resume(99, 1));
    assert_eq!(changes(&rig.actions()), []);
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "d")]));
}

#[test]
fn a_cursor_that_is_not_taken_is_dropped() {
    let cases = [
        (None, 99, 7, None),
        (resume(99, 7), 99, 7, None),
        (resume(0, 7), 99, 7, None),
        (resume(0, 7), 99, 3, Some(RestartWhy::Cursor)),
        (resume(99, 7), 99, 8, Some(RestartWhy::Cursor)),
        (resume(98, 7), 99, 7, Some(RestartWhy::Epoch)),
        (resume(98, 7), 99, 3, Some(RestartWhy::Epoch)),
    ];
    for (asked, epoch, start, expected) in cases {
        let mut rig = Rig::new(ClientConfig {
            resume: asked,
            ..config()
        });
        let login = rig.let_in(Welcome {
            epoch,
            start,
            head: 20,
            ..welcome()
        });
        assert_eq!((login.resume, login.history), (asked, 50));
        let welcome = Action::Welcome { head: 20, start };
        let mut actions = vec![welcome];
        actions.extend(expected.map(|why| Action::Restarted { why }));
        assert_eq!(rig.actions(), actions);
        assert_eq!((rig.client.epoch(), rig.client.cursor()), (epoch, start));
        assert_eq!(rig.client.head(), 20);
        assert_eq!(events(&rig.hears(&said(start + 1, 9, 1))), [start + 1]);
    }
}

#[test]
fn a_cursor_that_the_wire_cannot_carry_is_none() {
    let mut rig = Rig::new(ClientConfig {
        resume: resume(1, 1 << 63),
        agent: Some("x".repeat(65)),
        history: u64::MAX,
        ..config()
    });
    let login = rig.enter(welcome());
    assert_eq!((login.resume, login.agent), (None, None));
    assert_eq!(login.history, (1 << 63) - 1);
}

#[test]
fn an_invitation_is_shown_at_every_login() {
    let proof = crate::wire::Proof::new(b"let me in");
    let mut rig = Rig::new(ClientConfig { proof, ..config() });
    for start in 0..2 {
        let login = rig.enter(Welcome {
            start,
            head: start,
            ..welcome()
        });
        assert_eq!(login.proof.as_deref(), Some(&b"let me in"[..]));
        rig.client.receive_eof(rig.now);
        rig.until_connect();
    }
    assert!(
        !alloc::format!("{:?}", rig.client).contains("108"),
        "it is hidden"
    );
}

#[test]
fn a_guest_keeps_the_name_he_took() {
    for (config, expected) in [(guest(), "alicia"), (config(), "alice")] {
        let mut rig = Rig::live(config);
        rig.server(&Message::Renamed(crate::wire::Renamed {
            seq: 1,
            at: 1,
            member: 12,
            session: 3,
            id: 0,
            old: "alice".into(),
            new: "alicia".into(),
        }));
        assert_eq!(rig.client.me().unwrap().name, "alicia");
        rig.client.receive_eof(rig.now);
        rig.until_connect();
        assert_eq!(rig.enter(again(0)).name, expected);
    }
}

fn session_of(login: &Login) -> [u8; 16] {
    login.identity.as_ref().unwrap().session
}

impl Rig {
    /// Opens the link, and gets last words for an answer.
    fn enter_and_be_told(&mut self, code: ByeCode) -> Login {
        self.client.connected(self.now);
        let Some(Message::Name(login)) = self.sent().pop() else {
            panic!("no NAME");
        };
        self.server(&Message::Bye(bye(code, None)));
        self.actions();
        login
    }
}
