//! The machine as a whole: its table, chunking, determinism, garbage.

use super::*;
use crate::wire::{
    Act, Gap, GapWhy, Joined, Kind, Left, Members, Mod, Modded, Nick, Ping, Pong, Quit, Renamed,
    Say, SetTopic, Tell, Told, Who,
};

/// One message of a kind.
fn sample(kind: Kind) -> Message {
    let (id, after, seq, at, member, session) = (1, 0, 1, 1, 7, 8);
    let (reference, name, host, members) = (1, String::from("x"), None, 1);
    let text = name.clone();
    match kind {
        Kind::Name => Message::Name(Login {
            versions: vec![1],
            name,
            room: text,
            history: 0,
            identity: None,
            resume: None,
            proof: None,
            agent: None,
        }),
        Kind::Say => Message::Say(Say {
            id,
            after,
            kind: SayKind::Say,
            re: None,
            text,
        }),
        Kind::Nick => Message::Nick(Nick { id, after, name }),
        Kind::Topic => {
            let topic = None;
            Message::Topic(SetTopic { id, after, topic })
        }
        Kind::Mod => Message::Mod(Mod {
            id,
            after,
            act: Act::Kick,
            who: None,
            secs: None,
            why: None,
        }),
        Kind::Tell => Message::Tell(Tell {
            reference,
            to: 1,
            text,
        }),
        Kind::Who => Message::Who(Who { reference, from: 0 }),
        Kind::Ping => Message::Ping(Ping { nonce: 5 }),
        Kind::Pong => Message::Pong(Pong { nonce: 5 }),
        Kind::Quit => Message::Quit(Quit { why: None }),
        Kind::Client => Message::Client(welcome()),
        Kind::Said => said(1, 8, 1),
        Kind::Joined => Message::Joined(Joined {
            seq,
            at,
            member,
            session,
            id: 0,
            name,
            host,
            members,
        }),
        Kind::Left => Message::Left(Left {
            seq,
            at,
            member,
            session,
            id: 0,
            name,
            host,
            members,
            why: None,
        }),
        Kind::Renamed => Message::Renamed(Renamed {
            seq,
            at,
            member,
            session,
            id,
            old: name,
            new: text,
        }),
        Kind::Titled => titled(1, "x"),
        Kind::Modded => Message::Modded(Modded {
            seq,
            at,
            member,
            session,
            id,
            act: Act::Kick,
            who: Some(9),
            secs: None,
            why: None,
        }),
        Kind::Told => Message::Told(Told {
            from: 7,
            to: 12,
            name,
            text,
            reference: None,
        }),
        Kind::Members => Message::Members(Members {
            reference,
            list: vec![],
            next: None,
        }),
        Kind::Gap => Message::Gap(Gap {
            from: 1,
            to: 1,
            why: GapWhy::Newer,
            acked: 0,
            topic: None,
            members,
        }),
        Kind::Error => error(1),
        Kind::Bye => Message::Bye(bye(ByeCode::QUIT, None)),
    }
}

fn in_state(state: State) -> Rig {
    let mut rig = Rig::new(config());
    if state == State::Offline {
        return rig;
    }
    rig.client.connected(rig.now);
    if state == State::Greeting {
        rig.sent();
        rig.actions();
        return rig;
    }
    rig.server(&Message::Client(welcome()));
    rig.say("a");
    if state != State::Live {
        rig.client.quit(None, rig.now);
    }
    rig.sent();
    if state == State::Ended {
        rig.client.quit(None, rig.now);
        rig.sent();
    }
    rig.actions();
    while rig.client.poll().is_some() {}
    rig
}

