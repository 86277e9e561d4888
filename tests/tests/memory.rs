//! Memory by a counting allocator: it follows what was received, and a stalled member costs no events.
//!
//! One test: the counter is the process's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::BytesMut;
use parlance_proto::client::{Client, ClientConfig};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::server::{
    Action, CLIENT_FRAME, Config, ConnId, HELLO_FRAME, Limits, Origin, Server, Transmit,
};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, Message, Say, SayKind, decode, encode_frame};
use parlance_tests::rig::guest;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; the counters touch no memory that it gives out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most bytes held at once during `work`, above what was held before it.
fn peak(work: impl FnOnce()) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed).saturating_sub(before)
}

const T: Instant = Instant::from_millis(1);

fn framed(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within the limits");
    out
}

#[test]
fn memory_is_bounded() {
    a_header_allocates_nothing();
    hostile_frames_do_not_grow_a_machine();
    a_stalled_member_costs_no_events();
}

/// Memory follows the bytes that have come, and not what a head claims [FR-10].
fn a_header_allocates_nothing() {
    let mut bodies: Vec<Vec<u8>> = vec![
        vec![0x9a, 0xff, 0xff, 0xff, 0xff],
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0xbb, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    let mut login = vec![0x89, 0x64, b'N', b'A', b'M', b'E', 0x9b];
    login.extend_from_slice(&[0x3f; 8]);
    bodies.push(login);
    let mut members = vec![0x84, 0x67];
    members.extend_from_slice(b"MEMBERS\x01\x9a\xff\xff\xff\xff");
    bodies.push(members);
    let mut said = vec![0x8a, 0x64];
    said.extend_from_slice(b"SAID\x01\x01\x01\x01\x01\x7a\xff\xff\xff\xf0");
    bodies.push(said);
    bodies.push([0x81; 200].to_vec());
    bodies.push(
        std::iter::repeat_n([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 100)
            .flatten()
            .collect(),
    );
    for body in bodies {
        let most = peak(|| assert!(decode(&body).is_err()));
        assert!(
            most <= body.len() + 4096,
            "{most} bytes for a body of {}: {body:02x?}",
            body.len()
        );
    }
}

/// A length is judged before anything of the body is held [FR-2].
fn hostile_frames_do_not_grow_a_machine() {
    let most = peak(|| {
        let mut server = Server::new(Config::default(), 1);
        for round in 0..2000u32 {
            let conn = server.accept(Origin::default(), T);
            // A length, claimed and not kept: at the limit, above it, and the largest there is.
            let claim = [HELLO_FRAME, HELLO_FRAME + 1, CLIENT_FRAME, u32::MAX][round as usize % 4];
            server.receive(conn, &claim.to_be_bytes(), T);
            server.receive(conn, &[0x9b; 64], T);
            server.receive(conn, &[0xff; 4096], T);
            server.receive_reset(conn, T);
            while server.poll().is_some() {}
        }
    });
    assert!(most <= 64 * 1024, "{most} bytes for hostile connections");
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
    let most = peak(|| {
        let mut client = Client::new(config, 1, T);
        client.connected(T);
        client.receive(&(1u32 << 30).to_be_bytes(), T);
        for _ in 0..1000 {
            client.receive(&[0x55; 1024], T);
        }
        while client.poll().is_some() {}
    });
    assert!(
        most <= 16 * 1024,
        "{most} bytes in a client for a length of 1 GiB"
    );
}

/// What a driver keeps: encoded events, bounded in bytes.
struct Kept {
    events: VecDeque<(Event, usize)>,
    bytes: usize,
    most: usize,
}

impl Kept {
    fn push(&mut self, event: Event) -> Option<u64> {
        let size = 16_384 + 200;
        self.events.push_back((event, size));
        self.bytes += size;
        let mut first = None;
        while self.bytes > self.most {
            let (_, size) = self.events.pop_front()?;
            self.bytes -= size;
            first = self.events.front().map(|(event, _)| event.seq());
        }
        first
    }
}

fn a_stalled_member_costs_no_events() {
    const MEMBERS: usize = 100;
    const TEXTS: u64 = 10_000;
    const RING: usize = 1 << 20;
    const LOG: usize = 4 << 20;
    let text = "x".repeat(16_384);
    let most = peak(|| {
        let limits = Limits {
            rate: None,
            bytes_per_second: None,
            ring: RING,
            ..Limits::default()
        };
        let mut server = Server::new(
            Config {
                limits,
                ..Config::default()
            },
            1,
        );
        let mut kept = Kept {
            events: VecDeque::new(),
            bytes: 0,
            most: LOG,
        };
        let (mut pos, mut said) = (0, 0);
        let conns: Vec<ConnId> = (0..MEMBERS).map(|n| join(&mut server, n)).collect();
        drain(&mut server, &mut kept, &mut pos);
        let stalled = conns[MEMBERS - 1];
        let mut pending = BytesMut::new();
        let mut now = T;
        for _ in 0..TEXTS * 4 {
            if said < TEXTS && pending.is_empty() {
                said += 1;
                let say = Say {
                    id: said,
                    after: said - 1,
                    kind: SayKind::Say,
                    re: None,
                    text: text.clone(),
                };
                pending = framed(&Message::Say(say));
            }
            if server.wants_read(conns[0]) && !pending.is_empty() {
                server.receive(conns[0], &pending, now);
                pending.clear();
            }
            drain(&mut server, &mut kept, &mut pos);
            for conn in conns.iter().filter(|conn| **conn != stalled) {
                while let Some(Transmit::Data(_)) = server.poll_transmit(*conn, now) {}
            }
            drain(&mut server, &mut kept, &mut pos);
            if !server.wants_read(conns[0]) {
                // Whoever holds the room is judged in time.
                if let Some(wake) = server.poll_timeout() {
                    now = now.max(wake.at);
                    server.handle_timeout(now);
                }
            }
            if said == TEXTS && pending.is_empty() {
                break;
            }
        }
        assert_eq!(said, TEXTS, "the sender was held for ever");
        let head = server
            .room(&RoomName::lobby())
            .map_or(0, |room| room.head());
        assert_eq!(head, TEXTS + MEMBERS as u64, "every text is in the room");
    });
    let allowed = LOG + RING + 64 * 1024 * MEMBERS;
    println!("peak {most} of {allowed}");
    assert!(most <= allowed, "{most} bytes, {allowed} allowed");
}

fn join(server: &mut Server, n: usize) -> ConnId {
    let conn = server.accept(Origin::default(), T);
    let login = guest(&format!("m{n}"));
    server.receive(conn, &framed(&login), T);
    conn
}

fn drain(server: &mut Server, kept: &mut Kept, pos: &mut u64) {
    while let Some(action) = server.poll() {
        match action {
            Action::Append {
                room,
                ticket,
                entry,
            } => {
                *pos += 1;
                server.appended(&room, *pos, *pos, &entry, Some(ticket), T);
            }
            Action::Made {
                room,
                event: Some(event),
                ..
            } => {
                if let Some(first) = kept.push(event) {
                    server.trimmed(&room, first, T);
                }
            }
            Action::Read {
                ticket,
                after,
                limit,
                ..
            } => {
                let mut size = 0;
                let fits = |event: &Event| {
                    size += 16_600;
                    size <= limit.max(16_600) && event.seq() > 0
                };
                let events = kept
                    .events
                    .iter()
                    .map(|(event, _)| event)
                    .filter(|event| event.seq() > after);
                let events: Vec<Event> = events.cloned().take_while(fits).collect();
                server.history(ticket, events, T);
            }
            _ => {}
        }
    }
}
