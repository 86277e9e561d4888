//! The driver of the servers: what a runtime does, in the smallest honest form.

use std::collections::BTreeMap;
use std::time::Duration;

use parlance_proto::close::CloseReason;
use parlance_proto::name::RoomName;
use parlance_proto::server::{Action, Config, ConnId, Origin, Report, Server, Transmit};
use parlance_proto::text::Host;
use parlance_proto::time::Instant;

use super::door::Door;
use super::pipe::{End, Got, Piece, Pipe};
use super::tap::Tap;
use super::world::{Far, Job, Link, Side, World, trace};

/// More actions than this in one drain are a live-lock.
const MOST_ACTIONS: usize = 20_000;

/// One server and its driver's knowledge.
#[derive(Debug)]
pub struct Worker {
    /// The machine; none while it is down.
    pub server: Option<Server>,
    /// Which life it is in; a number that is never used twice.
    pub life: u64,
    /// Its next deadline.
    pub wake: Option<Instant>,
    /// Up to which position it was shown each room's log.
    pub shown: BTreeMap<RoomName, u64>,
    /// Its connections that have had no `Closed` yet.
    pub conns: BTreeMap<ConnId, usize>,
    /// Those that have had it.
    pub closed: u64,
    /// What it was told of who may come in.
    pub door: Door,
}

impl World {
    /// A worker that has not lived yet.
    pub(super) fn new_worker(&mut self) {
        self.workers.push(Worker {
            server: None,
            life: 0,
            wake: None,
            shown: BTreeMap::new(),
            conns: BTreeMap::new(),
            closed: 0,
            door: Door::default(),
        });
        self.restart(self.workers.len() - 1);
    }

    /// A worker begins a life: from a checkpoint or not, it is shown all that the log has.
    pub(super) fn restart(&mut self, at: usize) {
        self.serial += 1;
        let life = self.serial;
        let config = Config {
            node: at as u64,
            durable: false,
            admission: self.plan.admission,
            settings: self.plan.settings,
            operators: self.plan.operators.clone(),
            limits: self.plan.limits.clone(),
        };
        let seed = self.rng.word();
        let worker = &mut self.workers[at];
        worker.server = Some(Server::new(config, seed));
        worker.life = life;
        worker.shown.clear();
        worker.door = Door::default();
        trace!(self, "worker {at}: starts, life {life}");
        let rooms: Vec<RoomName> = self.log.rooms.keys().cloned().collect();
        for room in rooms {
            self.restore(at, &room);
            let last = self.log.room(&room).last();
            self.feed(at, life, &room, last);
            self.tell_trimmed(at, life, &room);
        }
        self.drain_worker(at);
    }

    fn restore(&mut self, at: usize, room: &RoomName) {
        let Some((pos, fold)) = self.log.room(room).checkpoint.clone() else {
            return;
        };
        if self.rng.chance(30) {
            return;
        }
        trace!(self, "worker {at}: {room} restored at {pos}");
        let now = self.now;
        if let Some(server) = &mut self.workers[at].server {
            server.restore(room.clone(), fold, now);
        }
        self.workers[at].shown.insert(room.clone(), pos);
        self.stats.restored += 1;
    }

    /// A worker dies; its links with it.
    pub(super) fn crash(&mut self, at: usize) {
        trace!(self, "worker {at}: dies");
        self.stats.crashes += 1;
        let worker = &mut self.workers[at];
        worker.server = None;
        worker.life = 0;
        worker.wake = None;
        let conns = core::mem::take(&mut worker.conns);
        self.stats.orphaned += conns.len() as u64;
        for link in conns.into_values() {
            if self.rng.chance(25) {
                self.links[link].dark = true;
            }
            let how = if self.rng.chance(50) {
                End::Reset
            } else {
                End::Eof
            };
            self.let_go(link, how);
        }
        let back = self.rng.between(50, 2500);
        self.soon(back, Job::Restart { worker: at });
    }

