//! Who may come in, where the workers ask; and the sum of what they hold.

use std::collections::BTreeMap;

use parlance_proto::server::{ConnId, Ticket, Verdict};

use super::world::{Far, Job, World, trace};

/// What a worker's driver knows of its door.
#[derive(Debug, Default)]
pub struct Door {
    /// The places granted: none, if nobody was told yet what became of it.
    places: BTreeMap<Ticket, Option<bool>>,
    /// Connections closed for want of memory, as last seen.
    shed: u64,
}

impl World {
    /// A worker asks whether somebody may come in. The cast may; of strangers, some.
    pub(super) fn asked(&mut self, worker: usize, conn: ConnId, ticket: Ticket) {
        let stranger = self.workers[worker]
            .conns
            .get(&conn)
            .is_some_and(|link| self.links[*link].far == Far::Stranger);
        let verdict = if stranger && self.rng.chance(50) {
            Verdict::Refused
        } else {
            Verdict::Admitted
        };
        let life = self.workers[worker].life;
        trace!(
            self,
            "worker {worker}: {conn:?} asks, {ticket:?}: {verdict:?}"
        );
        self.stats.asked += 1;
        if self.trouble && self.rng.chance(self.plan.odds.unanswered) {
            self.stats.unanswered += 1;
            return;
        }
        // Late ones too, when whoever asked is long gone.
        let late = self.trouble && self.rng.chance(self.plan.odds.unanswered);
        let most = if late { 8_000 } else { self.plan.lag };
        let answer = |verdict| Job::Admitted {
            worker,
            life,
            ticket,
            verdict,
        };
        self.soon(most, answer(verdict));
        if self.trouble && self.rng.chance(10) {
            // The first answer counts: a second one comes after it.
            let again = self.rng.pick(&[Verdict::Admitted, Verdict::Refused]);
            let then = self
                .now
                .saturating_add(std::time::Duration::from_millis(most + 1));
            self.at(then, answer(again));
        }
    }

    /// A worker is told.
    pub(super) fn admitted(&mut self, at: usize, life: u64, ticket: Ticket, verdict: Verdict) {
        let now = self.now;
        let worker = &mut self.workers[at];
        let Some(server) = worker.server.as_mut().filter(|_| worker.life == life) else {
            return;
        };
        if verdict == Verdict::Admitted {
            worker.door.places.entry(ticket).or_default();
        } else {
            // It took nothing, so that nothing is to be said of it.
            worker.door.places.entry(ticket).or_insert(Some(false));
        }
        server.admitted(ticket, verdict, now);
        self.drain_worker(at);
    }

    /// A worker says what became of a place: once, and only of one that was granted.
    pub(super) fn place_over(&mut self, at: usize, ticket: Ticket, used: bool) {
        trace!(self, "worker {at}: {ticket:?} used: {used}");
        let places = &mut self.workers[at].door.places;
        let before = places.insert(ticket, Some(used));
        self.stats.unused += u64::from(!used);
        if before != Some(None) {
            self.fault(format!(
                "HS-23 worker {at}: {ticket:?} used: {used}, was {before:?}"
            ));
        }
    }

    /// A place whose end no worker has told.
    pub(super) fn open_place(&self) -> Option<String> {
        self.workers.iter().enumerate().find_map(|(at, worker)| {
            let open = worker.door.places.iter().find(|(_, end)| end.is_none());
            open.map(|(ticket, _)| {
                format!("HS-23 worker {at}: nobody says what became of {ticket:?}")
            })
        })
    }

    /// A worker has memory again.
    pub(super) fn relieve(&mut self, at: usize) {
        let (held, now) = (self.plan.limits.held, self.now);
        if let Some(server) = &mut self.workers[at].server {
            server.set_ceiling(held, now);
        }
    }

    /// What a worker says that it holds is what it holds, and within its limit where that can be.
    pub(super) fn check_held(&mut self, at: usize) {
        // Without drawing from the generator: what is only looked at does not change the run.
        let by_chance = self.steps().wrapping_add(at as u64).is_multiple_of(16);
        let worker = &mut self.workers[at];
        let Some(server) = &worker.server else { return };
        let shed = server.counters().shed - worker.door.shed;
        self.stats.shed += shed;
        worker.door.shed += shed;
        if shed == 0 && !by_chance {
            return;
        }
        let (held, most) = (server.held(), self.plan.limits.held);
        let counted: usize = worker.conns.keys().map(|conn| server.held_by(*conn)).sum();
        // Last words are not taken from anybody.
        let words = 200 * server.connections();
        if held != counted || held > most + words {
            self.fault(format!(
                "LV-13 worker {at}: holds {held}, {counted} counted, {most} allowed"
            ));
        }
    }
}
