//! What the log does with what the servers propose, and how they are told.

use std::sync::Arc;
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::Entry;
use parlance_proto::server::{AppendFailure, Note, Ticket};

use super::log::{Fate, Stored};
use super::world::{Job, World, trace};

/// The log's clock at the start of a run.
const DAWN: u64 = 1_760_000_000_000;

impl World {
    /// A server proposes an entry.
    pub(super) fn append(&mut self, at: usize, room: RoomName, ticket: Ticket, entry: Arc<Entry>) {
        let fate = self.draw_fate();
        trace!(self, "worker {at}: append {ticket:?} {fate:?} {entry:?}");
        self.stats.count_fate(fate);
        let life = self.workers[at].life;
        let (lag, overtakes) = (
            self.plan.lag,
            self.trouble && self.rng.chance(self.plan.odds.overtaking),
        );
        let fail = |why| Job::Fail {
            worker: at,
            life,
            ticket,
            why,
        };
        let bears = match fate {
            Fate::Stored | Fate::StoredTwice => Some(ticket),
            Fate::Refused => {
                self.soon(lag, fail(AppendFailure::NotStored));
                return;
            }
            Fate::UnknownLost => {
                self.soon(lag, fail(AppendFailure::Unknown));
                return;
            }
            Fate::SilentLost => return,
            Fate::UnknownStored | Fate::UnknownLate => {
                self.soon(lag, fail(AppendFailure::Unknown));
                self.rng.chance(30).then_some(ticket)
            }
            Fate::SilentStored => None,
        };
        let store = Job::Store {
            worker: at,
            life,
            room,
            entry,
            bears,
        };
        if fate == Fate::UnknownLate {
            // A login that came later than its session is remembered would be taken for a new one: no log may
            // be as late as that.
            let s = &self.plan.settings;
            let late = if s.sessions < 10 || s.session_idle_ms < 10_000 {
                300
            } else {
                3000
            };
            self.soon(lag + late, store);
        } else if overtakes {
            self.soon(lag, store);
        } else {
            // In the order of the proposals.
            self.at(
                self.now.saturating_add(Duration::from_millis(lag / 2)),
                store,
            );
        }
        if fate == Fate::StoredTwice {
            let again = if self.rng.chance(50) {
                AppendFailure::Unknown
            } else {
                AppendFailure::NotStored
            };
            // An answer after the first one means nothing, whatever it says.
            let job = Job::Fail {
                worker: at,
                life,
                ticket,
                why: again,
            };
            let late = self
                .now
                .saturating_add(Duration::from_millis(lag * 2 + self.plan.echo + 20));
            self.at(late, job);
        }
    }

    fn draw_fate(&mut self) -> Fate {
        let odds = &self.plan.odds;
        let roll = self.rng.below(100);
        if !self.trouble || roll >= odds.refused + odds.unknown {
            let twice = self.trouble && self.rng.chance(10);
            return if twice {
                Fate::StoredTwice
            } else {
                Fate::Stored
            };
        }
        if roll < odds.refused {
            return Fate::Refused;
        }
        self.rng.pick(&[
            Fate::UnknownStored,
            Fate::UnknownStored,
            Fate::UnknownLate,
            Fate::UnknownLost,
            Fate::UnknownLost,
            Fate::SilentStored,
            Fate::SilentLost,
        ])
    }

    /// An append reaches the log. What a dead worker had sent may still arrive.
    pub(super) fn store(
        &mut self,
        at: usize,
        life: u64,
        room: RoomName,
        entry: Arc<Entry>,
        bears: Option<Ticket>,
    ) {
        let alive = self.workers[at].life == life;
        if !alive && (self.plan.amnesia || self.rng.chance(50)) {
            return;
        }
        // The log's clock is none that one can trust.
        let wobble = self.rng.pick(&[0, 0, 0, 700]);
        let clock = DAWN + self.now.as_millis() - wobble;
        let log = self.log.room(&room);
        let ticket = bears.filter(|_| alive).map(|ticket| (life, ticket));
        log.entries.push(Stored {
            at: clock,
            entry,
            ticket,
        });
        let upto = log.last();
        for worker in 0..self.workers.len() {
            let life = self.workers[worker].life;
            let lag = if worker == at {
                self.plan.echo
            } else {
                self.plan.lag
            };
            let room = room.clone();
            self.soon(
                lag,
                Job::Feed {
                    worker,
                    life,
                    room,
                    upto,
                },
            );
        }
    }

    /// A worker is shown the log up to `upto`.
    pub(super) fn feed(&mut self, at: usize, life: u64, room: &RoomName, upto: u64) {
        if self.workers[at].life != life || life == 0 {
            return;
        }
        let log = self.log.room(room);
        let upto = upto.min(log.last());
        let from = self.workers[at].shown.get(room).copied().unwrap_or(0);
        for pos in from + 1..=upto {
            let now = self.now;
            let log = self.log.room(room);
            let Some(Stored {
                at: clock,
                entry,
                ticket,
            }) = log.at(pos).cloned()
            else {
                break;
            };
            log.shown = log.shown.max(pos);
            let ticket = ticket
                .filter(|(whose, _)| *whose == life)
                .map(|(_, ticket)| ticket);
            self.workers[at].shown.insert(room.clone(), pos);
            if let Some(server) = &mut self.workers[at].server {
                server.appended(room, pos, clock, &entry, ticket, now);
            }
            if self.rng.chance(50) {
                self.drain_worker(at);
            }
        }
        self.drain_worker(at);
    }

    pub(super) fn append_failed(
        &mut self,
        at: usize,
        life: u64,
        ticket: Ticket,
        why: AppendFailure,
    ) {
        let now = self.now;
        if self.workers[at].life != life {
            return;
        }
        if let Some(server) = &mut self.workers[at].server {
            server.append_failed(ticket, why, now);
        }
        self.drain_worker(at);
    }

    pub(super) fn answer(
        &mut self,
        at: usize,
        life: u64,
        room: &RoomName,
        ticket: Ticket,
        after: u64,
        limit: usize,
    ) {
        let now = self.now;
        let events = self.log.room(room).read(after, limit);
        let twice = self.trouble && self.rng.chance(10);
        if self.workers[at].life != life {
            return;
        }
        if let Some(server) = &mut self.workers[at].server {
            if twice {
                server.history(ticket, events.clone(), now);
            }
            server.history(ticket, events, now);
        }
        self.drain_worker(at);
    }

    pub(super) fn passed(&mut self, at: usize, room: &RoomName, note: &Note) {
        let now = self.now;
        if let Some(server) = &mut self.workers[at].server {
            server.passed(room, note, now);
        }
        self.drain_worker(at);
    }

    pub(super) fn tell_trimmed(&mut self, at: usize, life: u64, room: &RoomName) {
        let now = self.now;
        let first = self.log.room(room).first;
        if self.workers[at].life != life {
            return;
        }
        if let Some(server) = &mut self.workers[at].server {
            server.trimmed(room, first, now);
        }
        self.drain_worker(at);
    }
}
