//! Properties of the machines over scripts at random.
//!
//! Each was seen to fail on a mutated machine; the commit that brought it says on which.

use std::time::Duration;

use bytes::BytesMut;
use parlance_proto::room::Entry;
use parlance_proto::server::{Action, Config, ConnId, Limits, Origin, Server, Transmit};
use parlance_proto::time::Instant;
use parlance_proto::wire::{Identity, Message, Say, SayKind, encode_frame};
use parlance_tests::oracles::{Bytes, corpus};
use parlance_tests::rig::guest;
use proptest::prelude::*;

/// What a script does with the three connections of a server.
#[derive(Clone, Debug)]
enum Deed {
    Receive(usize, Vec<u8>),
    Eof(usize),
    Reset(usize),
    Wait(u64),
    Wake,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let conn = 0..3usize;
    let frame = (
        conn.clone(),
        prop::collection::vec(any::<u8>(), 6),
        any::<u8>(),
    )
        .prop_map(|(conn, seed, odd)| {
            let mut seed = Bytes(&seed);
            let mut frame = match odd % 4 {
                0 => {
                    let identity = (odd & 8 == 8).then_some(Identity {
                        key: [odd / 64; 32],
                        session: [odd / 32; 16],
                        attempt: 1,
                    });
                    corpus::login(identity, &mut seed)
                }
                _ => corpus::next_frame(u64::from(odd / 64), &mut seed),
            };
            if odd % 16 == 5 {
                let last = frame.len() - 1;
                frame[last] ^= odd;
            }
            Deed::Receive(conn, frame.to_vec())
        });
    let raw = (conn.clone(), prop::collection::vec(any::<u8>(), 0..40));
    let deed = prop_oneof![
        12 => frame,
        1 => raw.prop_map(|(conn, bytes)| Deed::Receive(conn, bytes)),
        1 => conn.clone().prop_map(Deed::Eof),
        1 => conn.prop_map(Deed::Reset),
        2 => (0u64..4000).prop_map(Deed::Wait),
        2 => Just(Deed::Wake),
    ];
    prop::collection::vec(deed, 0..40)
}

/// A server, its three connections, and what each of them was sent.
struct Run {
    server: Server,
    now: Instant,
    pos: u64,
    conns: Vec<ConnId>,
    sent: Vec<Vec<u8>>,
    closed: Vec<u32>,
    ended: Vec<bool>,
    /// Take what is to be sent only at the end.
    late: bool,
}

impl Run {
    fn new(late: bool) -> Run {
        let limits = Limits {
            handshake: Duration::from_secs(3),
            ping_after: Duration::from_secs(2),
            dead_after: Duration::from_secs(5),
            stall: Duration::from_secs(2),
            grace: Duration::from_secs(1),
            linger: Duration::from_millis(300),
            ..Limits::default()
        };
        let mut server = Server::new(
            Config {
                limits,
                ..Config::default()
            },
            5,
        );
        let now = Instant::from_millis(10);
        let conns = (0..3)
            .map(|_| server.accept(Origin::default(), now))
            .collect();
        Run {
            server,
            now,
            pos: 0,
            conns,
            sent: vec![Vec::new(); 3],
            closed: vec![0; 3],
            ended: vec![false; 3],
            late,
        }
    }

    fn perform(&mut self, deed: &Deed, chunk: usize) {
        match deed {
            Deed::Receive(at, bytes) => {
                for part in bytes.chunks(chunk.max(1)) {
                    self.server.receive(self.conns[*at], part, self.now);
                }
            }
            Deed::Eof(at) => self.server.receive_eof(self.conns[*at], self.now),
            Deed::Reset(at) => self.server.receive_reset(self.conns[*at], self.now),
            Deed::Wait(ms) => self.wait(*ms),
            Deed::Wake => self.server.handle_timeout(self.now),
        }
        self.drain();
    }

