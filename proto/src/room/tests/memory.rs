//! What a room remembers of those who are away, and until when.

use super::*;

fn known(log: &Log, session: SessionKey) -> bool {
    log.room.session(&session).is_some()
}

fn takes(log: &Log, wish: &str) -> bool {
    let mut log = log.clone();
    log.pos += 1;
    let login = Entry::Login(first(guest(99), wish));
    let made = log.room.apply(log.pos, 0, &login);
    matches!(made.outcome, Outcome::LoggedIn { .. })
}

/// `[RM-15]` A session is forgotten when it was idle for the whole time, not a moment before.
#[test]
fn sessions_are_forgotten_when_idle() {
    let mut log = Log::with(|settings| settings.session_idle_ms = 100);
    log.enter(&first(key(1), "alice"));
    log.enter(&first(key(2), "bob"));
    log.line(&line(key(1), 1, 1, 0, say("hi")));
    log.leave(key(1), 1);
    log.pass(1099);
    assert!(known(&log, key(1)));
    // Back in time: the same session, and its idling begins anew with the next leave.
    let mut back = log.clone();
    assert_eq!(back.enter(&nth(key(1), 2, "alice")), (1, 1));
    assert_eq!(back.room.acked(&key(1)), 1);
    back.pass(1_000_000);
    assert!(known(&back, key(1)), "it is logged in");
    back.leave(key(1), 2);
    back.pass(1_000_099);
    assert!(known(&back, key(1)));
    back.pass(1_000_100);
    assert!(!known(&back, key(1)));

    log.pass(1100);
    assert!(!known(&log, key(1)) && known(&log, key(2)));
    assert_eq!((log.room.sessions(), log.room.acked(&key(1))), (1, 0));
    assert_eq!(log.leave(key(1), 1), quiet(Outcome::Forgotten));
    let more = line(key(1), 1, 2, 1, say("hi"));
    assert_eq!(log.line(&more), quiet(Outcome::Forgotten));
    let again = log.log_in(&nth(key(1), 2, "alice"));
    assert_eq!(again, refused(LoginRefusal::Session));
    // A fresh session of the same person: the same member, another number.
    assert_eq!(log.enter(&first(key(1), "alice")), (1, 3));
}

/// `[RM-15]` Beyond the number the one that is idle longest goes, and never one that is logged in.
#[test]
fn sessions_are_forgotten_by_number() {
    let mut log = Log::with(|settings| settings.sessions = 2);
    for (n, wish) in [(1, "ann"), (2, "bob"), (3, "cid"), (4, "dan")] {
        log.enter(&first(key(n), wish));
    }
    log.pass(1001);
    assert_eq!(log.room.sessions(), 4, "all of them are logged in");
    log.leave(key(2), 1);
    log.at = 1002;
    log.leave(key(3), 1);
    assert!(!known(&log, key(2)), "with the next entry");
    log.leave(key(1), 1);
    assert!(!known(&log, key(3)) && known(&log, key(1)) && known(&log, key(4)));
    log.pass(1003);
    assert_eq!(log.room.sessions(), 2, "as many as may be");
    assert!(known(&log, key(1)));
    // One more, and the idle one goes.
    log.enter(&first(key(5), "eve"));
    assert_eq!(log.room.sessions(), 3);
    log.pass(1003);
    assert!(!known(&log, key(1)) && known(&log, key(4)) && known(&log, key(5)));

    let mut log = Log::new();
    for (n, wish) in [(1, "ann"), (2, "bob"), (3, "cid")] {
        log.enter(&first(key(n), wish));
    }
    for n in [3, 1, 2] {
        log.leave(key(n), 1);
    }
    let settings = Settings {
        sessions: 1,
        ..*log.room.settings()
    };
    log.apply(&Entry::Settings(settings));
    assert_eq!(log.room.sessions(), 3, "in force from the next entry on");
    log.pass(1000);
    assert_eq!(
        log.number(key(3)),
        Some(3),
        "of those who left at one time the lower numbers went"
    );
    assert_eq!(log.room.sessions(), 1);
}