    /// A client's link is accepted by a worker; its number.
    pub(super) fn accept(&mut self, at: usize, far: Far, origin: &str) -> Option<usize> {
        let now = self.now;
        let host = Host::parse(origin).ok();
        let worker = &mut self.workers[at];
        let conn = worker.server.as_mut()?.accept(
            Origin {
                addr: host.clone(),
                host,
            },
            now,
        );
        let capacity = self.rng.pick(&[60, 700, 5000, 70_000]);
        let chunk = self.rng.pick(&[1 << 16, 1 << 16, 1000, 100]);
        let link = self.links.len();
        let worker = &mut self.workers[at];
        worker.conns.insert(conn, link);
        self.links.push(Link {
            far,
            worker: at,
            life: worker.life,
            conn,
            up: Pipe::new(capacity),
            down: Pipe::new(capacity),
            near_open: true,
            far_open: true,
            dark: false,
            tap: Tap::default(),
            reading: true,
            paused: false,
            blocked: None,
            chunk,
        });
        self.stats.opened += 1;
        self.drain_worker(at);
        Some(link)
    }

    /// Whether a link's worker wants to read from it.
    pub(super) fn worker_reads(&self, link: usize) -> bool {
        let link = &self.links[link];
        if self.plan.edges {
            return link.reading;
        }
        let server = self.workers[link.worker].server.as_ref();
        server.is_some_and(|server| server.wants_read(link.conn))
    }

    pub(super) fn piece_of_worker(&mut self, at: usize) -> Option<Piece> {
        let now = self.now;
        let (worker, conn) = (self.links[at].worker, self.links[at].conn);
        if !self.links[at].far_open {
            return None;
        }
        let piece = self.workers[worker]
            .server
            .as_mut()?
            .poll_transmit(conn, now);
        self.drain_worker(worker);
        Some(match piece? {
            Transmit::Data(bytes) => {
                if let Err(what) = self.links[at].tap.take(&bytes) {
                    self.fault(format!("worker {worker}: {conn:?}: {what}"));
                }
                Piece::Bytes(bytes)
            }
            Transmit::Shutdown => Piece::Shutdown,
        })
    }

    pub(super) fn progress(&mut self, at: usize) {
        let now = self.now;
        let (worker, conn) = (self.links[at].worker, self.links[at].conn);
        if let Some(server) = &mut self.workers[worker].server {
            server.progress(conn, now);
        }
        self.drain_worker(worker);
    }

    pub(super) fn worker_receives(&mut self, at: usize, got: Got) {
        let now = self.now;
        let (worker, conn) = (self.links[at].worker, self.links[at].conn);
        let Some(server) = &mut self.workers[worker].server else {
            return;
        };
        match got {
            Got::Bytes(bytes) => server.receive(conn, &bytes, now),
            Got::End(End::Eof) => server.receive_eof(conn, now),
            Got::End(End::Reset) => server.receive_reset(conn, now),
            Got::Nothing => {}
        }
        self.drain_worker(worker);
    }

    pub(super) fn wake_worker(&mut self, at: usize) {
        let now = self.now;
        if let Some(server) = &mut self.workers[at].server {
            server.handle_timeout(now);
        }
        self.drain_worker(at);
        if self.workers[at].wake.is_some_and(|wake| wake <= now) {
            let reason = self.workers[at]
                .server
                .as_ref()
                .and_then(Server::poll_timeout);
            self.fault(format!(
                "worker {at}: a handled deadline is still due: {reason:?}"
            ));
        }
        self.check_stalls(at);
        if self.rng.chance(2) {
            self.check_idle_worker(at);
        }
    }

    /// Nobody takes nothing for longer than the stall time and stays [LV-6].
    fn check_stalls(&mut self, at: usize) {
        let limits = &self.plan.limits;
        let patience = limits
            .stall
            .saturating_add(limits.linger)
            .saturating_add(Duration::from_millis(200));
        let over = |link: &Link| {
            link.blocked
                .is_some_and(|since| since.saturating_add(patience) < self.now)
        };
        if let Some((conn, _)) = self.workers[at]
            .conns
            .iter()
            .find(|(_, link)| over(&self.links[**link]))
        {
            self.fault(format!(
                "worker {at}: {conn:?} takes nothing, and is not let go"
            ));
        }
    }

    /// Waking for nothing leaves a drained machine as it was.
    pub(super) fn check_idle_worker(&mut self, at: usize) {
        let Some(server) = &self.workers[at].server else {
            return;
        };
        let mut twin = server.clone();
        twin.handle_timeout(self.now);
        let said = twin.poll();
        if said.is_some() || twin != *server {
            self.fault(format!(
                "worker {at}: waking twice is not waking once: {said:?}"
            ));
        }
    }

