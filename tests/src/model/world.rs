//! The state of the little world, and its steps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parlance_proto::client::{self, Action as ClientAction, Client, ClientConfig, Key, LineState};
use parlance_proto::close::CloseReason;
use parlance_proto::name::{Name, RoomName};
use parlance_proto::room::{Deed, Entry, Outcome, Room};
use parlance_proto::server::{
    Action, AppendFailure, Config, ConnId, Limits, Origin, Reason, Report, Server, Ticket, Transmit,
};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::{Event, SayKind};

use super::step::{Bug, Seen, Step};
use super::{Small, is_live};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    pub(super) conn: ConnId,
    pub(super) up: Vec<u8>,
    /// As the driver remembers it, if it trusts the edges alone.
    pub(super) reading: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seat {
    pub(super) client: Client,
    pub(super) wants_link: bool,
    pub(super) link: Option<Link>,
    pub(super) said: u8,
    pub(super) lines: BTreeMap<u64, LineState>,
    pub(super) shown: u64,
    pub(super) orderly: bool,
}

/// The whole state; see the module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(super) server: Server,
    pub(super) seats: [Seat; 2],
    /// Broken links that the server does not know to be broken.
    stale: Vec<Link>,
    pub(super) under_way: Vec<(Ticket, Arc<Entry>)>,
    pos: u64,
    pub(super) stored: Vec<(u64, u64, String)>,
    cuts: u8,
    refusals: u8,
    doubts: u8,
    overtakes: u8,
    lines: u8,
    /// What was seen.
    pub seen: Seen,
}

/// The one instant at which everything happens.
const NOW: Instant = Instant::from_millis(1000);

impl World {
    /// The world before anything has happened.
    #[must_use]
    pub fn new(small: &Small) -> World {
        let limits = Limits {
            rate: None,
            bytes_per_second: None,
            tickets: 2,
            ..Limits::default()
        };
        let mut world = World {
            server: Server::new(
                Config {
                    limits,
                    ..Config::default()
                },
                1,
            ),
            seats: [seat(0), seat(1)],
            stale: Vec::new(),
            under_way: Vec::new(),
            pos: 0,
            stored: Vec::new(),
            cuts: small.cuts,
            refusals: small.refusals,
            doubts: small.doubts,
            overtakes: small.overtakes,
            lines: small.lines,
            seen: Seen::default(),
        };
        world.settle(small.bug);
        // Both come in before anything goes wrong; how logins and leaves interleave is the simulator's.
        for at in 0..2 {
            world.take(Step::Connect(at), small.bug);
            for _ in 0..20 {
                let step = if world.under_way.is_empty() {
                    Step::Up(at)
                } else {
                    Step::Store(0)
                };
                world.take(step, small.bug);
            }
        }
        world.seen = Seen::default();
        world
    }

    /// What can happen now.
    pub fn steps(&self, steps: &mut Vec<Step>) {
        for (at, seat) in self.seats.iter().enumerate() {
            if seat.said < self.lines {
                steps.push(Step::Say(at));
            }
            match &seat.link {
                None if seat.wants_link || seat.client.poll_timeout().is_some() => {
                    steps.push(Step::Connect(at))
                }
                None => {}
                Some(link) => {
                    if !link.up.is_empty() && link.reading {
                        steps.push(Step::Up(at));
                    }
                    if self.cuts > 0 && at == 0 {
                        steps.push(Step::Cut(at));
                    }
                }
            }
        }
        steps.extend((0..self.stale.len()).map(Step::Notice));
        for at in 0..self.under_way.len() {
            if at == 0 || self.overtakes > 0 {
                steps.push(Step::Store(at));
            }
            if self.refusals > 0 && self.is_line(at) {
                steps.push(Step::Refuse(at));
            }
            if self.doubts > 0 && self.is_line(at) {
                steps.push(Step::StoreInSilence(at));
                steps.push(Step::Lose(at));
            }
        }
        if self.retry_due().is_some() {
            steps.push(Step::Retry);
        }
    }