/// What a message did, in a word.
fn outcome(rig: &mut Rig, message: &Message) -> &'static str {
    let before = rig.client.clone();
    rig.client.step(message.clone(), rig.now);
    let mut actions = core::iter::from_fn(|| rig.client.poll()).collect::<Vec<_>>();
    actions.retain(|action| *action != Action::Close);
    match &actions[..] {
        [.., Action::Ended { reason }] => match reason {
            EndReason::Violated(_) => "violation",
            EndReason::Quit | EndReason::Bye(_) | EndReason::Lost(_) => "ends",
        },
        [Action::Welcome { .. }, ..] => "welcome",
        [.., Action::Event(_)] | [Action::Event(_), Action::Roster] => "event",
        [Action::Gap { .. }, ..] => "gap",
        [Action::Told(_)] => "told",
        [Action::Line { .. }, ..] => "refusal",
        [Action::Roster] => "roster",
        [] if rig.client == before => "-",
        [] if !rig.client.link.pongs.is_empty() => "PONG",
        other => panic!("{other:?}"),
    }
}

const TABLE: &str = "\
| message | offline | greeting | live | quitting | ended |
| NAME | - | violation | violation | violation | - |
| SAY | - | violation | violation | violation | - |
| NICK | - | violation | violation | violation | - |
| TOPIC | - | violation | violation | violation | - |
| MOD | - | violation | violation | violation | - |
| TELL | - | violation | violation | violation | - |
| WHO | - | violation | violation | violation | - |
| PING | - | violation | PONG | PONG | - |
| PONG | - | violation | - | - | - |
| QUIT | - | violation | violation | violation | - |
| CLIENT | - | welcome | violation | violation | - |
| SAID | - | violation | event | event | - |
| JOINED | - | violation | event | event | - |
| LEFT | - | violation | event | event | - |
| RENAMED | - | violation | event | event | - |
| TITLED | - | violation | event | event | - |
| MODDED | - | violation | event | event | - |
| TOLD | - | violation | told | told | - |
| MEMBERS | - | violation | roster | roster | - |
| GAP | - | violation | gap | gap | - |
| ERROR | - | violation | refusal | refusal | - |
| BYE | - | ends | ends | ends | - |
";

#[test]
fn every_message_in_every_state() {
    let mut table = String::from("| message |");
    for state in State::ALL {
        table += &format!(" {state} |");
    }
    table += "\n";
    for kind in Kind::ALL {
        table += &format!("| {} |", kind.tag());
        for state in State::ALL {
            let mut rig = in_state(state);
            assert_eq!(rig.client.state(), state);
            let done = outcome(&mut rig, &sample(*kind));
            table += &format!(" {done} |");
        }
        table += "\n";
    }
    assert_eq!(table, TABLE, "{table}");
}

/// A long script of a server, as one run of bytes.
fn script() -> BytesMut {
    let mut bytes = frame(&Message::Client(welcome()));
    for seq in 1..30 {
        bytes.unsplit(frame(&said(seq, 4 + seq % 5, seq)));
        bytes.unsplit(frame(&Message::Ping(Ping { nonce: seq })));
    }
    bytes.unsplit(frame(&titled(30, "x")));
    bytes.unsplit(frame(&Message::Bye(bye(ByeCode::SHUTDOWN, Some(2)))));
    // Nothing follows last words.
    bytes.unsplit(frame(&said(31, 1, 1)));
    bytes
}

/// The script in pieces of at most `most` bytes; what came of it.
fn run(most: u64, seed: u64) -> (Client, Vec<Action>) {
    let mut rig = Rig::new(config());
    rig.say("a");
    rig.client.connected(rig.now);
    rig.sent();
    rig.actions();
    let mut rng = Rng::new(seed);
    let bytes = script();
    let mut rest: &[u8] = &bytes;
    let mut actions = vec![];
    while !rest.is_empty() {
        let size = usize::try_from(rng.below(most) + 1).unwrap();
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rig.client.receive(piece, rig.now);
        rest = after;
        actions.extend(rig.actions());
    }
    // How often the roster was told of, and Writable, depends on when one polls; nothing else does.
    (rig.client, actions)
}

