//! Who may come in: the question, the answer, and what becomes of the place. `[HS-23]`

use super::*;
use crate::close::{Full, Refusal};

fn asked() -> Rig {
    Rig::with(|config| config.admission = Admission::Asked)
}

/// Alice's first login, with an invitation.
fn invited(name: &str, identity: Option<(u8, u8, u64)>) -> Message {
    let Message::Name(login) = login(name, identity) else {
        panic!()
    };
    let proof = Some(b"let me in".to_vec());
    Message::Name(Login { proof, ..login })
}

impl Rig {
    /// Somebody asks to come in: his connection and his ticket.
    fn asks(&mut self, name: &Message) -> (ConnId, Ticket) {
        let conn = self.connect();
        self.send(conn, core::slice::from_ref(name));
        let (ticket, asker, ..) = *self.asked.last().unwrap();
        assert_eq!(asker, conn);
        (conn, ticket)
    }

    fn admitted(&mut self, ticket: Ticket, verdict: Verdict) {
        self.server.admitted(ticket, verdict, self.now);
        self.drain();
    }
}

#[test]
fn an_open_server_asks_nobody_and_looks_at_no_proof() {
    let mut rig = Rig::new();
    let conn = rig.connect();
    rig.send(conn, &[invited("alice", None)]);
    assert_eq!(brief(&rig.heard(conn)), ["CLIENT start=1 head=1 acked=0"]);
    assert!(rig.asked.is_empty() && rig.places.is_empty());
}

#[test]
fn who_is_admitted_logs_in_and_what_it_sent_meanwhile_is_taken() {
    let mut rig = asked();
    let (alice, ticket) = rig.asks(&invited("alice", Some((1, 1, 1))));
    let (_, _, key, proof) = &rig.asked[0];
    assert_eq!(*key, Some(KeyHash::of(&[1; 32])));
    assert_eq!(proof.as_ref().unwrap().as_bytes(), b"let me in");
    assert!(!rig.server.wants_read(alice));
    rig.send(alice, &[say(1, 0, "early")]);
    assert!(rig.heard(alice).is_empty() && rig.proposed.is_empty());
    assert!(
        rig.server.room(&RoomName::lobby()).is_none(),
        "no room is made for a stranger"
    );
    rig.admitted(ticket, Verdict::Admitted);
    assert_eq!(rig.places, [(ticket, true)]);
    let heard = brief(&rig.heard(alice));
    assert_eq!(
        heard,
        ["CLIENT start=1 head=1 acked=0", "SAID 2 alice/1 early"]
    );
    assert!(rig.server.wants_read(alice));
}

#[test]
fn who_is_refused_is_told_and_leaves_no_trace() {
    let mut rig = asked();
    let (alice, ticket) = rig.asks(&login("alice", None));
    assert_eq!(rig.asked[0].2, None, "a guest has no key");
    rig.admitted(ticket, Verdict::Refused);
    let heard = rig.heard(alice);
    assert_eq!(brief(&heard), ["BYE forbidden None"]);
    let Message::Bye(bye) = &heard[0] else {
        panic!()
    };
    assert!(bye.text.contains("ask for one"), "{}", bye.text);
    assert!(rig.server.room(&RoomName::lobby()).is_none());
    assert!(rig.proposed.is_empty() && rig.places.is_empty());
}

#[test]
fn what_can_be_seen_at_once_is_said_before_anybody_is_asked() {
    type Change = fn(&mut Login);
    let cases: &[(Change, &str)] = &[
        (|l| l.versions = vec![2], "BYE version None"),
        (|l| l.name = "server".into(), "BYE bad-name None"),
        (|l| l.room = "-".into(), "BYE bad-room None"),
    ];
    for (change, said) in cases {
        let mut rig = asked();
        let conn = rig.connect();
        let Message::Name(mut login) = login("alice", None) else {
            panic!()
        };
        change(&mut login);
        rig.send(conn, &[Message::Name(login)]);
        assert_eq!(brief(&rig.heard(conn)), [*said]);
        assert!(rig.asked.is_empty());
    }
}

#[test]
fn an_answer_counts_once_and_only_to_a_question() {
    let mut rig = asked();
    rig.admitted(Ticket(77), Verdict::Admitted);
    let (alice, ticket) = rig.asks(&login("alice", None));
    rig.admitted(ticket, Verdict::Admitted);
    for verdict in [Verdict::Admitted, Verdict::Refused] {
        rig.admitted(ticket, verdict);
    }
    assert_eq!(rig.places, [(ticket, true)]);
    assert_eq!(brief(&rig.heard(alice)), ["CLIENT start=1 head=1 acked=0"]);
    // The log's answers do not answer it, nor it the log.
    let (bob, question) = rig.asks(&login("bob", None));
    rig.server
        .append_failed(question, AppendFailure::NotStored, rig.now);
    rig.server.history(question, Vec::new(), rig.now);
    rig.drain();
    assert!(rig.heard(bob).is_empty());
    rig.admitted(question, Verdict::Admitted);
    assert_eq!(rig.places.last(), Some(&(question, true)));
}

