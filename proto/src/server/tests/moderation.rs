//! Moderation, as the people in the room see it.

use super::*;
use crate::name::Name;
use crate::room::LoginRefusal;
use crate::text::Why;

/// `MOD` of a number, after the one before it.
fn moderate(id: u64, act: Act, who: Option<u64>, secs: Option<u64>, why: Option<&str>) -> Message {
    Message::Mod(Mod {
        id,
        after: id - 1,
        act,
        who,
        secs,
        why: why.map(Into::into),
    })
}

fn plain(id: u64, act: Act, who: u64) -> Message {
    moderate(id, act, Some(who), None, None)
}

/// Alice (1) may moderate; Carol (2) has a key, bob (3) has none.
fn room(rig: &mut Rig) -> [ConnId; 3] {
    let (alice, _) = rig.member("alice", 1, 1);
    let (carol, _) = rig.member("carol", 1, 1);
    let bob = rig.guest("bob");
    for conn in [alice, carol] {
        rig.heard(conn);
    }
    [alice, carol, bob]
}

/// The last words that a connection was given.
fn last_words(rig: &mut Rig, conn: ConnId) -> (String, String) {
    match rig.heard(conn).pop() {
        Some(Message::Bye(bye)) => (bye.code.as_str().to_string(), bye.text),
        other => panic!("{other:?}"),
    }
}

/// `[RM-20]` A kick: last words with the reason to each device, one event for all, no leave then or after the grace.
#[test]
fn a_kick_ends_every_connection_of_the_member() {
    let mut rig = Rig::new();
    let [alice, carol, bob] = room(&mut rig);
    let (second, _) = rig.member("carol", 2, 1);
    rig.send(
        alice,
        &[moderate(1, Act::Kick, Some(2), None, Some("spam"))],
    );
    for conn in [carol, second] {
        let told = last_words(&mut rig, conn);
        assert_eq!(told, ("kicked".into(), "kicked: spam".into()));
    }
    let reason = CloseReason::PutOut {
        banned: false,
        why: Some(Why::parse("spam").unwrap()),
    };
    let Message::Modded(modded) = &rig.heard(bob)[0] else {
        panic!()
    };
    assert_eq!(
        (
            modded.seq,
            modded.member,
            modded.session,
            modded.id,
            modded.act,
            modded.who
        ),
        (4, 1, 1, 1, Act::Kick, Some(2))
    );
    for conn in [carol, second] {
        rig.server.receive_eof(conn, rig.now);
    }
    rig.drain();
    assert_eq!(rig.closed, [(carol, reason.clone()), (second, reason)]);
    rig.pass(secs(31));
    assert!(rig.heard(bob).is_empty(), "no leave follows");
    assert_eq!(rig.room().count(), 2);
    // He may come back by a new connect.
    let (_, welcome) = rig.member("carol", 1, 2);
    assert_eq!(welcome.you.member, 2);
    assert_eq!(brief(&rig.heard(bob)), ["JOINED 5 carol 3"]);
}

/// `[RM-23]` A ban is told as such, at once and at each later try, under whatever name; it is of one key.
#[test]
fn a_ban_keeps_out_and_is_lifted() {
    let mut rig = Rig::new();
    let [alice, carol, _] = room(&mut rig);
    rig.send(alice, &[plain(1, Act::Ban, 2)]);
    assert_eq!(last_words(&mut rig, carol).0, "banned");
    for (name, attempt) in [("carol", 2), ("cara", 3)] {
        let again = rig.connect();
        rig.send(again, &[login(name, Some((key("carol"), 1, attempt)))]);
        let told = last_words(&mut rig, again);
        assert_eq!(told.0, "banned");
    }
    rig.heard(alice);
    rig.send(alice, &[plain(2, Act::Unban, 2)]);
    assert_eq!(brief(&rig.heard(alice)).last().unwrap(), "MODDED");
    rig.member("carol", 1, 2);
}

/// `[RM-21]` What a muted member says, tells, renames and titles is refused, with a code that says so.
#[test]
fn a_muted_member_is_told_so() {
    let mut rig = Rig::new();
    let [alice, carol, bob] = room(&mut rig);
    rig.send(alice, &[plain(1, Act::Mute, 2)]);
    rig.heard(carol);
    rig.send(carol, &[say(1, 0, "hi")]);
    let tell = Message::Tell(Tell {
        reference: 7,
        to: 3,
        text: "psst".into(),
    });
    rig.send(carol, core::slice::from_ref(&tell));
    rig.send(
        carol,
        &[Message::Nick(Nick {
            id: 2,
            after: 0,
            name: "cara".into(),
        })],
    );
    assert_eq!(
        brief(&rig.heard(carol)),
        [
            "ERROR Some(1) None muted",
            "ERROR None Some(7) muted",
            "ERROR Some(2) None muted"
        ]
    );
    assert_eq!(brief(&rig.heard(bob)), ["MODDED"]);
    rig.send(alice, &[plain(2, Act::Unmute, 2)]);
    rig.send(carol, &[say(3, 0, "hi"), tell]);
    assert_eq!(
        brief(&rig.heard(bob)),
        ["TOLD 2->3 psst None", "MODDED", "SAID 6 carol/3 hi"]
    );
}

