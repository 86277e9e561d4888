//! Kills the real server again and again while people talk, and looks whether anything was lost.
//!
//! ```text
//! cargo build -p parlance
//! cargo run -p parlance-tests --features load --bin soak -- --loops 1000
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use parlance_tests::soak::{self, Plan};

/// Kills a server while people talk: every acknowledged message is to be there once, under its number.
#[derive(Debug, Parser)]
struct Args {
    /// How often
    #[arg(long, default_value_t = 1000)]
    loops: u32,
    /// How many talk
    #[arg(long, default_value_t = 8)]
    senders: u32,
    /// Where the moments come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ask the server to end, in place of killing it
    #[arg(long)]
    gently: bool,
    /// The program [default: `parlance` beside this one]
    #[arg(long)]
    parlance: Option<PathBuf>,
    /// Where the log is kept [default: a folder that goes with the run]
    #[arg(long)]
    data: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: seed {}: {error}", args.seed);
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    let parlance = match &args.parlance {
        Some(path) => path.clone(),
        None => std::env::current_exe()?.with_file_name("parlance"),
    };
    let own = tempfile::tempdir()?;
    let data = args.data.clone().unwrap_or_else(|| own.path().join("data"));
    let plan = Plan {
        loops: args.loops,
        senders: args.senders,
        seed: args.seed,
        gently: args.gently,
    };
    let outcome = soak::run(&parlance, &data, plan, &mut |nth, ledger| {
        if nth % 50 == 0 {
            eprintln!("{nth} ends, {} lines acknowledged", ledger.acknowledged());
        }
    })?;
    println!(
        "{} ends: {} lines acknowledged, each in the log once; {} logins taken up again; newest event {}",
        args.loops, outcome.acknowledged, outcome.resumed, outcome.head
    );
    Ok(())
}
