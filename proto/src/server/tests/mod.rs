//! The server, driven by hand: a log that answers at once or when told, and peers as bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test may panic"
)]

mod admission;
mod answers;
mod ceiling;
mod cursors;
mod delivery;
mod endings;
mod flow;
mod handshake;
mod moderation;
mod presence;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::room::{Entry, KeyHash};
use crate::text::Host;
use crate::wire::*;

/// A server, its log, and what came out.
struct Rig {
    server: Server,
    now: Instant,
    /// Whether the log answers at once.
    answers: bool,
    /// What was proposed and not answered.
    proposed: VecDeque<(RoomName, Ticket, Arc<Entry>)>,
    log: BTreeMap<RoomName, Vec<Arc<Entry>>>,
    events: BTreeMap<RoomName, Vec<Event>>,
    reads: Vec<(RoomName, Ticket, u64)>,
    closed: Vec<(ConnId, CloseReason)>,
    reports: Vec<Report>,
    passed: Vec<Note>,
    forgotten: Vec<RoomName>,
    /// Who wants to come in, and is to be answered.
    asked: Vec<(Ticket, ConnId, Option<KeyHash>, Option<Proof>)>,
    /// What became of the places granted: whether each was used.
    places: Vec<(Ticket, bool)>,
    decoders: BTreeMap<ConnId, Decoder>,
}

impl Rig {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.limits.rate = None;
        config.limits.bytes_per_second = None;
        set(&mut config);
        Self {
            server: Server::new(config, 7),
            now: Instant::from_millis(1_000),
            answers: true,
            proposed: VecDeque::new(),
            log: BTreeMap::new(),
            events: BTreeMap::new(),
            reads: Vec::new(),
            closed: Vec::new(),
            reports: Vec::new(),
            passed: Vec::new(),
            forgotten: Vec::new(),
            asked: Vec::new(),
            places: Vec::new(),
            decoders: BTreeMap::new(),
        }
    }

    fn connect(&mut self) -> ConnId {
        let host = Some(Host::parse("127.0.0.1").unwrap());
        self.server.accept(
            Origin {
                addr: host.clone(),
                host,
            },
            self.now,
        )
    }

    /// Alice, who has said so many lines and heard them.
    fn talker(&mut self, lines: u64) -> ConnId {
        let alice = self.guest("alice");
        for id in 1..=lines {
            self.send(alice, &[say(id, id - 1, "twenty bytes of text")]);
            self.heard(alice);
        }
        alice
    }

    fn send(&mut self, conn: ConnId, messages: &[Message]) {
        let mut out = BytesMut::new();
        for message in messages {
            encode_frame(message, &mut out).unwrap();
        }
        self.raw(conn, &out);
    }

    fn raw(&mut self, conn: ConnId, bytes: &[u8]) {
        self.server.receive(conn, bytes, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(action) = self.server.poll() {
            match action {
                Action::Append {
                    room,
                    ticket,
                    entry,
                } => {
                    self.proposed.push_back((room, ticket, entry));
                    if self.answers {
                        self.commit();
                    }
                }
                Action::Made {
                    room,
                    event: Some(event),
                    ..
                } => {
                    self.events.entry(room).or_default().push(event);
                }
                Action::Read {
                    room,
                    ticket,
                    after,
                    ..
                } => self.reads.push((room, ticket, after)),
                Action::Closed { conn, reason } => self.closed.push((conn, reason)),
                Action::Report(report) => self.reports.push(report),
                Action::Pass { note, .. } => self.passed.push(note),
                Action::Forget { room } => {
                    self.log.remove(&room);
                    self.forgotten.push(room);
                }
                Action::Admit {
                    ticket,
                    conn,
                    key,
                    proof,
                    ..
                } => self.asked.push((ticket, conn, key, proof)),
                Action::Used { ticket } => self.places.push((ticket, true)),
                Action::Unused { ticket } => self.places.push((ticket, false)),
                Action::Made { event: None, .. } | Action::Writable(_) | Action::Reading(_) => {}
            }
        }
    }

    /// The log takes the oldest proposal.
    fn commit(&mut self) {
        let (room, ticket, entry) = self.proposed.pop_front().unwrap();
        self.land(&room, &entry, Some(ticket));
    }

    fn land(&mut self, room: &RoomName, entry: &Arc<Entry>, ticket: Option<Ticket>) {
        let log = self.log.entry(room.clone()).or_default();
        log.push(Arc::clone(entry));
        let pos = log.len() as u64;
        self.server
            .appended(room, pos, 1_000_000 + pos, entry, ticket, self.now);
        self.drain();
    }

    fn fail(&mut self, why: AppendFailure) -> Arc<Entry> {
        let (_, ticket, entry) = self.proposed.pop_front().unwrap();
        self.server.append_failed(ticket, why, self.now);
        self.drain();
        entry
    }

    /// What the connection would be written now, as messages, but for pings.
    fn heard(&mut self, conn: ConnId) -> Vec<Message> {
        let mut all = self.heard_all(conn);
        all.retain(|message| !matches!(message, Message::Ping(_)));
        all
    }

    fn heard_all(&mut self, conn: ConnId) -> Vec<Message> {
        let mut all = Vec::new();
        while let Some(transmit) = self.server.poll_transmit(conn, self.now) {
            let Transmit::Data(bytes) = transmit else {
                break;
            };
            all.extend(self.decode(conn, &bytes));
        }
        self.drain();
        all
    }

    fn decode(&mut self, conn: ConnId, bytes: &Bytes) -> Vec<Message> {
        let decoder = self.decoders.entry(conn).or_default();
        let mut rest: &[u8] = bytes;
        let mut all = Vec::new();
        while let Some(body) = decoder.next(&mut rest, SERVER_FRAME).unwrap() {
            all.push(decode(body).unwrap());
        }
        assert!(!decoder.is_mid_frame(), "a piece ends at a frame");
        all
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.saturating_add(time);
        self.server.handle_timeout(self.now);
        self.drain();
        let next = self.server.poll_timeout();
        assert!(
            next.is_none_or(|wake| wake.at > self.now),
            "handled and still due: {next:?}"
        );
    }

    /// Lets a guest in and forgets what he heard.
    fn guest(&mut self, name: &str) -> ConnId {
        let conn = self.connect();
        self.send(conn, &[login(name, None)]);
        assert!(
            matches!(self.heard(conn)[0], Message::Client(_)),
            "{name} is let in"
        );
        conn
    }

    /// Lets somebody with a key in, and gives his welcome.
    fn member(&mut self, name: &str, session: u8, attempt: u64) -> (ConnId, Welcome) {
        let conn = self.connect();
        self.send(conn, &[login(name, Some((key(name), session, attempt)))]);
        match self.heard(conn).remove(0) {
            Message::Client(welcome) => (conn, welcome),
            other => panic!("{name} is let in, not {other:?}"),
        }
    }

    fn room(&self) -> &Room {
        self.server.room(&RoomName::lobby()).unwrap()
    }
}

