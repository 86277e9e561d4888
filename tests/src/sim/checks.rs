//! After the trouble: healing, the checks of every promise, and the end.

use std::collections::BTreeSet;
use std::time::Duration;

use parlance_proto::client::EndReason;
use parlance_proto::name::RoomName;
use parlance_proto::room::Room;
use parlance_proto::server::Limits;
use parlance_proto::wire::{ByeCode, Event};

use super::audit::problems_of_log;
use super::log::RoomLog;
use super::people::Person;
use super::world::{Job, Link, World, trace};

/// How long everything may take to come right: dead links are noticed, graces end, clients wait their turn to retry.
const HEALING: u64 = 120;
/// The same where lines are refused one after the other: after each the client sends all that followed again, over a link
/// that is throttled.
const HEALING_REFUSED: u64 = 900;

impl World {
    /// The cast takes its places.
    pub(super) fn populate(&mut self) {
        for _ in 0..self.plan.workers {
            self.new_worker();
        }
        for role in self.plan.cast.clone() {
            self.enter(role);
        }
        self.soon(self.plan.misery, Job::Misery);
    }

    /// Nothing goes wrong any more; what is dark stays dark, and both ends must find out.
    pub(super) fn heal(&mut self) {
        trace!(self, "healing begins");
        self.trouble = false;
        // A link so slow that a PING takes longer than the patience of its ends is no healthy one.
        self.plan.delay = self.plan.delay.min(10);
        // Nor is one well who finds no memory where he comes.
        self.plan.limits.held = Limits::default().held;
        for at in 0..self.workers.len() {
            self.relieve(at);
        }
        for at in 0..self.links.len() {
            self.links[at].chunk = 1 << 16;
            self.links[at].up.stalled = None;
            self.links[at].down.stalled = None;
        }
    }

    /// Waits until all is right and stays so for longer than any deadline; what is still wrong is a fault.
    pub(super) fn settle(&mut self) {
        let limits = &self.plan.limits;
        let is_throttled = limits.bytes_per_second.is_some() || limits.rate.is_some();
        let healing = if is_throttled && self.plan.acts > 0 {
            HEALING_REFUSED
        } else {
            HEALING
        };
        for _ in 0..healing {
            let next = self.now.saturating_add(Duration::from_secs(1));
            self.run_until(next);
            if !self.faults.is_empty() || self.problems().is_empty() {
                break;
            }
        }
        let a_while = self
            .plan
            .limits
            .dead_after
            .saturating_add(self.plan.limits.grace);
        let later = self
            .now
            .saturating_add(a_while)
            .saturating_add(Duration::from_secs(2));
        self.run_until(later);
        if !self.faults.is_empty() {
            return;
        }
        for problem in self.problems() {
            self.fault(problem);
        }
        self.check_lines();
        let logs: Vec<RoomLog> = self.log.rooms.values().cloned().collect();
        let gone: Vec<RoomLog> = self.log.gone.iter().map(|(_, log)| log.clone()).collect();
        for log in logs.iter().chain(&gone) {
            for problem in problems_of_log(log) {
                self.fault(problem);
            }
        }
        for worker in 0..self.workers.len() {
            self.check_idle_worker(worker);
        }
    }

    /// Everybody leaves, or the workers end; every connection must get its one `Closed`.
    pub(super) fn end(&mut self) {
        if !self.faults.is_empty() {
            return;
        }
        self.ending = true;
        let all_quit = self.rng.chance(50);
        let now = self.now;
        trace!(self, "the end, all quit: {all_quit}");
        if all_quit {
            for at in 0..self.people.len() {
                self.people[at].client.quit(None, now);
                self.drain_person(at);
            }
        } else {
            for at in 0..self.workers.len() {
                if let Some(server) = &mut self.workers[at].server {
                    server.shutdown(Some(1), now);
                }
                self.drain_worker(at);
            }
        }
        let later = self.now.saturating_add(Duration::from_secs(10));
        self.run_until(later);
        self.check_end(all_quit);
    }

    fn check_end(&mut self, all_quit: bool) {
        if self.stats.opened != self.stats.closed + self.stats.orphaned {
            let Self { stats, .. } = self;
            let what = format!(
                "{} opened, {} closed, {} lost with their worker",
                stats.opened, stats.closed, stats.orphaned
            );
            self.fault(what);
        }
        if all_quit {
            let remain: Vec<_> = self.log.rooms.keys().cloned().collect();
            for room in remain {
                let count = self.fold(0, &room).map_or(0, Room::count);
                if count > 0 {
                    self.fault(format!("P7 all have quit, {room} has {count} members"));
                }
            }
        }
        for at in 0..self.people.len() {
            let ended = &self.people[at].ended;
            if all_quit && ended.is_none() {
                self.fault(format!("p{at} was asked to quit and has not ended"));
            }
            let told = self.people[at].told_shutdown;
            if !all_quit && self.people[at].ended.is_none() && !told {
                self.fault(format!(
                    "p{at} was not told of the shutdown: {:?}",
                    self.people[at].client
                ));
            }
        }
    }

    fn fold(&self, worker: usize, room: &RoomName) -> Option<&Room> {
        self.workers[worker].server.as_ref()?.room(room)
    }

