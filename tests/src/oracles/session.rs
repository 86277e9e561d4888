//! A server with several connections against the reference room: every event, every answer, every last word.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::name::RoomName;
use parlance_proto::server::{
    Action, CLIENT_FRAME, Config, ConnId, HELLO_FRAME, Limits, Origin, Server, Transmit,
};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Decoder, Event, Identity, Listed, Message, decode};

use super::Bytes;
use super::corpus::next_frame;
use crate::refroom::{Marks, RefRoom, Session, shown};

const GRACE: Duration = Duration::from_secs(1);
const AGES: Duration = Duration::from_secs(1 << 30);

/// Operations: a connection opens, says something true or broken, ends; time passes. With
/// `PARLANCE_TRACE` in the environment what is said and what became of it is printed.
pub fn check(data: &[u8]) {
    let mut data = Bytes(data);
    let mut run = Run::new(data.byte());
    for _ in 0..300 {
        if data.is_empty() {
            break;
        }
        run.step(&mut data);
        run.compare();
    }
    run.finish();
}

/// What a connection is expected to be told, beside the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Welcome {
        member: u64,
        start: u64,
        head: u64,
        acked: u64,
        members: u64,
    },
    Error(Option<u64>, Option<u64>),
    Pong(u64),
    Told(u64, u64, String, Option<u64>),
    Members(u64, Vec<(u64, (String, Marks))>),
    Bye(String),
}

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) room: String,
    pub(super) session: Session,
    pub(super) number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) mirror: Decoder,
    pub(super) output: Decoder,
    pub(super) seat: Option<Seat>,
    pub(super) over: bool,
    pub(super) cursor: Option<u64>,
    pub(super) expected: VecDeque<Answer>,
    pub(super) closed: u32,
}

pub(super) struct Run {
    pub(super) server: Server,
    pub(super) now: Instant,
    pub(super) positions: BTreeMap<RoomName, u64>,
    pub(super) events: BTreeMap<String, Vec<Event>>,
    pub(super) rooms: BTreeMap<String, RefRoom>,
    pub(super) peers: BTreeMap<ConnId, Peer>,
    pub(super) attempts: [u64; 4],
    pub(super) graces: Vec<(String, Session, u64)>,
    traced: bool,
}

impl Run {
    fn new(seed: u8) -> Run {
        let limits = Limits {
            rate: None,
            bytes_per_second: None,
            handshake: AGES,
            ping_after: AGES,
            dead_after: AGES,
            stall: AGES,
            grace: GRACE,
            ..Limits::default()
        };
        Run {
            server: Server::new(
                Config {
                    limits,
                    ..Config::default()
                },
                seed.into(),
            ),
            now: Instant::from_millis(1),
            traced: std::env::var_os("PARLANCE_TRACE").is_some(),
            positions: BTreeMap::new(),
            events: BTreeMap::new(),
            rooms: BTreeMap::new(),
            peers: BTreeMap::new(),
            attempts: [0; 4],
            graces: Vec::new(),
        }
    }

