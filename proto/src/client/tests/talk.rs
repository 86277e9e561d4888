//! Clients and a real server, with links that break and a server that starts anew.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use super::*;
use crate::name::RoomName;
use crate::room::Entry;
use crate::server::{self, ConnId, Origin, Server, Ticket};
use crate::wire::Event;

const SEEDS: u64 = 60;

/// A client with its application and its link.
struct Node {
    client: Client,
    conn: Option<ConnId>,
    wants_connect: bool,
    up: Vec<u8>,
    down: Vec<u8>,
    /// The events of each epoch.
    seen: BTreeMap<u64, Vec<u64>>,
    lines: BTreeMap<LineId, String>,
    states: BTreeMap<LineId, LineState>,
    ended: Option<EndReason>,
    is_guest: bool,
}

/// Everybody, and a log in memory that answers when it is told to.
struct World {
    rng: Rng,
    now: Instant,
    server: Server,
    asked: Vec<(Ticket, Arc<Entry>)>,
    pos: u64,
    events: Vec<Event>,
    /// The events of logs that are gone.
    old: Vec<Vec<Event>>,
    nodes: Vec<Node>,
    starts: u64,
    said: u64,
    /// How many of a thousand acts are a new start; 0 in worlds in which one asks for a name that is taken.
    restarts_at: u64,
}

fn new_server(seed: u64) -> Server {
    let mut config = server::Config::default();
    config.limits.rate = None;
    config.limits.bytes_per_second = None;
    Server::new(config, seed)
}

impl World {
    fn new(seed: u64, members: u8, guests: u8) -> Self {
        let now = Instant::from_millis(1_000);
        let nodes = (0..members + guests).map(|n| Node {
            client: Client::new(
                ClientConfig {
                    name: Name::parse(&format!("n{n}")).unwrap(),
                    identity: (n < members).then(|| Key::new([n; 32])),
                    ..config()
                },
                seed * 100 + u64::from(n),
                now,
            ),
            conn: None,
            wants_connect: false,
            up: vec![],
            down: vec![],
            seen: BTreeMap::new(),
            lines: BTreeMap::new(),
            states: BTreeMap::new(),
            ended: None,
            is_guest: n >= members,
        });
        Self {
            rng: Rng::new(seed),
            now,
            server: new_server(seed * 7 + 1),
            asked: vec![],
            pos: 0,
            events: vec![],
            old: vec![],
            nodes: nodes.collect(),
            starts: 1,
            said: 0,
            restarts_at: seed % 3,
        }
    }

    fn commit(&mut self, most: usize) {
        let most = most.min(self.asked.len());
        let ready: Vec<_> = self.asked.drain(..most).collect();
        for (ticket, entry) in ready {
            self.pos += 1;
            let room = RoomName::lobby();
            let at = self.now.as_millis();
            self.server
                .appended(&room, self.pos, at, &entry, Some(ticket), self.now);
            self.serve();
        }
    }

