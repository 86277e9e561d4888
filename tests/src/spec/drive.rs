//! Drives the machines into the phases of section 16, and says what they make of some bytes.

use parlance_proto::client::{self, Client, ClientConfig, EndReason, Violation};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::ConnId;
use parlance_proto::time::Instant;
use parlance_proto::wire::{ByeCode, Decoder, ErrorCode, Message, Ping, Pong};

use super::{Outcome, Phase, golden_named};
pub use crate::rig::{Heard, Room, login};

const NOW: Instant = Instant::ZERO;
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
            outcome(&mut room, stranger, bytes, false)
        }
        Phase::Live => {
            let mut room = Room::with_bob();
            let alice = room.with_alice();
            outcome(&mut room, alice, bytes, true)
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
        proof: None,
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

fn outcome(room: &mut Room, conn: ConnId, bytes: &[u8], live: bool) -> Outcome {
    room.receive(conn, bytes);
    let heard = room.hear(conn);
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
        room.send(conn, &Message::Ping(Ping { nonce: 77 }));
        let pong = vec![Message::Pong(Pong { nonce: 77 })];
        assert_eq!(
            room.hear(conn),
            Heard {
                messages: pong,
                ended: false
            }
        );
    }
    outcome
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
