//! A line between its connection and the log: what is not stored, unknown or refused.

use super::*;

#[test]
fn not_stored_is_said_where_it_is_certain_and_only_there() {
    requirement!("DL-11");
    let lines = [say(1, 0, "one"), say(2, 1, "two"), say(3, 2, "three")];
    let published = [
        "SAID 3 alice/1 one",
        "SAID 4 alice/2 two",
        "SAID 5 alice/3 three",
    ];

    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.hold();
    room.send_all(alice, &lines);
    room.fail(AppendFailure::NotStored);
    assert_eq!(brief(&room.heard(alice)), ["ERROR Some(1) None storage"]);

    // Unknown: nothing is said, and all from there on goes again, in order, and is in the log once.
    for stored in [false, true] {
        let mut room = Room::with_bob();
        let alice = room.with_alice();
        room.hold();
        room.send_all(alice, &lines);
        let first = room.fail(AppendFailure::Unknown);
        if stored {
            room.land(&first, false);
        }
        room.commit();
        room.commit();
        room.release();
        room.pass(Duration::from_millis(100));
        assert_eq!(brief(&room.heard(alice)), published, "stored: {stored}");
        assert_eq!(room.fold().head(), 5, "stored: {stored}");
    }

    // Another copy is out: not stored is not certain.
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.hold();
    room.send(alice, &lines[0]);
    let copy = room.fail(AppendFailure::Unknown);
    room.pass(Duration::from_millis(100));
    room.fail(AppendFailure::NotStored);
    assert_eq!(brief(&room.heard(alice)), NONE);
    room.land(&copy, false);
    assert_eq!(brief(&room.heard(alice)), published[..1]);
}

#[test]
fn a_log_that_does_not_answer_in_time_is_asked_again() {
    requirement!("DL-11");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.hold();
    room.send(alice, &say(1, 0, "one"));
    let late = room.lose();
    room.pass(Duration::from_millis(9_999));
    assert_eq!(room.waiting(), 0, "the deadline is 10 s");
    room.pass(Duration::from_millis(101));
    assert_eq!(room.waiting(), 1, "and the first wait 100 ms");
    room.land(&late, true);
    room.release();
    assert_eq!(brief(&room.heard(alice)), ["SAID 3 alice/1 one"]);
    assert_eq!(room.fold().head(), 3, "once");
}

#[test]
fn a_refusal_is_final_whatever_changes_later() {
    requirement!("DL-12");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    let carol = room.guest("carol");
    room.heard(alice);
    room.hold();
    room.send(alice, &nick(1, 0, "carol"));
    let copy = room.lose();
    room.land(&copy, true);
    assert_eq!(brief(&room.heard(alice)), ["ERROR Some(1) None taken"]);
    room.release();
    // The name is free now, and the session is where it was: a second copy is refused all the same.
    room.reset(carol);
    assert_eq!(brief(&room.heard(alice)), ["LEFT 4 carol 2"]);
    room.land(&copy, false);
    room.send(alice, &nick(1, 0, "carol"));
    assert_eq!(brief(&room.heard(alice)), ["ERROR Some(1) None taken"]);
    assert_eq!(room.fold().head(), 4);
    // It left the newest id as it was: the next line joins 0, and not 1.
    room.send(alice, &say(2, 1, "orphan"));
    room.send(alice, &say(2, 0, "heir"));
    assert_eq!(brief(&room.heard(alice)), ["SAID 5 alice/2 heir"]);
}

#[test]
fn an_error_goes_to_the_connection_that_sent_the_line_last() {
    requirement!("DL-13");
    for resent in [false, true] {
        let mut room = Room::with_bob();
        let first = room.with_alice();
        let _carol = room.guest("carol");
        room.hold();
        room.send(first, &nick(1, 0, "carol"));
        let copy = room.lose();
        room.release();
        let second = room.log_in(&login("alice", ALICE.0, ALICE.1, 2));
        room.heard(first);
        room.hold();
        if resent {
            room.send(second, &nick(1, 0, "carol"));
        }
        room.land(&copy, true);
        room.release();
        let want = ["ERROR Some(1) None taken"];
        assert_eq!(brief(&room.heard(second)), want[..usize::from(resent)]);
        assert_eq!(brief(&room.heard(first)), NONE, "it is gone");
    }
}

#[test]
fn a_server_takes_a_window_of_lines_and_one_more_for_each_that_is_settled() {
    requirement!("DL-14");
    let line = |id| say(id, id - 1, "x");
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.hold();
    for id in 1..=63 {
        room.send(alice, &line(id));
        assert!(room.wants_read(alice), "{id} are unanswered");
    }
    room.send(alice, &line(64));
    assert!(!room.wants_read(alice), "a full window");
    room.send(alice, &line(65));
    assert_eq!(room.waiting(), 64, "the 65th waits");
    room.commit();
    assert_eq!(room.waiting(), 64, "one is settled, one is taken");
    room.release();
    assert!(room.wants_read(alice));
    assert_eq!(room.heard(alice).len(), 65, "and nothing is lost");
}
