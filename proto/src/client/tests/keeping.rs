//! What is kept over the end of a process, and when.

use super::*;
use crate::room::Moderating;
use crate::text::Why;
use crate::wire::Act;

const SENT: LineState = LineState::Sent;

impl Rig {
    /// A client whose driver keeps what it is told to.
    fn kept(config: ClientConfig, saved: Option<Saved>) -> Self {
        let now = Instant::from_millis(5_000);
        let seed = if saved.is_some() { 44 } else { 43 };
        let client = Client::kept(config, saved, seed, now);
        Self { client, now }
    }

    /// Another process, with what was kept last.
    fn again(saved: &Saved) -> Self {
        let stored = Saved::decode(&saved.encode()).unwrap();
        assert_eq!(stored, *saved, "what is stored is what was saved");
        Self::kept(config(), Some(stored))
    }

    /// Opens the link and keeps what must be kept; the NAME that goes out then.
    fn greet(&mut self) -> Login {
        self.client.connected(self.now);
        assert_eq!(self.sent(), [], "an attempt is kept before it is used");
        assert!(self.client.poll_save().is_some());
        match self.sent().pop() {
            Some(Message::Name(login)) => login,
            other => panic!("{other:?} and no NAME"),
        }
    }

    /// The same and the welcome; what is kept for it, if anything is.
    fn greeted(&mut self, welcome: Welcome) -> Option<Saved> {
        self.greet();
        self.server(&Message::Client(welcome));
        self.client.poll_save()
    }
}

/// In the room, with three lines on the link, and what was kept last.
fn talking() -> (Rig, Saved) {
    let mut rig = Rig::kept(config(), None);
    rig.greeted(welcome());
    for word in ["a", "b", "c"] {
        rig.say(word);
    }
    rig.actions();
    let saved = rig.client.poll_save().unwrap();
    assert_eq!(
        rig.sent_lines(),
        lines(&[(1, 0, "a"), (2, 1, "b"), (3, 2, "c")])
    );
    (rig, saved)
}

fn acked(acked: u64) -> Welcome {
    Welcome { acked, ..welcome() }
}

#[test]
fn nothing_is_written_before_it_is_kept() {
    let mut rig = Rig::kept(config(), None);
    rig.greeted(welcome());
    rig.sent();
    assert_eq!(rig.client.poll_save(), None, "nothing new");
    rig.say("a");
    rig.say("b");
    assert_eq!(rig.sent(), []);
    let saved = rig.client.poll_save().unwrap();
    assert_eq!(saved.count(), 2, "one turn is kept at once");
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "a"), (2, 1, "b")]));
}

#[test]
fn a_client_that_keeps_nothing_never_waits_for_it() {
    let mut rig = Rig::live(config());
    rig.say("a");
    assert_eq!(rig.sent_lines(), lines(&[(1, 0, "a")]));
    assert_eq!(rig.client.poll_save(), None);
}

#[test]
fn what_the_room_has_is_sent_and_the_rest_goes_once() {
    let (_, saved) = talking();
    for (taken, rest) in [(0, 0), (1, 1), (2, 2), (3, 3)] {
        let mut rig = Rig::again(&saved);
        assert_eq!(rig.pending(), [1, 2, 3]);
        let login = rig.greet();
        let identity = login.identity.unwrap();
        assert_eq!((identity.session, identity.attempt), (saved.session, 2));
        rig.server(&Message::Client(acked(taken)));
        let settled: Vec<_> = (1..=taken).map(|line| (line, SENT)).collect();
        assert_eq!(changes(&rig.actions()), settled);
        rig.client.poll_save();
        let all = [(1, 0, "a"), (2, 1, "b"), (3, 2, "c")];
        assert_eq!(rig.sent_lines(), lines(&all[rest..]));
    }
}

#[test]
fn a_line_after_what_was_kept_has_a_number_of_its_own() {
    let (_, saved) = talking();
    let mut rig = Rig::again(&saved);
    rig.say("d");
    rig.greeted(acked(2));
    assert_eq!(rig.sent_lines(), lines(&[(3, 2, "c"), (4, 3, "d")]));
}

#[test]
fn what_never_had_a_number_goes_in_order() {
    let mut rig = Rig::kept(config(), None);
    rig.say("a");
    rig.say("b");
    let saved = rig.client.poll_save().unwrap();
    let mut rig = Rig::again(&saved);
    rig.say("c");
    let saved = rig.greeted(welcome()).unwrap();
    assert_eq!(saved.lines.len(), 3);
    assert_eq!(
        rig.sent_lines(),
        lines(&[(1, 0, "a"), (2, 1, "b"), (3, 2, "c")])
    );
}

