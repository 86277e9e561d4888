//! Each act of moderation, whom it may be done to, and what it keeps from whom.

use super::*;
use crate::room::MODERATED;
use crate::wire::{Act, Modded};

/// A room with its operator alice (1), carol (2, a key) and bob (3, a guest).
fn room() -> Log {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    log.enter(&from("10.0.0.2", first(key(2), "carol")));
    log.enter(&from("10.0.0.3", first(guest(3), "bob")));
    log
}

pub(super) fn from(address: &str, mut login: LoginEntry) -> LoginEntry {
    login.address = Some(Host::parse(address).unwrap());
    login
}

pub(super) fn act(act: Act, who: impl Into<Option<u64>>, secs: impl Into<Option<u64>>) -> Deed {
    Deed::Mod(Moderating {
        act,
        who: who.into(),
        secs: secs.into(),
        why: None,
    })
}

impl Log {
    /// The next line of the first login of somebody who is here.
    pub(super) fn does(&mut self, session: SessionKey, deed: Deed) -> Made {
        let known = self.room.session(&session).unwrap();
        let (member, newest) = (known.member, known.newest);
        let mut next = line(session, member, newest + 1, newest, deed);
        next.attempt = known.attempt;
        self.line(&next)
    }

    /// Alice does it, and the room shows it.
    pub(super) fn rules(&mut self, deed: Deed) {
        let made = self.does(key(1), deed);
        let Some(Event::Modded(_)) = made.event else {
            panic!("{made:?}")
        };
    }

    fn returns(&mut self, session: SessionKey, wish: &str) -> Outcome {
        let attempt = self
            .room
            .session(&session)
            .map_or(1, |known| known.attempt + 1);
        self.log_in(&nth(session, attempt, wish)).outcome
    }
}

fn is_in(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::LoggedIn { .. })
}

const OUT: Outcome = Outcome::LoginRefused(LoginRefusal::Banned);

/// `[RM-19]` The first key, not the first member; whoever runs the server; whom an operator names; never a guest.
#[test]
fn who_may_moderate() {
    let mut log = Log::new();
    log.enter(&first(guest(1), "bob"));
    assert!(!log.room.is_operator(1));
    log.enter(&first(key(2), "alice"));
    log.enter(&first(key(3), "carol"));
    let operators = |log: &Log| [1, 2, 3].map(|member| log.room.is_operator(member));
    assert_eq!(operators(&log), [false, true, false]);
    let hash = KeyHash::from_bytes([3; 32]);
    assert_eq!(
        log.apply(&Entry::Operator { key: hash }),
        quiet(Outcome::Applied)
    );
    assert_eq!(operators(&log), [false, true, true]);
    assert!(log.room.has_operator(&hash));
    // Not while they are away, and again when they are back: it goes by the key.
    log.leave(key(3), 1);
    assert_eq!(operators(&log), [false, true, false]);
    log.enter(&nth(key(3), 2, "carol"));
    assert_eq!(operators(&log), [false, true, true]);
    let made = log.does(guest(1), act(Act::Slow, None, 5));
    assert_eq!(made, denied(Denial::NotAllowed));
}

/// `[RM-20]` What is shown is what was asked for.
#[test]
fn an_act_is_an_event() {
    let mut log = room();
    let mute = Moderating {
        act: Act::Mute,
        who: Some(3),
        secs: Some(600),
        why: Some(Why::parse("spam").unwrap()),
    };
    let made = log.does(key(1), Deed::Mod(mute));
    let shown = Event::Modded(Modded {
        seq: 4,
        at: 1000,
        member: 1,
        session: 1,
        id: 1,
        act: Act::Mute,
        who: Some(3),
        secs: Some(600),
        why: Some("spam".into()),
    });
    assert_eq!((made.outcome, made.event), (Outcome::Applied, Some(shown)));
}