#[test]
fn chunks_make_no_difference() {
    let whole = run(1_000_000, 0);
    assert_eq!(events(&whole.1).len(), 30);
    for most in [1, 2, 7, 100] {
        assert_eq!(run(most, most), whole);
    }
}

#[test]
fn a_clone_goes_the_same_way() {
    let mut rig = Rig::live(guest());
    rig.say("a");
    let mut twin = rig.clone();
    for rig in [&mut rig, &mut twin] {
        rig.sent();
        rig.client.receive_eof(rig.now);
        rig.actions();
        rig.until_connect();
        rig.enter(welcome());
    }
    assert_eq!(rig.client, twin.client);
    assert_eq!(rig.now, twin.now);
    let other = Client::new(guest(), 43, rig.now);
    assert_ne!(Client::new(guest(), 42, rig.now), other);
}

/// Whatever a server sends, the client neither panics nor says anything after its end, and each line is settled once.
#[test]
fn no_server_breaks_it() {
    for seed in 0..600 {
        let mut rng = Rng::new(seed);
        let mut rig = Rig::new(if seed % 3 == 0 { guest() } else { config() });
        let (mut said, mut settled, mut ended) = (0, vec![], 0);
        for _ in 0..120 {
            match rng.below(12) {
                0 => rig.client.connected(rig.now),
                1 => {
                    let sent = rig.client.say(SayKind::Say, None, text("x"), rig.now);
                    said += u64::from(sent.is_ok());
                }
                2 if rng.below(6) == 0 => rig.client.receive_eof(rig.now),
                3 if rng.below(6) == 0 => rig.client.connect_failed(rig.now),
                4 if rng.below(30) == 0 => rig.client.quit(None, rig.now),
                5 => {
                    rig.sent();
                }
                6 => {
                    if let Some(wake) = rig.client.poll_timeout() {
                        rig.now = wake.at;
                        rig.client.handle_timeout(rig.now);
                    }
                }
                _ => {
                    let message = random(&mut rng, &rig);
                    rig.server(&message);
                }
            }
            for action in rig.actions() {
                assert_eq!(ended, 0, "seed {seed}: {action:?} after the end");
                match action {
                    Action::Line { line, state, .. } => {
                        assert_ne!(state, LineState::Pending);
                        settled.push(line);
                    }
                    Action::Ended { .. } => ended += 1,
                    _ => {}
                }
            }
            let pending = u64::try_from(rig.client.outbox().count()).unwrap();
            assert_eq!(said, pending + u64::try_from(settled.len()).unwrap());
            let is_ended = rig.client.state() == State::Ended;
            assert_eq!((ended == 1, is_ended), (is_ended, ended == 1));
        }
        settled.sort_unstable();
        let count = settled.len();
        settled.dedup();
        assert_eq!(settled.len(), count, "seed {seed}: a line settled twice");
    }
}

/// A message that is likely to have some effect.
fn random(rng: &mut Rng, rig: &Rig) -> Message {
    let next = rig.client.cursor() + 1;
    if rig.client.state() == State::Greeting {
        let acked = rng.below(rig.client.outbox.newest_id() + 2) * rng.below(2);
        return Message::Client(Welcome {
            acked,
            epoch: 99 + rng.below(2),
            start: next - rng.below(2),
            ..welcome()
        });
    }
    match rng.below(40) {
        0 => sample(Kind::ALL[usize::try_from(rng.below(22)).unwrap()]),
        1 => Message::Bye(bye(ByeCode::SESSION, None)),
        2 => Message::Bye(bye(ByeCode::BUSY, Some(1))),
        3..10 => error(rng.below(8)),
        10 => Message::Gap(Gap {
            from: next,
            to: next + 2,
            why: GapWhy::Trimmed,
            acked: rng.below(rig.client.outbox.newest_id() + 1),
            topic: None,
            members: 1,
        }),
        _ => said(next, 3, rng.below(rig.client.outbox.newest_id() + 1)),
    }
}
