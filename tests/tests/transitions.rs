//! The transition tables of SPEC.md, section 11, cell by cell, as the machines show them from outside.

use bytes::BytesMut;
use parlance_proto::client::{Action, Client, State, Transmit};
use parlance_proto::time::Instant;
use parlance_proto::wire::{
    ByeCode, ErrorCode, Kind, Message, Quit, Say, SayKind, decode, encode_frame,
};
use parlance_tests::requirement;
use parlance_tests::spec::drive::{Heard, Room, greeting, login, settle, welcomed};
use parlance_tests::spec::{self};

const NOW: Instant = Instant::ZERO;

/// The golden vector of that message which makes sense to whoever is in the room of section 16.
fn sample(kind: Kind) -> Message {
    let name = match kind {
        Kind::Say => "say-first".to_owned(),
        other => format!("{}-plain", other.tag().to_lowercase()),
    };
    let mut message = decode(spec::golden_named(&name).body()).expect("golden");
    match &mut message {
        Message::Nick(nick) => (nick.id, nick.after) = (1, 0),
        Message::Topic(topic) => (topic.id, topic.after) = (1, 0),
        Message::Mod(act) => (act.id, act.after) = (1, 0),
        Message::Tell(tell) => tell.to = 1, // bob
        _ => {}
    }
    message
}

fn frame(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within its limits");
    out
}

fn say() -> Message {
    let (kind, re, text) = (SayKind::Say, None, "before".to_owned());
    Message::Say(Say {
        id: 1,
        after: 0,
        kind,
        re,
        text,
    })
}

#[test]
fn a_server_does_what_its_table_says() {
    requirement!("HS-2", "HS-20", "ER-1", "ER-2", "ER-4", "LV-1");
    let table = spec::table("server");
    for kind in Kind::ALL {
        for (phase, observe) in SERVER {
            let cell = table.cell(kind.tag(), phase);
            assert_eq!(observe(*kind), cell, "{} in {phase}", kind.tag());
        }
    }
}

/// Puts one message into a phase, and gives the word for what is seen.
type Observe = fn(Kind) -> &'static str;

const SERVER: [(&str, Observe); 5] = [
    ("AwaitName", in_await_name),
    ("Joining", in_joining),
    ("Live", in_live),
    ("Leaving", in_leaving),
    ("Closing", in_closing),
];

fn in_await_name(kind: Kind) -> &'static str {
    let mut room = Room::with_bob();
    let stranger = room.accept();
    room.send(stranger, &sample(kind));
    let heard = room.hear(stranger);
    if matches!(heard.messages.first(), Some(Message::Client(_))) {
        "login"
    } else {
        word(&heard)
    }
}

/// `wait` if nothing is heard before the log answers, and after it the same as if it had been sent in `Live`.
fn in_joining(kind: Kind) -> &'static str {
    let mut room = Room::with_bob();
    let alice = room.accept();
    room.hold();
    room.send(alice, &login("alice", [0x44; 32], [0x55; 16], 1));
    room.send(alice, &sample(kind));
    if room.hear(alice) != Heard::default() {
        return "heard too early";
    }
    room.release();
    let mut heard = room.hear(alice);
    let welcome = heard.messages.remove(0);
    assert_eq!(welcome.kind(), Kind::Client, "{kind:?}");
    if word(&heard) == in_live(kind) {
        "wait"
    } else {
        "not what Live makes of it"
    }
}

fn in_live(kind: Kind) -> &'static str {
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.send(alice, &sample(kind));
    word(&room.hear(alice))
}

/// `discard` if nothing differs from what is heard without the message.
fn in_leaving(kind: Kind) -> &'static str {
    let [with, without] = [Some(kind), None].map(|kind| {
        let mut room = Room::with_bob();
        let alice = room.with_alice();
        room.hold();
        room.send(alice, &say());
        room.send(alice, &Message::Quit(Quit { why: None }));
        if let Some(kind) = kind {
            room.send(alice, &sample(kind));
        }
        assert_eq!(
            room.hear(alice),
            Heard::default(),
            "the line is not settled"
        );
        room.release();
        room.hear(alice)
    });
    let kinds: Vec<Kind> = without.messages.iter().map(Message::kind).collect();
    assert_eq!(
        kinds,
        [Kind::Said, Kind::Left, Kind::Bye],
        "what came before QUIT is settled"
    );
    if with == without {
        "discard"
    } else {
        "makes a difference"
    }
}

fn in_closing(kind: Kind) -> &'static str {
    let mut room = Room::with_bob();
    let alice = room.with_alice();
    room.receive(alice, &[0; 4]);
    let heard = room.hear(alice);
    assert!(matches!(&heard.messages[..], [Message::Bye(bye)] if bye.code == ByeCode::TOO_BIG));
    assert!(heard.ended);
    room.send(alice, &sample(kind));
    if room.hear(alice) == Heard::default() {
        "discard"
    } else {
        "heard after BYE"
    }
}

/// The word for what one message made a server say.
fn word(heard: &Heard) -> &'static str {
    match &heard.messages[..] {
        [] => "nothing",
        [Message::Said(_) | Message::Renamed(_) | Message::Titled(_)] => "line",
        [Message::Modded(_)] => "act",
        [Message::Error(error)] if error.code == ErrorCode::NotAllowed => "act",
        [Message::Told(_)] => "told",
        [Message::Members(_)] => "members",
        [Message::Pong(_)] => "pong",
        // One's own leave is an event like any other.
        [Message::Left(_), Message::Bye(bye)] if bye.code == ByeCode::QUIT && heard.ended => {
            "leaving"
        }
        [Message::Bye(bye)] if bye.code == ByeCode::UNEXPECTED && heard.ended => "unexpected",
        other => panic!("no word for {other:?}"),
    }
}

#[test]
fn a_client_does_what_its_table_says() {
    requirement!("HS-7", "ER-7", "ER-8", "LV-1");
    let table = spec::table("client");
    for kind in Kind::ALL {
        for (phase, start) in CLIENT {
            let want = match table.cell(kind.tag(), phase) {
                // A page that was not asked for, and the refusal of what was not sent, show nothing.
                "members" | "error" | "nothing" => "nothing",
                other => other,
            };
            assert_eq!(observed(start(), *kind), want, "{} in {phase}", kind.tag());
        }
    }
}

/// Brings a client into a phase.
type Start = fn() -> Client;

const CLIENT: [(&str, Start); 3] = [
    ("Greeting", greeting),
    ("Live", welcomed),
    ("Quitting", quitting),
];

fn quitting() -> Client {
    let mut client = welcomed();
    client.quit(None, NOW);
    settle(&mut client);
    assert_eq!(client.state(), State::Quitting);
    client
}

/// The word for what one message makes of a client.
fn observed(mut client: Client, kind: Kind) -> &'static str {
    let before = client.state();
    client.receive(&frame(&sample(kind)), NOW);
    let mut word = match client.state() {
        State::Live if before == State::Greeting => "welcome",
        State::Offline => "bye",
        State::Ended => "bye",
        _ => "nothing",
    };
    while let Some(action) = client.poll() {
        word = match action {
            Action::Ended { reason } if format!("{reason:?}").starts_with("Violated") => {
                "violation"
            }
            Action::Event(_) => "event",
            Action::Gap { .. } => "gap",
            Action::Told(_) => "told",
            _ => word,
        };
    }
    while let Some(Transmit::Data(data)) = client.poll_transmit(NOW) {
        if kind == Kind::Ping
            && data[..]
                == frame(&decode(spec::golden_named("pong-plain").body()).expect("golden"))[..]
        {
            word = "pong";
        }
    }
    word
}
