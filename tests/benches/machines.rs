//! What the machines cost without sockets: encoding, decoding, the fold, and the fan-out in memory.
//!
//! `cargo bench -p parlance-tests --bench machines`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{Deed, Entry, Line, LoginEntry, Owner, Room, SessionKey, Settings};
use parlance_proto::server::{Action, Config, ConnId, Limits, Origin, Server};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{
    Decoder, Login, Message, Said, Say, SayKind, decode, encode, encode_frame,
};

const TEXT: usize = 64;
/// Messages that are on their way at a time.
const BATCH: u64 = 64;

fn wire(c: &mut Criterion) {
    let said = Message::Said(Said {
        seq: 123_456,
        at: 1_764_000_000_000,
        member: 12,
        session: 12,
        id: 7_890,
        name: "load-1234-12".to_owned(),
        kind: SayKind::Say,
        re: None,
        text: Some("x".repeat(TEXT)),
    });
    let say = say(7_890);
    let mut group = c.benchmark_group("wire");
    group.throughput(Throughput::Elements(1));
    for (name, message) in [("SAY", &say), ("SAID", &said)] {
        let body = encode(message).expect("within the limits");
        let mut out = BytesMut::with_capacity(1024);
        group.bench_function(format!("encode {name}"), |b| {
            b.iter(|| {
                out.clear();
                encode_frame(black_box(message), &mut out)
            });
        });
        group.bench_function(format!("decode {name}"), |b| {
            b.iter(|| decode(black_box(&body)))
        });
    }
    let mut stream = BytesMut::new();
    for _ in 0..BATCH {
        encode_frame(&say, &mut stream).expect("within the limits");
    }
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function("cut 64 frames", |b| {
        let mut decoder = Decoder::default();
        b.iter(|| {
            let mut input: &[u8] = &stream;
            let mut frames = 0;
            while let Ok(Some(body)) = decoder.next(&mut input, 20_480) {
                frames += black_box(body).len();
            }
            frames
        });
    });
    group.finish();
}

fn fold(c: &mut Criterion) {
    let session = SessionKey {
        owner: Owner::Guest,
        session: [7; 16],
    };
    let mut room = Room::new();
    let settings = Settings::default();
    room.apply(1, 1, &Entry::Founded { epoch: 1, settings });
    let login = LoginEntry {
        session,
        attempt: 1,
        nonce: 1,
        node: 1,
        name: Name::parse("alice").expect("a name"),
        host: None,
        address: None,
    };
    room.apply(2, 2, &Entry::Login(login));
    let entry = |id| {
        Entry::Line(Line {
            session,
            attempt: 1,
            member: 1,
            id,
            after: id - 1,
            deed: Deed::Say {
                kind: SayKind::Say,
                re: None,
                text: Text::parse(&"x".repeat(TEXT)).expect("a text"),
            },
        })
    };
    let mut group = c.benchmark_group("fold");
    group.throughput(Throughput::Elements(1));
    let mut id = 0;
    group.bench_function("a line", |b| {
        b.iter_batched(
            || {
                id += 1;
                (id, entry(id))
            },
            |(id, entry)| {
                let made = room.apply(id + 2, id + 2, &entry);
                assert!(made.event.is_some(), "{:?}", made.outcome);
                made
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn fan_out(c: &mut Criterion) {
    let mut group = c.benchmark_group("fan-out");
    for members in [10, 100, 1_000, 5_000] {
        let mut machine = Machine::new(members);
        group.throughput(Throughput::Elements(BATCH * members));
        group.bench_function(format!("64 lines to {members}"), |b| {
            b.iter(|| machine.batch())
        });
    }
    group.finish();
}

/// A server with its log, and members who take whatever there is for them.
struct Machine {
    server: Server,
    room: RoomName,
    now: Instant,
    pos: u64,
    conns: Vec<ConnId>,
    writable: Vec<ConnId>,
    newest: u64,
}

impl Machine {
    fn new(members: u64) -> Machine {
        let config = Config {
            limits: Limits {
                rate: None,
                bytes_per_second: None,
                ..Limits::default()
            },
            ..Config::default()
        };
        let mut machine = Machine {
            server: Server::new(config, 1),
            room: RoomName::lobby(),
            now: Instant::from_millis(1),
            pos: 0,
            conns: Vec::new(),
            writable: Vec::new(),
            newest: 0,
        };
        for number in 0..members {
            let conn = machine.server.accept(Origin::default(), machine.now);
            machine.conns.push(conn);
            let login = Message::Name(Login {
                versions: vec![1],
                name: format!("m{number}"),
                room: machine.room.to_string(),
                history: 0,
                identity: None,
                resume: None,
                proof: None,
                agent: None,
            });
            machine.hear(conn, &login);
            machine.settle();
        }
        machine.batch();
        machine
    }

    /// One member says 64 lines; everybody is given them. How many bytes that were.
    fn batch(&mut self) -> usize {
        self.now = self.now.saturating_add(Duration::from_millis(1));
        let mut lines = BytesMut::new();
        for _ in 0..BATCH {
            self.newest += 1;
            encode_frame(&say(self.newest), &mut lines).expect("within the limits");
        }
        let conn = self.conns[0];
        self.server.receive(conn, &lines, self.now);
        self.settle()
    }

    fn hear(&mut self, conn: ConnId, message: &Message) {
        let mut frame = BytesMut::new();
        encode_frame(message, &mut frame).expect("within the limits");
        self.server.receive(conn, &frame, self.now);
    }

    fn settle(&mut self) -> usize {
        let mut bytes = 0;
        loop {
            while let Some(action) = self.server.poll() {
                match action {
                    Action::Append {
                        room,
                        ticket,
                        entry,
                    } => {
                        self.pos += 1;
                        let (at, ticket) = (self.pos, Some(ticket));
                        let entry = Arc::clone(&entry);
                        self.server
                            .appended(&room, self.pos, at, &entry, ticket, self.now);
                    }
                    Action::Writable(conn) => self.writable.push(conn),
                    _ => {}
                }
            }
            if self.writable.is_empty() {
                return bytes;
            }
            for conn in self.writable.drain(..) {
                while let Some(transmit) = self.server.poll_transmit(conn, self.now) {
                    if let parlance_proto::server::Transmit::Data(piece) = transmit {
                        bytes += piece.len();
                    }
                }
            }
        }
    }
}

fn say(id: u64) -> Message {
    Message::Say(Say {
        id,
        after: id - 1,
        kind: SayKind::Say,
        re: None,
        text: "x".repeat(TEXT),
    })
}

criterion_group!(benches, wire, fold, fan_out);
criterion_main!(benches);
