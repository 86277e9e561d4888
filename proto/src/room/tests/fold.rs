//! Founding, logins and leaves: every outcome, with the exact events.

use super::*;

fn joined(seq: u64, member: u64, session: u64, name: &str, members: u64) -> Option<Event> {
    Some(Event::Joined(Joined {
        seq,
        at: 1000,
        member,
        session,
        id: 0,
        name: name.to_string(),
        host: None,
        members,
    }))
}

fn left(seq: u64, member: u64, session: u64, name: &str, members: u64) -> Option<Event> {
    Some(Event::Left(Left {
        seq,
        at: 1000,
        member,
        session,
        id: 0,
        name: name.to_string(),
        host: None,
        members,
        why: None,
    }))
}

fn logged_in(member: u64, number: u64, event: Option<Event>) -> Made {
    let outcome = Outcome::LoggedIn { member, number };
    Made { outcome, event }
}

fn applied(event: Option<Event>) -> Made {
    let outcome = Outcome::Applied;
    Made { outcome, event }
}

/// `[RM-4]` Nothing counts before the room is founded, and it is founded once.
#[test]
fn founded_once_and_first() {
    let settings = Settings {
        announce_below: 9,
        ..Settings::default()
    };
    let leave = LeaveEntry {
        session: key(1),
        attempt: 1,
        why: None,
    };
    let mut log = Log::unfounded();
    assert_eq!((log.room.epoch(), log.room.head()), (0, 0));
    for early in [
        Entry::Settings(settings),
        Entry::Login(first(key(1), "alice")),
        Entry::Leave(leave),
        Entry::Line(line(key(1), 1, 1, 0, say("hi"))),
    ] {
        assert_eq!(log.apply(&early), quiet(Outcome::Unfounded), "{early:?}");
    }
    assert_eq!((log.room.pos(), log.room.at()), (4, 1000));
    assert_eq!(log.room.settings(), &Settings::default());
    assert_eq!((log.room.count(), log.room.sessions()), (0, 0));

    let found = |epoch, settings| Entry::Founded { epoch, settings };
    assert_eq!(log.apply(&found(0, settings)), quiet(Outcome::Ignored));
    assert_eq!(log.room.epoch(), 0);
    assert_eq!(log.apply(&found(EPOCH, settings)), quiet(Outcome::Applied));
    assert_eq!(
        (log.room.epoch(), log.room.settings()),
        (EPOCH, &settings),
        "its own settings"
    );
    let other = found(EPOCH + 1, Settings::default());
    assert_eq!(log.apply(&other), quiet(Outcome::Ignored));
    assert_eq!((log.room.epoch(), log.room.settings()), (EPOCH, &settings));

    let later = Settings {
        claims: 4,
        ..settings
    };
    assert_eq!(log.apply(&Entry::Settings(later)), applied(None));
    assert_eq!(log.room.settings(), &later);
    assert_eq!(log.room.head(), 0, "none of it is an event");
}

/// A position that does not rise changes nothing, not even the time.
#[test]
fn positions_rise() {
    let mut log = Log::new();
    log.pos = 6;
    let alice = first(key(1), "alice");
    log.log_in(&alice);
    assert_eq!(log.room.pos(), 7);
    let before = log.room.clone();
    let bob = Entry::Login(first(key(2), "bob"));
    for pos in [0, 1, 6, 7] {
        let made = log.room.apply(pos, 9_999, &bob);
        assert_eq!(made, quiet(Outcome::Ignored), "{pos}");
        assert_eq!(log.room, before, "{pos}");
    }
    // One above is enough, and so is any: positions are the log's business.
    let mut far = log.room.clone();
    assert!(log.room.apply(8, 1000, &bob).event.is_some());
    assert!(far.apply(8_000, 1000, &bob).event.is_some());
    assert_eq!((log.room.pos(), far.pos()), (8, 8_000));
    assert_eq!(Room::new().apply(0, 1, &bob), quiet(Outcome::Ignored));
}

/// `[RM-3]`
#[test]
fn time_never_falls() {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    let mut id = 0;
    for (clock, room) in [
        (1000, 1000),
        (999, 1000),
        (0, 1000),
        (1001, 1001),
        (5, 1001),
    ] {
        log.at = clock;
        id += 1;
        let made = log.line(&line(key(1), 1, id, id - 1, say("tick")));
        assert_eq!(made.event.map(|event| event.at()), Some(room), "{clock}");
        assert_eq!(log.room.at(), room);
    }
}

