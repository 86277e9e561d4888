//! The world: one clock, one queue of what happens when, and everything that takes part.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parlance_proto::name::RoomName;
use parlance_proto::room::Entry;
use parlance_proto::server::{AppendFailure, ConnId, Note, Ticket, Verdict};
use parlance_proto::time::Instant;

use super::log::Log;
use super::people::Person;
use super::pipe::Pipe;
use super::play::Heard;
use super::report::Stats;
use super::rng::Rng;
use super::script::Plan;
use super::tap::Tap;
use super::workers::Worker;

/// Beyond this many steps of the world a run counts as a live-lock.
const MOST_STEPS: u64 = 400_000;
/// Beyond this many steps at one instant, too.
const MOST_STEPS_AT_ONCE: u64 = 20_000;

/// Which direction of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// From a client to a worker.
    Up,
    /// From a worker to a client.
    Down,
}

/// Who is at the client's end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Far {
    /// One of the cast.
    Person(usize),
    /// A stranger, who only writes bytes.
    Stranger,
}

/// A connection between a client and a worker.
#[derive(Debug)]
pub struct Link {
    /// The client's end.
    pub far: Far,
    /// The worker, and in which of its lives.
    pub worker: usize,
    /// The life of that worker.
    pub life: u64,
    /// The worker's name for it.
    pub conn: ConnId,
    /// Client to worker.
    pub up: Pipe,
    /// Worker to client.
    pub down: Pipe,
    /// The client still holds its socket.
    pub near_open: bool,
    /// The worker still holds its socket.
    pub far_open: bool,
    /// Nothing goes through any more, and nobody is told.
    pub dark: bool,
    /// What it was written.
    pub tap: Tap,
    /// What the worker's driver was last told by `Reading`.
    pub reading: bool,
    /// The worker stopped reading from somebody it had let in.
    pub paused: bool,
    /// Since when the client takes nothing of the piece that the worker's driver has in hand.
    pub blocked: Option<Instant>,
    /// The longest chunk of a read.
    pub chunk: u64,
}

impl Link {
    /// The pipe of a direction.
    pub fn pipe(&mut self, side: Side) -> &mut Pipe {
        match side {
            Side::Up => &mut self.up,
            Side::Down => &mut self.down,
        }
    }
}

/// Something that happens at its time.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are what their names say")]
pub enum Job {
    /// A writer looks whether it has something for a pipe.
    Write { link: usize, side: Side },
    /// A reader reads.
    Read { link: usize, side: Side },
    /// A client's attempt to open a link comes to its end.
    Open { person: usize, life: u64 },
    /// A client that was killed starts again.
    Rise { person: usize },
    /// Somebody does something.
    Deed { person: usize },
    /// Somebody does what the script says.
    Cue { cue: usize },
    /// Something goes wrong.
    Misery,
    /// An append reaches the log.
    Store {
        worker: usize,
        life: u64,
        room: RoomName,
        entry: Arc<Entry>,
        bears: Option<Ticket>,
    },
    /// A reader of the log is shown all up to a position.
    Feed {
        worker: usize,
        life: u64,
        room: RoomName,
        upto: u64,
    },
    /// An append is said to have failed.
    Fail {
        worker: usize,
        life: u64,
        ticket: Ticket,
        why: AppendFailure,
    },
    /// A read of the log is answered.
    Answer {
        worker: usize,
        life: u64,
        room: RoomName,
        ticket: Ticket,
        after: u64,
        limit: usize,
    },
    /// A worker is told whether somebody may come in.
    Admitted {
        worker: usize,
        life: u64,
        ticket: Ticket,
        verdict: Verdict,
    },
    /// A note reaches a worker.
    Pass {
        worker: usize,
        room: RoomName,
        note: Note,
    },
    /// A worker learns what the log no longer keeps.
    Trimmed {
        worker: usize,
        life: u64,
        room: RoomName,
    },
    /// A worker comes back.
    Restart { worker: usize },
}

/// Everything of one run.
pub struct World {
    /// What makes it again.
    pub seed: u64,
    /// The time.
    pub now: Instant,
    /// The one source of chance.
    pub rng: Rng,
    /// What this seed means.
    pub plan: Plan,
    /// The workers.
    pub workers: Vec<Worker>,
    /// The cast, and those who took a guest's place later.
    pub people: Vec<Person>,
    /// Every link there ever was.
    pub links: Vec<Link>,
    /// The log.
    pub log: Log,
    /// What was counted.
    pub stats: Stats,
    /// What was found wrong.
    pub faults: Vec<String>,
    /// Things go wrong still.
    pub trouble: bool,
    /// Nobody comes back any more: the end of the run.
    pub ending: bool,
    /// Every stored worker life and stranger has a number.
    pub serial: u64,
    /// Print what happens.
    pub tracing: bool,
    /// A digest of all that happened.
    pub digest: u64,
    /// What anybody was shown, where a script is played.
    pub transcript: Vec<Heard>,
    queue: BTreeMap<(Instant, u64), Job>,
    steps: u64,
}

/// Prints a line of the trace; the words are made only where somebody reads them.
macro_rules! trace {
    ($world:expr, $($words:tt)*) => {
        if $world.tracing {
            println!("{:>9.3} {}", $world.now.as_millis() as f64 / 1000.0, format_args!($($words)*));
        }
    };
}
pub(super) use trace;