    fn serve(&mut self) {
        while let Some(action) = self.server.poll() {
            match action {
                server::Action::Append { ticket, entry, .. } => self.asked.push((ticket, entry)),
                server::Action::Made { event, .. } => self.events.extend(event),
                server::Action::Read { ticket, after, .. } => {
                    let events = self.events.iter().filter(|e| e.seq() > after);
                    let events = events.cloned().collect();
                    self.server.history(ticket, events, self.now);
                }
                server::Action::Closed { conn, .. } => {
                    for node in &mut self.nodes {
                        if node.conn == Some(conn) {
                            node.conn = None;
                            // What was written before still arrives; then the stream ends.
                            let rest = core::mem::take(&mut node.down);
                            node.client.receive(&rest, self.now);
                            node.client.receive_eof(self.now);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn drain(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        while let Some(action) = node.client.poll() {
            assert_eq!(node.ended, None, "{action:?} after the end");
            match action {
                Action::Connect => node.wants_connect = true,
                Action::Close => {
                    node.up.clear();
                    node.down.clear();
                    if let Some(conn) = node.conn.take() {
                        self.server.receive_reset(conn, self.now);
                    }
                }
                Action::Event(event) => {
                    let epoch = node.client.epoch();
                    node.seen.entry(epoch).or_default().push(event.seq());
                }
                Action::Line { line, state, .. } => {
                    assert_eq!(node.states.insert(line, state), None, "settled twice");
                }
                Action::Ended { reason } => node.ended = Some(reason),
                _ => {}
            }
        }
    }

    fn carry(&mut self, n: usize, up: bool, most: usize) {
        let now = self.now;
        let node = &mut self.nodes[n];
        if up {
            while let Some(Transmit::Data(bytes)) = node.client.poll_transmit(now) {
                node.up.extend_from_slice(&bytes);
            }
            let Some(conn) = node.conn else { return };
            if self.server.wants_read(conn) {
                let piece: Vec<u8> = node.up.drain(..most.min(node.up.len())).collect();
                self.server.receive(conn, &piece, now);
            }
        } else {
            let Some(conn) = node.conn else { return };
            while let Some(transmit) = self.server.poll_transmit(conn, now) {
                match transmit {
                    server::Transmit::Data(bytes) => node.down.extend_from_slice(&bytes),
                    server::Transmit::Shutdown => break,
                }
            }
            let piece: Vec<u8> = node.down.drain(..most.min(node.down.len())).collect();
            node.client.receive(&piece, now);
        }
        self.serve();
        self.drain(n);
    }

    fn act(&mut self) {
        let n = usize::try_from(self.rng.below(u64::try_from(self.nodes.len()).unwrap())).unwrap();
        let size = usize::try_from(self.rng.below(200) + 1).unwrap();
        match self.rng.below(100) {
            0..15 => self.say(n),
            15..22 => self.connect(n),
            22..45 => self.carry(n, true, size),
            45..70 => self.carry(n, false, size),
            70..90 => self.commit(1 + size % 3),
            90..94 => self.lose(n),
            94..99 => self.pass_time(self.now.saturating_add(Duration::from_millis(400))),
            _ if self.rng.below(10) < self.restarts_at => self.restart(),
            _ => {}
        }
        self.serve();
        self.drain(n);
    }

    fn say(&mut self, n: usize) {
        self.said += 1;
        let words = format!("line {}", self.said);
        let node = &mut self.nodes[n];
        // Now and then one that is refused: at once, or by the fold.
        let line = match self.rng.below(8) {
            0 => node
                .client
                .say(SayKind::Say, Some(1 << 40), text(&words), self.now),
            1 if self.restarts_at == 0 && n != 0 => {
                node.client.nick(Name::parse("n0").unwrap(), self.now)
            }
            _ => node.client.say(SayKind::Say, None, text(&words), self.now),
        };
        if let Ok(line) = line {
            node.lines.insert(line, words);
        }
    }

    fn connect(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        if core::mem::take(&mut node.wants_connect) && node.ended.is_none() {
            node.conn = Some(self.server.accept(Origin::default(), self.now));
            node.client.connected(self.now);
        }
    }

    /// One side sees the link go at once, the other later or never.
    fn lose(&mut self, n: usize) {
        let node = &mut self.nodes[n];
        if let Some(conn) = node.conn.take() {
            node.up.clear();
            node.down.clear();
            node.client.receive_eof(self.now);
            if node.is_guest || self.rng.below(2) == 0 {
                self.server.receive_reset(conn, self.now);
            }
        }
    }

    /// The log was in memory: it is gone, and so is every link.
    fn restart(&mut self) {
        self.starts += 1;
        self.server = new_server(self.starts * 1_000_003);
        self.asked.clear();
        self.pos = 0;
        self.old.push(core::mem::take(&mut self.events));
        for n in 0..self.nodes.len() {
            let node = &mut self.nodes[n];
            node.conn = None;
            node.up.clear();
            node.down.clear();
            node.client.receive_reset(self.now);
            self.drain(n);
        }
    }

    fn pass_time(&mut self, to: Instant) {
        self.now = self.now.max(to);
        self.server.handle_timeout(self.now);
        self.serve();
        for n in 0..self.nodes.len() {
            self.nodes[n].client.handle_timeout(self.now);
            self.drain(n);
        }
    }

    fn heal(&mut self, rounds: u64) {
        for _ in 0..rounds {
            for n in 0..self.nodes.len() {
                self.connect(n);
                self.carry(n, true, usize::MAX);
                self.carry(n, false, usize::MAX);
            }
            self.commit(usize::MAX);
            self.pass_time(self.now.saturating_add(Duration::from_millis(100)));
        }
    }

    fn check(&self) {
        let last = self.events.last().unwrap().seq();
        let room = self.server.room(&RoomName::lobby()).unwrap();
        let members: Vec<(u64, String)> = room
            .members_after(0)
            .map(|(number, member)| (number, member.name.to_string()))
            .collect();
        for (n, node) in self.nodes.iter().enumerate() {
            let client = &node.client;
            assert_eq!(node.ended, None, "node {n}");
            assert_eq!(client.state(), State::Live);
            assert_eq!(client.outbox().count(), 0, "node {n}");
            assert_eq!((client.cursor(), client.head()), (last, last));
            let roster = client.roster().iter();
            let roster: Vec<_> = roster.map(|(m, member)| (m, member.name.clone())).collect();
            assert_eq!(roster, members, "node {n}");
            assert!(client.roster().is_complete());
            assert_eq!(
                client.roster().count(),
                u64::try_from(roster.len()).unwrap()
            );
            for seen in node.seen.values() {
                let is_dense = seen.windows(2).all(|pair| pair[1] == pair[0] + 1);
                assert!(is_dense, "node {n}: {seen:?}");
            }
            for (line, state) in &node.states {
                self.check_line(node, &node.lines[line], state);
            }
        }
    }

    fn check_line(&self, node: &Node, words: &String, state: &LineState) {
        let is_it = |event: &&Event| matches!(event, Event::Said(said) if said.text.as_ref() == Some(words));
        let logs = self.old.iter().chain([&self.events]);
        let counts: Vec<usize> = logs.map(|log| log.iter().filter(is_it).count()).collect();
        assert!(counts.iter().all(|count| *count <= 1), "{words}: repeated");
        let is_stored = counts.contains(&1);
        match state {
            LineState::Sent => assert!(is_stored, "{words}: lost"),
            LineState::Failed(_) => assert!(!is_stored, "{words}: stored after all"),
            LineState::Unknown => assert!(node.is_guest || self.starts > 1, "{words}: unknown"),
            LineState::Pending => panic!("{words}: told as pending"),
        }
    }
}

/// Three members and, every other time, a guest.
#[test]
fn clients_and_a_server_agree_in_the_end() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed, 3, u8::try_from(seed % 2).unwrap());
        for n in 0..world.nodes.len() {
            world.drain(n);
        }
        // All are in before anybody asks for another's name.
        world.heal(100);
        for _ in 0..400 {
            world.act();
        }
        world.heal(3_000);
        world.check();
    }
}