/// `[RM-20]` Who asks for what against whom, and what the room answers. 1 is the only operator, 4 a key that is away, 5 a
/// guest who has gone, 6 one whose address nobody knows, 9 nobody.
#[test]
fn what_is_refused() {
    use Denial::{NoEvent, NoMember, NotAllowed};
    for (asks, deed, want) in [
        (key(2), act(Act::Kick, 3, None), Some(NotAllowed)),
        (key(2), act(Act::Op, 2, None), Some(NotAllowed)),
        (key(2), act(Act::Redact, 1, None), Some(NotAllowed)),
        (guest(3), act(Act::Slow, None, 5), Some(NotAllowed)),
        (key(1), act(Act::Kick, 1, None), Some(NotAllowed)),
        (key(1), act(Act::Ban, 1, None), Some(NotAllowed)),
        (key(1), act(Act::BanAddress, 1, None), Some(NotAllowed)),
        (key(1), act(Act::Mute, 1, None), Some(NotAllowed)),
        (key(1), act(Act::Deop, 1, None), Some(NotAllowed)),
        (key(1), act(Act::Deop, 2, None), Some(NotAllowed)),
        // A guest cannot be known again.
        (key(1), act(Act::Op, 3, None), Some(NotAllowed)),
        (key(1), act(Act::Deop, 3, None), Some(NotAllowed)),
        (key(1), act(Act::Ban, 3, None), Some(NotAllowed)),
        (key(1), act(Act::Kick, 3, None), None),
        (key(1), act(Act::Kick, 4, None), Some(NoMember)),
        (key(1), act(Act::Kick, 5, None), Some(NoMember)),
        (key(1), act(Act::Kick, 9, None), Some(NoMember)),
        (key(1), act(Act::Ban, 4, None), None),
        (key(1), act(Act::BanAddress, 4, None), None),
        (key(1), act(Act::BanAddress, 2, None), None),
        (key(1), act(Act::BanAddress, 6, None), Some(NoMember)),
        (key(1), act(Act::Mute, 4, 10), None),
        (key(1), act(Act::Unmute, 4, None), None),
        (key(1), act(Act::Op, 4, None), None),
        (key(1), act(Act::Mute, 5, None), Some(NoMember)),
        (key(1), act(Act::Unban, 2, None), Some(NoMember)),
        (key(1), act(Act::Unban, 9, None), Some(NoMember)),
        (key(1), act(Act::Redact, 1, None), None),
        (key(1), act(Act::Redact, 0, None), Some(NoEvent)),
        (key(1), act(Act::Redact, 9, None), Some(NoEvent)),
        (key(1), act(Act::Redact, 8, None), None),
    ] {
        let mut log = room();
        log.enter(&from("10.0.0.4", first(key(4), "dave")));
        log.leave(key(4), 1);
        log.enter(&first(guest(5), "eve"));
        log.leave(guest(5), 1);
        log.enter(&first(guest(6), "fay"));
        assert_eq!(log.room.head(), 8);
        let case = alloc::format!("{asks:?} {deed:?}");
        let made = log.does(asks, deed);
        match want {
            Some(denial) => assert_eq!(made, denied(denial), "{case}"),
            None => assert_eq!(made.outcome, Outcome::Applied, "{case}"),
        }
    }
}

/// `[RM-20]` A kick ends every login of the member, tells no leave, and keeps nobody out.
#[test]
fn a_kick_puts_out_all_devices() {
    let mut log = room();
    log.enter(&first(device(2, 9), "carol"));
    log.rules(act(Act::Kick, 2, None));
    assert_eq!(log.room.member(2), None);
    assert_eq!(log.leave(key(2), 1), quiet(Outcome::Ignored));
    let again = log.log_in(&first(key(2), "carol"));
    assert_eq!(again, refused(LoginRefusal::Stale), "that login has ended");
    assert!(is_in(&log.returns(key(2), "carol")));
    assert_eq!(log.room.member(2).map(|who| who.logins.len()), Some(1));
    // What a kicked member had on its way is not taken.
    log.rules(act(Act::Kick, 3, None));
    let made = log.line(&line(guest(3), 3, 1, 0, say("hi")));
    assert_eq!(made, denied(Denial::NoMember));
}

