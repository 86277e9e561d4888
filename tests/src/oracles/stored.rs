//! What is read of a log is what was written to it, and a room that is read goes on like the one that was stored.

use parlance_proto::name::Name;
use parlance_proto::room::{
    Deed, Entry, KeyHash, LeaveEntry, Line, LoginEntry, Moderating, Owner, Room, SessionKey,
    Settings,
};
use parlance_proto::text::{Host, Text, Topic, Why};
use parlance_proto::wire::{Act, SayKind};

use super::Bytes;

/// How many entries a room that was read is led on by.
const ON: usize = 6;
/// How many entries a log has at most: each costs a whole room.
const LONG: usize = 100;

/// Bytes that are an entry, a room, or, behind a first byte that begins neither, a log at random.
pub fn check(data: &[u8]) {
    if let Ok(entry) = Entry::decode(data) {
        assert_eq!(entry.encode(), data, "not the one form of {entry:?}");
        assert!(Room::from_checkpoint(data).is_err(), "an entry and a room");
    }
    if let Ok(mut room) = Room::from_checkpoint(data) {
        assert_eq!(room.to_checkpoint(), data, "not the one form of {room:?}");
        // A log can have made it: so what comes next makes of it what is taken again.
        lead_on(&mut room, &mut Bytes(data), ON);
    }
    if let Some((0..=0x7f, log)) = data.split_first() {
        lead_on(&mut Room::new(), &mut Bytes(log), LONG.min(log.len() / 4));
    }
}

/// Leads a room on beside one that is stored and read again at every step.
fn lead_on(room: &mut Room, data: &mut Bytes<'_>, steps: usize) {
    let mut back = room.clone();
    for _ in 0..steps {
        let entry = entry(room, data);
        assert_eq!(Entry::decode(&entry.encode()).as_ref(), Ok(&entry));
        let pos = room.pos().saturating_add(1);
        let at = room.at().saturating_add(time(data));
        let made = room.apply(pos, at, &entry);
        assert_eq!(back.apply(pos, at, &entry), made, "{entry:?}");
        back = Room::from_checkpoint(&room.to_checkpoint())
            .unwrap_or_else(|error| panic!("after {entry:?}: {error:?}, {room:?}"));
        assert_eq!(back, *room, "after {entry:?}");
    }
}

fn time(data: &mut Bytes<'_>) -> u64 {
    u64::from(data.byte() / 4)
}

/// An entry that may come next; mostly one that the room takes.
fn entry(room: &Room, data: &mut Bytes<'_>) -> Entry {
    if room.epoch() == 0 && data.byte() & 7 != 0 {
        let (epoch, settings) = (1, settings(data));
        return Entry::Founded { epoch, settings };
    }
    let session = session(data);
    let (attempt, member, newest) = room.session(&session).map_or((0, 0, 0), |known| {
        (known.attempt, known.member, known.newest)
    });
    let odd = u64::from(data.below(16) == 0);
    match data.below(17) {
        16 => Entry::Operator {
            key: KeyHash::from_bytes([data.below(4); 32]),
        },
        0 => Entry::Settings(settings(data)),
        1 => Entry::Epoch {
            epoch: data.below(4).into(),
        },
        2..=5 => Entry::Login(LoginEntry {
            session,
            attempt: attempt.saturating_add(1 - odd),
            nonce: odd,
            node: 1,
            name: name(data),
            host: (odd == 0).then(|| Host::parse("10.0.0.1").expect("a host")),
            address: Some(Host::parse(if odd == 0 { "10.0.0.1" } else { "::1" }).expect("a host")),
        }),
        6..=8 => Entry::Leave(LeaveEntry {
            session,
            attempt: attempt.saturating_add(odd),
            why: (odd == 0).then(|| Why::parse("bye").expect("a text")),
        }),
        _ => Entry::Line(Line {
            session,
            attempt,
            member,
            id: newest.saturating_add(1),
            after: newest.saturating_add(odd),
            deed: deed(data),
        }),
    }
}

fn deed(data: &mut Bytes<'_>) -> Deed {
    match data.below(8) {
        6 | 7 => Deed::Mod(Moderating {
            act: Act::ALL[usize::from(data.below(10))],
            who: u64::from(data.byte()).checked_sub(200),
            secs: (data.byte() & 1 == 0).then(|| data.below(4).into()),
            why: None,
        }),
        0 => Deed::Nick { name: name(data) },
        1 => Deed::Topic {
            topic: (data.byte() & 1 == 0).then(|| Topic::parse("tea").expect("a topic")),
        },
        _ => Deed::Say {
            kind: SayKind::ALL[usize::from(data.below(3))],
            re: u64::from(data.byte()).checked_sub(250),
            text: Text::parse("hi").expect("a text"),
        },
    }
}

fn session(data: &mut Bytes<'_>) -> SessionKey {
    let n = data.below(12);
    let owner = if n < 8 {
        Owner::Key(KeyHash::from_bytes([n / 2; 32]))
    } else {
        Owner::Guest
    };
    SessionKey {
        owner,
        session: [n; 16],
    }
}

fn name(data: &mut Bytes<'_>) -> Name {
    let names = ["ann", "bob", "ANN", "Ian", "lan", "Ольга"];
    Name::parse(names[usize::from(data.below(6))]).expect("a name")
}

/// Room for few, and not for long.
fn settings(data: &mut Bytes<'_>) -> Settings {
    Settings {
        announce_below: data.below(6).into(),
        sessions: data.below(8).into(),
        session_idle_ms: data.byte().into(),
        claims: data.below(5).into(),
        claim_idle_ms: data.byte().into(),
    }
}

/// Entries, rooms and logs for the corpus; a bit of every other entry and room is flipped.
pub(super) fn sample(seed: &[u8], n: usize) -> Vec<u8> {
    let mut data = Bytes(seed);
    let mut room = Room::new();
    let mut last = Entry::Epoch { epoch: 1 };
    for step in 0..seed.len() / 5 {
        last = entry(&room, &mut data);
        let at = room.at() + time(&mut data);
        room.apply(step as u64 + 1, at, &last);
    }
    let mut bytes = match n % 3 {
        0 => last.encode(),
        1 => room.to_checkpoint(),
        _ => return [&[0], seed].concat(),
    };
    if n % 2 == 1 {
        let at = usize::from(seed[0]) * 256 + usize::from(seed[1]);
        let at = at % bytes.len();
        bytes[at] ^= 1 << (seed[2] % 8);
    }
    bytes
}