#[test]
fn a_driver_that_does_not_answer_is_not_waited_for() {
    let mut rig = asked();
    let (alice, ticket) = rig.asks(&login("alice", None));
    rig.pass(secs(9));
    assert!(rig.heard(alice).is_empty());
    rig.pass(secs(1));
    assert_eq!(brief(&rig.heard(alice)), ["BYE busy Some(1)"]);
    rig.admitted(ticket, Verdict::Admitted);
    rig.admitted(ticket, Verdict::Admitted);
    assert_eq!(rig.places, [(ticket, false)], "it came too late, once");
}

#[test]
fn who_is_gone_before_the_answer_takes_no_place() {
    for verdict in [Verdict::Admitted, Verdict::Refused] {
        let mut rig = asked();
        let (alice, ticket) = rig.asks(&login("alice", None));
        rig.server.receive_reset(alice, rig.now);
        rig.drain();
        rig.admitted(ticket, verdict);
        rig.admitted(ticket, verdict);
        let back = (verdict == Verdict::Admitted).then_some((ticket, false));
        assert_eq!(rig.places, Vec::from_iter(back));
        assert!(rig.server.room(&RoomName::lobby()).is_none());
    }
}

#[test]
fn who_ended_its_stream_meanwhile_still_logs_in() {
    let mut rig = asked();
    let (alice, ticket) = rig.asks(&login("alice", None));
    rig.server.receive_eof(alice, rig.now);
    rig.drain();
    rig.admitted(ticket, Verdict::Admitted);
    assert_eq!(rig.places, [(ticket, true)]);
    assert_eq!(brief(&rig.heard(alice))[0], "CLIENT start=1 head=1 acked=0");
}

#[test]
fn a_refusal_by_the_room_gives_the_place_back() {
    let mut rig = asked();
    let (_, first) = rig.asks(&login("alice", Some((1, 1, 1))));
    rig.admitted(first, Verdict::Admitted);
    for (name, said) in [
        (login("alice", Some((2, 1, 1))), "BYE taken None"),
        (login("alice", Some((1, 1, 1))), "BYE stale None"),
        (login("bob", Some((3, 1, 2))), "BYE session None"),
    ] {
        let (conn, ticket) = rig.asks(&name);
        rig.admitted(ticket, Verdict::Admitted);
        assert_eq!(brief(&rig.heard(conn)), [said]);
        assert_eq!(rig.places.last(), Some(&(ticket, false)));
    }
    assert_eq!(rig.places.len(), 4);
}

#[test]
fn no_place_for_the_room_gives_the_place_back() {
    let mut rig = Rig::with(|config| {
        config.admission = Admission::Asked;
        config.limits.rooms = 0;
    });
    let (alice, ticket) = rig.asks(&login("alice", None));
    rig.admitted(ticket, Verdict::Admitted);
    assert_eq!(brief(&rig.heard(alice)), ["BYE full None"]);
    assert_eq!(rig.places, [(ticket, false)]);
}

/// Alice is admitted, the log is silent, and her link breaks.
fn gone_before_the_log_answers() -> (Rig, Ticket) {
    let mut rig = asked();
    let (_, ticket) = rig.asks(&login("zoe", None));
    rig.admitted(ticket, Verdict::Admitted);
    rig.places.clear();
    rig.answers = false;
    let (alice, ticket) = rig.asks(&login("alice", Some((1, 1, 1))));
    rig.admitted(ticket, Verdict::Admitted);
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    assert!(rig.places.is_empty(), "it may be in the log");
    (rig, ticket)
}

#[test]
fn who_is_gone_before_the_log_answers_has_the_place_if_the_log_has_the_login() {
    let (mut rig, ticket) = gone_before_the_log_answers();
    rig.commit();
    assert_eq!(rig.places, [(ticket, true)]);

    let (mut rig, ticket) = gone_before_the_log_answers();
    rig.fail(AppendFailure::NotStored);
    assert_eq!(rig.places, [(ticket, false)]);

    // Nobody knows: who may have come in by it is not to have it back.
    let (mut rig, ticket) = gone_before_the_log_answers();
    let entry = rig.fail(AppendFailure::Unknown);
    assert_eq!(rig.places, [(ticket, true)]);
    rig.land(&RoomName::lobby(), &entry, None);
    assert_eq!(rig.places, [(ticket, true)], "once");
}