/// `[RM-23]` A ban is of the key: of all devices, under any name, until it ends or is lifted.
#[test]
fn a_ban_keeps_a_key_out() {
    let mut log = room();
    log.rules(act(Act::Ban, 2, 60));
    assert_eq!(log.room.member(2), None);
    assert_eq!(log.returns(key(2), "carol"), OUT);
    assert_eq!(log.returns(device(2, 9), "dora"), OUT);
    let out = |log: &Log| {
        log.room
            .kept_out_after(0)
            .map(|(n, name)| (n, name.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(out(&log), [(2, "carol".into())]);
    log.pass(60_999);
    assert_eq!(log.returns(key(2), "carol"), OUT, "a millisecond early");
    log.pass(61_000);
    assert_eq!(out(&log), []);
    assert!(is_in(&log.returns(key(2), "carol")));
    log.rules(act(Act::Ban, 2, None));
    log.pass(u64::MAX / 2);
    assert_eq!(log.returns(key(2), "carol"), OUT, "for ever");
    // The claim to the name is long gone by now; the ban is lifted by the number that it had.
    log.rules(act(Act::Unban, 2, None));
    assert!(is_in(&log.returns(key(2), "carol")));
}

/// `[RM-23]` An address that is closed keeps strangers out; who was here before and had a key is no stranger.
#[test]
fn a_closed_address_keeps_strangers_out() {
    let mut log = room();
    let nat = |session, wish| from("10.0.0.2", first(session, wish));
    log.enter(&nat(key(4), "innocent"));
    log.enter(&nat(guest(5), "troll"));
    log.rules(act(Act::BanAddress, 5, 60));
    assert!(log.room.member(5).is_some(), "it puts nobody out");
    log.rules(act(Act::Kick, 5, None));
    // A new name, then a new key, then no address at all, which is another one.
    assert_eq!(log.log_in(&nat(guest(6), "troll2")).outcome, OUT);
    assert_eq!(log.log_in(&nat(key(6), "troll3")).outcome, OUT);
    assert!(is_in(&log.log_in(&first(key(7), "far")).outcome));
    log.leave(key(4), 1);
    let back = from("10.0.0.2", nth(key(4), 2, "innocent"));
    assert!(is_in(&log.log_in(&back).outcome));
    log.pass(61_000);
    assert!(is_in(&log.log_in(&nat(guest(8), "anybody")).outcome));
}

/// `[RM-23]` Where a member is now counts, not where he was first.
#[test]
fn the_address_is_that_of_the_last_login() {
    let mut log = room();
    log.enter(&from("10.0.0.7", nth(key(2), 2, "carol")));
    log.rules(act(Act::BanAddress, 2, None));
    assert!(is_in(
        &log.log_in(&from("10.0.0.2", first(guest(5), "eve")))
            .outcome
    ));
    assert_eq!(
        log.log_in(&from("10.0.0.7", first(guest(6), "fay")))
            .outcome,
        OUT
    );
    // Of one who is away, too.
    log.leave(key(2), 2);
    log.rules(act(Act::Unban, 2, None));
    log.rules(act(Act::BanAddress, 2, None));
    assert_eq!(
        log.log_in(&from("10.0.0.7", first(guest(6), "fay")))
            .outcome,
        OUT
    );
}

/// `[RM-21]` Mute: no line of any device, until it ends; what a muted member may not do anyway is refused as that.
#[test]
fn a_muted_member_says_nothing() {
    let mut log = room();
    log.enter(&first(device(2, 9), "carol"));
    log.rules(act(Act::Mute, 2, 60));
    for session in [key(2), device(2, 9)] {
        for deed in [say("hi"), nick("dora"), Deed::Topic { topic: None }] {
            assert_eq!(log.does(session, deed), denied(Denial::Muted));
        }
        let made = log.does(session, act(Act::Unmute, 2, None));
        assert_eq!(
            made,
            denied(Denial::Muted),
            "a refusal is final for that id"
        );
    }
    let made = log.line(&line(key(2), 2, 2, 0, act(Act::Unmute, 2, None)));
    assert_eq!(made, denied(Denial::NotAllowed));
    assert!(log.room.is_muted(2));
    log.pass(61_000);
    assert!(!log.room.is_muted(2));
    let made = log.line(&line(key(2), 2, 3, 0, say("hi")));
    assert_eq!(made.outcome, Outcome::Applied);
    // A guest is muted while he is here.
    log.rules(act(Act::Mute, 3, None));
    assert_eq!(log.does(guest(3), say("hi")), denied(Denial::Muted));
    log.rules(act(Act::Unmute, 3, None));
    assert_eq!(
        log.line(&line(guest(3), 3, 2, 0, say("hi"))).outcome,
        Outcome::Applied
    );
    // One who is away is muted when he is back.
    log.leave(key(2), 1);
    log.leave(device(2, 9), 1);
    log.rules(act(Act::Mute, 2, None));
    log.enter(&nth(key(2), 2, "carol"));
    assert_eq!(log.does(key(2), say("hi")), denied(Denial::Muted));
    // An operator speaks.
    log.rules(act(Act::Op, 2, None));
    assert!(!log.room.is_muted(2));
}

/// `[RM-22]` Slow mode: so long between two messages of one member, whatever the device; operators need not wait.
#[test]
fn slow_mode() {
    let mut log = room();
    log.enter(&first(device(2, 9), "carol"));
    log.rules(act(Act::Slow, None, 5));
    assert_eq!(log.does(key(2), say("one")).outcome, Outcome::Applied);
    assert_eq!(log.does(device(2, 9), say("two")), denied(Denial::SlowMode));
    assert_eq!(log.does(guest(3), say("hi")).outcome, Outcome::Applied);
    assert_eq!(log.does(key(2), nick("dora")).outcome, Outcome::Applied);
    for _ in 0..2 {
        assert_eq!(log.does(key(1), say("hi")).outcome, Outcome::Applied);
    }
    log.pass(5_999);
    assert_eq!(log.does(key(2), say("two")), denied(Denial::SlowMode));
    log.pass(6_000);
    let made = log.line(&line(key(2), 2, 4, 2, say("two")));
    assert_eq!(made.outcome, Outcome::Applied);
    // Nor does it help to go and come back; a guest who does is another.
    log.leave(key(2), 1);
    log.leave(device(2, 9), 1);
    log.enter(&nth(key(2), 2, "carol"));
    assert_eq!(log.does(key(2), say("three")), denied(Denial::SlowMode));
    log.rules(act(Act::Slow, None, None));
    assert_eq!(log.does(guest(3), say("three")).outcome, Outcome::Applied);
}

/// `[RM-3]` `[RM-23]` A log's clock that steps back makes no ban longer, and one that steps forward ends it.
#[test]
fn bans_end_by_the_rooms_time() {
    let mut log = room();
    log.pass(100_000);
    log.rules(act(Act::Ban, 2, 10));
    log.at = 1;
    assert_eq!(log.returns(key(2), "carol"), OUT);
    log.at = 110_000;
    assert!(is_in(&log.returns(key(2), "carol")), "as if it had not");
}

/// `[RM-20]` Two operators: neither puts the other out before he is none; either may step back, but not the last.
#[test]
fn operators_among_each_other() {
    let mut log = room();
    log.rules(act(Act::Op, 2, None));
    for deed in [
        act(Act::Kick, 1, None),
        act(Act::Ban, 1, None),
        act(Act::Mute, 1, None),
    ] {
        let made = log.does(key(2), deed);
        assert_eq!(made.outcome, Outcome::LineRefused(Denial::NotAllowed));
    }
    let last = log.room.session(&key(2)).unwrap().newest;
    let made = log.line(&line(key(2), 2, 4, last, act(Act::Deop, 1, None)));
    assert_eq!(made.outcome, Outcome::Applied);
    assert!(!log.room.is_operator(1));
    let made = log.line(&line(key(2), 2, 5, 4, act(Act::Deop, 2, None)));
    assert_eq!(made, denied(Denial::NotAllowed), "the last one");
    let made = log.line(&line(key(2), 2, 6, 4, act(Act::Kick, 1, None)));
    assert_eq!(made.outcome, Outcome::Applied);
}

/// `[RM-24]` At the bound no more are kept, and one that is kept may be changed; what has ended makes room.
#[test]
fn so_many_and_no_more() {
    let mut log = room();
    let most = u64::try_from(MODERATED).unwrap();
    for n in 0..most {
        log.room
            .moderation
            .mute(Owner::Guest, 1_000 + n, Some(2_000));
    }
    assert_eq!(
        log.does(key(1), act(Act::Mute, 3, None)),
        denied(Denial::Full)
    );
    log.pass(1_999);
    let made = log.line(&line(key(1), 1, 2, 0, act(Act::Mute, 3, None)));
    assert_eq!(made, denied(Denial::Full));
    log.pass(2_000);
    let made = log.line(&line(key(1), 1, 3, 0, act(Act::Mute, 3, None)));
    assert_eq!(made.outcome, Outcome::Applied);
}