fn key(name: &str) -> u8 {
    name.bytes().next().unwrap()
}

fn login(name: &str, identity: Option<(u8, u8, u64)>) -> Message {
    Message::Name(Login {
        versions: vec![1],
        name: name.into(),
        room: "lobby".into(),
        history: 0,
        identity: identity.map(|(key, session, attempt)| Identity {
            key: [key; 32],
            session: [session; 16],
            attempt,
        }),
        resume: None,
        proof: None,
        agent: None,
    })
}

fn resume(name: &str, session: u8, attempt: u64, resume: Resume) -> Message {
    let Message::Name(mut login) = login(name, Some((key(name), session, attempt))) else {
        panic!()
    };
    login.resume = Some(resume);
    Message::Name(login)
}

/// bob, a guest, wants so much of what was.
fn asking(history: u64) -> Message {
    let Message::Name(login) = login("bob", None) else {
        panic!()
    };
    Message::Name(Login { history, ..login })
}

fn say(id: u64, after: u64, text: &str) -> Message {
    Message::Say(Say {
        id,
        after,
        kind: SayKind::Say,
        re: None,
        text: text.into(),
    })
}

/// What was heard, one short line a message.
fn brief(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| match message {
            Message::Client(w) => {
                format!("CLIENT start={} head={} acked={}", w.start, w.head, w.acked)
            }
            Message::Said(m) => format!(
                "SAID {} {}/{} {}",
                m.seq,
                m.name,
                m.id,
                m.text.as_deref().unwrap_or("-")
            ),
            Message::Joined(m) => format!("JOINED {} {} {}", m.seq, m.name, m.members),
            Message::Left(m) => format!("LEFT {} {} {}", m.seq, m.name, m.members),
            Message::Renamed(m) => format!("RENAMED {} {} {}", m.seq, m.old, m.new),
            Message::Titled(m) => format!("TITLED {} {}", m.seq, m.topic.as_deref().unwrap_or("-")),
            Message::Gap(m) => format!("GAP {}-{} acked={}", m.from, m.to, m.acked),
            Message::Error(m) => format!("ERROR {:?} {:?} {}", m.id, m.reference, m.code.as_str()),
            Message::Bye(m) => format!("BYE {} {:?}", m.code.as_str(), m.retry),
            Message::Told(m) => format!("TOLD {}->{} {} {:?}", m.from, m.to, m.text, m.reference),
            other => other.kind().tag().to_string(),
        })
        .collect()
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}