#[test]
fn a_line_that_failed_is_forgotten_before_it_is_told() {
    let (mut rig, _) = talking();
    rig.server(&error(2));
    assert_eq!(rig.sent(), [], "the chain past it waits for the disk");
    let saved = rig.client.poll_save().unwrap();
    assert_eq!(changes(&rig.actions()), [(2, refused())]);
    assert_eq!(rig.sent_lines(), lines(&[(3, 1, "c")]));

    let mut rig = Rig::again(&saved);
    rig.greeted(acked(3));
    assert_eq!(changes(&rig.actions()), [(1, SENT), (2, SENT)], "a and c");
    assert_eq!(rig.sent_lines(), []);
}

#[test]
fn the_end_keeps_no_line_that_it_tells_of() {
    let (mut rig, _) = talking();
    rig.client.quit(None, rig.now);
    rig.client.quit(None, rig.now);
    let saved = rig.client.poll_save().unwrap();
    assert_eq!(saved.count(), 0);
    let told = changes(&rig.actions());
    assert_eq!(told, [1, 2, 3].map(|line| (line, LineState::Unknown)));
}

#[test]
fn a_file_from_before_is_known_by_what_the_room_has() {
    let (mut rig, old) = talking();
    rig.say("d");
    assert_eq!(rig.client.poll_save().unwrap().newest_id, 4);

    let mut rig = Rig::again(&old);
    rig.greet();
    rig.server(&Message::Client(acked(4)));
    let actions = rig.actions();
    let unknown = [1, 2, 3].map(|line| (line, LineState::Unknown));
    assert_eq!(changes(&actions), unknown);
    let told =
        |action: &Action| matches!(action, Action::Lost { why, .. } if *why == LostWhy::KeptOld);
    assert!(actions.iter().any(told), "{actions:?}");
    rig.is_fresh(&old);
}

#[test]
fn a_file_from_before_is_known_by_its_attempt() {
    let (_, old) = talking();
    let mut rig = Rig::again(&old);
    rig.greet();
    rig.server(&Message::Bye(bye(ByeCode::STALE, None)));
    let actions = rig.actions();
    let unknown = [1, 2, 3].map(|line| (line, LineState::Unknown));
    assert_eq!(changes(&actions), unknown);
    rig.is_fresh(&old);

    // Once it was let in, a newer connect of this session is another program.
    let mut rig = Rig::again(&old);
    rig.greeted(acked(3));
    rig.server(&Message::Bye(bye(ByeCode::STALE, None)));
    assert!(matches!(rig.actions().pop(), Some(Action::Ended { .. })));
}

impl Rig {
    fn is_fresh(&mut self, old: &Saved) {
        self.until_connect();
        self.client.poll_save();
        let login = self.greet();
        let identity = login.identity.unwrap();
        assert_ne!(identity.session, old.session);
        assert_eq!(identity.attempt, 1);
        self.server(&Message::Client(welcome()));
        self.say("e");
        self.client.poll_save();
        assert_eq!(self.sent_lines(), lines(&[(1, 0, "e")]));
    }
}

#[test]
fn a_room_that_forgot_the_session_makes_them_unknown() {
    let (_, saved) = talking();
    for (epoch, settled, sent) in [
        (99, vec![1, 2, 3], lines(&[])),
        (7, vec![], lines(&[(1, 0, "a"), (2, 1, "b"), (3, 2, "c")])),
    ] {
        let mut rig = Rig::again(&saved);
        rig.greet();
        rig.server(&Message::Bye(bye(ByeCode::SESSION, None)));
        assert_eq!(changes(&rig.actions()), [], "the epoch decides");
        rig.until_connect();
        rig.greeted(Welcome { epoch, ..welcome() });
        let unknown: Vec<_> = settled.iter().map(|at| (*at, LineState::Unknown)).collect();
        assert_eq!(changes(&rig.actions()), unknown);
        assert_eq!(rig.sent_lines(), sent);
    }
}

#[test]
fn what_a_guest_wrote_is_unknown_at_once() {
    let mut rig = Rig::kept(guest(), None);
    rig.say("a");
    rig.greeted(welcome());
    rig.sent();
    rig.client.receive_eof(rig.now);
    rig.say("b");
    let saved = rig.client.poll_save().unwrap();
    assert_eq!(saved.count(), 1, "a is unknown already");

    let mut rig = Rig::kept(guest(), None);
    rig.greeted(welcome());
    rig.say("a");
    let saved = rig.client.poll_save().unwrap();
    let mut rig = Rig::kept(guest(), Some(saved));
    assert!(rig.client.poll_save().is_some(), "kept before it is told");
    assert_eq!(changes(&rig.actions()), [(1, LineState::Unknown)]);
    rig.greeted(welcome());
    assert_eq!(rig.sent_lines(), []);
}

