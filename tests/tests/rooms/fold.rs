//! The room as a function of its log.

use super::*;

/// A room in which everything happened that a fold must decide: its log, and its state in the end.
fn eventful() -> Room {
    let mut room = Room::with(|config| {
        config.settings.announce_below = 3;
        config.settings.sessions = 4;
        config.settings.claims = 3;
    });
    let alice = room.log_in(&keyed(b'a', 1, 1));
    let bob = room.guest("bob");
    room.send_all(
        alice,
        &[say(1, 0, "a"), say(1, 0, "a"), say(3, 2, "orphan")],
    );
    room.send_all(bob, &[nick(1, 0, "user-a"), topic(2, 0, "tea")]);
    for (letter, session) in [(b'c', 3), (b'd', 4), (b'e', 5)] {
        let conn = room.log_in(&keyed(letter, session, 1));
        room.set_log_time(u64::from(letter) * 10);
        room.send(conn, &quit());
    }
    room.log_in(&keyed(b'a', 1, 2));
    room.enter(&keyed(b'a', 1, 2));
    room.enter(&guest("BOB"));
    room.reset(bob);
    room
}

#[test]
fn readers_of_equal_entries_have_equal_rooms() {
    requirement!("RM-1");
    let original = eventful();
    // By another server, with another number, seed, time and settings of its own; entry by entry and at once.
    let mut other = Room::seeded(99, |config| {
        config.node = 7;
        config.settings.announce_below = 1;
        config.settings.sessions = 1;
        config.settings.claims = 1;
        config.settings.claim_idle_ms = 1;
    });
    other.hold();
    other.pass(secs(3_000));
    other.replay(original.log());
    assert_eq!(other.fold().settings().announce_below, 3, "the log's own");
    assert!(other.fold() == original.fold(), "equal state");
    assert_eq!(other.events(), original.events());
    // By the fold alone.
    let (founded, _) = folded(&original.log()[..1]);
    assert_eq!(founded.settings().announce_below, 3, "as it was founded");
    let (fold, events) = folded(original.log());
    assert!(fold == *original.fold());
    assert_eq!(events, original.events());
    assert!(events.len() > 5, "{events:?}");
}

/// What the fold makes of a log.
fn folded(log: &[Logged]) -> (room::Room, Vec<Event>) {
    let mut fold = room::Room::new();
    let made = log
        .iter()
        .filter_map(|logged| fold.apply(logged.pos, logged.at, &logged.entry).event);
    let events = made.collect();
    (fold, events)
}

#[test]
fn other_settings_hold_from_their_entry_on() {
    requirement!("RM-1");
    let mut room = Room::with(|config| config.settings.announce_below = 1);
    room.guest("one");
    room.guest("two");
    assert_eq!(room.fold().head(), 1, "the second is not published");
    let mut other = Room::with(|config| config.settings.announce_below = 5);
    other.hold();
    other.replay(room.log());
    assert_eq!(
        other.fold().settings().announce_below,
        1,
        "the log's, so far"
    );
    other.release();
    other.guest("three");
    assert_eq!(other.fold().settings().announce_below, 5);
    assert_eq!(folded(other.log()).0.settings().announce_below, 5);
}

#[test]
fn the_time_of_an_event_is_the_logs_and_never_falls() {
    requirement!("RM-3");
    let mut room = Room::default();
    let alice = room.guest("alice");
    let begun = room.events()[0].at();
    let mut told = Vec::new();
    for (id, ms) in (1..).zip([500, 499, 0, 501, 10, 900]) {
        room.set_log_time(ms);
        room.pass(secs(20)); // which is the server's own affair
        room.heard(alice);
        room.send(
            alice,
            &Message::Pong(parlance_proto::wire::Pong { nonce: 0 }),
        );
        room.send(alice, &say(id, id - 1, "x"));
        told.extend(room.heard(alice));
    }
    let times = told.iter().map(|message| match message {
        Message::Said(said) => said.at - begun,
        other => panic!("SAID, and not {other:?}"),
    });
    let times: Vec<u64> = times.collect();
    assert_eq!(times, [500, 500, 500, 501, 501, 900]);
}

