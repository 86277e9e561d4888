//! What a client's driver keeps, kills at any moment, and the next life.

use parlance_proto::client::{Client, ClientConfig, Failure, Key, LineState, Saved};
use parlance_proto::name::{Name, RoomName};

use super::people::Typed;
use super::pipe::{End, Piece};
use super::script::{Plan, Role};
use super::world::{Job, Side, World, trace};

impl World {
    /// What a client of this role is told, in each of its lives.
    pub(super) fn config(&self, role: &Role) -> ClientConfig {
        ClientConfig {
            name: Name::parse(&role.name).expect("a name of the cast is legal"),
            room: RoomName::parse(Plan::room_name(role.room)).expect("a room's name is legal"),
            identity: role.key.map(|byte| Key::new([byte; 32])),
            history: self.plan.history,
            resume: None,
            proof: None,
            agent: None,
            reconnect: true,
        }
    }

    /// The driver keeps what it must, and now and then what it may.
    pub(super) fn keep(&mut self, at: usize) {
        let client = &mut self.people[at].client;
        let due = client.poll_save();
        let more = self.plan.odds.kill > 0 && self.rng.chance(3);
        let saved = due.or_else(|| more.then(|| client.saved()));
        let Some(saved) = saved else { return };
        let person = &mut self.people[at];
        let line = |line: parlance_proto::client::Line<'_>| person.lines[&line.line];
        let lines = person.client.outbox().map(line).collect();
        person.kept = Some((saved.encode(), lines));
        self.stats.saves += 1;
    }

    /// Whether the process dies at this very moment; `weight` is how likely beside others.
    pub(super) fn is_fatal(&mut self, weight: u64) -> bool {
        let odds = self.plan.odds.kill * weight;
        odds > 0 && self.trouble && self.rng.below(2_000) < odds
    }

    /// A process gets no further, and the next one starts from what was kept, after a while.
    pub(super) fn kill(&mut self, at: usize) {
        self.kill_after(at, None);
    }

    /// The same, after `piece` was given to its socket.
    pub(super) fn kill_after(&mut self, at: usize, piece: Option<Piece>) {
        let person = &mut self.people[at];
        if person.down || person.ended.is_some() {
            return;
        }
        trace!(self, "p{at}: is killed");
        self.stats.kills += 1;
        let person = &mut self.people[at];
        (person.down, person.wake) = (true, None);
        person.life += 1;
        if let Some(link) = person.link.take() {
            if let Some(Piece::Bytes(bytes)) = piece {
                self.links[link].up.write(bytes);
                self.plan_read(link, Side::Up);
            }
            let how = if self.rng.chance(50) {
                End::Eof
            } else {
                End::Reset
            };
            self.hang_up(link, how);
        }
        self.soon(4000, Job::Rise { person: at });
    }

    /// The next life.
    pub(super) fn rise(&mut self, at: usize) {
        let config = self.config(&self.people[at].role);
        let (seed, now) = (self.rng.word(), self.now);
        let kept = self.people[at].kept.clone();
        let (saved, kept) = match kept {
            Some((bytes, lines)) => match Saved::decode(&bytes) {
                Ok(saved) => (Some(saved), lines),
                Err(error) => return self.fault(format!("p{at}: kept and not read: {error:?}")),
            },
            None => (None, Vec::new()),
        };
        trace!(self, "p{at}: starts again with lines {kept:?}");
        let person = &mut self.people[at];
        person.client = Client::kept(config, saved, seed, now);
        (person.down, person.quitting, person.owed_restart) = (false, false, false);
        let epoch = person.client.epoch();
        person.cursor = (epoch != 0).then(|| person.client.cursor());
        let mut wrong = Vec::new();
        for (number, typed) in &mut person.typed {
            if let Some(what) = carry_over(typed, kept.contains(number)) {
                wrong.push(format!("p{at}: {what}: {typed:?}"));
            }
        }
        // A client numbers what it has kept from 1 on.
        let mut twin = Client::kept(self.config(&self.people[at].role), None, 1, now);
        let lines = kept
            .iter()
            .filter_map(|number| Some((line_id(&mut twin, now)?, *number)));
        self.people[at].lines = lines.collect();
        self.stats.pending_lives += u64::from(!kept.is_empty());
        for what in wrong {
            self.fault(what);
        }
        self.drain_person(at);
    }
}

/// The next number that a client gives to a line.
fn line_id(
    client: &mut Client,
    now: parlance_proto::time::Instant,
) -> Option<parlance_proto::client::LineId> {
    client.set_topic(None, now).ok()
}

/// What a line is in the next life, and what may not be.
fn carry_over(typed: &mut Typed, kept: bool) -> Option<&'static str> {
    match (&typed.state, kept) {
        (LineState::Failed(_) | LineState::Unknown, true) => {
            Some("DL-23 told as failed or unknown, and still kept")
        }
        // That it was sent the room tells again.
        (LineState::Sent | LineState::Pending, true) => {
            typed.state = LineState::Pending;
            None
        }
        // The process died before it was kept, and so before it was written: the log must not have it.
        (LineState::Pending, false) => {
            typed.state = LineState::Failed(Failure::NotSent);
            None
        }
        _ => None,
    }
}