#[test]
fn the_cursor_is_kept_as_far_as_it_was_told() {
    let mut rig = Rig::kept(config(), None);
    rig.greeted(welcome());
    assert_eq!(rig.client.saved().cursor, None);
    rig.actions();
    assert_eq!(rig.client.saved().cursor, resume(99, 0));
    rig.server(&said(1, 8, 1));
    rig.server(&said(2, 8, 2));
    assert_eq!(rig.client.cursor(), 2);
    assert_eq!(rig.client.saved().cursor, resume(99, 0));
    rig.client.poll();
    assert_eq!(rig.client.saved().cursor, resume(99, 1));
    rig.actions();
    let saved = rig.client.saved();
    assert_eq!(saved.cursor, resume(99, 2));

    let mut rig = Rig::again(&saved);
    assert_eq!(rig.client.saved().cursor, resume(99, 2));
    let login = rig.greet();
    assert_eq!(login.resume, resume(99, 2));
    // Nothing depends on the session.
    assert_ne!(login.identity.unwrap().session, saved.session);
}

/// Everything that a line can be.
fn every_kind() -> Saved {
    let mut rig = Rig::kept(config(), None);
    rig.greeted(welcome());
    rig.actions();
    rig.say("你好 👋");
    let now = rig.now;
    let client = &mut rig.client;
    client
        .say(SayKind::Action, Some(7), text("waves"), now)
        .unwrap();
    client
        .say(SayKind::Notice, None, text("psst"), now)
        .unwrap();
    client.nick(Name::parse("Ann Lee").unwrap(), now).unwrap();
    client
        .set_topic(Some(Topic::parse("t").unwrap()), now)
        .unwrap();
    client.set_topic(None, now).unwrap();
    let ban = Moderating {
        act: Act::Ban,
        who: Some(4),
        secs: Some(60),
        why: Some(Why::parse("spam").unwrap()),
    };
    client.moderate(ban, now).unwrap();
    let slow = Moderating {
        act: Act::Slow,
        who: None,
        secs: None,
        why: None,
    };
    client.moderate(slow, now).unwrap();
    client.poll_save().unwrap()
}

#[test]
fn what_is_stored_has_one_form_and_a_version() {
    let saved = every_kind();
    let bytes = saved.encode();
    assert_eq!(bytes.get(..2), Some(&[0x87, 0x02][..]), "version first");
    assert_eq!(Saved::decode(&bytes).as_ref(), Ok(&saved));
    let mut other = bytes.clone();
    other[1] = 1;
    assert_eq!(Saved::decode(&other), Err(SavedError::Version(1)));
    for cut in 0..bytes.len() {
        assert!(Saved::decode(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Saved::decode(&longer).is_err());
}

/// The driver has a checksum against such a thing; here nothing may panic, and what is taken is what would be stored.
#[test]
fn a_flipped_bit_is_refused_or_another_value_of_the_same_form() {
    let bytes = every_kind().encode();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            if let Ok(saved) = Saved::decode(&flipped) {
                assert_eq!(saved.encode(), flipped, "byte {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn what_no_client_can_have_kept_is_refused() {
    let good = talking().1;
    let ids = |ids: [u64; 3], base, newest_id| {
        let mut bad = good.clone();
        for (line, id) in bad.lines.iter_mut().zip(ids) {
            line.id = id;
        }
        (bad.base, bad.newest_id) = (base, newest_id);
        Saved::decode(&bad.encode())
    };
    assert!(ids([1, 2, 3], 0, 3).is_ok());
    assert!(ids([2, 5, 9], 1, 11).is_ok(), "some were refused");
    assert!(ids([4, 0, 0], 1, 4).is_ok(), "said later");
    assert!(ids([1, 1, 2], 0, 3).is_err(), "twice");
    assert!(ids([3, 2, 4], 0, 4).is_err(), "out of order");
    assert!(ids([1, 2, 3], 1, 3).is_err(), "settled");
    assert!(ids([1, 2, 3], 0, 2).is_err(), "above the newest");
    assert!(ids([1, 0, 3], 0, 3).is_err(), "a hole");
}

/// `[HS-21]` A number that is only kept for a line, and was never written, is nobody's here: who uses it is another.
#[test]
fn a_number_that_was_only_reserved_is_still_foreign() {
    let (mut rig, _) = talking();
    rig.actions();
    rig.say("d");
    rig.client.poll_save();
    let (seq, session) = (rig.client.cursor() + 1, rig.client.me().unwrap().session);
    rig.server(&said(seq, session, 4));
    let actions = rig.actions();
    assert!(
        changes(&actions).iter().all(|(line, _)| *line != 4),
        "{actions:?}"
    );
    let foreign = |action: &Action| {
        matches!(
            action,
            Action::Lost {
                why: LostWhy::ForeignSession,
                ..
            }
        )
    };
    assert!(actions.iter().any(foreign), "{actions:?}");
}