#[test]
fn epochs_are_drawn_and_never_0() {
    requirement!("RM-4");
    let mut epochs: Vec<u64> = (0..200)
        .map(|seed| {
            let mut room = Room::seeded(seed, |_| {});
            let (_, welcome) = room.welcomed(&guest("alice"));
            assert_eq!(welcome.epoch, room.fold().epoch());
            welcome.epoch
        })
        .collect();
    assert!(epochs.iter().all(|epoch| (1..1 << 63).contains(epoch)));
    // Drawn from all there are: no two alike, and as many large ones as small ones.
    let large = epochs.iter().filter(|epoch| **epoch >= 1 << 62).count();
    assert!((60..140).contains(&large), "{large}");
    epochs.sort_unstable();
    epochs.dedup();
    assert_eq!(epochs.len(), 200);
}

#[test]
fn a_room_that_was_forgotten_goes_on_under_another_epoch() {
    requirement!("RM-4");
    let mut room = Room::with(|config| config.limits.rooms = 1);
    let (alice, first) = room.welcomed(&guest("alice"));
    let mut elsewhere = named("bob", None);
    elsewhere.room = "other".to_owned();
    let (_, heard) = room.enter(&Message::Name(elsewhere.clone()));
    assert_eq!(brief(&heard), ["BYE full None"], "somebody is in");
    room.reset(alice);
    let other = room.log_in(&Message::Name(elsewhere));
    assert_eq!(room.forgotten(), [RoomName::lobby()]);
    room.reset(other);
    let (_, second) = room.welcomed(&guest("alice"));
    assert_ne!(second.epoch, first.epoch);
    assert_eq!((second.head, second.you.member), (1, 1), "another history");
}

#[test]
fn of_two_first_entries_one_counts() {
    requirement!("RM-4");
    // Two servers over one log found the room at once.
    let mut room = Room::default();
    let mut other = Room::seeded(2, |config| config.node = 2);
    room.hold();
    other.hold();
    let conn = room.accept();
    room.send(conn, &guest("alice"));
    let stranger = other.accept();
    other.send(stranger, &guest("bob"));
    let (first, second) = (room.lose(), other.lose());
    room.land(&first, true);
    let epoch = room.fold().epoch();
    room.land(&second, false);
    assert_eq!(room.fold().epoch(), epoch);
    room.release();
    let heard = room.heard(conn);
    let Some(Message::Client(welcome)) = heard.first() else {
        panic!("CLIENT, and not {heard:?}")
    };
    assert_eq!(welcome.epoch, epoch);
    // The other one reads them in the same order.
    other.land(&first, false);
    assert_eq!(other.fold().epoch(), epoch);
}

#[test]
fn under_another_epoch_all_else_goes_on() {
    requirement!("RM-18");
    let mut room = Room::default();
    let alice = room.log_in(&keyed(b'a', 1, 1));
    let bob = room.guest("bob");
    room.send_all(alice, &[say(1, 0, "before"), topic(2, 1, "tea")]);
    room.heard(alice);
    room.heard(bob);
    room.hold();
    room.send(alice, &say(3, 2, "on its way"));
    let on_its_way = room.lose();
    let epoch = |epoch| Proposal {
        entry: Arc::new(Entry::Epoch { epoch }),
        ..on_its_way.clone()
    };
    let old = room.fold().epoch();
    for none in [old, 0, 1 << 63] {
        room.land(&epoch(none), false);
        assert_eq!(room.fold().epoch(), old);
        assert!(room.wants_read(alice), "{none} changes nothing");
    }
    let (head, members) = (room.fold().head(), room.fold().count());
    room.land(&epoch(old ^ 1), false);
    let fold = room.fold();
    assert_eq!((fold.epoch(), fold.head()), (old ^ 1, head));
    assert_eq!(fold.count(), members);
    assert_eq!(
        fold.topic().map(ToString::to_string).as_deref(),
        Some("tea")
    );
    // What was in flight is settled, and its event is the next.
    assert_eq!(brief(&room.heard(bob)), ["BYE busy None"]);
    assert_eq!(brief(&room.heard(alice)), NONE);
    room.land(&on_its_way, true);
    let said = format!("SAID {} user-a/3 on its way", head + 1);
    assert_eq!(brief(&room.heard(alice)), [said.as_str(), "BYE busy None"]);
    room.release();
    // The cursor is of another history now; who one is, is not.
    let Message::Name(mut again) = keyed(b'a', 1, 2) else {
        panic!("NAME")
    };
    again.resume = Some(Resume {
        epoch: old,
        since: 1,
    });
    let (_, welcome) = room.welcomed(&Message::Name(again));
    assert_eq!((welcome.epoch, welcome.acked), (old ^ 1, 3));
    assert_eq!((welcome.you.member, welcome.start), (1, welcome.head));
    assert_eq!(folded(room.log()).0, *room.fold());
}