    /// Carries out all that a server wants.
    pub(super) fn drain_worker(&mut self, at: usize) {
        for _ in 0..MOST_ACTIONS {
            let Some(action) = self.workers[at].server.as_mut().and_then(Server::poll) else {
                let server = self.workers[at].server.as_ref();
                self.workers[at].wake = server.and_then(Server::poll_timeout).map(|wake| wake.at);
                self.check_held(at);
                return;
            };
            self.obey_worker(at, action);
        }
        self.fault(format!("worker {at}: live-lock of actions"));
    }

    fn obey_worker(&mut self, at: usize, action: Action) {
        match action {
            Action::Writable(conn) => {
                if let Some(link) = self.link_of(at, conn, "Writable") {
                    self.links[link].down.more = true;
                    self.soon(
                        2,
                        Job::Write {
                            link,
                            side: Side::Down,
                        },
                    );
                }
            }
            Action::Reading(conn) => {
                if let Some(link) = self.link_of(at, conn, "Reading") {
                    self.reading_changed(at, link);
                }
            }
            Action::Append {
                room,
                ticket,
                entry,
            } => self.append(at, room, ticket, entry),
            Action::Admit { ticket, conn, .. } => self.asked(at, conn, ticket),
            Action::Used { ticket } => self.place_over(at, ticket, true),
            Action::Unused { ticket } => self.place_over(at, ticket, false),
            Action::Made { room, pos, event } => {
                trace!(self, "worker {at}: made of {pos} {event:?}");
                let full = self.plan.tight && event.is_some();
                if let Err(what) = self.log.room(&room).note_made(pos, event) {
                    self.fault(what);
                }
                if full {
                    self.trim_room(&room);
                }
            }
            Action::Read {
                room,
                ticket,
                after,
                limit,
            } => {
                trace!(
                    self,
                    "worker {at}: reads {room} after {after}, {limit} bytes"
                );
                self.stats.reads += 1;
                let life = self.workers[at].life;
                let lost = self.trouble && self.rng.chance(self.plan.odds.unknown);
                if !lost {
                    let limit_ms = self.plan.lag;
                    self.soon(
                        limit_ms,
                        Job::Answer {
                            worker: at,
                            life,
                            room,
                            ticket,
                            after,
                            limit,
                        },
                    );
                }
            }
            Action::Pass { room, note } => {
                for worker in (0..self.workers.len()).filter(|worker| *worker != at) {
                    let (room, note) = (room.clone(), note.clone());
                    self.soon(self.plan.lag, Job::Pass { worker, room, note });
                }
            }
            Action::Closed { conn, reason } => self.closed(at, conn, &reason),
            Action::Forget { room } => trace!(self, "worker {at}: forgets {room}"),
            Action::Report(report) => {
                trace!(self, "worker {at}: {report:?}");
                match report {
                    Report::Admitted { resumed: true, .. } => self.stats.resumed += 1,
                    Report::Unencodable { .. } => self.fault(format!("{report:?}")),
                    _ => {}
                }
            }
        }
    }

    fn link_of(&mut self, at: usize, conn: ConnId, what: &str) -> Option<usize> {
        let link = self.workers[at].conns.get(&conn).copied();
        if link.is_none() {
            self.fault(format!(
                "worker {at}: {what} of {conn:?}, which is closed or was never open"
            ));
        }
        link
    }

    fn reading_changed(&mut self, at: usize, link: usize) {
        let conn = self.links[link].conn;
        let server = self.workers[at].server.as_ref();
        self.links[link].reading = server.is_some_and(|server| server.wants_read(conn));
        if self.worker_reads(link) {
            self.stats.pauses += u64::from(core::mem::take(&mut self.links[link].paused));
            self.plan_read(link, Side::Up);
        } else if matches!(self.links[link].far, Far::Person(p) if self.people[p].is_welcome(link))
        {
            self.links[link].paused = true;
        }
    }

    fn closed(&mut self, at: usize, conn: ConnId, reason: &CloseReason) {
        trace!(self, "worker {at}: closed {conn:?}, {reason:?}");
        let Some(link) = self.link_of(at, conn, "Closed") else {
            return;
        };
        self.workers[at].conns.remove(&conn);
        self.workers[at].closed += 1;
        self.stats.closed += 1;
        self.stats.count_close(reason);
        self.let_go(link, End::Eof);
        if let Some(server) = &mut self.workers[at].server
            && server.poll_transmit(conn, self.now).is_some()
        {
            self.fault(format!(
                "worker {at}: {conn:?} has something to send after it closed"
            ));
        }
    }
}
