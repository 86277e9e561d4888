//! A seeded simulation of whole chats over the real machines, and the checks of every promise.
//!
//! One thread, one clock that jumps exactly to the next deadline or delivery, one small generator: a seed is a run. In
//! it a few clients talk through one or two servers over one log, over links that cut bytes anywhere, stall, break or
//! go dark, while the log refuses, loses answers and forgets, workers and clients die and come back, clocks jump and
//! strangers talk nonsense. Then nothing goes wrong any more, and all must come right.

mod appends;
mod audit;
mod checks;
mod door;
mod hear;
mod lives;
pub mod log;
mod misery;
mod moderation;
mod net;
pub mod people;
pub mod pipe;
pub mod report;
pub mod rng;
pub mod script;
pub mod tap;
mod workers;
pub mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use report::{Outcome, Stats, Summary};
use world::World;

/// One run of `seed`; with `tracing` it prints what happens. A panic of a machine is a fault like any other.
#[must_use]
pub fn run(seed: u64, tracing: bool) -> Outcome {
    let mut world = World::new(seed, tracing);
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    if let Err(panic) = ran {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        world.fault(format!("panic: {}", words.unwrap_or_default()));
    }
    let steps = world.steps();
    let World {
        stats,
        faults,
        digest,
        ..
    } = world;
    Outcome {
        seed,
        stats,
        faults,
        digest,
        steps,
    }
}

/// Runs `seeds` on `threads` threads.
#[must_use]
pub fn run_many(seeds: std::ops::Range<u64>, threads: u64) -> Summary {
    let worker = |offset: u64| {
        let mut summary = Summary::default();
        for seed in seeds
            .clone()
            .skip(offset as usize)
            .step_by(threads as usize)
        {
            let outcome = run(seed, false);
            summary.take(&outcome);
            if seed % 64 == 0 && run(seed, false).digest != outcome.digest {
                summary
                    .failed
                    .push((seed, "the same seed gave two different runs".into()));
            }
        }
        summary
    };
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|offset| scope.spawn(move || worker(offset)))
            .collect();
        let mut all = Summary::default();
        for handle in handles {
            match handle.join() {
                Ok(summary) => all.join(summary),
                Err(_) => all.failed.push((0, "a simulating thread died".into())),
            }
        }
        all
    })
}