#[test]
fn a_login_that_waits_to_be_proposed_again_ends_with_its_connection() {
    for (why, used) in [
        (AppendFailure::NotStored, false),
        (AppendFailure::Unknown, true),
    ] {
        let mut rig = asked();
        let (_, first) = rig.asks(&login("zoe", None));
        rig.admitted(first, Verdict::Admitted);
        rig.answers = false;
        let (alice, ticket) = rig.asks(&login("alice", None));
        rig.admitted(ticket, Verdict::Admitted);
        rig.fail(why);
        rig.server.receive_reset(alice, rig.now);
        rig.drain();
        assert_eq!(rig.places.len(), 1);
        rig.pass(secs(1));
        assert_eq!(rig.places.last(), Some(&(ticket, used)));
        assert!(rig.proposed.is_empty());
    }
}

#[test]
fn a_shutdown_ends_the_waiting() {
    let mut rig = asked();
    let (alice, ticket) = rig.asks(&login("alice", None));
    rig.server.shutdown(Some(3), rig.now);
    rig.drain();
    assert_eq!(brief(&rig.heard(alice)), ["BYE shutdown Some(3)"]);
    rig.admitted(ticket, Verdict::Admitted);
    assert_eq!(rig.places, [(ticket, false)]);
}

#[test]
fn a_driver_that_answers_nothing_costs_no_more_than_its_bound() {
    let mut rig = asked();
    let most = super::super::limits::QUESTIONS_LEFT;
    let tickets: Vec<Ticket> = (0..most + 2)
        .map(|_| {
            let (conn, ticket) = rig.asks(&login("alice", None));
            rig.server.receive_reset(conn, rig.now);
            rig.drain();
            ticket
        })
        .collect();
    for ticket in &tickets {
        rig.admitted(*ticket, Verdict::Admitted);
    }
    let back: Vec<_> = tickets[2..].iter().map(|ticket| (*ticket, false)).collect();
    assert_eq!(rig.places, back);
}

#[test]
fn a_proof_does_not_show_itself() {
    let mut rig = asked();
    let conn = rig.connect();
    rig.send(conn, &[]);
    let Message::Name(login) = invited("alice", Some((1, 1, 1))) else {
        panic!()
    };
    let mut frame = BytesMut::new();
    encode_frame(&Message::Name(login.clone()), &mut frame).unwrap();
    rig.server.receive(conn, &frame, rig.now);
    let secret = format!("{:?}", b"let me in");
    for shown in [
        format!("{:?}", rig.server),
        format!("{:?}", login),
        format!("{:?}", Proof::new(b"let me in").unwrap()),
    ] {
        assert!(!shown.contains(secret.trim_matches(['[', ']'])), "{shown}");
    }
    assert!(format!("{:?}", rig.server).contains("Proof((hidden))"));
}

#[test]
fn a_proof_has_1_to_256_bytes() {
    for (len, fits) in [(0, false), (1, true), (256, true), (257, false)] {
        assert_eq!(Proof::new(&vec![7; len]).is_some(), fits, "{len}");
    }
}

#[test]
fn who_is_turned_away_at_the_door_hears_why() {
    for (refusal, said, words) in [
        (
            Refusal::Full(Full::Server),
            "BYE full Some(5)",
            "the server is full",
        ),
        (
            Refusal::Full(Full::Address),
            "BYE full Some(60)",
            "your address",
        ),
        (Refusal::Full(Full::Rooms), "BYE full None", "another room"),
    ] {
        let mut rig = Rig::new();
        let conn = rig
            .server
            .refuse(Origin::default(), refusal.clone(), rig.now);
        rig.send(conn, &[login("alice", None)]);
        let heard = rig.heard(conn);
        assert_eq!(brief(&heard), [said]);
        assert!(matches!(&heard[0], Message::Bye(bye) if bye.text.contains(words)));
        assert!(rig.closed.is_empty(), "it has its time to hear them");
        rig.pass(secs(2));
        assert_eq!(rig.closed, [(conn, CloseReason::Refused(refusal))]);
        assert_eq!(rig.server.connections(), 0);
        assert_eq!(rig.server.poll_timeout(), None);
    }
    let mut rig = Rig::new();
    rig.server.shutdown(Some(1), rig.now);
    let refusal = Refusal::Full(Full::Server);
    let conn = rig.server.refuse(Origin::default(), refusal, rig.now);
    assert_eq!(brief(&rig.heard(conn)), ["BYE shutdown Some(1)"]);
}
