//! Parlance beside the bare loop that is the limit of what the kernel allows, and beside Redis.
//!
//! ```text
//! cargo build --release -p parlance
//! cargo run --release -p parlance-tests --features load --bin limit -- --clients 100,1000
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use parlance::cli::value;
use parlance::files;
use parlance::load::Pace;
use parlance_tests::limit::server::Kind;
use parlance_tests::limit::table::{self, Row};
use parlance_tests::limit::{self, Setup, bare};

/// Runs servers in turn under the same load and prints median, worst and ratio.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Option<Sub>,
    /// How many members, several one after the other
    #[arg(long, value_delimiter = ',', default_value = "100,1000")]
    clients: Vec<usize>,
    /// How many of them send
    #[arg(long, default_value_t = 10)]
    senders: usize,
    /// Messages in flight over the room
    #[arg(long, default_value_t = 64)]
    window: usize,
    /// Messages a second over the room, in place of a window
    #[arg(long, value_parser = value::rate)]
    rate: Option<f64>,
    /// Bytes of a text
    #[arg(long, value_parser = value::text_size, default_value = "64")]
    size: usize,
    /// How long each server is measured in a round
    #[arg(long, value_parser = value::span, default_value = "3s")]
    span: Duration,
    /// How long it runs before that
    #[arg(long, value_parser = value::span, default_value = "500ms")]
    warm_up: Duration,
    /// How often each has its turn
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Redis, too
    #[arg(long)]
    redis: bool,
    /// The program to be measured [default: `parlance` beside this one]
    #[arg(long)]
    parlance: Vec<PathBuf>,
    /// Where the raw figures are appended
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Be the bare loop
    Bare,
}

fn main() -> ExitCode {
    let args = Args::parse();
    files::raise_limit();
    let outcome = match args.command {
        Some(Sub::Bare) => bare::serve().map_err(Into::into),
        None => compare(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let kinds = kinds(args)?;
    let mut right = true;
    for &clients in &args.clients {
        let setup = Setup {
            clients,
            senders: args.senders,
            pace: args.rate.map_or(Pace::Window(args.window), Pace::Rate),
            size: args.size,
            span: args.span,
            warm_up: args.warm_up,
        };
        let mut rows = Vec::new();
        for round in 1..=args.rounds {
            for kind in &kinds {
                let figures = limit::measure(kind, &setup)?;
                right &= figures.is_right();
                eprintln!(
                    "{clients} members, round {round}, {}: {:.0}/s",
                    kind.name(),
                    figures.per_second()
                );
                let server = kind.name();
                rows.push(Row {
                    server,
                    round,
                    figures,
                });
            }
        }
        if let Some(path) = &args.out {
            table::append(path, &rows)?;
        }
        println!("{clients} members\n\n{}", table::render(&rows));
    }
    if right {
        Ok(())
    } else {
        Err("something was lost or repeated".into())
    }
}

fn kinds(args: &Args) -> std::io::Result<Vec<Kind>> {
    let this = std::env::current_exe()?;
    let beside = this.with_file_name("parlance");
    let mut kinds = vec![Kind::Bare(this)];
    if args.parlance.is_empty() {
        kinds.push(Kind::Parlance(beside));
    }
    kinds.extend(args.parlance.iter().cloned().map(Kind::Parlance));
    if args.redis {
        kinds.push(Kind::Redis);
    }
    Ok(kinds)
}
