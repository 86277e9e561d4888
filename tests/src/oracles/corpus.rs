//! Frames for the oracles that are in their place, and the corpus that reaches deep states.

use bytes::BytesMut;
use parlance_proto::wire::{
    Act, Identity, Login, Message, Mod, Nick, Ping, Pong, Quit, Resume, Say, SayKind, SetTopic,
    Tell, Who, encode, encode_frame,
};

use super::Bytes;
use crate::sim::rng::Rng;

const TEXTS: [&str; 6] = ["hi", "привет", "a\u{202e}b", "e\u{301}", "two\nlines", "☕"];
const NAMES: [&str; 8] = [
    "alice",
    "bob",
    "аlice",
    "server",
    " x",
    "Ольга",
    "b0b",
    "ALICE",
];

fn frame(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within the limits");
    out
}

/// A login, mostly a good one.
pub fn login(identity: Option<Identity>, data: &mut Bytes<'_>) -> BytesMut {
    let odd = data.byte();
    let resume = (odd & 3 == 1).then(|| Resume {
        epoch: u64::from(odd >> 7),
        since: u64::from(data.below(20)),
    });
    frame(&Message::Name(Login {
        versions: if odd == 255 { vec![2] } else { vec![1, 2] },
        name: NAMES[usize::from(data.byte()) % NAMES.len()].into(),
        room: if odd & 28 == 28 { "attic" } else { "lobby" }.into(),
        history: u64::from(odd >> 4),
        identity,
        resume,
        proof: None,
        agent: (odd & 32 == 32).then(|| "an agent".into()),
    }))
}

/// What a client that is in may say; mostly the next line of a session whose newest is `newest`.
pub fn next_frame(newest: u64, data: &mut Bytes<'_>) -> BytesMut {
    let odd = data.byte();
    let (id, after) = match odd & 15 {
        15 => (newest.max(1), newest.saturating_sub(1)),
        14 => (newest + 2, newest + 1),
        13 => (newest + 3, newest),
        _ => (newest + 1, newest),
    };
    let text = String::from(TEXTS[usize::from(odd >> 4) % TEXTS.len()]);
    let n = u64::from(data.byte());
    frame(&match data.below(12) {
        0 => Message::Nick(Nick {
            id,
            after,
            name: NAMES[n as usize % NAMES.len()].into(),
        }),
        1 => Message::Topic(SetTopic {
            id,
            after,
            topic: (n > 20).then_some(text),
        }),
        2 => Message::Mod(Mod {
            id,
            after,
            act: Act::ALL[n as usize % Act::ALL.len()],
            who: (odd & 16 == 0).then_some(1 + n % 5),
            secs: (n > 230).then_some(n % 3),
            why: (n > 128).then_some(text),
        }),
        3 => Message::Tell(Tell {
            reference: n,
            to: n % 5,
            text,
        }),
        4 => Message::Who(Who {
            reference: n,
            from: n % 3,
        }),
        5 => Message::Ping(Ping { nonce: n }),
        6 => Message::Pong(Pong { nonce: n }),
        7 if n < 60 => Message::Quit(Quit {
            why: (n > 20).then_some(text),
        }),
        _ => {
            let kind = [SayKind::Say, SayKind::Action, SayKind::Notice][n as usize % 3];
            Message::Say(Say {
                id,
                after,
                kind,
                re: n.checked_sub(200),
                text,
            })
        }
    })
}

/// The committed corpus of a target: file names and contents, the same at each call.
#[must_use]
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut rng = Rng::new(target.bytes().map(u64::from).sum());
    let files = 24;
    (0..files)
        .map(|n| {
            let bytes = match target {
                "decode" => body(&mut rng, n),
                "chunks" => conversation(&mut rng, n),
                "legacy" => super::legacy::sample(&operations(&mut rng, 8), n),
                "stored" => super::stored::sample(&operations(&mut rng, 40 + n * 8), n),
                _ => operations(&mut rng, 40 + n * 12),
            };
            (format!("{n:02}"), bytes)
        })
        .collect()
}

fn operations(rng: &mut Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.below(256) as u8).collect()
}

/// A body, whole for the even numbers, with a byte changed for the odd ones.
fn body(rng: &mut Rng, n: usize) -> Vec<u8> {
    let seed = operations(rng, 8);
    let message = frame(&random_message(&seed));
    let mut body = message[4..].to_vec();
    if n % 2 == 1 {
        let at = rng.index(body.len());
        body[at] ^= 1 << rng.below(8);
    }
    body
}

fn random_message(seed: &[u8]) -> Message {
    let mut bytes = Bytes(seed);
    let frame = if seed[0].is_multiple_of(5) {
        let identity = seed[1].is_multiple_of(2).then(|| Identity {
            key: [seed[2]; 32],
            session: [seed[3]; 16],
            attempt: 3,
        });
        login(identity, &mut bytes)
    } else {
        next_frame(u64::from(seed[0]), &mut bytes)
    };
    let message = parlance_proto::wire::decode(&frame[4..]).expect("what was made can be read");
    debug_assert_eq!(encode(&message).expect("and made again"), frame[4..]);
    message
}

/// A login and some lines of one connection, the last ones sometimes broken; before it two bytes for the oracle.
fn conversation(rng: &mut Rng, n: usize) -> Vec<u8> {
    let mut all = operations(rng, 2);
    let seed = operations(rng, 4);
    all.extend_from_slice(&login(None, &mut Bytes(&seed)));
    for line in 0..rng.below(8) {
        let seed = operations(rng, 4);
        all.extend_from_slice(&next_frame(line, &mut Bytes(&seed)));
    }
    if n.is_multiple_of(3) {
        let at = 2 + rng.index(all.len() - 2);
        all[at] ^= 1 << rng.below(8);
    }
    all
}
