//! Joins, leaves, graces.

use super::*;

#[test]
fn a_broken_link_is_no_leave_if_one_comes_back_in_time() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (alice, welcome) = rig.member("alice", 1, 1);
    rig.heard(bob);
    rig.send(alice, &[say(1, 0, "hi")]);
    assert_eq!(brief(&rig.heard(bob)), ["SAID 3 alice/1 hi"]);
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    rig.pass(secs(29));
    let back = rig.connect();
    let since = 2;
    rig.send(
        back,
        &[resume(
            "alice",
            1,
            2,
            Resume {
                epoch: welcome.epoch,
                since,
            },
        )],
    );
    let heard = brief(&rig.heard(back));
    assert_eq!(
        heard,
        ["CLIENT start=2 head=3 acked=1", "SAID 3 alice/1 hi"]
    );
    rig.pass(secs(29));
    assert!(rig.heard(bob).is_empty(), "no leave, no join");
}

#[test]
fn who_does_not_come_back_leaves_after_the_grace() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (alice, _) = rig.member("alice", 1, 1);
    rig.heard(bob);
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    assert_eq!(rig.closed, [(alice, CloseReason::PeerReset)]);
    rig.send(
        bob,
        &[Message::Who(Who {
            reference: 1,
            from: 1,
        })],
    );
    let Message::Members(page) = &rig.heard(bob)[0] else {
        panic!()
    };
    let flags = Listed::ANNOUNCED | Listed::OPERATOR | Listed::AWAY;
    assert_eq!(page.list[0].flags, flags);
    rig.pass(secs(30));
    assert_eq!(brief(&rig.heard(bob)), ["LEFT 3 alice 1"]);
    let (_, back) = rig.member("alice", 1, 2);
    assert_eq!(back.you.member, 2, "a key keeps its number");
    assert_eq!(brief(&rig.heard(bob)), ["JOINED 4 alice 2"]);
}

#[test]
fn a_guest_leaves_at_once_and_his_name_is_free() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let alice = rig.guest("alice");
    rig.heard(bob);
    rig.server.receive_reset(alice, rig.now);
    rig.drain();
    assert_eq!(brief(&rig.heard(bob)), ["LEFT 3 alice 1"]);
    rig.guest("alice");
    assert_eq!(rig.room().member(2), None, "under another number");
    assert!(rig.room().member(3).is_some());
}

#[test]
fn an_owned_name_stays_owned() {
    let mut rig = Rig::new();
    let (alice, _) = rig.member("alice", 1, 1);
    for state in ["live", "in grace", "gone"] {
        let other = rig.connect();
        rig.send(other, &[login("ALICE", Some((99, 1, 1)))]);
        assert_eq!(brief(&rig.heard(other)), ["BYE taken None"], "{state}");
        rig.server.receive_reset(alice, rig.now);
        rig.drain();
        if state == "in grace" {
            rig.pass(secs(30));
            assert_eq!(rig.room().count(), 0);
        }
    }
}

#[test]
fn a_leave_of_an_older_login_ends_nothing() {
    let mut rig = Rig::new();
    let bob = rig.guest("bob");
    let (alice, _) = rig.member("alice", 1, 1);
    rig.heard(bob);
    rig.answers = false;
    rig.server.receive_reset(alice, rig.now);
    rig.pass(secs(30));
    let leave = rig.proposed.pop_front().unwrap();
    rig.answers = true;
    let (back, _) = rig.member("alice", 1, 2);
    rig.land(&leave.0, &leave.2, Some(leave.1));
    rig.send(back, &[say(1, 0, "still here")]);
    assert_eq!(brief(&rig.heard(bob)), ["SAID 3 alice/1 still here"]);
}

#[test]
fn presence_above_the_limit_is_folded_and_balanced() {
    let mut rig = Rig::with(|config| config.settings.announce_below = 2);
    let one = rig.guest("one");
    let two = rig.guest("two");
    let three = rig.guest("three");
    assert_eq!(rig.room().head(), 2, "the third join is not published");
    rig.server.receive_reset(three, rig.now);
    rig.drain();
    assert_eq!(rig.room().head(), 2, "so its leave is not");
    rig.server.receive_reset(two, rig.now);
    rig.drain();
    assert_eq!(brief(&rig.heard(one)), ["JOINED 2 two 2", "LEFT 3 two 1"]);
}

