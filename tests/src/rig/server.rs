//! A server, the log behind its rooms, and what it asked its driver for.

mod log;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::close::{CloseReason, Refusal};
use parlance_proto::name::RoomName;
use parlance_proto::server::{
    Action, Config, ConnId, Note, Origin, Report, SERVER_FRAME, Server, Ticket, Transmit, Verdict,
};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Decoder, Event, Message, Welcome, decode, encode_frame};

use super::words::{guest, login, unpinged};

pub use log::{Logged, Proposal};

/// More than a server may have to ask of the log after one thing that happened: it proposes for ever.
const ENOUGH: usize = 20_000;

/// When the log's time begins, in milliseconds since 1970.
const AT: u64 = 1_764_000_000_000;

/// A server over a log that has everything at once, unless it is told to hold its answers.
#[derive(Clone, Debug)]
pub struct Room {
    server: Server,
    now: Instant,
    /// The time that the log gives to its next entry.
    at: u64,
    held: bool,
    waiting: VecDeque<Proposal>,
    log: BTreeMap<RoomName, Vec<Logged>>,
    /// What the fold published, by room.
    events: BTreeMap<RoomName, Vec<Event>>,
    reads: VecDeque<(Ticket, u64)>,
    closed: Vec<(ConnId, CloseReason)>,
    reports: Vec<Report>,
    passed: Vec<Note>,
    forgotten: Vec<RoomName>,
    asked: Vec<Ticket>,
    places: Vec<(Ticket, bool)>,
}

/// What a connection was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether the stream ended.
    pub ended: bool,
}

impl Default for Room {
    fn default() -> Room {
        Room::with(|_| {})
    }
}

impl Room {
    /// Nobody is in; the server is as `set` makes it.
    #[must_use]
    pub fn with(set: impl FnOnce(&mut Config)) -> Room {
        Room::seeded(1, set)
    }

    /// The same with another seed.
    #[must_use]
    pub fn seeded(seed: u64, set: impl FnOnce(&mut Config)) -> Room {
        let mut config = Config {
            node: 1,
            ..Config::default()
        };
        set(&mut config);
        Room {
            server: Server::new(config, seed),
            now: Instant::ZERO,
            at: AT,
            held: false,
            waiting: VecDeque::new(),
            log: BTreeMap::new(),
            events: BTreeMap::new(),
            reads: VecDeque::new(),
            closed: Vec::new(),
            reports: Vec::new(),
            passed: Vec::new(),
            forgotten: Vec::new(),
            asked: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Clients of the seed are taken from now on.
    pub fn take_seed_wire(&mut self) {
        self.server.set_seed_wire(true);
    }

    /// `bob` is in the room: attempt 2 of his session is connected, 1 was before.
    #[must_use]
    pub fn with_bob() -> Room {
        Room::with_bob_at().0
    }

    /// The same, with his connection.
    #[must_use]
    pub fn with_bob_at() -> (Room, ConnId) {
        let mut room = Room::default();
        let [_, bob] =
            [1, 2].map(|attempt| room.log_in(&login("bob", [0x22; 32], [0x33; 16], attempt)));
        (room, bob)
    }

    /// `alice` comes in beside bob.
    pub fn with_alice(&mut self) -> ConnId {
        self.log_in(&login("alice", [0x44; 32], [0x55; 16], 1))
    }

    /// A new connection.
    pub fn accept(&mut self) -> ConnId {
        self.accept_from(Origin::default())
    }

    /// A new connection from there.
    pub fn accept_from(&mut self, origin: Origin) -> ConnId {
        self.server.accept(origin, self.now)
    }

    /// A new connection that says `name`, and what it hears.
    pub fn enter(&mut self, name: &Message) -> (ConnId, Vec<Message>) {
        let conn = self.accept();
        self.send(conn, name);
        let heard = self.hear(conn);
        (conn, heard.messages)
    }

    /// A new connection that is let in; it has taken all that is due to it.
    pub fn log_in(&mut self, name: &Message) -> ConnId {
        self.welcomed(name).0
    }

    /// The same, with its welcome.
    pub fn welcomed(&mut self, name: &Message) -> (ConnId, Welcome) {
        let (conn, heard) = self.enter(name);
        match heard.into_iter().next() {
            Some(Message::Client(welcome)) => (conn, welcome),
            other => panic!("CLIENT, and not {other:?}"),
        }
    }

    /// A guest who is let in.
    pub fn guest(&mut self, name: &str) -> ConnId {
        self.log_in(&guest(name))
    }

    /// The peer ends its stream.
    pub fn end(&mut self, conn: ConnId) {
        self.server.receive_eof(conn, self.now);
        self.settle();
    }

    /// The link breaks.
    pub fn reset(&mut self, conn: ConnId) {
        self.server.receive_reset(conn, self.now);
        self.settle();
    }

    /// Has the server receive a message.
    pub fn send(&mut self, conn: ConnId, message: &Message) {
        self.send_all(conn, std::slice::from_ref(message));
    }

    /// Has the server receive messages in one piece.
    pub fn send_all(&mut self, conn: ConnId, messages: &[Message]) {
        let mut frames = BytesMut::new();
        for message in messages {
            encode_frame(message, &mut frames).expect("within its limits");
        }
        self.receive(conn, &frames);
    }

    /// Has the server receive bytes, and the log answer.
    pub fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        self.server.receive(conn, bytes, self.now);
        self.settle();
    }

    /// The socket took a part of what it was given.
    pub fn progress(&mut self, conn: ConnId) {
        self.server.progress(conn, self.now);
        self.settle();
    }

    /// The server is to end.
    pub fn shut_down(&mut self, retry: Option<u64>) {
        self.server.shutdown(retry, self.now);
        self.settle();
    }

    /// Takes all that is due to a connection.
    pub fn hear(&mut self, conn: ConnId) -> Heard {
        let (bytes, ended) = self.take(conn);
        let messages = messages(&bytes);
        Heard { messages, ended }
    }

    /// The same, but only messages, and no pings.
    pub fn heard(&mut self, conn: ConnId) -> Vec<Message> {
        unpinged(self.hear(conn).messages)
    }

    /// The same as bytes, and whether the stream ended.
    pub fn take(&mut self, conn: ConnId) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let mut ended = false;
        while let Some(item) = self.server.poll_transmit(conn, self.now) {
            match item {
                Transmit::Data(data) => bytes.extend_from_slice(&data),
                Transmit::Shutdown => {
                    ended = true;
                    break;
                }
            }
            self.settle();
        }
        self.settle();
        (bytes, ended)
    }