impl World {
    /// The world of `seed`, before anything has happened.
    #[must_use]
    pub fn new(seed: u64, tracing: bool) -> World {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng);
        World::begin(seed, rng, plan, tracing)
    }

    /// The world of a plan that was not drawn.
    #[must_use]
    pub fn planned(seed: u64, plan: Plan) -> World {
        World::begin(seed, Rng::new(seed), plan, false)
    }

    fn begin(seed: u64, rng: Rng, plan: Plan, tracing: bool) -> World {
        let mut world = World {
            seed,
            now: Instant::from_millis(1000),
            rng,
            workers: Vec::new(),
            people: Vec::new(),
            links: Vec::new(),
            log: Log::default(),
            stats: Stats::default(),
            faults: Vec::new(),
            trouble: true,
            ending: false,
            serial: 0,
            tracing,
            digest: seed,
            transcript: Vec::new(),
            queue: BTreeMap::new(),
            steps: 0,
            plan,
        };
        trace!(world, "plan {:?}", world.plan);
        world.populate();
        world
    }

    /// Runs trouble, healing and the end, and checks the promises.
    pub fn run(&mut self) {
        let trouble_ends = self.now.saturating_add(self.plan.trouble);
        self.run_until(trouble_ends);
        self.heal();
        self.settle();
        self.end();
    }

    /// One thing that was found wrong; the first is what counts.
    pub fn fault(&mut self, what: String) {
        trace!(self, "FAULT {what}");
        if self.faults.len() < 20 {
            self.faults.push(what);
        }
    }

    /// Does `job` within `ms` milliseconds, not at once.
    pub fn soon(&mut self, ms: u64, job: Job) {
        let micros = self.rng.between(1, ms.max(1) * 1000);
        self.at(self.now.saturating_add(Duration::from_micros(micros)), job);
    }

    /// Does `job` at `when`.
    pub fn at(&mut self, when: Instant, job: Job) {
        self.serial += 1;
        self.queue.insert((when, self.serial), job);
    }

    /// Mixes a number into the digest of the run.
    pub fn note(&mut self, n: u64) {
        self.digest = (self.digest ^ n)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(17);
    }

    /// Lets things happen until `end`, or until something is found wrong.
    pub fn run_until(&mut self, end: Instant) {
        let mut at_once = 0;
        while self.faults.is_empty() {
            let due = self.queue.first_key_value().map(|((when, _), _)| *when);
            let waker = self.next_waker();
            let timer_first = match (due, waker) {
                (None, None) => break,
                (Some(due), Some((wake, _))) => wake < due || (wake == due && self.rng.chance(50)),
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            let next = if timer_first {
                waker.map(|(when, _)| when)
            } else {
                due
            };
            let Some(next) = next.filter(|next| *next <= end) else {
                break;
            };
            at_once = if next > self.now { 0 } else { at_once + 1 };
            self.now = self.now.max(next);
            self.steps += 1;
            if self.steps > MOST_STEPS || at_once > MOST_STEPS_AT_ONCE {
                self.fault(format!(
                    "live-lock: {} steps, {at_once} at one instant",
                    self.steps
                ));
            }
            match waker {
                Some((_, who)) if timer_first => self.wake(who),
                _ => {
                    if let Some((_, job)) = self.queue.pop_first() {
                        self.perform(job);
                    }
                }
            }
        }
        if self.faults.is_empty() {
            self.now = self.now.max(end);
        }
    }

    /// How many steps the run took.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether an append is still under way to the log.
    #[must_use]
    pub fn log_is_busy(&self) -> bool {
        self.queue.values().any(|job| {
            matches!(
                job,
                Job::Store { .. } | Job::Feed { .. } | Job::Restart { .. }
            )
        })
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Write { link, side } => self.write(link, side),
            Job::Read { link, side } => self.read(link, side),
            Job::Open { person, life } => self.open(person, life),
            Job::Rise { person } => self.rise(person),
            Job::Deed { person } => self.deed(person),
            Job::Cue { cue } => self.cue(cue),
            Job::Misery => self.misery(),
            Job::Store {
                worker,
                life,
                room,
                entry,
                bears,
            } => self.store(worker, life, room, entry, bears),
            Job::Feed {
                worker,
                life,
                room,
                upto,
            } => self.feed(worker, life, &room, upto),
            Job::Fail {
                worker,
                life,
                ticket,
                why,
            } => self.append_failed(worker, life, ticket, why),
            Job::Answer {
                worker,
                life,
                room,
                ticket,
                after,
                limit,
            } => {
                self.answer(worker, life, &room, ticket, after, limit);
            }
            Job::Admitted {
                worker,
                life,
                ticket,
                verdict,
            } => self.admitted(worker, life, ticket, verdict),
            Job::Pass { worker, room, note } => self.passed(worker, &room, &note),
            Job::Trimmed { worker, life, room } => self.tell_trimmed(worker, life, &room),
            Job::Restart { worker } => self.restart(worker),
        }
    }

    fn next_waker(&self) -> Option<(Instant, Waker)> {
        let workers = self
            .workers
            .iter()
            .enumerate()
            .filter_map(|(i, w)| Some((w.wake?, Waker::Worker(i))));
        let people = self
            .people
            .iter()
            .enumerate()
            .filter_map(|(i, p)| Some((p.wake?, Waker::Person(i))));
        workers.chain(people).min_by_key(|(when, _)| *when)
    }

    fn wake(&mut self, who: Waker) {
        self.note(3);
        match who {
            Waker::Worker(worker) => self.wake_worker(worker),
            Waker::Person(person) => self.wake_person(person),
        }
    }
}

/// Whose deadline it is.
#[derive(Clone, Copy, Debug)]
enum Waker {
    Worker(usize),
    Person(usize),
}