/// `[RM-8]` `[RM-9]` A guest and a person come and go; the host is shown as it was at the login.
#[test]
fn joins_and_leaves() {
    let mut log = Log::new();
    let host = Host::parse("198.51.100.7").unwrap();
    let mut alice = first(key(1), "alice");
    alice.host = Some(host.clone());
    let Some(Event::Joined(event)) = log.log_in(&alice).event else {
        panic!("not announced");
    };
    assert_eq!(event.host.as_deref(), Some("198.51.100.7"));
    assert_eq!(
        (event.seq, event.member, event.session, event.members),
        (1, 1, 1, 1)
    );
    assert_eq!(
        log.log_in(&first(guest(9), "bob")),
        logged_in(2, 2, joined(2, 2, 2, "bob", 2))
    );
    let numbers = |log: &Log, from| -> Vec<u64> {
        let members = log.room.members_after(from);
        members.map(|(number, _)| number).collect()
    };
    assert_eq!(numbers(&log, 0), [1, 2]);
    assert_eq!(numbers(&log, 1), [2]);
    assert_eq!(numbers(&log, 2), [0_u64; 0]);

    let bye = Entry::Leave(LeaveEntry {
        session: key(1),
        attempt: 1,
        why: Some(Why::parse("tea").unwrap()),
    });
    let made = log.apply(&bye);
    let Some(Event::Left(event)) = made.event else {
        panic!("not announced");
    };
    assert_eq!(made.outcome, Outcome::Applied);
    assert_eq!(
        (event.host, event.why),
        (Some(host.to_string()), Some("tea".to_string()))
    );
    assert_eq!((event.seq, event.member, event.members), (3, 1, 1));
    assert!(log.room.member(1).is_none());
    assert_eq!(log.apply(&bye), quiet(Outcome::Ignored), "said twice");
    assert_eq!(
        log.leave(guest(9), 1),
        applied(left(4, 2, 2, "bob", 0)),
        "the last one"
    );
    assert_eq!(log.leave(guest(8), 1), quiet(Outcome::Forgotten));
    assert_eq!((log.room.count(), log.room.head()), (0, 4));
}

/// `[HS-10]` `[HS-11]` `[HS-13]` Every refusal, and what is next to it and passes.
#[test]
fn login_refusals() {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    log.enter(&first(guest(2), "bob"));
    log.enter(&nth(device(1, 3), 1, "alice"));
    log.leave(device(1, 3), 1);
    for (login, refusal) in [
        // Names of a person, of a guest, and what looks like them.
        (first(key(4), "alice"), Some(LoginRefusal::Taken)),
        (first(key(4), "ALICE"), Some(LoginRefusal::Taken)),
        (first(guest(4), "alice"), Some(LoginRefusal::Taken)),
        (first(key(4), "bob"), Some(LoginRefusal::Taken)),
        (first(guest(4), "BOB"), Some(LoginRefusal::Taken)),
        (first(key(4), "carol"), None),
        // The same attempt by another connection; the same connection proposed twice.
        (
            LoginEntry {
                nonce: 1,
                ..first(key(1), "alice")
            },
            Some(LoginRefusal::Stale),
        ),
        (first(key(1), "alice"), None),
        (nth(key(1), 0, "alice"), Some(LoginRefusal::Stale)),
        (nth(key(1), 2, "alice"), None),
        // An attempt that has ended, though no other was made.
        (first(device(1, 3), "alice"), Some(LoginRefusal::Stale)),
        (nth(device(1, 3), 2, "alice"), None),
        // A session that is not known: its first connect, a later one, and a guest's.
        (nth(key(5), 2, "dora"), Some(LoginRefusal::Session)),
        (nth(device(1, 6), 2, "alice"), Some(LoginRefusal::Session)),
        (first(device(1, 6), "alice"), None),
        (first(key(5), "dora"), None),
        (nth(guest(6), 2, "erik"), None),
    ] {
        let (mut log, before) = (log.clone(), log.room.clone());
        let made = log.log_in(&login);
        match refusal {
            Some(refusal) => {
                assert_eq!(made, refused(refusal), "{login:?}");
                let (seen, kept) = (&log.room, &before);
                assert_eq!(
                    (seen.head(), seen.count(), seen.sessions()),
                    (kept.head(), kept.count(), kept.sessions()),
                    "{login:?}"
                );
                assert_eq!(seen.session(&login.session), kept.session(&login.session));
            }
            None => assert!(matches!(made.outcome, Outcome::LoggedIn { .. }), "{made:?}"),
        }
    }
}

/// A login may be proposed twice, a guest's too: the second copy changes nothing but the position.
#[test]
fn a_login_proposed_twice() {
    for session in [guest(1), key(1)] {
        let mut log = Log::new();
        let login = first(session, "alice");
        assert_eq!(
            log.log_in(&login),
            logged_in(1, 1, joined(1, 1, 1, "alice", 1))
        );
        let once = log.room.clone();
        assert_eq!(log.log_in(&login), logged_in(1, 1, None));
        assert_eq!(log.room.member(1), once.member(1));
        assert_eq!(log.room.session(&session), once.session(&session));
        assert_eq!((log.room.head(), log.room.count()), (1, 1));
        // One leave ends it, and then it is over for good.
        assert_eq!(
            log.leave(session, 1),
            applied(left(2, 1, 1, "alice", 0)),
            "{session:?}"
        );
        assert_eq!(log.log_in(&login), refused(LoginRefusal::Stale));
    }
}