/// `[RM-5]` A key keeps its name and number while its claim lives, and not a moment longer.
#[test]
fn claims_are_forgotten_when_idle() {
    let mut log = Log::with(|settings| settings.claim_idle_ms = 100);
    log.enter(&first(guest(8), "guest"));
    assert_eq!(log.enter(&first(key(1), "alice")), (2, 2));
    log.pass(5000);
    assert!(!takes(&log, "alice"), "it is no claim of one who is away");
    log.leave(key(1), 1);
    log.pass(5099);
    assert!(!takes(&log, "alice") && !takes(&log, "ALICE"));
    // Back in time: number and name are kept, whatever was wished; the time runs anew.
    let mut back = log.clone();
    assert_eq!(back.enter(&first(device(1, 5), "other")), (2, 3));
    assert_eq!(back.room.member(2).unwrap().name.as_str(), "alice");
    back.pass(1_000_000);
    assert!(!takes(&back, "alice"));
    back.leave(device(1, 5), 1);
    back.pass(1_000_099);
    assert!(!takes(&back, "alice"));
    back.pass(1_000_100);
    assert!(takes(&back, "alice"));

    log.pass(5100);
    assert!(takes(&log, "alice"));
    // The name may be another's now; the key comes back under a new number, of the same session.
    assert_eq!(log.enter(&first(key(3), "alice")), (3, 3));
    let taken = log.log_in(&nth(key(1), 2, "alice"));
    assert_eq!(taken, refused(LoginRefusal::Taken));
    assert_eq!(log.enter(&nth(key(1), 2, "alina")), (4, 2));
    let told = line(key(1), 2, 1, 0, say("as the old one"));
    let told = Line { attempt: 2, ..told };
    assert_eq!(log.line(&told), denied(Denial::NoMember));
    let told = Line { member: 4, ..told };
    assert_eq!(log.line(&told).outcome, Outcome::Applied);
}

/// Beyond the number the claim of whoever is away longest goes, never that of a member.
#[test]
fn claims_are_forgotten_by_number() {
    let mut log = Log::with(|settings| settings.claims = 2);
    log.enter(&first(guest(8), "guest"));
    for (n, wish) in [(1, "ann"), (2, "bob"), (3, "cid")] {
        log.enter(&first(key(n), wish));
    }
    log.pass(1001);
    log.leave(guest(8), 1);
    assert!(takes(&log, "guest"), "a guest has no claim");
    assert!(["ann", "bob", "cid"].iter().all(|name| !takes(&log, name)));
    log.at = 1002;
    log.leave(key(2), 1);
    assert!(
        takes(&log, "bob"),
        "three are too many: gone with the next entry"
    );
    log.at = 1003;
    log.leave(key(1), 1);
    log.pass(1004);
    assert!(!takes(&log, "ann") && !takes(&log, "cid"), "two may be");
    log.enter(&first(key(4), "dan"));
    log.pass(1005);
    assert!(takes(&log, "ann") && !takes(&log, "cid") && !takes(&log, "dan"));
    assert_eq!(log.enter(&nth(key(1), 2, "ann")), (6, 2), "a new number");
    assert_eq!(log.enter(&nth(key(2), 2, "ben")), (7, 3), "and a new name");
}

/// A guest's name is free the moment he goes, and his number is nobody's again.
#[test]
fn guests_leave_nothing() {
    let mut log = Log::new();
    assert_eq!(log.enter(&first(guest(1), "gus")), (1, 1));
    assert!(!takes(&log, "gus"));
    log.leave(guest(1), 1);
    assert!(takes(&log, "gus"));
    assert_eq!(log.enter(&first(guest(2), "gus")), (2, 2));
    assert_eq!(log.enter(&first(key(3), "kay")), (3, 3));
    log.leave(key(3), 1);
    assert_eq!(log.enter(&first(guest(4), "lou")), (4, 4));
}