#[test]
fn logins_of_an_earlier_start_end_after_the_grace() {
    for restored in [false, true] {
        let mut rig = Rig::new();
        rig.member("alice", 1, 1);
        rig.guest("gast");
        let log = rig.log.remove(&RoomName::lobby()).unwrap();
        let fold = rig.room().clone();
        let mut rig = Rig::new();
        if restored {
            rig.server.restore(RoomName::lobby(), fold, rig.now);
            rig.log.insert(RoomName::lobby(), log);
        } else {
            for entry in &log {
                rig.land(&RoomName::lobby(), entry, None);
            }
        }
        assert_eq!(rig.room().count(), 2);
        rig.pass(secs(0));
        assert_eq!(rig.room().count(), 1, "the guest is gone at once");
        let (_, welcome) = rig.member("bob", 1, 1);
        assert_eq!(welcome.members, 2);
        rig.pass(secs(30));
        assert_eq!(rig.room().count(), 1, "alice did not come back");
        assert_eq!(rig.room().member(3).unwrap().name.as_str(), "bob");
    }
}

#[test]
fn a_login_whose_connection_went_meanwhile_leaves_no_ghost() {
    let mut rig = Rig::new();
    rig.answers = false;
    let conn = rig.connect();
    rig.send(conn, &[login("alice", None)]);
    rig.server.receive_reset(conn, rig.now);
    rig.answers = true;
    rig.commit();
    rig.commit();
    rig.pass(secs(0));
    assert_eq!(rig.room().count(), 0);
}

#[test]
fn other_settings_are_proposed_once() {
    let mut rig = Rig::new();
    rig.guest("alice");
    let log = rig.log.remove(&RoomName::lobby()).unwrap();
    let mut rig = Rig::with(|config| config.settings.announce_below = 1);
    for entry in &log {
        rig.land(&RoomName::lobby(), entry, None);
    }
    rig.guest("bob");
    rig.guest("carol");
    let set = rig.log[&RoomName::lobby()]
        .iter()
        .filter(|e| matches!(***e, Entry::Settings(_)))
        .count();
    assert_eq!(set, 1);
    assert_eq!(rig.room().settings().announce_below, 1);
}

/// `[RM-18]` Whoever was told the older epoch is served, settled, and let go; he stays a member and is told the new one.
#[test]
fn another_epoch_sends_everybody_back() {
    let mut rig = Rig::new();
    let lobby = RoomName::lobby();
    let (alice, before) = rig.member("alice", 1, 1);
    let bob = rig.guest("bob");
    rig.heard(alice);
    rig.answers = false;
    rig.send(alice, &[say(1, 0, "on its way")]);
    let carol = rig.connect();
    rig.send(carol, &[login("carol", None)]);

    let same = Arc::new(Entry::Epoch {
        epoch: before.epoch,
    });
    rig.land(&lobby, &same, None);
    assert!(rig.server.wants_read(alice), "nothing has changed");
    rig.land(&lobby, &Arc::new(Entry::Epoch { epoch: 5 }), None);
    assert_eq!((rig.room().epoch(), rig.room().head()), (5, 2));
    assert!(!rig.server.wants_read(alice) && !rig.server.wants_read(bob));
    assert_eq!(brief(&rig.heard(bob)), ["BYE busy None"]);
    assert_eq!(
        brief(&rig.heard(alice)),
        Vec::<String>::new(),
        "her line comes first"
    );
    rig.commit();
    assert_eq!(
        brief(&rig.heard(alice)),
        ["SAID 3 alice/1 on its way", "BYE busy None"]
    );
    rig.answers = true;
    while !rig.proposed.is_empty() {
        rig.commit();
    }
    // She was not in yet, and is told the new one at once.
    let Message::Client(welcome) = rig.heard(carol).remove(0) else {
        panic!("CLIENT")
    };
    assert_eq!(welcome.epoch, 5);

    let conn = rig.connect();
    let cursor = Resume {
        epoch: before.epoch,
        since: 2,
    };
    rig.send(conn, &[resume("alice", 1, 2, cursor)]);
    let Message::Client(again) = rig.heard(conn).remove(0) else {
        panic!("CLIENT")
    };
    assert_eq!((again.epoch, again.acked), (5, 1));
    assert_eq!(
        again.start, again.head,
        "the older epoch's cursor is no good"
    );
    assert_eq!(again.you.member, before.you.member);
    rig.pass(secs(2));
    let busy = CloseReason::Busy { retry: None };
    assert_eq!(rig.closed, [(alice, busy.clone()), (bob, busy)]);
}
