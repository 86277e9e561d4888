//! The real server in bad company: prints one table, and fails if something in it is not as asked.
//!
//! ```text
//! cargo build --release -p parlance
//! cargo run --release -p parlance-tests --features load --bin crowd -- slow
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use parlance::cli::value;
use parlance::files;
use parlance_tests::crowd::{Failure, PATIENCE, Report, Talk, held, silent, slow, storm, wave};

/// Runs a server in bad company and looks whether its members notice.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Sub,
    /// As short as it can be and still say something
    #[arg(long, global = true)]
    quick: bool,
    /// The program [default: `parlance` beside this one]
    #[arg(long, global = true)]
    parlance: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// One who stops reading and one who trickles
    Slow {
        /// Lines a second over the room
        #[arg(long, value_parser = value::rate, default_value = "1000")]
        rate: f64,
        /// How many bytes a second the one takes
        #[arg(long, value_parser = value::size, default_value = "16KiB")]
        trickle: usize,
        /// After how long the other is closed
        #[arg(long, value_parser = value::span, default_value = "5s")]
        stall: Duration,
        /// How long each run is measured [default: 20s, 8s if quick]
        #[arg(long, value_parser = value::span)]
        span: Option<Duration>,
        /// How often, with and without
        #[arg(long)]
        rounds: Option<usize>,
        /// More flags for the server
        #[arg(last = true)]
        flags: Vec<String>,
    },
    /// One who takes as much as a room waits for, and one who takes less
    Held {
        /// Lines a second over the room: more than he takes
        #[arg(long, value_parser = value::rate, default_value = "1900")]
        rate: f64,
        /// How many bytes a second the one takes
        #[arg(long, value_parser = value::size, default_value = "96KiB")]
        pace: usize,
        /// How many bytes a second the other takes
        #[arg(long, value_parser = value::size, default_value = "16KiB")]
        trickle: usize,
        /// What the room keeps for readers that are behind
        #[arg(long, default_value = "256KiB")]
        ring: String,
        /// How long it is said [default: 6s, 1s if quick]
        #[arg(long, value_parser = value::span)]
        span: Option<Duration>,
    },
    /// Hundreds who come and go in a second
    Storm {
        /// How many members there are beside them [default: 600]
        #[arg(long, default_value_t = 600)]
        members: usize,
        /// From how many members on joins are not told
        #[arg(long, default_value_t = 500)]
        announce_below: u32,
        /// How many come in a second
        #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
        rate: u32,
        /// How long [default: 60s, 12s if quick]
        #[arg(long, value_parser = value::span)]
        span: Option<Duration>,
    },
    /// Thousands who come at once
    Wave {
        /// How many [default: 5,000, 2,000 if quick]
        #[arg(long)]
        members: Option<usize>,
    },
    /// Thousands of sockets that say nothing
    Silent {
        /// How many [default: 10,000, 5,000 if quick]
        #[arg(long)]
        sockets: Option<usize>,
        /// Lines a second over the room
        #[arg(long, value_parser = value::rate, default_value = "1000")]
        rate: f64,
        /// How long each run is measured [default: 10s, 4s if quick]
        #[arg(long, value_parser = value::span)]
        span: Option<Duration>,
        /// How often, with and without
        #[arg(long)]
        rounds: Option<usize>,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    files::raise_limit();
    match run(&args) {
        Ok(report) => {
            println!("{report}");
            ExitCode::from(u8::from(!report.is_kept()))
        }
        Err(error) => {
            eprintln!("crowd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<Report, Failure> {
    let parlance = match &args.parlance {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let quick = args.quick;
    let secs = |long: u64, short: u64| Duration::from_secs(if quick { short } else { long });
    match &args.command {
        Sub::Slow {
            rate,
            trickle,
            stall,
            span,
            rounds,
            flags,
        } => slow::run(&slow::Plan {
            parlance,
            talk: Talk {
                members: 100,
                senders: 10,
                rate: *rate,
                warm_up: secs(1, 1),
                span: span.unwrap_or(secs(20, 8)),
                patience: PATIENCE,
            },
            rounds: rounds.unwrap_or(if quick { 1 } else { 2 }),
            stall: *stall,
            trickle: *trickle,
            flags: flags.clone(),
        }),
        Sub::Held {
            rate,
            pace,
            trickle,
            ring,
            span,
        } => held::run(&held::Plan {
            parlance,
            talk: Talk {
                members: 100,
                senders: 10,
                rate: *rate,
                warm_up: secs(1, 1),
                span: span.unwrap_or(secs(6, 1)),
                patience: Duration::from_secs(180),
            },
            ring: ring.clone(),
            pace: *pace,
            trickle: *trickle,
        }),
        Sub::Storm {
            members,
            announce_below,
            rate,
            span,
        } => storm::run(&storm::Plan {
            parlance,
            members: *members,
            announce_below: *announce_below,
            rate: *rate,
            span: span.unwrap_or(secs(60, 12)),
        }),
        Sub::Wave { members } => wave::run(&wave::Plan {
            parlance,
            members: members.unwrap_or(if quick { 2_000 } else { 5_000 }),
        }),
        Sub::Silent {
            sockets,
            rate,
            span,
            rounds,
        } => silent::run(&silent::Plan {
            parlance,
            talk: Talk {
                members: 100,
                senders: 10,
                rate: *rate,
                // The silent come meanwhile.
                warm_up: secs(3, 3),
                span: span.unwrap_or(secs(10, 4)),
                patience: PATIENCE,
            },
            silent: sockets.unwrap_or(if quick { 5_000 } else { 10_000 }),
            rounds: rounds.unwrap_or(if quick { 1 } else { 2 }),
        }),
    }
}
