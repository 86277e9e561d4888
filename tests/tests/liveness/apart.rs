//! One peer is no other's business.

use super::*;

/// What a fourth connection may do beside three others.
type Misdeed = (&'static str, fn(&mut Room, ConnId));

const MISDEEDS: [Misdeed; 9] = [
    ("a frame too long", |room, conn| {
        room.receive(conn, &[0, 1, 0, 0])
    }),
    ("bytes that are no message", |room, conn| {
        room.receive(conn, &[0, 0, 0, 1, 0xff]);
    }),
    ("half a frame", |room, conn| {
        room.receive(conn, &[0, 0, 0, 9, 0x89]);
    }),
    ("a server's message", |room, conn| {
        room.send(
            conn,
            &Message::Bye(Bye {
                code: ByeCode::QUIT,
                text: String::new(),
                retry: None,
            }),
        );
    }),
    ("lines that are refused", |room, conn| {
        room.send_all(
            conn,
            &[
                say(1, 0, "\u{7}"),
                say(9, 8, "orphan"),
                say(2, 0, "\u{202e}"),
            ],
        );
    }),
    ("more requests than it takes answers", |room, conn| {
        let asked: Vec<Message> = (0..150).map(|reference| who(reference, 0)).collect();
        room.send_all(conn, &asked);
    }),
    ("private messages to nobody", |room, conn| {
        room.send(conn, &tell(1, 99, "x"));
    }),
    ("more than its rate", |room, conn| {
        for nonce in 0..300 {
            room.send(conn, &Message::Ping(Ping { nonce }));
        }
    }),
    ("nothing", |_, _| {}),
];

#[test]
fn one_peer_changes_no_byte_of_what_another_is_sent() {
    requirement!("LV-12");
    let calm = beside(|_, _| {});
    assert!(calm.iter().all(|bytes| bytes.len() > 1_000));
    for (what, misdeed) in MISDEEDS {
        assert!(beside(misdeed) == calm, "{what}");
    }
}

/// What two who talk are sent while a third, who takes nothing, does `misdeed` in between.
fn beside(misdeed: fn(&mut Room, ConnId)) -> [Vec<u8>; 2] {
    // In this time it is not let go: that would be an event.
    let mut room = Room::with(|config| config.limits.grace = secs(1_000));
    let rogue = room.log_in(&login("rogue", [9; 32], [9; 16], 1));
    let talkers = [room.guest("alice"), room.guest("bob")];
    let mut sent = [Vec::new(), Vec::new()];
    for id in 1..=40 {
        if id == 10 {
            misdeed(&mut room, rogue);
        }
        for (conn, sent) in talkers.into_iter().zip(&mut sent) {
            room.send(conn, &say(id, id - 1, "some words"));
            sent.extend(room.take(conn).0);
        }
        room.pass(MS * 250);
    }
    sent
}
