//! Drives the machines into the phases of section 16, and says what they make of some bytes.

use parlance_proto::client::{self, Client, ClientConfig, EndReason, Violation};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{ConnId, Origin};
use parlance_proto::text::Host;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Act, ByeCode, Decoder, ErrorCode, Login, Message, Ping, Pong, Quit};

use super::{Outcome, Phase, golden_named};
pub use crate::rig::{Heard, Room, login};
use crate::rig::{guest, moderate, say};

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
        Phase::Operator => {
            let (mut room, bob) = moderated();
            outcome(&mut room, bob, bytes, true)
        }
        Phase::Muted => {
            let (mut room, alice) = kept_quiet(Act::Mute);
            outcome(&mut room, alice, bytes, true)
        }
        Phase::Slow => {
            let (mut room, alice) = kept_quiet(Act::Slow);
            room.send(alice, &say(1, 0, "one"));
            room.hear(alice);
            outcome(&mut room, alice, bytes, true)
        }
        Phase::ClientGreeting => client_outcome(&mut greeting(), bytes),
        Phase::ClientLive => client_outcome(&mut welcomed(), bytes),
    }
}

/// A room with bob, its operator; alice (2); a guest (3); dave (4), who has left; and olga (5), another operator. The
/// connection is bob's, whose newest line is 1.
///
/// # Panics
///
/// If bob may not do it.
#[must_use]
pub fn moderated() -> (Room, ConnId) {
    let (mut room, bob) = Room::with_bob_at();
    for name in [
        login("alice", [0x44; 32], [0x55; 16], 1),
        guest("gwen"),
        login("dave", [0x66; 32], [0x66; 16], 1),
        login("olga", [0x77; 32], [0x77; 16], 1),
    ] {
        let conn = room.accept_from(Origin {
            addr: Host::parse("192.0.2.1").ok(),
            host: None,
        });
        room.send(conn, &name);
        room.hear(conn);
        if let Message::Name(Login { name, .. }) = &name
            && name == "dave"
        {
            room.send(conn, &Message::Quit(Quit { why: None }));
            room.hear(conn);
        }
    }
    room.hear(bob);
    room.send(bob, &moderate(1, Act::Op, Some(5), None));
    let heard = room.hear(bob).messages;
    assert!(matches!(heard[..], [Message::Modded(_)]), "{heard:?}");
    (room, bob)
}

/// Alice in a room in which bob has done that, for a minute.
fn kept_quiet(act: Act) -> (Room, ConnId) {
    let (mut room, bob) = Room::with_bob_at();
    let alice = room.with_alice();
    let who = (act == Act::Mute).then_some(2);
    room.send(bob, &moderate(1, act, who, Some(60)));
    room.hear(alice);
    (room, alice)
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
        [Message::Modded(_)] => Outcome::Done,
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