/// `[RM-22]`
#[test]
fn slow_mode_is_told() {
    let mut rig = Rig::new();
    let [alice, _, bob] = room(&mut rig);
    rig.send(alice, &[moderate(1, Act::Slow, None, Some(5), None)]);
    rig.send(bob, &[say(1, 0, "one"), say(2, 1, "two")]);
    assert_eq!(
        brief(&rig.heard(bob)),
        ["ERROR Some(2) None slow-mode", "MODDED", "SAID 5 bob/1 one"]
    );
}

/// `[RM-20]` What has no meaning is no act, whoever asks; what one may not do, or not to that one, is refused by the room.
#[test]
fn what_is_refused_and_how() {
    let not_meant = [
        moderate(1, Act::Kick, None, None, None),
        moderate(1, Act::Kick, Some(3), Some(5), None),
        moderate(1, Act::Unban, None, None, None),
        moderate(1, Act::Unban, Some(3), Some(5), None),
        moderate(1, Act::Unmute, Some(3), Some(5), None),
        moderate(1, Act::Op, Some(3), Some(5), None),
        moderate(1, Act::Deop, None, None, None),
        moderate(1, Act::Redact, None, None, None),
        moderate(1, Act::Redact, Some(1), Some(5), None),
        moderate(1, Act::Slow, Some(3), Some(5), None),
        moderate(1, Act::Ban, None, Some(5), None),
        moderate(1, Act::BanAddress, None, None, None),
        moderate(1, Act::Mute, None, None, None),
    ];
    let cases = not_meant
        .into_iter()
        .map(|asked| (asked, "unsupported"))
        .chain([
            (
                moderate(1, Act::Mute, Some(3), None, Some("\u{7}")),
                "bad-text",
            ),
            (plain(1, Act::Kick, 1), "not-allowed"),
            (plain(1, Act::Deop, 1), "not-allowed"),
            (plain(1, Act::Ban, 3), "not-allowed"),
            (plain(1, Act::Kick, 9), "no-member"),
            (plain(1, Act::Unban, 2), "no-member"),
            (plain(1, Act::Redact, 9), "no-event"),
        ]);
    for (asked, code) in cases {
        let mut rig = Rig::new();
        let [alice, carol, bob] = room(&mut rig);
        rig.send(alice, core::slice::from_ref(&asked));
        let want = format!("ERROR Some(1) None {code}");
        assert_eq!(brief(&rig.heard(alice)), [want]);
        assert!(rig.heard(bob).is_empty() && rig.heard(carol).is_empty());
        assert!(
            rig.reports
                .iter()
                .all(|report| !matches!(report, Report::Moderated(_)))
        );
        // Of one who may not, all that has a meaning is refused.
        let mut rig = Rig::new();
        let [_, carol, _] = room(&mut rig);
        rig.send(carol, &[asked]);
        let code = if matches!(code, "unsupported" | "bad-text") {
            code
        } else {
            "not-allowed"
        };
        assert_eq!(
            brief(&rig.heard(carol)).pop().unwrap(),
            format!("ERROR Some(1) None {code}")
        );
    }
}

/// `[RM-19]` Whoever runs the server: at the first login, whoever came before.
#[test]
fn those_who_run_the_server_may_moderate() {
    let operator = KeyHash::of(&[key("olga"); 32]);
    let mut rig = Rig::with(|config| {
        config.operators.insert(operator);
    });
    rig.member("alice", 1, 1);
    let (olga, welcome) = rig.member("olga", 1, 1);
    assert!(rig.room().has_operator(&operator));
    let appointed = Report::Appointed {
        room: RoomName::lobby(),
        member: welcome.you.member,
        name: Name::parse("olga").unwrap(),
    };
    assert!(rig.reports.contains(&appointed), "{:?}", rig.reports);
    rig.send(olga, &[plain(1, Act::Deop, 1)]);
    assert_eq!(brief(&rig.heard(olga)), ["MODDED"]);
    assert!(!rig.room().is_operator(1));
    // Not a second time.
    rig.reports.clear();
    rig.member("olga", 1, 2);
    assert!(!rig.reports.contains(&appointed));
}

