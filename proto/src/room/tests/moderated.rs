//! A moderated room as it is stored.

use super::moderation::{act, from};
use super::stored::{flips, hex};
use super::*;
use crate::room::MODERATED;
use crate::room::moderation::Ban;
use crate::wire::{Act, DecodeError};

/// Alice (1) keeps bob (2, a guest) and dave (4) quiet, carol (3) out, strangers from where she was too, and the room slow;
/// dave is away, and erin (5) has spoken.
fn sample() -> Room {
    let mut log = Log::new();
    log.enter(&first(key(1), "alice"));
    log.enter(&first(guest(2), "bob"));
    log.enter(&from("10.0.0.3", first(key(3), "carol")));
    log.enter(&first(key(4), "dave"));
    log.leave(key(4), 1);
    log.enter(&first(guest(5), "erin"));
    log.rules(act(Act::Mute, 2, None));
    log.rules(act(Act::Mute, 4, 600));
    log.rules(act(Act::Ban, 3, 60));
    log.rules(act(Act::BanAddress, 3, None));
    log.rules(act(Act::Slow, None, 5));
    assert_eq!(log.does(guest(5), say("hi")).outcome, Outcome::Applied);
    log.room
}

/// As another encoder wrote it: from the part on moderation to the end.
const MODERATION: &str = "\
    878158200101010101010101010101010101010101010101010101010101010101010101818258200404\
    0404040404040404040404040404040404040404040404040404040404041a00092ba8818202f6818258\
    2003030303030303030303030303030303030303030303030303030303030303038303656361726f6c19\
    ee4881826831302e302e302e338303656361726f6cf61913888182051903e8";

#[test]
fn a_moderated_room_has_these_bytes() {
    let room = sample();
    let bytes = room.to_checkpoint();
    let tail = hex(MODERATION);
    assert_eq!(bytes[bytes.len() - tail.len()..], tail);
    assert_eq!(Room::from_checkpoint(&bytes), Ok(room));
}

/// Every flip of a bit is refused, or makes another room in its one form.
#[test]
fn a_flipped_moderated_room_is_refused_or_another() {
    let room = sample();
    for flipped in flips(&room.to_checkpoint()) {
        if let Ok(other) = Room::from_checkpoint(&flipped) {
            assert_ne!(other, room);
            assert_eq!(other.to_checkpoint(), flipped);
        }
    }
}

#[test]
fn rooms_that_nobody_could_moderate_so_are_refused() {
    type Break = fn(&mut Room);
    let cases: &[(Break, &str)] = &[
        (
            |room| room.moderation.operators.clear(),
            "nobody may moderate",
        ),
        (
            |room| {
                for n in 0..=u64::try_from(MODERATED).unwrap() {
                    let mut bytes = [9; 32];
                    bytes[..8].copy_from_slice(&n.to_be_bytes());
                    room.moderation
                        .muted
                        .insert(KeyHash::from_bytes(bytes), None);
                }
            },
            "more are kept quiet or out than a room keeps",
        ),
        (
            |room| {
                room.moderation.muted_guests.insert(9, None);
            },
            "one who was never there is kept quiet or out",
        ),
        (
            |room| ban(room).member = 0,
            "one who was never there is kept quiet or out",
        ),
        (
            |room| {
                room.moderation.muted_guests.insert(1, None);
            },
            "a guest who is not here is kept quiet",
        ),
        (
            |room| room.moderation.slow = 0,
            "it is kept who spoke when, and nobody has to wait",
        ),
        (
            |room| {
                room.moderation.spoke.insert(9, 1_000);
            },
            "one who was never there has spoken",
        ),
        (
            |room| {
                room.moderation.spoke.insert(5, 1_001);
            },
            "one who was never there has spoken",
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

fn ban(room: &mut Room) -> &mut Ban {
    let hash = KeyHash::from_bytes([3; 32]);
    room.moderation.banned.get_mut(&hash).unwrap()
}
