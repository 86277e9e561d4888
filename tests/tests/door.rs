//! Who may come in, who is turned away, and who must go when memory ends.

use std::collections::BTreeSet;

use bytes::BytesMut;
use parlance_proto::close::{CloseReason, Full, Refusal};
use parlance_proto::name::RoomName;
use parlance_proto::server::{Action, Admission, Config, ConnId, Origin, Server, Verdict};
use parlance_proto::time::Instant;
use parlance_proto::wire::{ByeCode, Login, Message, Ping, Who, encode_frame};
use parlance_tests::requirement;
use parlance_tests::rig::{Room, guest, login, named, say};
use proptest::prelude::*;

/// The end of what a connection was sent.
fn bye(heard: &[Message]) -> (ByeCode, String, Option<u64>) {
    match heard.last() {
        Some(Message::Bye(bye)) => (bye.code.clone(), bye.text.clone(), bye.retry),
        other => panic!("BYE, and not {other:?}"),
    }
}

fn by_invitation() -> Room {
    Room::with(|config| config.admission = Admission::Asked)
}

#[test]
fn who_is_not_invited_leaves_no_trace_and_who_is_comes_in() {
    requirement!("HS-23", "HS-4", "HS-20");
    let mut room = by_invitation();
    let (stranger, heard) = room.enter(&guest("mallory"));
    assert_eq!(heard, []);
    assert_eq!(room.admit(Verdict::Refused).len(), 1);
    let (code, text, retry) = bye(&room.heard(stranger));
    assert_eq!((code, retry), (ByeCode::FORBIDDEN, None));
    assert!(text.contains("ask for one"), "{text}");
    assert_eq!(room.server().rooms().count(), 0, "no room was made");
    assert_eq!(room.places(), []);

    let (alice, heard) = room.enter(&login("alice", [1; 32], [1; 16], 1));
    assert_eq!(heard, []);
    room.send(alice, &say(1, 0, "early"));
    let tickets = room.admit(Verdict::Admitted);
    let heard = room.heard(alice);
    assert!(matches!(
        &heard[..],
        [Message::Client(_), Message::Said(said)] if said.text.as_deref() == Some("early")
    ));
    assert_eq!(room.places(), [(tickets[0], true)]);
}

#[test]
fn an_invitation_is_not_used_up_by_who_does_not_come_in() {
    requirement!("HS-23");
    let mut room = by_invitation();
    room.enter(&login("alice", [1; 32], [1; 16], 1));
    room.admit(Verdict::Admitted);
    let (bob, _) = room.enter(&login("alice", [2; 32], [2; 16], 1));
    let taken = room.admit(Verdict::Admitted)[0];
    assert_eq!(bye(&room.heard(bob)).0, ByeCode::TAKEN);
    let (carol, _) = room.enter(&guest("carol"));
    room.reset(carol);
    let gone = room.admit(Verdict::Admitted)[0];
    assert_eq!(room.places()[1..], [(taken, false), (gone, false)]);
}

#[test]
fn an_open_server_takes_no_notice_of_a_proof() {
    requirement!("HS-4");
    let mut room = Room::default();
    let proof = Some(vec![7; 256]);
    let name = named("alice", None);
    let (_, heard) = room.enter(&Message::Name(Login { proof, ..name }));
    assert!(matches!(heard[..], [Message::Client(_)]));
    assert!(room.admit(Verdict::Refused).is_empty());
}

#[test]
fn a_proof_is_shown_nowhere() {
    requirement!("HS-24");
    let now = Instant::ZERO;
    let config = Config {
        admission: Admission::Asked,
        ..Config::default()
    };
    let mut server = Server::new(config, 1);
    let conn = server.accept(Origin::default(), now);
    let proof = Some(b"open sesame".to_vec());
    let name = Message::Name(Login {
        proof,
        ..named("alice", None)
    });
    server.receive(conn, &framed(&name), now);
    let mut shown = format!("{name:?} {server:?}");
    while let Some(action) = server.poll() {
        shown += &format!("{action:?}");
        if let Action::Admit { ticket, proof, .. } = action {
            assert_eq!(proof.expect("it is asked about").as_bytes(), b"open sesame");
            server.admitted(ticket, Verdict::Refused, now);
        }
    }
    let secret = format!("{:?}", b"open sesame");
    assert!(!shown.contains("sesame") && !shown.contains(secret.trim_matches(['[', ']'])));
}

#[test]
fn who_is_turned_away_at_the_door_is_told() {
    requirement!("ER-1", "ER-3");
    for (full, wait) in [
        (Full::Server, true),
        (Full::Address, true),
        (Full::Rooms, false),
    ] {
        let mut room = Room::default();
        let conn = room.refuse(Refusal::Full(full));
        let heard = room.hear(conn);
        let (code, _, retry) = bye(&heard.messages);
        assert_eq!(
            (code, retry.is_some(), heard.ended),
            (ByeCode::FULL, wait, true)
        );
        assert!(room.closed().is_empty(), "it is waited for");
        room.end(conn);
        let reason = CloseReason::Refused(Refusal::Full(full));
        assert_eq!(room.closed(), [(conn, reason)]);
    }
}

fn framed(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within its limits");
    out
}

/// What is done to the connections of a server that may hold little.
#[derive(Clone, Debug)]
enum Deed {
    Receive(usize, Vec<u8>),
    Take(usize),
    Eof(usize),
    Reset(usize),
    Hold,
    Release,
    Second,
}