    /// Time goes by, deadline by deadline; a handled one is never still due.
    fn wait(&mut self, ms: u64) {
        let end = self.now.saturating_add(Duration::from_millis(ms));
        for _ in 0..1000 {
            let Some(wake) = self.server.poll_timeout().filter(|wake| wake.at <= end) else {
                break;
            };
            self.now = self.now.max(wake.at);
            self.server.handle_timeout(self.now);
            self.drain();
            let next = self.server.poll_timeout();
            assert!(
                next.is_none_or(|next| next.at > self.now),
                "{wake:?} handled, {next:?} due"
            );
            let mut twin = self.server.clone();
            twin.handle_timeout(self.now);
            assert!(
                twin.poll().is_none() && twin == self.server,
                "waking twice is not waking once"
            );
        }
        self.now = end;
    }

    fn drain(&mut self) {
        for _ in 0..10_000 {
            let Some(action) = self.server.poll() else {
                if !self.late && self.transmit() {
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
                    self.pos += 1;
                    self.server
                        .appended(&room, self.pos, self.pos, &entry, Some(ticket), self.now);
                }
                Action::Closed { conn, .. } => {
                    let at = self
                        .conns
                        .iter()
                        .position(|c| *c == conn)
                        .expect("it was opened");
                    self.closed[at] += 1;
                }
                Action::Writable(conn) | Action::Reading(conn) => {
                    let at = self
                        .conns
                        .iter()
                        .position(|c| *c == conn)
                        .expect("it was opened");
                    assert_eq!(self.closed[at], 0, "something is said after Closed");
                }
                _ => {}
            }
        }
        panic!("endless actions");
    }

    fn transmit(&mut self) -> bool {
        let mut any = false;
        for (at, conn) in self.conns.iter().enumerate() {
            while let Some(piece) = self.server.poll_transmit(*conn, self.now) {
                any = true;
                assert!(!self.ended[at], "something follows the end");
                match piece {
                    Transmit::Data(bytes) => self.sent[at].extend_from_slice(&bytes),
                    Transmit::Shutdown => self.ended[at] = true,
                }
            }
        }
        any
    }

    fn end(&mut self) {
        self.late = false;
        self.server.shutdown(None, self.now);
        self.drain();
        self.wait(20_000);
    }
}

fn run(deeds: &[Deed], chunk: usize, late: bool) -> Run {
    let mut run = Run::new(late);
    for deed in deeds {
        run.perform(deed, chunk);
    }
    run
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, nothing panics, every deadline moves on, and each connection gets its one `Closed`.
    #[test]
    fn each_connection_is_closed_once(deeds in deeds()) {
        let mut run = run(&deeds, usize::MAX, false);
        run.end();
        prop_assert_eq!(&run.closed, &vec![1; 3]);
        prop_assert_eq!(run.server.connections(), 0);
    }

    /// The same script twice makes equal machines [RM-1].
    #[test]
    fn the_same_script_makes_equal_machines(deeds in deeds()) {
        let (one, two) = (run(&deeds, usize::MAX, false), run(&deeds, usize::MAX, false));
        prop_assert_eq!(&one.server, &two.server);
        prop_assert_eq!(one.sent, two.sent);
    }

    /// How bytes are cut is invisible [FR-5].
    #[test]
    fn chunks_are_invisible(deeds in deeds(), chunk in 1usize..20) {
        let (whole, cut) = (run(&deeds, usize::MAX, false), run(&deeds, chunk, false));
        prop_assert_eq!(&whole.server, &cut.server);
        prop_assert_eq!(whole.sent, cut.sent);
    }

    /// When the driver fetches what is to be sent does not change what is sent, as long as nobody is judged slow.
    #[test]
    fn the_drain_schedule_is_invisible(deeds in deeds()) {
        let deeds: Vec<Deed> = deeds.into_iter().filter(|deed| matches!(deed, Deed::Receive(..) | Deed::Wake)).collect();
        let (prompt, mut late) = (run(&deeds, usize::MAX, false), run(&deeds, usize::MAX, true));
        late.late = false;
        late.drain();
        for at in (0..3).filter(|at| !prompt.ended[*at]) {
            // One who breaks the rules gets the last words at once, before what he had not fetched. Answers go before pending events, so the order of the two may differ, never what is sent.
            prop_assert_eq!(sorted(&prompt.sent[at]), sorted(&late.sent[at]));
        }
    }

    /// What one peer sends before it is let in changes no byte that another gets [LV-12] (faults 44).
    #[test]
    fn garbage_of_one_leaves_the_others_bytes(deeds in deeds(), noise in prop::collection::vec(any::<u8>(), 1..200)) {
        let others: Vec<Deed> = deeds
            .into_iter()
            .filter(|deed| !matches!(deed, Deed::Receive(0, _) | Deed::Eof(0) | Deed::Reset(0)))
            .collect();
        let quiet = run(&others, usize::MAX, false);
        let mut noisy = Run::new(false);
        let mut pieces = noise.chunks(1 + noise.len() / 7);
        for deed in &others {
            if let Some(piece) = pieces.next() {
                noisy.perform(&Deed::Receive(0, piece.to_vec()), usize::MAX);
            }
            noisy.perform(deed, usize::MAX);
        }
        for at in 1..3 {
            prop_assert_eq!(&quiet.sent[at], &noisy.sent[at]);
        }
    }
}

