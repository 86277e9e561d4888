//! Drives the machines into the phases of section 16, and says what they make of some bytes.

use std::sync::Arc;

use parlance_proto::client::{self, Client, ClientConfig, EndReason, Violation};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::Entry;
use parlance_proto::server::{Action, Config, ConnId, Origin, Server, Ticket, Transmit};
use parlance_proto::time::Instant;
use parlance_proto::wire::{
    ByeCode, Decoder, ErrorCode, Identity, Login, Message, Ping, Pong, decode, encode_frame,
};

use super::{Outcome, Phase, golden_named};

const NOW: Instant = Instant::ZERO;
const AT: u64 = 1_764_000_000_000;
const SERVER_FRAME: u32 = 65_536;

/// What happens to `bytes` in `phase`. Bytes that are no whole frame yet are [`Outcome::Ignored`] too: both are silence.
///
/// # Panics
///
/// If the machine does anything that section 16 has no word for: more than one answer, a `BYE` after which the stream
/// goes on, an `ERROR` or silence after which the connection does not stand.
#[must_use]
pub fn drive(phase: Phase, bytes: &[u8]) -> Outcome {
    match phase {
        Phase::AwaitName => {
            let mut room = Room::with_bob();
            let stranger = room.accept();
            room.outcome(stranger, bytes, false)
        }
        Phase::Live => {
            let mut room = Room::with_bob();
            let alice = room.with_alice();
            room.outcome(alice, bytes, true)
        }
        Phase::ClientGreeting => client_outcome(&mut greeting(), bytes),
        Phase::ClientLive => client_outcome(&mut welcomed(), bytes),
    }
}

/// A client that has sent its `NAME`.
///
/// # Panics
///
/// If it has not.
#[must_use]
pub fn greeting() -> Client {
    let config = ClientConfig {
        name: Name::parse("alice").expect("a name"),
        room: RoomName::lobby(),
        identity: None,
        history: 0,
        resume: None,
        agent: None,
        reconnect: true,
    };
    let mut client = Client::new(config, 1, NOW);
    assert_eq!(client.poll(), Some(client::Action::Connect));
    client.connected(NOW);
    settle(&mut client);
    client
}

/// A client that was welcomed by the golden vector `client-plain`.
///
/// # Panics
///
/// If it is not in the room.
#[must_use]
pub fn welcomed() -> Client {
    let mut client = greeting();
    client.receive(&golden_named("client-plain").frame, NOW);
    settle(&mut client);
    assert_eq!(client.state(), client::State::Live);
    client
}

/// Drains a client; gives why it ended, if it did.
pub fn settle(client: &mut Client) -> Option<EndReason> {
    let mut ended = None;
    while let Some(action) = client.poll() {
        if let client::Action::Ended { reason } = action {
            ended = Some(reason);
        }
    }
    while client.poll_transmit(NOW).is_some() {}
    ended
}

fn client_outcome(client: &mut Client, bytes: &[u8]) -> Outcome {
    let before = client.state();
    client.receive(bytes, NOW);
    match settle(client) {
        None => {
            assert_eq!(client.state(), before, "silence leaves it where it was");
            Outcome::Ignored
        }
        Some(EndReason::Violated(violation)) => Outcome::Violated(match violation {
            Violation::Frame(_) => "too-big",
            Violation::Decode(_) => "malformed",
            Violation::Unexpected { .. } => "unexpected",
            Violation::Version(_) => "version",
            Violation::Jump { .. } => "jump",
            other => panic!("no word for {other:?}"),
        }),
        Some(other) => panic!("no word for {other:?}"),
    }
}

/// A login of that name.
#[must_use]
pub fn login(name: &str, key: [u8; 32], session: [u8; 16], attempt: u64) -> Message {
    let identity = Some(Identity {
        key,
        session,
        attempt,
    });
    let (name, room) = (name.to_owned(), "lobby".to_owned());
    Message::Name(Login {
        versions: vec![1],
        name,
        room,
        history: 0,
        identity,
        resume: None,
        proof: None,
        agent: None,
    })
}

/// A server over a log that has everything at once.
#[derive(Debug)]
pub struct Room {
    server: Server,
    pos: u64,
    /// What the log has not answered yet.
    waiting: Vec<(RoomName, Ticket, Arc<Entry>)>,
    held: bool,
}

/// What a connection was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether the stream ended.
    pub ended: bool,
}