    /// Takes one step, and all that follows at once.
    pub fn take(&mut self, step: Step, bug: Option<Bug>) {
        match step {
            Step::Say(at) => self.say(at),
            Step::Connect(at) => self.connect(at),
            Step::Up(at) => {
                if let Some(link) = &mut self.seats[at].link {
                    let frame = take_frame(&mut link.up);
                    self.server.receive(link.conn, &frame, NOW);
                }
            }
            Step::Cut(at) => {
                self.cuts -= 1;
                self.seats[at].client.receive_reset(NOW);
            }
            Step::Notice(at) => {
                let link = self.stale.remove(at);
                self.server.receive_reset(link.conn, NOW);
            }
            Step::Store(at) => {
                self.overtakes -= u8::from(at > 0);
                self.store(at, true, bug);
            }
            Step::Refuse(at) => {
                self.refusals -= 1;
                let (ticket, _) = self.under_way.remove(at);
                self.server
                    .append_failed(ticket, AppendFailure::NotStored, NOW);
            }
            Step::StoreInSilence(at) => {
                self.doubts -= 1;
                let (ticket, _) = self.under_way[at].clone();
                self.server
                    .append_failed(ticket, AppendFailure::Unknown, NOW);
                self.store(at, false, bug);
            }
            Step::Lose(at) => {
                self.doubts -= 1;
                let (ticket, _) = self.under_way.remove(at);
                self.server
                    .append_failed(ticket, AppendFailure::Unknown, NOW);
            }
            Step::Retry => {
                if let Some(when) = self.retry_due() {
                    self.server.handle_timeout(when);
                }
            }
        }
        self.settle(bug);
    }

    fn say(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        seat.said += 1;
        let text = Text::parse(&format!("{at}.{}", seat.said)).expect("a text");
        if let Ok(line) = seat.client.say(SayKind::Say, None, text, NOW) {
            seat.lines.insert(line.get(), LineState::Pending);
        }
    }

    fn connect(&mut self, at: usize) {
        let seat = &mut self.seats[at];
        if !seat.wants_link {
            // Its wait is over; that is the one deadline of a client which the world lets come.
            if let Some(wake) = seat.client.poll_timeout() {
                seat.client.handle_timeout(wake.at);
            }
            while seat.client.poll().is_some() {}
        }
        seat.wants_link = false;
        let conn = self.server.accept(Origin::default(), NOW);
        seat.link = Some(Link {
            conn,
            up: Vec::new(),
            reading: true,
        });
        seat.client.connected(NOW);
    }

    fn store(&mut self, at: usize, answered: bool, bug: Option<Bug>) {
        let (ticket, mut entry) = self.under_way.remove(at);
        let room = RoomName::lobby();
        let before = self.server.room(&room).cloned().unwrap_or_default();
        if bug == Some(Bug::Renumbering) {
            entry = renumbered(&before, entry);
        }
        self.pos += 1;
        let made = before.clone().apply(self.pos, self.pos, &entry);
        match made.outcome {
            Outcome::Repeat => self.seen.repeat = true,
            Outcome::Orphan => self.seen.orphan = true,
            _ => {}
        }
        let forgets = bug == Some(Bug::Forgetful) && self.pos == 5;
        if let (Some(Event::Said(said)), false) = (made.event, forgets) {
            self.stored
                .push((said.session, said.id, said.text.unwrap_or_default()));
        }
        let ticket = Some(ticket).filter(|_| answered);
        self.server
            .appended(&room, self.pos, self.pos, &entry, ticket, NOW);
    }

    /// Carries out what the machines want, until they want nothing; writes go at once into the links.
    fn settle(&mut self, bug: Option<Bug>) {
        for _ in 0..1000 {
            let mut busy = false;
            while let Some(action) = self.server.poll() {
                busy = true;
                self.obey(action, bug);
            }
            for at in 0..2 {
                busy |= self.settle_client(at);
            }
            busy |= self.transmit();
            if !busy {
                self.note_pauses();
                return;
            }
        }
        panic!("the machines do not come to rest");
    }

