//! Scripts of a server that is made up of messages.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test may panic"
)]

mod endings;
mod keeping;
mod lines;
mod machine;
mod moderating;
mod reading;
mod resuming;
mod talk;
mod timing;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::name::RoomName;
use crate::wire::{
    Bye, ByeCode, ErrorCode, Granted, Login, Message, Refused, Resume, Said, Titled, Welcome, You,
    decode, encode_frame,
};

/// A client, the time, and what its server has read so far.
#[derive(Clone)]
struct Rig {
    client: Client,
    now: Instant,
}

/// What a server says first, to be altered.
fn welcome() -> Welcome {
    Welcome {
        version: 1,
        you: You {
            member: 12,
            session: 3,
            name: "alice".into(),
            addr: None,
        },
        room: "lobby".into(),
        topic: None,
        members: 2,
        epoch: 99,
        start: 0,
        head: 0,
        acked: 0,
        limits: Granted {
            frame: 20_480,
            text: 16_384,
            window: 64,
            rate: 100,
            burst: 200,
        },
        keepalive: 30,
    }
}

fn config() -> ClientConfig {
    ClientConfig {
        name: Name::parse("alice").unwrap(),
        room: RoomName::lobby(),
        identity: Some(Key::new([7; 32])),
        history: 50,
        resume: None,
        proof: None,
        agent: None,
        reconnect: true,
    }
}

fn guest() -> ClientConfig {
    ClientConfig {
        identity: None,
        ..config()
    }
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

/// A text of session 3 or of another, which makes no difference but to whose it is.
fn said(seq: u64, session: u64, id: u64) -> Message {
    Message::Said(Said {
        seq,
        at: 1_000 + seq,
        member: 12,
        session,
        id,
        name: "alice".into(),
        kind: SayKind::Say,
        re: None,
        text: Some(format!("text {seq}")),
    })
}

fn titled(seq: u64, topic: &str) -> Message {
    Message::Titled(Titled {
        seq,
        at: 1_000 + seq,
        member: 40,
        session: 41,
        id: 1,
        topic: Some(topic.into()),
    })
}

fn bye(code: ByeCode, retry: Option<u64>) -> Bye {
    let text = "words".into();
    Bye { code, text, retry }
}

fn error(id: u64) -> Message {
    Message::Error(Refused {
        id: Some(id),
        reference: None,
        code: ErrorCode::Muted,
        text: "muted".into(),
    })
}

fn refused() -> LineState {
    LineState::Failed(Failure::Refused {
        code: ErrorCode::Muted,
        text: "muted".into(),
    })
}

fn not_sent() -> LineState {
    LineState::Failed(Failure::NotSent)
}

fn frame(message: &Message) -> BytesMut {
    let mut bytes = BytesMut::new();
    encode_frame(message, &mut bytes).unwrap();
    bytes
}

fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut decoder = crate::wire::Decoder::default();
    let mut all = vec![];
    while let Some(body) = decoder.next(&mut bytes, 20_480).unwrap() {
        all.push(decode(body).unwrap());
    }
    assert!(!decoder.is_mid_frame(), "a piece ends at a frame");
    all
}

impl Rig {
    /// A client whose Connect was taken and whose driver is at it.
    fn new(config: ClientConfig) -> Self {
        let now = Instant::from_millis(5_000);
        let mut rig = Self {
            client: Client::new(config, 42, now),
            now,
        };
        assert_eq!(rig.actions(), [Action::Connect]);
        rig
    }

    /// One that was let in with the usual welcome, and has asked for the roster.
    fn live(config: ClientConfig) -> Self {
        let mut rig = Self::new(config);
        rig.enter(welcome());
        rig
    }

    /// Opens the link and lets the client in; what it does then is left to be looked at by `actions` and `sent`.
    fn let_in(&mut self, welcome: Welcome) -> Login {
        self.client.connected(self.now);
        let Some(Message::Name(login)) = self.sent().pop() else {
            panic!("no NAME");
        };
        self.actions();
        self.server(&Message::Client(welcome));
        login
    }

    /// The same, and drops what it does then.
    fn enter(&mut self, welcome: Welcome) -> Login {
        let login = self.let_in(welcome);
        self.actions();
        self.sent();
        login
    }

    /// Waits until the client wants to connect again.
    fn until_connect(&mut self) {
        let wake = self.client.poll_timeout().unwrap();
        assert_eq!(wake.reason, Reason::Retry);
        self.now = wake.at;
        self.client.handle_timeout(self.now);
        assert!(self.actions().contains(&Action::Connect));
    }

    fn server(&mut self, message: &Message) {
        self.client.receive(&frame(message), self.now);
    }

    /// What the server says and what the client does about it, but for Writable and Roster.
    fn hears(&mut self, message: &Message) -> Vec<Action> {
        self.server(message);
        self.actions()
    }

    fn say(&mut self, text_: &str) -> LineId {
        let what = (SayKind::Say, None, text(text_));
        self.client.say(what.0, what.1, what.2, self.now).unwrap()
    }

    fn actions(&mut self) -> Vec<Action> {
        let all = core::iter::from_fn(|| self.client.poll());
        all.filter(|action| !matches!(action, Action::Writable | Action::Roster))
            .collect()
    }

    /// What the client writes now.
    fn sent(&mut self) -> Vec<Message> {
        let mut all = vec![];
        while let Some(transmit) = self.client.poll_transmit(self.now) {
            match transmit {
                Transmit::Data(bytes) => all.extend(messages(&bytes)),
                Transmit::Shutdown => {}
            }
        }
        all
    }

    /// The lines that the client writes now: id, after, text.
    fn sent_lines(&mut self) -> Vec<(u64, u64, String)> {
        let line = |message| match message {
            Message::Say(say) => (say.id, say.after, say.text),
            Message::Nick(nick) => (nick.id, nick.after, nick.name),
            Message::Topic(topic) => (topic.id, topic.after, topic.topic.unwrap_or_default()),
            other => panic!("{other:?}"),
        };
        let all = self.sent().into_iter();
        all.filter(|message| !matches!(message, Message::Who(_)))
            .map(line)
            .collect()
    }

    fn pending(&self) -> Vec<u64> {
        self.client.outbox().map(|line| line.line.get()).collect()
    }
}

/// Lines as `sent_lines` gives them.
fn lines(all: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
    all.iter()
        .map(|(id, after, text)| (*id, *after, text.to_string()))
        .collect()
}

/// The changes of lines among `actions`: which, and into what.
fn changes(actions: &[Action]) -> Vec<(u64, LineState)> {
    let change = |action: &Action| match action {
        Action::Line { line, state, .. } => Some((line.get(), state.clone())),
        _ => None,
    };
    actions.iter().filter_map(change).collect()
}

/// The numbers of the events among `actions`.
fn events(actions: &[Action]) -> Vec<u64> {
    let seq = |action: &Action| match action {
        Action::Event(event) => Some(event.seq()),
        _ => None,
    };
    actions.iter().filter_map(seq).collect()
}

fn resume(epoch: u64, since: u64) -> Option<Resume> {
    Some(Resume { epoch, since })
}
