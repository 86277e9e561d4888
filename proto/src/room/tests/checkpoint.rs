//! Rooms as they are stored: each that a log makes comes back as it was, and no other is taken.

use alloc::format;
use alloc::string::String;

use super::script::{next, script};
use super::stored::{flips, hex};
use super::*;
use crate::rng::Rng;
use crate::wire::DecodeError;

/// Somebody of each sort: here with a key, here as a guest and refused a line, away with a claim.
fn sample() -> Room {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    log.enter(&first(guest(2), "bob"));
    let topic = Some(Topic::parse("tea").unwrap());
    log.line(&line(key(1), 1, 1, 0, say("hi")));
    log.line(&line(key(1), 1, 2, 1, Deed::Topic { topic }));
    log.enter(&first(key(3), "carol"));
    log.leave(key(3), 1);
    let made = log.line(&line(guest(2), 2, 1, 0, reply(Some(99), "to whom?")));
    assert_eq!(made, denied(Denial::NoEvent));
    log.room
}

/// As another encoder wrote it.
const SAMPLE: &str = "\
    8c0264726f6f6d184d851901f41a000186a01a240c84001a000186a01b00000001cf7c580008061903e8\
    63746561f5838282018665616c6963655820010101010101010101010101010101010101010101010101\
    0101010101010101f6f6f5818250010101010101010101010101010101018301031901f582028663626f\
    62f6f6f6f5818250020202020202020202020202020202028301031901f5828258200101010101010101\
    010101010101010101010101010101010101010101010101840165616c696365f6f68258200303030303\
    0303030303030303030303030303030303030303030303030303038403656361726f6cf61903e8038283\
    828258200101010101010101010101010101010101010101010101010101010101010101500101010101\
    010101010101010101010188010102f601001901f5f68282582003030303030303030303030303030303\
    03030303030303030303030303030303500303030303030303030303030303030388030300f601011901\
    f51903e88282f65002020202020202020202020202020202880202008201686e6f2d6576656e74010019\
    01f5f6038781582001010101010101010101010101010101010101010101010101010101010101018080\
    80800080";

#[test]
fn a_room_has_these_bytes() {
    let room = sample();
    assert_eq!(room.to_checkpoint(), hex(SAMPLE));
    assert_eq!(Room::from_checkpoint(&hex(SAMPLE)), Ok(room));
    // The tags tell one from the other.
    let entry = Entry::Epoch { epoch: 1 }.encode();
    for (found, what) in [
        (Entry::decode(&hex(SAMPLE)).err(), "an entry"),
        (Room::from_checkpoint(&entry).err(), "a room"),
    ] {
        let Some(StoredError::Malformed(DecodeError::Invalid { reason })) = found else {
            panic!("{what}: {found:?}")
        };
        assert!(reason.contains("tag"), "{reason}");
    }
}

/// `[RM-1]` At any place of any log the room comes back equal, and the rest of the log makes the same of it.
#[test]
fn every_room_comes_back_and_goes_on() {
    let (mut lines, mut forgotten, mut most, mut acts, mut kept_off) = (0, 0, 0, 0, 0);
    for seed in 0..300 {
        let steps = script(seed, 160);
        let mut room = Room::new();
        let mut back = Room::new();
        for step in &steps {
            let before = room.sessions();
            let made = room.apply(step.pos, step.at, &step.entry);
            assert_eq!(back.apply(step.pos, step.at, &step.entry), made);
            lines += usize::from(made.outcome == Outcome::Applied && made.event.is_some());
            acts += usize::from(matches!(made.event, Some(Event::Modded(_))));
            kept_off += usize::from(matches!(
                made.outcome,
                Outcome::LoginRefused(LoginRefusal::Banned)
                    | Outcome::LineRefused(Denial::Muted | Denial::SlowMode)
            ));
            forgotten += usize::from(room.sessions() < before);
            most = most.max(room.count());
            assert_eq!(
                Entry::decode(&step.entry.encode()).as_ref(),
                Ok(&step.entry)
            );
            let bytes = room.to_checkpoint();
            back = Room::from_checkpoint(&bytes)
                .unwrap_or_else(|error| panic!("{seed} at {}: {error:?} {room:?}", step.pos));
            assert_eq!(back, room, "{seed} at {}", step.pos);
            assert_eq!(hash_of(&back), hash_of(&room));
        }
    }
    // The logs lead somewhere.
    assert!(
        lines > 2000 && forgotten > 1000 && most > 4,
        "{lines} {forgotten} {most}"
    );
    assert!(acts > 200 && kept_off > 40, "{acts} {kept_off}");
}