const CONNS: usize = 5;

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let conn = 0..CONNS;
    let frames = (conn.clone(), any::<u8>(), 0u64..9).prop_map(|(conn, what, n)| {
        let message = match what % 6 {
            0 => Message::Who(Who {
                reference: n,
                from: 0,
            }),
            1 => Message::Ping(Ping { nonce: n }),
            _ => say(n + 1, n, &"x".repeat(usize::from(what) * 4)),
        };
        let mut frame = framed(&message).to_vec();
        if what % 7 == 0 {
            frame.truncate(frame.len() / 2);
        } else if what % 7 == 1 {
            frame = frame.repeat(9);
        }
        Deed::Receive(conn, frame)
    });
    let deed = prop_oneof![
        8 => frames,
        2 => conn.clone().prop_map(Deed::Take),
        1 => conn.clone().prop_map(Deed::Eof),
        1 => conn.prop_map(Deed::Reset),
        1 => Just(Deed::Hold),
        1 => Just(Deed::Release),
        1 => Just(Deed::Second),
    ];
    prop::collection::vec(deed, 0..60)
}

/// What each connection holds, and whether it is still heard.
fn holdings(room: &Room, conns: &[ConnId]) -> Vec<(usize, ConnId)> {
    let held = |conn: &ConnId| (room.server().held_by(*conn), *conn);
    conns.iter().map(held).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The running total is what is counted anew, and within the limit but for last words; who goes for want of memory
    /// held more than anybody who stays.
    #[test]
    fn the_total_is_the_sum_and_the_largest_goes(deeds in deeds(), limit in prop::sample::select(vec![200usize, 1_000, 5_000, 1 << 20])) {
        let mut room = Room::with(|config| {
            config.limits.rate = None;
            config.limits.bytes_per_second = None;
            config.limits.ring = 2_000;
            config.limits.held = limit;
        });
        let conns: Vec<ConnId> = (0..CONNS).map(|n| room.enter(&guest(&format!("m{n}"))).0).collect();
        let mut shed = BTreeSet::new();
        for deed in deeds {
            let before = holdings(&room, &conns);
            let told = room.server().counters().shed;
            let mut given = None;
            match deed {
                Deed::Receive(at, bytes) => {
                    given = Some((conns[at], bytes.len()));
                    room.receive(conns[at], &bytes);
                }
                Deed::Take(at) => drop(room.take(conns[at])),
                Deed::Eof(at) => room.end(conns[at]),
                Deed::Reset(at) => room.reset(conns[at]),
                Deed::Hold => room.hold(),
                Deed::Release => room.release(),
                Deed::Second => room.pass(std::time::Duration::from_secs(1)),
            }
            let after = holdings(&room, &conns);
            let sum: usize = after.iter().map(|(held, _)| held).sum();
            prop_assert_eq!(room.server().held(), sum);
            prop_assert!(sum <= limit + CONNS * 100, "{} of {}", sum, limit);
            if room.server().counters().shed == told {
                continue;
            }
            // Bytes alone came: what each held at the worst is what it held, and what it was given.
            let Some((conn, bytes)) = given else { continue };
            let most = |at: &(usize, ConnId)| at.0 + if at.1 == conn { bytes + 70_000 } else { 0 };
            let gone: BTreeSet<ConnId> = before
                .iter()
                .zip(&after)
                .filter(|(was, is)| was.0 > is.0 && is.0 < 100 && was.0 > 100)
                .map(|(was, _)| was.1)
                .collect();
            let least = before.iter().filter(|at| gone.contains(&at.1)).map(most).min();
            for stays in after.iter().filter(|at| !gone.contains(&at.1) && at.1 != conn) {
                prop_assert!(least.is_none_or(|least| stays.0 <= least), "{:?}: {:?}", gone, after);
            }
            shed.extend(gone);
        }
    }
}

/// Above the limit the largest goes, at it nobody; who holds nothing never does.
#[test]
fn the_one_that_holds_most_goes_and_nobody_else() {
    requirement!("LV-13", "ER-1", "LV-12");
    let limit = 10_000;
    let mut room = Room::with(|config| config.limits.held = limit);
    let idle = room.guest("idle");
    let small = room.guest("small");
    let large = room.guest("large");
    for conn in [idle, small, large] {
        room.take(conn);
    }
    let half = |len: usize| {
        let mut bytes = 20_000u32.to_be_bytes().to_vec();
        bytes.resize(len, 0x82);
        bytes
    };
    room.receive(small, &half(4_000));
    room.receive(large, &half(6_000));
    assert_eq!(
        (room.server().held(), room.server().counters().shed),
        (limit, 0)
    );
    room.receive(small, &[0x82]);
    assert_eq!(room.server().counters().shed, 1);
    let heard = room.hear(large);
    let (code, _, retry) = bye(&heard.messages);
    assert_eq!((code, heard.ended), (ByeCode::BUSY, true));
    assert!(retry.is_some_and(|retry| retry > 0));
    assert_eq!(room.server().held(), 4_001);
    for conn in [small, idle] {
        let heard = room.heard(conn);
        assert!(
            matches!(&heard[..], [Message::Left(left)] if left.name == "large"),
            "{heard:?}"
        );
    }
    assert!(room.wants_read(small) && room.wants_read(idle));
    assert!(room.server().room(&RoomName::lobby()).is_some());
}
