//! What one seed means: who takes part, under which limits, and what goes wrong how often.

use std::collections::BTreeSet;
use std::time::Duration;

use parlance_proto::room::{KeyHash, Settings};
use parlance_proto::server::{Admission, Limits, Rate};

use super::rng::Rng;

/// One who takes part.
#[derive(Clone, Debug)]
pub struct Role {
    /// The name asked for.
    pub name: String,
    /// The key's byte, repeated; none for a guest.
    pub key: Option<u8>,
    /// The room.
    pub room: usize,
}

/// How often what goes wrong, in percent (of appends, or of the faults that fall due).
#[derive(Clone, Debug, Default)]
pub struct Odds {
    /// Appends that are certainly not stored.
    pub refused: u64,
    /// Appends whose outcome is in doubt.
    pub unknown: u64,
    /// Appends that overtake another of the same worker.
    pub overtaking: u64,
    /// Weights of the faults.
    pub cut: u64,
    /// A link that stays open and carries nothing.
    pub blackhole: u64,
    /// A reader that does not read for a while.
    pub stall: u64,
    /// A worker that dies and comes back.
    pub crash: u64,
    /// Old events forgotten.
    pub trim: u64,
    /// A client that was asleep.
    pub sleep: u64,
    /// A stranger who speaks nonsense.
    pub stranger: u64,
    /// New settings written to the log.
    pub settings: u64,
    /// A checkpoint taken.
    pub checkpoint: u64,
    /// A client's process that is killed.
    pub kill: u64,
    /// Questions whom to let in that the driver does not answer.
    pub unanswered: u64,
}

/// The whole plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Workers over the one log: 1 or 2.
    pub workers: usize,
    /// The cast.
    pub cast: Vec<Role>,
    /// Rooms in use.
    pub rooms: usize,
    /// Settings that the folds read.
    pub settings: Settings,
    /// Limits of the workers.
    pub limits: Limits,
    /// What goes wrong.
    pub odds: Odds,
    /// A crash takes the whole log with it (a memory log); one worker only.
    pub amnesia: bool,
    /// How long things go wrong.
    pub trouble: Duration,
    /// The mean between two deeds of one person, in milliseconds.
    pub pace: u64,
    /// The mean between two faults, in milliseconds.
    pub misery: u64,
    /// Events a trim keeps.
    pub keep: u64,
    /// History that clients ask for.
    pub history: u64,
    /// Percent of deeds that are no plain say.
    pub antics: u64,
    /// The longest way of a chunk, in milliseconds.
    pub delay: u64,
    /// The longest that a worker waits for its own entry, once that is stored, in milliseconds.
    pub echo: u64,
    /// A worker's driver goes by `Reading` alone and never asks again whether a connection is to be read.
    pub edges: bool,
    /// The log keeps no more events than it must at any time.
    pub tight: bool,
    /// The longest tail of a text, in bytes.
    pub texts: u64,
    /// Names that people fight for.
    pub nicks: usize,
    /// The longest a foreign entry takes, in milliseconds.
    pub lag: u64,
    /// Whether the workers ask whom to let in.
    pub admission: Admission,
    /// Percent of deeds that moderate.
    pub acts: u64,
    /// Whom the workers name as operators.
    pub operators: BTreeSet<KeyHash>,
}

impl Plan {
    /// The plan of a seed's generator.
    #[must_use]
    pub fn draw(rng: &mut Rng) -> Plan {
        let workers = if rng.chance(45) { 2 } else { 1 };
        let rooms = if rng.chance(10) { 2 } else { 1 };
        let amnesia = workers == 1 && rng.chance(15);
        let cast = cast(rng, rooms);
        let mut odds = odds(rng);
        if amnesia {
            odds.crash = odds.crash.max(6);
        }
        let mut limits = limits(rng);
        let admission = later(rng, &mut limits, &mut odds);
        let (acts, operators) = moderation(rng);
        Plan {
            workers,
            rooms,
            cast,
            settings: settings(rng),
            limits,
            odds,
            amnesia,
            trouble: Duration::from_millis(rng.between(12_000, 24_000)),
            pace: rng.between(700, 1300),
            misery: rng.between(300, 1500),
            keep: rng.between(2, 20),
            history: rng.pick(&[0, 3, 50, 1000]),
            antics: rng.pick(&[5, 20, 50]),
            delay: rng.pick(&[1, 10, 60, 200]),
            echo: rng.pick(&[2, 2, 100, 400]),
            lag: rng.pick(&[2, 50, 400]),
            edges: rng.chance(50),
            tight: rng.chance(25),
            texts: rng.pick(&[1500, 1500, 1500, 1500, 1500, 1500, 1500, 1500, 1500, 15_000]),
            nicks: rng.pick(&[2, 3]),
            admission,
            acts,
            operators,
        }
    }