/// The frames of a stream of bytes, in an order that is none of theirs.
fn sorted(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some(head) = rest.first_chunk::<4>() {
        let len = (u32::from_be_bytes(*head) as usize + 4).min(rest.len());
        let (frame, tail) = rest.split_at(len);
        all.push(frame.to_vec());
        rest = tail;
    }
    all.sort();
    all
}

fn framed(message: &Message) -> BytesMut {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).expect("within the limits");
    out
}

/// One sender and a thousand members: each event is encoded once, and what two members get is the same memory.
#[test]
fn an_event_is_encoded_once_for_a_thousand() {
    let now = Instant::from_millis(1);
    let limits = Limits {
        rate: None,
        bytes_per_second: None,
        ..Limits::default()
    };
    let mut server = Server::new(
        Config {
            limits,
            ..Config::default()
        },
        1,
    );
    let (mut pos, mut events) = (0, 0);
    let mut settle = |server: &mut Server| {
        while let Some(action) = server.poll() {
            match action {
                Action::Append {
                    room,
                    ticket,
                    entry,
                } => {
                    pos += 1;
                    server.appended(&room, pos, pos, &entry, Some(ticket), now);
                    assert!(!matches!(*entry, Entry::Leave(_)));
                }
                Action::Made { event: Some(_), .. } => events += 1,
                _ => {}
            }
        }
        events
    };
    let mut conns = Vec::new();
    for n in 0..=1000 {
        let conn = server.accept(Origin::default(), now);
        let login = guest(&format!("m{n}"));
        server.receive(conn, &framed(&login), now);
        settle(&mut server);
        conns.push(conn);
    }
    for conn in &conns {
        while server.poll_transmit(*conn, now).is_some() {}
    }
    for id in 1..=5 {
        let say = Say {
            id,
            after: id - 1,
            kind: SayKind::Say,
            re: None,
            text: "hello, all of you".into(),
        };
        server.receive(conns[0], &framed(&Message::Say(say)), now);
    }
    let events = settle(&mut server);
    assert_eq!(
        server.counters().encoded,
        events,
        "each event is encoded once"
    );
    let mut pieces = conns[1..]
        .iter()
        .map(|conn| match server.poll_transmit(*conn, now) {
            Some(Transmit::Data(bytes)) => (bytes.as_ptr(), bytes.len()),
            other => panic!("{other:?}"),
        });
    let first = pieces.next().expect("a member");
    assert!(
        first.1 > 5 * 17 && pieces.all(|piece| piece == first),
        "all members get the same memory"
    );
    assert_eq!(server.counters().encoded, events);
}