impl Room {
    /// `bob` is in the room: attempt 2 of his session is connected, 1 was before.
    ///
    /// # Panics
    ///
    /// If he is not let in.
    #[must_use]
    pub fn with_bob() -> Room {
        let config = Config {
            node: 1,
            ..Config::default()
        };
        let server = Server::new(config, 1);
        let mut room = Room {
            server,
            pos: 0,
            waiting: Vec::new(),
            held: false,
        };
        for attempt in [1, 2] {
            room.log_in(&login("bob", [0x22; 32], [0x33; 16], attempt));
        }
        room
    }

    /// A new connection.
    pub fn accept(&mut self) -> ConnId {
        self.server.accept(Origin::default(), NOW)
    }

    /// A new connection that is let in.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub fn log_in(&mut self, name: &Message) -> ConnId {
        let conn = self.accept();
        self.send(conn, name);
        let heard = self.hear(conn);
        assert!(
            matches!(heard.messages.first(), Some(Message::Client(_))),
            "{heard:?}"
        );
        conn
    }

    /// The peer ends its stream.
    pub fn end(&mut self, conn: ConnId) {
        self.server.receive_eof(conn, NOW);
        self.settle();
    }

    /// The link breaks.
    pub fn reset(&mut self, conn: ConnId) {
        self.server.receive_reset(conn, NOW);
        self.settle();
    }

    /// Has the server receive a message.
    ///
    /// # Panics
    ///
    /// If the message is over a limit.
    pub fn send(&mut self, conn: ConnId, message: &Message) {
        let mut frame = bytes::BytesMut::new();
        encode_frame(message, &mut frame).expect("within its limits");
        self.receive(conn, &frame);
    }

    /// Has the server receive bytes, and the log answer.
    pub fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        self.server.receive(conn, bytes, NOW);
        self.settle();
    }

    /// From now on the log does not answer.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// The log answers all that it was asked, and at once from now on.
    pub fn release(&mut self) {
        self.held = false;
        self.settle();
    }

    fn settle(&mut self) {
        loop {
            while let Some(action) = self.server.poll() {
                if let Action::Append {
                    room,
                    ticket,
                    entry,
                } = action
                {
                    self.waiting.push((room, ticket, entry));
                }
            }
            if self.held || self.waiting.is_empty() {
                return;
            }
            for (room, ticket, entry) in std::mem::take(&mut self.waiting) {
                self.pos += 1;
                self.server
                    .appended(&room, self.pos, AT, &entry, Some(ticket), NOW);
            }
        }
    }

    /// Takes all that is due to a connection.
    ///
    /// # Panics
    ///
    /// If that is not a sequence of whole messages.
    pub fn hear(&mut self, conn: ConnId) -> Heard {
        let mut heard = Heard::default();
        let mut decoder = Decoder::default();
        while let Some(item) = self.server.poll_transmit(conn, NOW) {
            let Transmit::Data(data) = item else {
                heard.ended = true;
                break;
            };
            let mut input = &data[..];
            while let Some(body) = decoder
                .next(&mut input, SERVER_FRAME)
                .expect("a legal length")
            {
                heard.messages.push(decode(body).expect("a message"));
            }
        }
        assert!(!decoder.is_mid_frame(), "whole frames");
        heard
    }

    /// `alice` comes in beside bob.
    pub fn with_alice(&mut self) -> ConnId {
        self.log_in(&login("alice", [0x44; 32], [0x55; 16], 1))
    }

    fn outcome(&mut self, conn: ConnId, bytes: &[u8], live: bool) -> Outcome {
        self.receive(conn, bytes);
        let heard = self.hear(conn);
        let outcome = match &heard.messages[..] {
            [] => Outcome::Ignored,
            [Message::Bye(bye)] => {
                assert!(heard.ended, "the stream ends after {bye:?}");
                let known = ByeCode::ALL.iter().find(|code| **code == bye.code);
                return Outcome::Bye(known.expect("a known code").as_str());
            }
            [Message::Error(error)] => Outcome::Error(word(error.code)),
            other => panic!("no word for {other:?}"),
        };
        assert!(!heard.ended, "the connection stands");
        // Half a frame would take the ping for its other half.
        let whole = !matches!(outcome, Outcome::Ignored) || ends_whole(bytes);
        if live && whole {
            self.send(conn, &Message::Ping(Ping { nonce: 77 }));
            let pong = vec![Message::Pong(Pong { nonce: 77 })];
            assert_eq!(
                self.hear(conn),
                Heard {
                    messages: pong,
                    ended: false
                }
            );
        }
        outcome
    }
}

fn ends_whole(bytes: &[u8]) -> bool {
    let (mut decoder, mut input) = (Decoder::default(), bytes);
    while decoder
        .next(&mut input, SERVER_FRAME)
        .is_ok_and(|body| body.is_some())
    {}
    !decoder.is_mid_frame()
}

fn word(code: ErrorCode) -> &'static str {
    code.as_str()
}
