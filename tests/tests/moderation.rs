//! Moderation: the table of acts, cell by cell, and what holds after each.

use std::time::Duration;

use parlance_proto::room::KeyHash;
use parlance_proto::room::MODERATED;
use parlance_proto::server::{ConnId, Origin};
use parlance_proto::text::Host;
use parlance_proto::wire::{Act, Bye, Message, Quit};
use parlance_tests::requirement;
use parlance_tests::rig::{
    Room, brief, guest, login, moderate, named, nick, say, tell, topic, who,
};
use parlance_tests::spec::{self, drive::moderated};

/// The acts by their words in SPEC.md.
fn act(word: &str) -> Act {
    let found = Act::ALL.iter().find(|act| act.as_str() == word);
    *found.unwrap_or_else(|| panic!("no act {word}"))
}

/// What a `MOD` of bob came to: `done`, or the code.
fn comes_to(act: Act, who: Option<u64>, secs: Option<u64>) -> String {
    let (mut room, bob) = moderated();
    room.send(bob, &moderate(2, act, who, secs));
    match &room.hear(bob).messages[..] {
        [Message::Modded(modded)] => {
            assert_eq!((modded.act, modded.who, modded.secs), (act, who, secs));
            "done".into()
        }
        [Message::Error(refused)] => refused.code.as_str().into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_act_does_what_its_row_says() {
    requirement!("RM-20", "DL-22");
    let table = spec::table("acts");
    let mut rows = Vec::new();
    for word in table.keys() {
        let act = act(word);
        rows.push(act);
        let cell = |column| table.cell(word, column);
        let is_meant = |who: Option<u64>, secs: Option<u64>| {
            let who = (cell("who") == "-") == who.is_none();
            who && (cell("secs") == "term" || secs.is_none())
        };
        for who in [None, Some(2)] {
            for secs in [None, Some(0), Some(60)] {
                let found = comes_to(act, who, secs);
                assert_eq!(
                    found == "unsupported",
                    !is_meant(who, secs),
                    "{act} {who:?} {secs:?}: {found}"
                );
            }
        }
        let terms: &[Option<u64>] = if cell("secs") == "term" {
            &[None, Some(60)]
        } else {
            &[None]
        };
        for (column, who) in [
            ("here", 2),
            ("guest", 3),
            ("away", 4),
            ("operator", 5),
            ("no-such", 99),
        ] {
            for secs in terms {
                match cell(column) {
                    "-" => {}
                    want => assert_eq!(
                        comes_to(act, Some(who), *secs),
                        want,
                        "{act} {column} {secs:?}"
                    ),
                }
            }
        }
    }
    rows.sort_unstable();
    let mut all = Act::ALL.to_vec();
    all.sort_unstable();
    assert_eq!(rows, all, "a row for each act");
}

#[test]
fn only_an_operator_may_and_is_told_by_no_other_word() {
    requirement!("RM-20", "ER-9");
    for word in spec::table("acts").keys() {
        let act = act(word);
        let who = (act != Act::Slow).then_some(1);
        let (mut room, bob) = Room::with_bob_at();
        let alice = room.with_alice();
        let gwen = room.guest("gwen");
        for conn in [bob, alice, gwen] {
            room.hear(conn);
        }
        for conn in [alice, gwen] {
            room.send(conn, &moderate(1, act, who, None));
            assert_eq!(
                brief(&room.heard(conn)),
                ["ERROR Some(1) None not-allowed"],
                "{act}"
            );
        }
        assert!(room.heard(bob).is_empty());
    }
}

#[test]
fn a_key_is_an_operator_and_stays_one() {
    requirement!("RM-19");
    let named_one = KeyHash::of(&[0x44; 32]);
    let mut room = Room::with(|config| {
        config.operators.insert(named_one);
    });
    // A guest is never the first.
    let gwen = room.guest("gwen");
    let bob = room.log_in(&login("bob", [0x22; 32], [0x33; 16], 1));
    let alice = room.with_alice();
    for conn in [gwen, bob, alice] {
        room.hear(conn);
    }
    assert_eq!(marks(&mut room, gwen), [(1, 1), (2, 3), (3, 3)]);
    // The named one makes the other none; the last one stays, whoever asks.
    room.send(alice, &moderate(1, Act::Deop, Some(2), None));
    room.send(alice, &moderate(2, Act::Deop, Some(3), None));
    assert_eq!(
        brief(&room.heard(alice)),
        ["ERROR Some(2) None not-allowed", "MODDED 4"]
    );
    // On another device, and after coming back.
    let second = room.log_in(&login("alice", [0x44; 32], [0x56; 16], 1));
    room.send(second, &moderate(1, Act::Mute, Some(2), None));
    assert_eq!(brief(&room.heard(second)), ["MODDED 5"]);
    // Made one again, the one who was muted may speak.
    room.send(second, &moderate(2, Act::Op, Some(2), None));
    room.send(bob, &say(1, 0, "hi"));
    assert_eq!(
        brief(&room.heard(bob)),
        ["MODDED 4", "MODDED 5", "MODDED 6", "SAID 7 bob/1 hi"]
    );
}

#[test]
fn who_is_put_out_is_told_and_no_leave_follows() {
    requirement!("RM-20");
    for (act, code) in [(Act::Kick, "kicked"), (Act::Ban, "banned")] {
        let (mut room, bob) = moderated();
        let alice = room.log_in(&login("alice", [0x44; 32], [0x55; 16], 2));
        let second = room.log_in(&login("alice", [0x44; 32], [0x56; 16], 1));
        room.hear(bob);
        let Message::Mod(mut asked) = moderate(2, act, Some(2), None) else {
            panic!()
        };
        asked.why = Some("spam".into());
        room.send(bob, &Message::Mod(asked));
        assert_eq!(brief(&room.heard(bob)), ["MODDED 8"]);
        for conn in [alice, second] {
            let heard = room.hear(conn);
            let Some(Message::Bye(Bye {
                code: said, text, ..
            })) = heard.messages.last()
            else {
                panic!("{heard:?}")
            };
            assert_eq!(
                (said.as_str(), &text[..], heard.ended),
                (code, &format!("{code}: spam")[..], true)
            );
            room.end(conn);
        }
        room.pass(Duration::from_secs(120));
        assert!(room.heard(bob).is_empty(), "no leave");
        let (_, heard) = room.enter(&login("alice", [0x44; 32], [0x55; 16], 3));
        let want = if act == Act::Ban {
            "BYE banned"
        } else {
            "CLIENT"
        };
        assert!(brief(&heard)[0].starts_with(want), "{heard:?}");
    }
}

#[test]
fn a_muted_member_is_quiet_on_every_device_until_the_term_is_over() {
    requirement!("RM-21", "RM-23");
    let (mut room, bob) = moderated();
    room.send(bob, &moderate(2, Act::Mute, Some(2), Some(25)));
    room.send(bob, &moderate(3, Act::Mute, Some(3), None));
    let second = room.log_in(&login("alice", [0x44; 32], [0x56; 16], 1));
    let refused = [
        (say(1, 0, "hi"), "ERROR Some(1) None muted"),
        (nick(1, 0, "alicia"), "ERROR Some(1) None muted"),
        (topic(1, 0, "tea"), "ERROR Some(1) None muted"),
        (tell(9, 1, "psst"), "ERROR None Some(9) muted"),
    ];
    for (message, want) in &refused {
        room.send(second, message);
        assert_eq!(brief(&room.heard(second)), [*want]);
    }
    room.set_log_time(24_999);
    room.send(second, &say(2, 0, "hi"));
    assert_eq!(brief(&room.heard(second)), ["ERROR Some(2) None muted"]);
    room.set_log_time(25_000);
    room.send(second, &say(3, 0, "hi"));
    assert_eq!(brief(&room.heard(second)), ["SAID 10 alice/3 hi"]);
}

#[test]
fn slow_mode_is_by_the_member_and_not_by_the_device() {
    requirement!("RM-22");
    let (mut room, bob) = moderated();
    room.send(bob, &moderate(2, Act::Slow, None, Some(5)));
    let first = room.log_in(&login("alice", [0x44; 32], [0x55; 16], 2));
    let second = room.log_in(&login("alice", [0x44; 32], [0x56; 16], 1));
    room.send(first, &say(1, 0, "one"));
    room.send(second, &say(1, 0, "two"));
    room.heard(first);
    assert_eq!(
        brief(&room.heard(second)),
        ["ERROR Some(1) None slow-mode", "SAID 9 alice/1 one"]
    );
    // Leaving and coming back saves no time.
    for conn in [first, second] {
        room.send(conn, &Message::Quit(Quit { why: None }));
        room.end(conn);
    }
    let first = room.log_in(&login("alice", [0x44; 32], [0x55; 16], 3));
    room.send(first, &say(2, 1, "two"));
    assert_eq!(brief(&room.heard(first)), ["ERROR Some(2) None slow-mode"]);
    room.set_log_time(5_000);
    room.send(first, &say(3, 1, "two"));
    assert_eq!(brief(&room.heard(first)), ["SAID 12 alice/3 two"]);
    // Operators need not wait.
    room.heard(bob);
    room.send_all(bob, &[say(3, 2, "a"), say(4, 3, "b")]);
    assert_eq!(room.heard(bob).len(), 2);
}

fn from(address: &str) -> Origin {
    let host = Host::parse(address).ok();
    Origin {
        addr: host.clone(),
        host: None,
    }
}

/// Two behind one address; one of them is banned and comes back under another name, then with another key.
#[test]
fn an_innocent_behind_the_same_address_stays() {
    requirement!("RM-23", "RM-26");
    const NAT: &str = "203.0.113.7";
    let (mut room, bob) = Room::with_bob_at();
    let come = |room: &mut Room, name: &Message, address| {
        let conn = room.accept_from(from(address));
        room.send(conn, name);
        let heard = room.heard(conn);
        (
            conn,
            brief(&heard)[0]
                .split(' ')
                .take(2)
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    let innocent = login("ida", [1; 32], [1; 16], 1);
    let (ida, said) = come(&mut room, &innocent, NAT);
    assert!(said.starts_with("CLIENT"));
    let (_, said) = come(&mut room, &login("troll", [2; 32], [2; 16], 1), NAT);
    assert!(said.starts_with("CLIENT"));
    room.send_all(
        bob,
        &[
            moderate(1, Act::BanAddress, Some(3), None),
            moderate(2, Act::Ban, Some(3), None),
        ],
    );
    let tries = [
        login("troll", [2; 32], [2; 16], 2),
        login("trollo", [2; 32], [2; 16], 3),
        login("trolla", [3; 32], [3; 16], 1),
        guest("trolli"),
    ];
    for name in &tries {
        assert_eq!(come(&mut room, name, NAT).1, "BYE banned", "{name:?}");
    }
    // She is still there, may go and come back, and on another device, too.
    room.send(ida, &say(1, 0, "hi"));
    assert!(brief(&room.heard(ida)).contains(&"SAID 6 ida/1 hi".to_owned()));
    room.end(ida);
    for (session, attempt) in [(1, 2), (9, 1)] {
        let name = login("ida", [1; 32], [session; 16], attempt);
        assert!(come(&mut room, &name, NAT).1.starts_with("CLIENT"));
    }
    assert!(
        come(&mut room, &guest("stranger"), "203.0.113.8")
            .1
            .starts_with("CLIENT")
    );
    // Nobody was told the address.
    let hosts = marks_and_hosts(&mut room, bob);
    let shown = format!("{:?} {hosts:?}", room.events());
    assert!(!shown.contains(NAT), "{shown}");
}

#[test]
fn what_is_erased_is_given_without_its_text() {
    requirement!("RM-25");
    let (mut room, bob) = moderated();
    room.send_all(
        bob,
        &[
            say(2, 1, "a secret"),
            say(3, 2, "no secret"),
            moderate(4, Act::Redact, Some(8), None),
        ],
    );
    room.heard(bob);
    let Message::Name(mut name) = guest("late") else {
        panic!()
    };
    name.history = 10;
    let late = room.log_in(&Message::Name(named("late", None)));
    room.heard(late);
    let (_, heard) = room.enter(&Message::Name({
        name.name = "later".into();
        name
    }));
    let texts: Vec<Option<&str>> = heard
        .iter()
        .filter_map(|message| match message {
            Message::Said(said) => Some(said.text.as_deref()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [None, Some("no secret")]);
}

/// Ten thousand keys come and go, and each is kept out; then there is room for no more until somebody is let in again.
#[test]
fn no_more_are_kept_out_than_a_room_keeps() {
    requirement!("RM-24");
    let mut room = Room::with(|config| config.limits.rate = None);
    let bob = room.log_in(&login("bob", [0x22; 32], [0x33; 16], 1));
    let most = u64::try_from(MODERATED).expect("small");
    for n in 0..=most {
        let mut key = [9; 32];
        key[..8].copy_from_slice(&n.to_be_bytes());
        let conn = room.log_in(&login(&format!("k{n}"), key, [1; 16], 1));
        room.send(conn, &Message::Quit(Quit { why: None }));
        room.hear(conn);
        room.end(conn);
        room.hear(bob);
    }
    for id in 1..=most {
        room.send(bob, &moderate(id, Act::Ban, Some(1 + id), None));
        assert_eq!(room.hear(bob).messages.len(), 1, "{id}");
    }
    let one_more = 2 + most;
    room.send(bob, &moderate(most + 1, Act::Ban, Some(one_more), None));
    assert_eq!(
        brief(&room.heard(bob)),
        [format!("ERROR Some({}) None busy", most + 1)]
    );
    // One that is kept can be changed, and one that is gone makes room.
    let mut next = moderate(most + 2, Act::Ban, Some(2), Some(60));
    for step in [
        next.clone(),
        moderate(most + 3, Act::Unban, Some(3), None),
        moderate(most + 4, Act::Ban, Some(one_more), None),
    ] {
        next = step;
        if let Message::Mod(asked) = &mut next
            && asked.id == most + 2
        {
            asked.after = most;
        }
        room.send(bob, &next);
        let heard = room.heard(bob);
        assert!(matches!(heard[..], [Message::Modded(_)]), "{heard:?}");
    }
}

/// Each member's number and flags, as that connection is told.
fn marks(room: &mut Room, conn: ConnId) -> Vec<(u64, u64)> {
    room.send(conn, &who(1, 0));
    match room.heard(conn).pop() {
        Some(Message::Members(page)) => page
            .list
            .iter()
            .map(|listed| (listed.member, listed.flags))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn marks_and_hosts(room: &mut Room, conn: ConnId) -> Vec<Option<String>> {
    room.heard(conn);
    room.send(conn, &who(1, 0));
    match room.heard(conn).pop() {
        Some(Message::Members(page)) => page.list.into_iter().map(|listed| listed.host).collect(),
        other => panic!("{other:?}"),
    }
}