    fn obey(&mut self, action: Action, bug: Option<Bug>) {
        match action {
            Action::Append { ticket, entry, .. } => self.under_way.push((ticket, entry)),
            Action::Closed { conn, reason } => {
                self.seen.replaced |= reason == CloseReason::Replaced;
                self.stale.retain(|link| link.conn != conn);
            }
            Action::Report(Report::Admitted { resumed, .. }) => self.seen.resumed |= resumed,
            Action::Reading(conn) => {
                let wants = self.server.wants_read(conn);
                for seat in &mut self.seats {
                    if let Some(link) = seat.link.as_mut().filter(|link| link.conn == conn) {
                        // The deaf driver hears of the first pause and never of its end.
                        link.reading = wants && (link.reading || bug != Some(Bug::Deaf));
                    }
                }
            }
            _ => {}
        }
    }

    fn settle_client(&mut self, at: usize) -> bool {
        let seat = &mut self.seats[at];
        let mut busy = false;
        while let Some(action) = seat.client.poll() {
            busy = true;
            match action {
                ClientAction::Connect => seat.wants_link = true,
                ClientAction::Close => self.stale.extend(seat.link.take().map(|mut link| {
                    link.up.clear();
                    link
                })),
                ClientAction::Event(event) => {
                    seat.orderly &= event.seq() == seat.shown + 1;
                    seat.shown = event.seq();
                }
                ClientAction::Line { line, state, .. } => {
                    seat.lines.insert(line.get(), state);
                }
                _ => {}
            }
        }
        busy
    }

    fn transmit(&mut self) -> bool {
        let mut busy = false;
        for seat in &mut self.seats {
            let Some(link) = &mut seat.link else { continue };
            while let Some(client::Transmit::Data(bytes)) = seat.client.poll_transmit(NOW) {
                busy = true;
                link.up.extend_from_slice(&bytes);
            }
            while let Some(piece) = self.server.poll_transmit(link.conn, NOW) {
                busy = true;
                if let Transmit::Data(bytes) = piece {
                    seat.client.receive(&bytes, NOW);
                }
            }
        }
        for link in &self.stale {
            // A broken link takes what is written to it, and nobody reads it.
            while self.server.poll_transmit(link.conn, NOW).is_some() {
                busy = true;
            }
        }
        busy
    }

    fn note_pauses(&mut self) {
        for seat in &self.seats {
            if let Some(link) = &seat.link
                && is_live(seat.client.state())
            {
                self.seen.paused |= !self.server.wants_read(link.conn);
            }
        }
    }

    fn is_line(&self, at: usize) -> bool {
        matches!(*self.under_way[at].1, Entry::Line(_))
    }

    pub(super) fn retry_due(&self) -> Option<Instant> {
        let wake = self.server.poll_timeout()?;
        let soon = wake.at.saturating_duration_since(NOW) < Duration::from_secs(2);
        (wake.reason == Reason::Retry && soon).then_some(wake.at)
    }
}

fn seat(at: usize) -> Seat {
    let config = ClientConfig {
        name: Name::parse(["ann", "ben"][at]).expect("a name"),
        room: RoomName::lobby(),
        identity: Some(Key::new([at as u8 + 1; 32])),
        history: 100,
        resume: None,
        proof: None,
        agent: None,
        reconnect: true,
    };
    Seat {
        client: Client::new(config, at as u64, NOW),
        wants_link: false,
        link: None,
        said: 0,
        lines: BTreeMap::new(),
        shown: 0,
        orderly: true,
    }
}

/// Takes one frame, by its length, from the front.
fn take_frame(bytes: &mut Vec<u8>) -> Vec<u8> {
    let len = bytes
        .first_chunk()
        .map_or(0, |head| u32::from_be_bytes(*head) as usize + 4);
    bytes.drain(..len.min(bytes.len())).collect()
}

/// The entry as the next line of its session, if it is an old one.
fn renumbered(room: &Room, entry: Arc<Entry>) -> Arc<Entry> {
    let Entry::Line(line) = &*entry else {
        return entry;
    };
    let Some(session) = room.session(&line.session) else {
        return entry;
    };
    if line.id > session.newest || !matches!(line.deed, Deed::Say { .. }) {
        return entry;
    }
    let mut line = line.clone();
    (line.id, line.after, line.attempt) = (session.newest + 1, session.newest, session.attempt);
    Arc::new(Entry::Line(line))
}