    /// The name of a room.
    #[must_use]
    pub fn room_name(index: usize) -> &'static str {
        if index == 0 { "lobby" } else { "attic" }
    }
}

fn cast(rng: &mut Rng, rooms: usize) -> Vec<Role> {
    let mut all = Vec::new();
    let people = rng.between(2, 4);
    for person in 0..people {
        let devices = if person == 0 && rng.chance(40) { 2 } else { 1 };
        let room = if person < 2 { 0 } else { rng.index(rooms) };
        for device in 0..devices {
            let suffix = if device > 0 && rng.chance(50) {
                "b"
            } else {
                ""
            };
            let name = format!("p{person}{suffix}");
            all.push(Role {
                name,
                key: Some(person as u8 + 1),
                room,
            });
        }
    }
    let guests = rng.pick(&[0, 0, 1, 2]).min(6 - all.len());
    for guest in 0..guests.max(3usize.saturating_sub(all.len())) {
        all.push(Role {
            name: format!("g{guest}"),
            key: None,
            room: rng.index(rooms),
        });
    }
    all
}

fn settings(rng: &mut Rng) -> Settings {
    let few = rng.chance(30);
    let short = rng.chance(30);
    Settings {
        announce_below: if rng.chance(30) {
            rng.between(0, 3)
        } else {
            500
        },
        sessions: if few { rng.between(1, 4) } else { 100_000 },
        session_idle_ms: if short {
            rng.between(500, 5000)
        } else {
            604_800_000
        },
        claims: if rng.chance(30) {
            rng.between(1, 3)
        } else {
            100_000
        },
        claim_idle_ms: if rng.chance(20) {
            rng.between(500, 5000)
        } else {
            7_776_000_000
        },
    }
}

fn limits(rng: &mut Rng) -> Limits {
    let slow = rng.chance(35);
    Limits {
        rate: if slow {
            Some(Rate {
                per_second: 5,
                burst: 3,
            })
        } else {
            None
        },
        bytes_per_second: if rng.chance(15) { Some(4000) } else { None },
        handshake: Duration::from_secs(3),
        ping_after: Duration::from_secs(2),
        dead_after: Duration::from_secs(5),
        stall: Duration::from_secs(rng.pick(&[2, 2, 5])),
        grace: Duration::from_millis(rng.pick(&[500, 2000, 4000])),
        linger: Duration::from_millis(300),
        ring: rng.pick(&[700, 2000, 16_384, 4 << 20]),
        tickets: rng.pick(&[3, 16, 4096, 4096]),
        ticket_deadline: Duration::from_millis(rng.pick(&[700, 1500])),
        ..Limits::default()
    }
}

/// What came into the plan later: drawn beside the generator, so that a seed goes on meaning what it did.
fn later(rng: &Rng, limits: &mut Limits, odds: &mut Odds) -> Admission {
    let mut beside = rng.clone();
    for _ in 0..100 {
        beside.word();
    }
    if beside.chance(20) {
        limits.held = beside.pick(&[1_000, 4_000, 20_000]);
    }
    if beside.chance(30) {
        odds.unanswered = beside.pick(&[0, 5, 30]);
        return Admission::Asked;
    }
    Admission::Open
}

/// The same, later still.
fn moderation(rng: &Rng) -> (u64, BTreeSet<KeyHash>) {
    let mut beside = rng.clone();
    for _ in 0..200 {
        beside.word();
    }
    if !beside.chance(60) {
        return (0, BTreeSet::new());
    }
    let acts = beside.pick(&[5, 15, 40]);
    let (first, last) = beside.pick(&[(1, 1), (2, 2), (1, 4)]);
    let named = (first..=last).map(|byte| KeyHash::of(&[byte; 32]));
    (acts, named.collect())
}

fn odds(rng: &mut Rng) -> Odds {
    let mut some = |percent: u64, low: u64, high: u64| {
        if rng.chance(percent) {
            rng.between(low, high)
        } else {
            0
        }
    };
    Odds {
        refused: some(50, 2, 20),
        unknown: some(50, 2, 25),
        overtaking: some(30, 10, 50),
        cut: some(80, 5, 20),
        blackhole: some(50, 3, 12),
        stall: some(60, 3, 15),
        crash: some(40, 2, 8),
        trim: some(60, 5, 25),
        sleep: some(40, 3, 12),
        stranger: some(30, 3, 10),
        settings: some(20, 2, 6),
        checkpoint: some(50, 3, 10),
        kill: some(40, 3, 12),
        unanswered: 0,
    }
}