/// `[RM-12]` Who moderates and who is kept quiet, everybody sees; who is kept out, operators do.
#[test]
fn the_list_says_who_is_what() {
    let mut rig = Rig::new();
    let [alice, carol, bob] = room(&mut rig);
    rig.member("dave", 1, 1);
    rig.heard(carol);
    rig.heard(bob);
    rig.send(
        alice,
        &[
            plain(1, Act::Mute, 3),
            plain(2, Act::Ban, 2),
            moderate(3, Act::BanAddress, Some(3), None, None),
        ],
    );
    let mut list = |conn, from| {
        rig.heard(conn);
        rig.send(conn, &[Message::Who(Who { reference: 1, from })]);
        let Message::Members(page) = rig.heard(conn).remove(0) else {
            panic!()
        };
        page.list
            .into_iter()
            .map(|listed| (listed.member, listed.name, listed.flags))
            .collect::<Vec<_>>()
    };
    let (op, muted) = (Listed::OPERATOR | 1, Listed::MUTED | 1);
    let here = [
        (1, "alice".into(), op),
        (3, "bob".into(), muted),
        (4, "dave".into(), 1),
    ];
    assert_eq!(list(bob, 0), here);
    // An address is named by whoever was there; he is here himself.
    let all = [
        here[0].clone(),
        (2, "carol".into(), Listed::BANNED),
        here[1].clone(),
        here[2].clone(),
    ];
    assert_eq!(list(alice, 0), all);
    assert_eq!(list(alice, 2), here[1..]);
}

/// `[RM-25]` Whoever comes later is given the line without its text, from the ring; the event tells those who have it.
#[test]
fn a_redacted_line_is_given_without_its_text() {
    let mut rig = Rig::new();
    let [alice, _, bob] = room(&mut rig);
    rig.send(bob, &[say(1, 0, "the secret"), say(2, 1, "else")]);
    rig.send(alice, &[plain(1, Act::Redact, 4)]);
    let heard = rig.heard(bob);
    assert_eq!(brief(&heard).last().unwrap(), "MODDED");
    let late = rig.connect();
    let Message::Name(mut hello) = login("late", None) else {
        panic!()
    };
    hello.history = 10;
    rig.send(late, &[Message::Name(hello)]);
    let heard = rig.heard(late);
    let texts: Vec<_> = heard
        .iter()
        .filter_map(|message| match message {
            Message::Said(said) => Some((said.seq, said.text.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [(4, None), (5, Some("else"))]);
}

/// `[RM-20]` An account of each act, with the names of the moment before it.
#[test]
fn each_act_is_reported() {
    let mut rig = Rig::new();
    let [alice, ..] = room(&mut rig);
    rig.reports.clear();
    rig.send(
        alice,
        &[
            moderate(1, Act::Kick, Some(3), None, Some("spam")),
            plain(2, Act::Redact, 1),
        ],
    );
    let moderated: Vec<_> = rig
        .reports
        .iter()
        .filter_map(|report| match report {
            Report::Moderated(moderated) => Some((
                moderated.seq,
                moderated.by.to_string(),
                moderated.asked.act,
                moderated.whom.as_ref().map(ToString::to_string),
                moderated.asked.why.as_ref().map(ToString::to_string),
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        moderated,
        [
            (
                4,
                "alice".into(),
                Act::Kick,
                Some("bob".into()),
                Some("spam".into())
            ),
            (5, "alice".into(), Act::Redact, None, None)
        ]
    );
}

/// `[RM-20]` What another worker's operator does holds here: its member's connection here ends.
#[test]
fn an_act_of_another_worker_holds_here() {
    let mut rig = Rig::new();
    let [_, carol, _] = room(&mut rig);
    let alices = crate::room::SessionKey {
        owner: crate::room::Owner::Key(KeyHash::of(&[key("alice"); 32])),
        session: [1; 16],
    };
    let asked = crate::room::Moderating {
        act: Act::Ban,
        who: Some(2),
        secs: None,
        why: None,
    };
    let line = Entry::Line(crate::room::Line {
        session: alices,
        attempt: 1,
        member: 1,
        id: 1,
        after: 0,
        deed: crate::room::Deed::Mod(asked),
    });
    rig.land(&RoomName::lobby(), &Arc::new(line), None);
    assert_eq!(last_words(&mut rig, carol).0, "banned");
}

/// `[RM-23]` A room that is restored keeps out whom it kept out.
#[test]
fn bans_are_restored() {
    let mut rig = Rig::new();
    let [alice, ..] = room(&mut rig);
    rig.send(alice, &[plain(1, Act::Ban, 2)]);
    let stored = rig.room().to_checkpoint();
    let entries = rig.log.clone();
    let mut rig = Rig::new();
    rig.log = entries;
    let fold = Room::from_checkpoint(&stored).unwrap();
    rig.server.restore(RoomName::lobby(), fold, rig.now);
    rig.drain();
    let carol = rig.connect();
    rig.send(carol, &[login("carol", Some((key("carol"), 1, 2)))]);
    assert_eq!(last_words(&mut rig, carol).0, "banned");
    let refusal = crate::close::Refusal::from(LoginRefusal::Banned);
    rig.server.receive_eof(carol, rig.now);
    rig.drain();
    assert_eq!(rig.closed, [(carol, CloseReason::Refused(refusal))]);
}
