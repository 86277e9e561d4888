//! Logs at random: mostly what servers propose, so that they lead deep into a room, and some of what none does.

use super::*;
use crate::rng::Rng;
use crate::wire::Act;

const NAMES: [&str; 8] = ["ann", "bob", "ANN", "Ian", "lan", "b0b", "cid", "Ольга"];
const ADDRESSES: [&str; 2] = ["10.0.0.1", "10.0.0.2"];

/// What the log does next.
pub(super) struct Step {
    pub(super) pos: u64,
    pub(super) at: u64,
    pub(super) entry: Entry,
}

/// A log of that many entries, its first one at random too.
pub(super) fn script(seed: u64, len: usize) -> Vec<Step> {
    let mut rng = Rng::new(seed);
    let (mut room, mut pos, mut at) = (Room::new(), 0, 1000);
    let mut steps = Vec::new();
    for _ in 0..len {
        pos += 1 + rng.below(3) / 2;
        // Back in time now and then.
        at = (at + rng.below(40)).saturating_sub(rng.below(10));
        let entry = next(&mut rng, &room);
        room.apply(pos, at, &entry);
        steps.push(Step { pos, at, entry });
    }
    steps
}

/// An entry that may come after those that made `room`.
pub(super) fn next(rng: &mut Rng, room: &Room) -> Entry {
    let session = session(rng);
    let known = room.session(&session);
    if room.epoch() == 0 && rng.below(2) == 0 {
        return Entry::Founded {
            epoch: rng.below(3),
            settings: settings(rng),
        };
    }
    match rng.below(41) {
        40 => Entry::Operator {
            key: KeyHash::from_bytes([1 + byte(rng, 4); 32]),
        },
        0 => Entry::Settings(settings(rng)),
        1 => Entry::Epoch {
            epoch: [rng.below(3), 1 << 63, u64::MAX][pick(rng, 3)],
        },
        2..=13 => {
            let attempt = known.map_or(1, |session| session.attempt.saturating_add(1));
            let (nonce, name) = (rng.below(3), name(NAMES[pick(rng, NAMES.len())]));
            let host = (rng.below(2) == 0).then(|| Host::parse("10.0.0.1").unwrap());
            Entry::Login(LoginEntry {
                session,
                attempt: or_odd(rng, attempt),
                nonce,
                node: rng.below(3),
                name,
                host,
                address: (rng.below(2) == 0).then(|| Host::parse(ADDRESSES[pick(rng, 2)]).unwrap()),
            })
        }
        14..=21 => Entry::Leave(LeaveEntry {
            session,
            attempt: or_odd(rng, known.map_or(1, |session| session.attempt)),
            why: (rng.below(3) == 0).then(|| Why::parse("bye").unwrap()),
        }),
        _ => {
            let newest = known.map_or(0, |session| session.newest);
            let id = newest.saturating_add(1 + rng.below(3) / 2);
            Entry::Line(Line {
                session,
                attempt: or_odd(rng, known.map_or(1, |session| session.attempt)),
                member: or_odd(rng, known.map_or(1, |session| session.member)),
                id: or_odd(rng, id),
                after: or_odd(rng, newest),
                deed: deed(rng, room),
            })
        }
    }
}

fn deed(rng: &mut Rng, room: &Room) -> Deed {
    match rng.below(9) {
        5.. => Deed::Mod(moderating(rng, room)),
        0 => nick(NAMES[pick(rng, NAMES.len())]),
        1 => Deed::Topic {
            topic: (rng.below(2) == 0).then(|| Topic::parse("tea").unwrap()),
        },
        _ => Deed::Say {
            kind: SayKind::ALL[pick(rng, SayKind::ALL.len())],
            re: (rng.below(2) == 0).then(|| rng.below(room.head() + 2)),
            text: Text::parse("hi").unwrap(),
        },
    }
}

/// Mostly for a short while, so that it ends within the log.
fn moderating(rng: &mut Rng, room: &Room) -> Moderating {
    let here: Vec<u64> = room.members_after(0).map(|(member, _)| member).collect();
    let who = match rng.below(4) {
        0 => rng.below(12),
        _ if here.is_empty() => 1,
        _ => here[pick(rng, here.len())],
    };
    Moderating {
        act: Act::ALL[pick(rng, Act::ALL.len())],
        who: (rng.below(8) != 0).then_some(who),
        secs: (rng.below(4) != 0).then(|| rng.below(3)),
        why: (rng.below(3) == 0).then(|| Why::parse("so").unwrap()),
    }
}

/// Of few people with few devices, so that they meet again.
fn session(rng: &mut Rng) -> SessionKey {
    let (who, which) = (byte(rng, 6), byte(rng, 2));
    if who < 4 {
        device(who + 1, which)
    } else {
        guest(2 * who + which)
    }
}

/// Room for few, and not for long.
fn settings(rng: &mut Rng) -> Settings {
    Settings {
        announce_below: rng.below(6),
        sessions: rng.below(8),
        session_idle_ms: rng.below(600),
        claims: rng.below(5),
        claim_idle_ms: rng.below(900),
    }
}

/// Mostly the number, seldom another.
fn or_odd(rng: &mut Rng, number: u64) -> u64 {
    match rng.below(16) {
        0 => rng.below(4),
        1 => number.saturating_add(1),
        _ => number,
    }
}

fn pick(rng: &mut Rng, n: usize) -> usize {
    usize::try_from(rng.below(u64::try_from(n).unwrap())).unwrap()
}

fn byte(rng: &mut Rng, n: u64) -> u8 {
    u8::try_from(rng.below(n)).unwrap()
}
