//! Section 10 of SPEC.md: last words, what comes after them, and the end of a server.

use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::server::ConnId;
use parlance_proto::wire::{ByeCode, Message, Ping, Quit};
use parlance_tests::requirement;
use parlance_tests::rig::{Room, brief, guest, login, say, tell};

const MS: Duration = Duration::from_millis(1);
const LINGER: Duration = Duration::from_secs(2);
const NONE: [&str; 0] = [];

fn quit() -> Message {
    Message::Quit(Quit { why: None })
}

/// A guest who is told `BYE`, by one of four ways.
type Way = (&'static str, fn(&mut Room, ConnId));

const WAYS: [Way; 4] = [
    ("BYE too-big None", |room, conn| room.receive(conn, &[0; 4])),
    ("BYE malformed None", |room, conn| {
        room.receive(conn, &[0, 0, 0, 1, 0xff])
    }),
    ("BYE unexpected None", |room, conn| {
        room.send(conn, &guest("again"))
    }),
    ("BYE quit None", |room, conn| room.send(conn, &quit())),
];

#[test]
fn after_its_last_words_a_server_waits_for_the_peers_end() {
    requirement!("ER-3");
    for (bye, way) in WAYS {
        let mut room = Room::default();
        let (bob, alice) = (room.guest("bob"), room.guest("alice"));
        room.heard(bob);
        way(&mut room, alice);
        let heard = room.hear(alice);
        assert_eq!(brief(&heard.messages).last().map(String::as_str), Some(bye));
        assert!(heard.ended, "the stream ends in that direction");
        // What comes is taken, and thrown away: no answer, no event, and no second BYE for it.
        for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 40_000]] {
            assert!(room.wants_read(alice), "{bye}");
            room.receive(alice, bytes);
            room.send_all(
                alice,
                &[Message::Ping(Ping { nonce: 1 }), say(1, 0, "late")],
            );
        }
        assert_eq!(room.take(alice), (vec![], false));
        assert_eq!(brief(&room.heard(bob)), ["LEFT 3 alice 1"]);
        assert_eq!(room.closed(), [], "{bye}");
        let mut ended = room.clone();
        ended.end(alice);
        assert_eq!(ended.closed().len(), 1, "{bye}: it has ended its stream");
        room.pass(LINGER - MS);
        assert_eq!(room.closed(), [], "{bye}");
        room.pass(MS);
        assert_eq!(room.closed().len(), 1, "{bye}: LINGER has passed");
    }
}

#[test]
fn a_stranger_too_hears_the_last_words_before_the_link_goes() {
    requirement!("ER-3");
    let mut room = Room::default();
    let stranger = room.accept();
    room.receive(stranger, b"GET / HTTP/1.1\r\n\r\n");
    // It ends its stream before it has taken what was said.
    room.end(stranger);
    assert_eq!(room.closed(), [], "there are last words to take");
    let heard = room.hear(stranger);
    assert_eq!(brief(&heard.messages), ["BYE too-big None"]);
    assert!(heard.ended);
    assert!(matches!(room.closed(), [(conn, CloseReason::Violated(_))] if *conn == stranger));
}

#[test]
fn a_server_that_ends_says_so_to_everybody_after_what_was_due() {
    requirement!("ER-6");
    let mut room = Room::default();
    let alice = room.guest("alice");
    let bob = room.log_in(&login("bob", [2; 32], [2; 16], 1));
    let stranger = room.accept();
    room.heard(alice);
    // Events that neither has taken, and an answer to alice alone.
    room.send_all(
        bob,
        &[say(1, 0, "one"), say(2, 1, "two"), tell(1, 1, "psst")],
    );
    let (joining, quitting) = (room.accept(), room.guest("quitter"));
    room.heard(quitting);
    room.hold();
    room.send(joining, &guest("late"));
    room.send_all(quitting, &[say(1, 0, "never answered"), quit()]);
    room.shut_down(Some(3));
    let want: [(ConnId, &[&str]); 5] = [
        (
            alice,
            &[
                "TOLD 2>1 psst None",
                "SAID 3 bob/1 one",
                "SAID 4 bob/2 two",
                "JOINED 5 quitter 3",
            ],
        ),
        (
            bob,
            &[
                "TOLD 2>1 psst Some(1)",
                "SAID 3 bob/1 one",
                "SAID 4 bob/2 two",
                "JOINED 5 quitter 3",
            ],
        ),
        (stranger, &[]),
        (joining, &[]),
        (quitting, &[]),
    ];
    for (conn, due) in want {
        let heard = room.hear(conn);
        let lines = brief(&heard.messages);
        let (last, before) = lines.split_last().expect("last words");
        assert_eq!(last, "BYE shutdown Some(3)");
        assert_eq!(before, due);
        assert!(heard.ended);
    }
    // The members stay: they come back to the next start.
    assert_eq!(room.fold().count(), 3);
    let late = room.accept();
    assert_eq!(brief(&room.heard(late)), ["BYE shutdown Some(1)"]);
    room.pass(LINGER);
    assert_eq!(room.closed().len(), 6);
    assert_eq!(room.server().connections(), 0);
}

#[test]
fn a_server_that_does_not_come_back_names_no_time() {
    requirement!("ER-6");
    let mut room = Room::default();
    let alice = room.guest("alice");
    room.shut_down(None);
    let heard = room.hear(alice).messages;
    let [Message::Bye(bye)] = &heard[..] else {
        panic!("BYE, and not {heard:?}")
    };
    assert_eq!((&bye.code, bye.retry), (&ByeCode::SHUTDOWN, None));
    assert_eq!(brief(&room.heard(alice)), NONE);
}