#[test]
fn a_cut_or_longer_checkpoint_is_refused() {
    let bytes = hex(SAMPLE);
    for cut in 0..bytes.len() {
        let cut = Room::from_checkpoint(&bytes[..cut]);
        assert!(matches!(cut, Err(StoredError::Malformed(_))), "{cut:?}");
    }
    let trailing = StoredError::Malformed(DecodeError::Trailing { bytes: 1 });
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Room::from_checkpoint(&longer), Err(trailing));
}

/// Every flip of a bit is refused or makes another room in its one form; and that is one that a log could have made:
/// it goes on, and can be stored and read again at each step.
#[test]
fn a_flipped_checkpoint_is_refused_or_another_room() {
    let (room, mut taken) = (sample(), 0);
    let mut rng = Rng::new(1);
    for flipped in flips(&hex(SAMPLE)) {
        let Ok(mut other) = Room::from_checkpoint(&flipped) else {
            continue;
        };
        taken += 1;
        assert_ne!(other, room);
        assert_eq!(other.to_checkpoint(), flipped, "{other:?}");
        for _ in 0..8 {
            let (entry, pos, at) = (next(&mut rng, &other), other.pos(), other.at());
            other.apply(pos.saturating_add(1), at.saturating_add(50), &entry);
            let again = Room::from_checkpoint(&other.to_checkpoint());
            assert_eq!(again.as_ref(), Ok(&other), "{entry:?}");
        }
    }
    assert!(taken > 500, "{taken}");
}