    /// One piece of what is due to a connection: its bytes; none if there is no more for now.
    pub fn piece(&mut self, conn: ConnId) -> Option<Vec<u8>> {
        let item = self.server.poll_transmit(conn, self.now);
        self.settle();
        match item? {
            Transmit::Data(data) => Some(data.to_vec()),
            Transmit::Shutdown => None,
        }
    }

    /// Time passes; the server wakes whenever it wants to on the way.
    pub fn pass(&mut self, time: Duration) {
        let target = self.now.saturating_add(time);
        while let Some(wake) = self.server.poll_timeout().filter(|wake| wake.at <= target) {
            self.now = wake.at.max(self.now);
            self.server.handle_timeout(self.now);
            self.settle();
            let next = self.server.poll_timeout();
            assert!(
                next.is_none_or(|next| next.at > self.now),
                "handled, and due"
            );
        }
        self.now = target;
        self.server.handle_timeout(target);
        self.settle();
    }

    /// Time passes, and each second a connection takes what is due to it: gives that, but for pings.
    pub fn wait(&mut self, conn: ConnId, time: Duration) -> Vec<Message> {
        let mut heard = Vec::new();
        let mut left = time;
        while !left.is_zero() {
            let step = left.min(Duration::from_secs(1));
            self.pass(step);
            heard.extend(self.heard(conn));
            left -= step;
        }
        heard
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Whether the connection is to be read from.
    #[must_use]
    pub fn wants_read(&self, conn: ConnId) -> bool {
        self.server.wants_read(conn)
    }

    /// Which connections are gone, and why.
    #[must_use]
    pub fn closed(&self) -> &[(ConnId, CloseReason)] {
        &self.closed
    }

    /// What was reported.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// What is to be handed to the other readers of the log.
    #[must_use]
    pub fn passed(&self) -> &[Note] {
        &self.passed
    }

    /// Which rooms gave their place up.
    #[must_use]
    pub fn forgotten(&self) -> &[RoomName] {
        &self.forgotten
    }

    /// Answers whoever asks to come in; the tickets.
    pub fn admit(&mut self, verdict: Verdict) -> Vec<Ticket> {
        let asked = std::mem::take(&mut self.asked);
        for ticket in &asked {
            self.server.admitted(*ticket, verdict, self.now);
            self.settle();
        }
        asked
    }

    /// A connection that is turned away at the door.
    pub fn refuse(&mut self, refusal: Refusal) -> ConnId {
        self.server.refuse(Origin::default(), refusal, self.now)
    }

    /// What became of the places granted: whether each was used.
    #[must_use]
    pub fn places(&self) -> &[(Ticket, bool)] {
        &self.places
    }

    /// The machine.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    fn settle(&mut self) {
        for _ in 0..ENOUGH {
            while let Some(action) = self.server.poll() {
                self.note(action);
            }
            if self.held {
                return;
            }
            let Some(proposal) = self.waiting.pop_front() else {
                return;
            };
            self.append(&proposal, true);
        }
        panic!("{ENOUGH} entries for one thing that happened");
    }

    fn note(&mut self, action: Action) {
        match action {
            Action::Append {
                room,
                ticket,
                entry,
            } => self.waiting.push_back(Proposal {
                room,
                ticket,
                entry,
            }),
            Action::Made { room, event, .. } => {
                self.events.entry(room).or_default().extend(event);
            }
            Action::Read { ticket, after, .. } => self.reads.push_back((ticket, after)),
            Action::Closed { conn, reason } => self.closed.push((conn, reason)),
            Action::Report(report) => self.reports.push(report),
            Action::Pass { note, .. } => self.passed.push(note),
            Action::Forget { room } => {
                self.log.remove(&room);
                self.forgotten.push(room);
            }
            Action::Admit { ticket, .. } => self.asked.push(ticket),
            Action::Used { ticket } => self.places.push((ticket, true)),
            Action::Unused { ticket } => self.places.push((ticket, false)),
            Action::Writable(_) | Action::Reading(_) => {}
        }
    }
}

/// The messages in bytes that a server has written: a sequence of whole ones, each within a server's limits.
fn messages(bytes: &[u8]) -> Vec<Message> {
    let (mut decoder, mut input) = (Decoder::default(), bytes);
    let mut messages = Vec::new();
    while let Some(body) = decoder
        .next(&mut input, SERVER_FRAME)
        .expect("a legal length")
    {
        messages.push(decode(body).expect("a message"));
    }
    assert!(!decoder.is_mid_frame(), "whole frames");
    messages
}