    /// What is not (yet) as it must be when nothing goes wrong.
    fn problems(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.log_is_busy() {
            all.push("the log is not at rest".into());
        }
        for (room, log) in &self.log.rooms {
            self.problems_of_room(room, log, &mut all);
        }
        for (at, person) in self.people.iter().enumerate() {
            if person.ended.is_some() {
                self.problems_of_ended(at, person, &mut all);
            } else if let Some(problem) = self.problem_of_person(person) {
                all.push(format!("p{at}: {problem}"));
            }
        }
        // A link that went dark looks well until an end finds out.
        let held = |at: usize| self.people.iter().any(|person| person.link == Some(at));
        let unnoticed = |(at, link): (usize, &Link)| link.dark && (link.far_open || held(at));
        if self.links.iter().enumerate().any(unnoticed) {
            all.push("a dark link was not noticed".into());
        }
        for (at, worker) in self.workers.iter().enumerate() {
            for (conn, link) in &worker.conns {
                if !self.people.iter().any(|person| person.is_welcome(*link)) {
                    all.push(format!(
                        "worker {at}: {conn:?} is open, and nobody holds it"
                    ));
                }
            }
        }
        all.extend(self.open_place());
        all
    }

    fn problems_of_room(&self, room: &RoomName, log: &RoomLog, all: &mut Vec<String>) {
        let mut folds = (0..self.workers.len()).filter_map(|worker| self.fold(worker, room));
        let Some(fold) = folds.next() else { return };
        if fold.pos() != log.last() || folds.any(|other| other != fold) {
            all.push(format!(
                "P1 {room}: the folds differ, or are not at {}",
                log.last()
            ));
        }
        if fold.head() != log.head() {
            all.push(format!(
                "P1 {room}: head {} and not {}",
                fold.head(),
                log.head()
            ));
        }
        let here: BTreeSet<u64> = fold.members_after(0).map(|(number, _)| number).collect();
        let live = self
            .people
            .iter()
            .filter(|person| person.is_live() && person.room() == *room);
        let live: BTreeSet<u64> = live.filter_map(|p| Some(p.client.me()?.member)).collect();
        if here != live {
            all.push(format!("P7 {room}: members {here:?}, connected {live:?}"));
        }
        let logins: usize = fold
            .members_after(0)
            .map(|(_, member)| member.logins.len())
            .sum();
        let clients = self
            .people
            .iter()
            .filter(|p| p.is_live() && p.room() == *room)
            .count();
        if logins != clients {
            all.push(format!("P7 {room}: {logins} logins of {clients} clients"));
        }
    }

    fn problems_of_ended(&self, at: usize, person: &Person, all: &mut Vec<String>) {
        let fine = match &person.ended {
            Some(EndReason::Quit | EndReason::Lost(_)) => person.quitting,
            // A guest's own ghost may hold his name.
            Some(EndReason::Bye(bye)) => {
                (bye.code == ByeCode::TAKEN && person.role.key.is_none())
                    || (self.plan.acts > 0
                        && [ByeCode::KICKED, ByeCode::BANNED].contains(&bye.code))
                    || (person.quitting
                        && bye.code != ByeCode::REPLACED
                        && bye.code != ByeCode::STALE)
            }
            _ => false,
        };
        if !fine {
            all.push(format!("P6 p{at} ended: {:?}", person.ended));
        }
        if !person.succeeded {
            all.push(format!("nobody has taken the place of p{at}"));
        }
    }

    fn problem_of_person(&self, person: &Person) -> Option<String> {
        let client = &person.client;
        let room = person.room();
        if person.down || !person.is_live() {
            return Some(format!("P7 is {:?}", client.state()));
        }
        if client.outbox().next().is_some() {
            return Some("P5 pending for ever".into());
        }
        let (fold, log) = (self.fold(0, &room)?, self.log.rooms.get(&room)?);
        if client.cursor() != log.head()
            || person.cursor != Some(log.head())
            || client.epoch() != log.epoch()
        {
            return Some(format!("P2 at {} of {}", client.cursor(), log.head()));
        }
        if client.topic() != fold.topic().map(|topic| topic.as_str()) {
            return Some(format!(
                "topic {:?}, the room's {:?}",
                client.topic(),
                fold.topic()
            ));
        }
        let me = client.me()?;
        if fold
            .member(me.member)
            .is_none_or(|member| member.name.as_str() != me.name)
        {
            return Some(format!(
                "is {me:?}, the room has {:?}",
                fold.member(me.member)
            ));
        }
        wrong_roster(person, fold, log)
    }
}

/// Whether the roster is not exact for those whose joins were published.
fn wrong_roster(person: &Person, fold: &Room, log: &RoomLog) -> Option<String> {
    let roster = person.client.roster();
    if !roster.is_complete() {
        return Some("P8 the roster is not complete".into());
    }
    for (number, member) in fold.members_after(0).filter(|(_, member)| member.announced) {
        match roster.get(number) {
            Some(known) if known.name == member.name.as_str() => {}
            known => {
                return Some(format!(
                    "P8 roster has {known:?} for {number}, {}",
                    member.name
                ));
            }
        }
    }
    for (number, known) in roster.iter() {
        let joined =
            |event: &Event| matches!(event, Event::Joined(joined) if joined.member == number);
        if fold.member(number).is_none() && log.events.values().any(joined) && known.flags & 1 == 1
        {
            return Some(format!("P8 roster has {number}, {known:?}, who has left"));
        }
    }
    None
}