    fn step(&mut self, data: &mut Bytes<'_>) {
        self.now = self.now.saturating_add(Duration::from_millis(1));
        let open: Vec<ConnId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.over)
            .map(|(conn, _)| *conn)
            .collect();
        let what = data.below(16);
        if what == 0 || open.is_empty() {
            if open.len() < 6 {
                let conn = self.server.accept(Origin::default(), self.now);
                self.peers.insert(conn, Peer::default());
            }
            return;
        }
        let conn = open[usize::from(data.byte()) % open.len()];
        match what {
            1 => self.end(conn, true),
            2 => self.end(conn, false),
            3 => self.time_passes(),
            4 => {
                let n = data.below(40);
                let raw = data.take(n.into()).to_vec();
                self.receive(conn, &raw);
            }
            5 => {
                let mut frame = self.frame(conn, data);
                let at = usize::from(data.byte()) % frame.len();
                frame[at] ^= data.byte();
                self.receive(conn, &frame);
            }
            _ => {
                let frame = self.frame(conn, data);
                self.receive(conn, &frame);
            }
        }
    }

    /// A message in its place: a login first, then mostly the next link of the chain.
    fn frame(&mut self, conn: ConnId, data: &mut Bytes<'_>) -> BytesMut {
        let peer = &self.peers[&conn];
        let Some(seat) = &peer.seat else {
            let who = data.below(6);
            let identity = (who < 4).then(|| {
                let attempt = &mut self.attempts[usize::from(who)];
                *attempt += 1;
                let behind = u64::from(data.below(8) == 0);
                Identity {
                    key: [who / 2; 32],
                    session: [who; 16],
                    attempt: attempt.saturating_sub(behind).max(1),
                }
            });
            return super::corpus::login(identity, data);
        };
        let newest = self.rooms[&seat.room].newest(seat.session);
        next_frame(newest, data)
    }

    /// Byte by byte, so that each message is acted on before the next is there.
    fn receive(&mut self, conn: ConnId, bytes: &[u8]) {
        for byte in bytes {
            let Some(peer) = self.peers.get_mut(&conn) else {
                return;
            };
            if peer.over {
                self.server.receive(conn, &[*byte], self.now);
                continue;
            }
            let limit = if peer.seat.is_some() {
                CLIENT_FRAME
            } else {
                HELLO_FRAME
            };
            let mut input: &[u8] = &[*byte];
            match peer.mirror.next(&mut input, limit) {
                Ok(None) => {
                    self.server.receive(conn, &[*byte], self.now);
                    continue;
                }
                Ok(Some(body)) => match decode(body) {
                    Ok(message) => {
                        if self.traced {
                            println!("{conn:?}: {message:?}");
                        }
                        self.expect(conn, message);
                    }
                    Err(error) => {
                        if self.traced {
                            println!("{conn:?}: {error} in {body:02x?}");
                        }
                        self.expect_end(conn, "malformed");
                    }
                },
                Err(_) => self.expect_end(conn, "too-big"),
            }
            self.server.receive(conn, &[*byte], self.now);
            self.drain();
        }
    }

    fn end(&mut self, conn: ConnId, reset: bool) {
        self.expect_gone(conn);
        if reset {
            self.server.receive_reset(conn, self.now);
        } else {
            self.server.receive_eof(conn, self.now);
        }
        self.drain();
    }

    /// Long enough for every grace and every linger.
    fn time_passes(&mut self) {
        for (room, session, _) in core::mem::take(&mut self.graces) {
            self.room(&room).log_out(session);
        }
        let then = self.now.saturating_add(Duration::from_secs(10));
        for _ in 0..100 {
            let Some(wake) = self.server.poll_timeout().filter(|wake| wake.at <= then) else {
                break;
            };
            self.server.handle_timeout(wake.at);
            self.now = self.now.max(wake.at);
            self.drain();
        }
        self.now = then;
    }

    /// The log stores at once; everything that a socket would take is taken.
    fn drain(&mut self) {
        for _ in 0..10_000 {
            let Some(action) = self.server.poll() else {
                if self.transmit() {
                    continue;
                }
                return;
            };
            match action {
                Action::Append {
                    room,
                    ticket,
                    entry,
                } => {
                    let pos = self.positions.entry(room.clone()).or_default();
                    *pos += 1;
                    self.server
                        .appended(&room, *pos, *pos, &entry, Some(ticket), self.now);
                }
                Action::Made {
                    room,
                    event: Some(event),
                    ..
                } => {
                    if self.traced {
                        println!("  {event:?}");
                    }
                    self.events
                        .entry(room.as_str().into())
                        .or_default()
                        .push(event);
                }
                Action::Closed { conn, .. } => {
                    self.peers.get_mut(&conn).expect("it was open").closed += 1
                }
                _ => {}
            }
        }
        panic!("endless actions");
    }

    fn transmit(&mut self) -> bool {
        let mut any = false;
        let all: Vec<ConnId> = self.peers.keys().copied().collect();
        for conn in all {
            while let Some(piece) = self.server.poll_transmit(conn, self.now) {
                any = true;
                let Transmit::Data(bytes) = piece else {
                    continue;
                };
                self.read(conn, &bytes);
            }
        }
        any
    }

    fn read(&mut self, conn: ConnId, bytes: &[u8]) {
        let mut input = bytes;
        let peer = self.peers.get_mut(&conn).expect("it was open");
        let mut decoder = core::mem::take(&mut peer.output);
        while let Some(body) = decoder
            .next(&mut input, 1 << 16)
            .expect("a frame of the server")
        {
            let message = decode(body).expect("a message of the server");
            self.hear(conn, message);
        }
        assert!(!decoder.is_mid_frame(), "a piece ends in mid-frame");
        self.peers.get_mut(&conn).expect("it was open").output = decoder;
    }

    fn hear(&mut self, conn: ConnId, message: Message) {
        let peer = self.peers.get_mut(&conn).expect("it was open");
        let heard = match message {
            Message::Client(w) => {
                let (member, start, head) = (w.you.member, w.start, w.head);
                Answer::Welcome {
                    member,
                    start,
                    head,
                    acked: w.acked,
                    members: w.members,
                }
            }
            Message::Error(refused) => Answer::Error(refused.id, refused.reference),
            Message::Pong(pong) => Answer::Pong(pong.nonce),
            Message::Told(told) => Answer::Told(told.from, told.to, told.text, told.reference),
            Message::Members(page) => Answer::Members(
                page.reference,
                page.list
                    .into_iter()
                    .map(|m| (m.member, (m.name, marks(m.flags))))
                    .collect(),
            ),
            Message::Bye(bye) => Answer::Bye(bye.code.as_str().into()),
            other => {
                let event = Event::try_from(other).expect("no other message is due");
                let due = peer.cursor.map(|cursor| cursor + 1);
                assert_eq!(Some(event.seq()), due, "an event out of order: {event:?}");
                peer.cursor = Some(event.seq());
                return;
            }
        };
        let due = peer.expected.pop_front();
        assert_eq!(
            Some(&heard),
            due.as_ref(),
            "{conn:?} is told something else than is due"
        );
    }

    /// The room shows what the reference shows, and everybody has been told what was due.
    fn compare(&mut self) {
        self.drain();
        for (name, room) in &self.rooms {
            let made = self.events.get(name).map_or(&[][..], Vec::as_slice);
            let made: Vec<_> = made.iter().filter_map(shown).collect();
            assert_eq!(made, room.shown, "in {name}");
        }
        for (conn, peer) in &self.peers {
            assert!(
                peer.expected.is_empty(),
                "{conn:?} was not told {:?}",
                peer.expected
            );
            assert!(peer.closed <= 1, "{conn:?} was closed twice");
            if let Some(seat) = &peer.seat {
                assert_eq!(
                    peer.cursor,
                    Some(self.rooms[&seat.room].shown.len() as u64),
                    "{conn:?} is behind"
                );
            }
        }
    }

    fn finish(mut self) {
        let open: Vec<ConnId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.over)
            .map(|(conn, _)| *conn)
            .collect();
        for conn in open {
            // Graces end in the order in which they began.
            self.now = self.now.saturating_add(Duration::from_millis(1));
            self.end(conn, true);
        }
        self.time_passes();
        self.compare();
        for (conn, peer) in &self.peers {
            assert_eq!(peer.closed, 1, "{conn:?} must be closed once");
        }
        for room in self.rooms.values() {
            assert!(room.here().is_empty(), "somebody stays");
        }
    }
}

fn marks(flags: u64) -> Marks {
    let is = |flag: u64| flags & flag != 0;
    (is(Listed::OPERATOR), is(Listed::MUTED), is(Listed::BANNED))
}
