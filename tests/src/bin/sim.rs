//! Runs the simulator by hand: one seed with its trace, or many with a summary.
//!
//! `sim --seed N [--trace]` runs one; `sim [--from N] [--seeds N] [--threads N]` runs many. Exit status 1 where a run
//! broke a promise.

#![allow(
    clippy::disallowed_methods,
    reason = "how long a run took is for people; nothing in it depends on that"
)]

use std::process::ExitCode;

use parlance_tests::sim;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    if let Some(seed) = number("--seed") {
        let outcome = sim::run(seed, arguments.iter().any(|argument| argument == "--trace"));
        println!(
            "seed {seed}: {} steps, digest {:016x}, {:?}",
            outcome.steps, outcome.digest, outcome.stats
        );
        for fault in &outcome.faults {
            println!("FAULT {fault}");
        }
        return if outcome.faults.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    let from = number("--from").unwrap_or(0);
    let seeds = number("--seeds").unwrap_or(10_000);
    // A panic is printed as a fault of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let summary = sim::run_many(from..from + seeds, number("--threads").unwrap_or(2));
    print!("{summary}");
    if summary.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