/// `[HS-9]` `[RM-9]` A newer login takes the older one's place; the leave of the older says nothing.
#[test]
fn the_leave_of_an_older_login_is_ignored() {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    assert_eq!(
        log.log_in(&nth(key(1), 4, "another")),
        logged_in(1, 1, None)
    );
    let who = log.room.member(1).unwrap();
    assert_eq!(who.name.as_str(), "alice", "the name is only a wish");
    assert_eq!(who.logins.len(), 1);
    let login = *who.logins.get(&[1; 16]).unwrap();
    assert_eq!((login.attempt, login.nonce, login.node), (4, 504, 3));
    for older in [0, 1, 3, 5] {
        assert_eq!(log.leave(key(1), older), quiet(Outcome::Ignored));
    }
    assert_eq!(
        log.log_in(&nth(key(1), 3, "alice")),
        refused(LoginRefusal::Stale)
    );
    let session = log.room.session(&key(1)).unwrap();
    assert_eq!((session.attempt, session.ended), (4, 0));
    assert_eq!(log.leave(key(1), 4), applied(left(2, 1, 1, "alice", 0)));
    let session = log.room.session(&key(1)).unwrap();
    assert_eq!((session.attempt, session.ended), (4, 4));
    assert_eq!(
        log.log_in(&nth(key(1), 4, "alice")),
        refused(LoginRefusal::Stale)
    );
    assert_eq!(
        log.log_in(&nth(key(1), 5, "alice")),
        logged_in(1, 1, joined(3, 1, 1, "alice", 1))
    );
}

/// `[HS-12]` A person with three devices is one member, who goes with the last of them.
#[test]
fn several_devices() {
    let mut log = Log::new();
    assert_eq!(
        log.log_in(&first(device(1, 1), "alice")),
        logged_in(1, 1, joined(1, 1, 1, "alice", 1))
    );
    assert_eq!(
        log.log_in(&first(device(1, 2), "phone")),
        logged_in(1, 2, None)
    );
    assert_eq!(
        log.log_in(&first(device(1, 3), "alice")),
        logged_in(1, 3, None)
    );
    assert_eq!(log.room.member(1).unwrap().logins.len(), 3);
    assert_eq!(log.leave(device(1, 1), 1), applied(None));
    assert_eq!(log.leave(device(1, 1), 1), quiet(Outcome::Ignored));
    assert_eq!(log.leave(device(1, 3), 1), applied(None));
    assert_eq!(
        log.log_in(&nth(device(1, 1), 2, "alice")),
        logged_in(1, 1, None),
        "back while the second holds the place"
    );
    assert_eq!(log.leave(device(1, 1), 2), applied(None));
    assert_eq!(
        log.leave(device(1, 2), 1),
        applied(left(2, 1, 2, "alice", 0)),
        "of the session that was the last"
    );
}

/// `[RM-8]` `[RM-16]` At the limit a join is not published, and then neither is its leave.
#[test]
fn announcements_balance_at_the_limit() {
    let mut log = Log::with(|settings| settings.announce_below = 2);
    let announced = |made: Made| made.event.map(|event| event.seq());
    assert_eq!(announced(log.log_in(&first(guest(1), "a"))), Some(1));
    assert_eq!(announced(log.log_in(&first(guest(2), "b"))), Some(2));
    // The third and the fourth come unseen, and count.
    assert_eq!(log.log_in(&first(guest(3), "c")), logged_in(3, 3, None));
    assert_eq!(log.log_in(&first(key(4), "d")), logged_in(4, 4, None));
    assert_eq!(log.room.count(), 4);
    assert_eq!(log.leave(guest(3), 1), applied(None));
    assert_eq!(log.leave(guest(1), 1), applied(left(3, 1, 1, "a", 2)));
    assert_eq!(log.leave(guest(2), 1), applied(left(4, 2, 2, "b", 1)));
    // Below the limit again; who came unseen goes unseen.
    let seen = log.log_in(&first(guest(5), "e"));
    assert_eq!(seen, logged_in(5, 5, joined(5, 5, 5, "e", 2)));
    assert_eq!(log.leave(key(4), 1), applied(None));
    // With a claim it is decided anew at each coming.
    let back = log.log_in(&nth(key(4), 2, "d"));
    assert_eq!(back, logged_in(4, 4, joined(6, 4, 4, "d", 2)));
    log.enter(&first(guest(6), "f"));
    assert_eq!(log.leave(key(4), 2), applied(left(7, 4, 4, "d", 2)));
    log.enter(&first(guest(7), "g"));
    assert_eq!(log.log_in(&nth(key(4), 3, "d")), logged_in(4, 4, None));
    assert_eq!(log.room.head(), 7);
    // A room that announces nobody.
    let mut log = Log::with(|settings| settings.announce_below = 0);
    assert_eq!(log.log_in(&first(guest(1), "a")), logged_in(1, 1, None));
}