/// What no log makes, in each of its ways.
#[test]
fn rooms_that_contradict_themselves_are_refused() {
    type Break = fn(&mut Room);
    let cases: &[(Break, &str)] = &[
        (
            |room| room.epoch = 0,
            "a room that was never founded holds something",
        ),
        (
            |room| {
                *room = Room {
                    head: 1,
                    pos: 2,
                    ..Room::new()
                }
            },
            "a room that was never founded holds something",
        ),
        (|room| room.epoch = 1 << 63, "no room has this epoch"),
        (
            |room| room.pos = 0,
            "more came of the entries than there are",
        ),
        (
            |room| room.pos = 6,
            "more came of the entries than there are",
        ),
        (
            |room| room.head = 8,
            "more came of the entries than there are",
        ),
        (
            |room| room.members.made = 8,
            "more came of the entries than there are",
        ),
        (
            |room| room.sessions.made = 8,
            "more came of the entries than there are",
        ),
        (
            |room| room.head = 0,
            "lines were taken that left no trace, or the other way round",
        ),
        (
            |room| room.spoken = false,
            "lines were taken that left no trace, or the other way round",
        ),
        (
            |room| {
                room.spoken = false;
                room.topic = None;
            },
            "a session has lines in a room that has none",
        ),
        (
            |room| claim(room, 3).away_since = Some(1001),
            "somebody went in the future",
        ),
        (
            |room| log_in_as(room, 2, 501),
            "a login is not the newest of its session",
        ),
        (
            |room| log_in_as(room, 1, 2),
            "a login is not the newest of its session",
        ),
        (
            |room| session(room, key(1)).member = 2,
            "a login is not the newest of its session",
        ),
        (
            |room| session(room, key(1)).idle_since = Some(1),
            "a login is not the newest of its session",
        ),
        (
            |room| {
                room.sessions.known.remove(&key(1));
            },
            "a login is not the newest of its session",
        ),
        (
            |room| session(room, key(3)).member = 0,
            "a session's member was never there",
        ),
        (
            |room| session(room, key(3)).member = 4,
            "a session's member was never there",
        ),
        (
            |room| session(room, key(3)).idle_since = None,
            "a session is neither in nor out",
        ),
        (
            |room| session(room, key(3)).idle_since = Some(1001),
            "a session is neither in nor out",
        ),
        (
            |room| session(room, key(3)).ended = 0,
            "a session is neither in nor out",
        ),
        (
            |room| session(room, key(1)).ended = 1,
            "a session is neither in nor out",
        ),
        (
            |room| session(room, guest(2)).ended = 2,
            "a session is neither in nor out",
        ),
        (
            |room| session(room, key(1)).refused = Some((0, Denial::Taken)),
            "a line was taken and refused",
        ),
        (
            |room| session(room, key(1)).refused = Some((2, Denial::Taken)),
            "a line was taken and refused",
        ),
        (
            |room| renumber(room, 2, 0),
            "a member's number was never given",
        ),
        (
            |room| renumber(room, 2, 4),
            "a member's number was never given",
        ),
        (
            |room| {
                room.members.claims.remove(&hash(1));
            },
            "a member has not what the key claims",
        ),
        (
            |room| claim(room, 1).member = 2,
            "a member has not what the key claims",
        ),
        (
            |room| claim(room, 1).name = name("alix"),
            "a member has not what the key claims",
        ),
        (
            |room| claim(room, 1).away_since = Some(1),
            "a member has not what the key claims",
        ),
        (
            |room| claim(room, 3).away_since = None,
            "a claim's member is not here",
        ),
        (
            |room| {
                claim(room, 3).away_since = None;
                claim(room, 3).member = 1;
            },
            "a claim's member is not here",
        ),
        (
            |room| claim(room, 3).member = 0,
            "a claim's number was not given to it",
        ),
        (
            |room| claim(room, 3).member = 4,
            "a claim's number was not given to it",
        ),
        (
            |room| claim(room, 3).member = 1,
            "a claim's number was not given to it",
        ),
        (
            |room| claim(room, 3).name = name("BOB"),
            "two hold one name",
        ),
        (
            |room| room.members.present.get_mut(&2).unwrap().name = name("ALICE"),
            "two hold one name",
        ),
        (
            |room| session(room, key(3)).number = 0,
            "a session's number was not given to it",
        ),
        (
            |room| session(room, key(3)).number = 4,
            "a session's number was not given to it",
        ),
        (
            |room| session(room, key(3)).number = 1,
            "a session's number was not given to it",
        ),
    ];
    for (n, (spoil, why)) in cases.iter().enumerate() {
        let mut room = sample();
        spoil(&mut room);
        let found = Room::from_checkpoint(&room.to_checkpoint());
        let Err(StoredError::Malformed(DecodeError::Invalid { reason })) = found else {
            panic!("case {n}, {why}: {found:?}")
        };
        assert_eq!(reason, *why, "case {n}");
    }
}

/// Two names that look alike, two numbers of one order: what stands in maps stands there once, ascending.
#[test]
fn maps_are_ascending() {
    let mut log = Log::new();
    log.enter(&first(guest(7), "ann"));
    log.enter(&first(guest(8), "bob"));
    let digits: String = log
        .room
        .to_checkpoint()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert!(Room::from_checkpoint(&hex(&digits)).is_ok());
    let (seven, nine) = ("07".repeat(16), "09".repeat(16));
    for other in [&nine, &"08".repeat(16)] {
        let found = Room::from_checkpoint(&hex(&digits.replace(&seven, other)));
        let Err(StoredError::Malformed(DecodeError::Invalid { reason })) = found else {
            panic!("{found:?}")
        };
        assert!(reason.ends_with("out of order"), "{reason}");
    }
}

fn hash(n: u8) -> KeyHash {
    KeyHash::from_bytes([n; 32])
}

fn claim(room: &mut Room, n: u8) -> &mut crate::room::members::Claim {
    room.members.claims.get_mut(&hash(n)).unwrap()
}

fn session(room: &mut Room, key: SessionKey) -> &mut Session {
    room.sessions.known.get_mut(&key).unwrap()
}

/// Alice's login, as if it were that one.
fn log_in_as(room: &mut Room, attempt: u64, nonce: u64) {
    let alice = room.members.present.get_mut(&1).unwrap();
    let node = 3;
    alice.logins.insert(
        [1; 16],
        Login {
            attempt,
            node,
            nonce,
        },
    );
}

fn renumber(room: &mut Room, from: u64, to: u64) {
    let member = room.members.present.remove(&from).unwrap();
    room.members.present.insert(to, member);
}
