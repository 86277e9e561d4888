//! The command line: what was asked for, and how it ended.

mod args;
mod load;
mod log;
mod login_name;
mod serve;
mod talk;
mod trust;
pub mod value;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use parlance_proto::name::Name;

use crate::client::output::{complain, line};
use crate::exit::Exit;
use crate::words;
use args::{Cli, Command, SeedArgs};

/// The name that makes a server in the seed's form.
const SEED_SERVER: &str = "server";

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => explain(&error).into(),
    }
}

fn run(cli: Cli) -> Exit {
    match cli.command {
        Some(Command::Serve(args)) => serve::serve(&args),
        Some(Command::Join(args)) => talk::join(args),
        Some(Command::Send(args)) => talk::send(args),
        Some(Command::Tail(args)) => talk::tail(args),
        Some(Command::Load(args)) => load::load(args),
        Some(Command::Log(args)) => log::log(args.tool),
        Some(Command::Trust(args)) => trust::trust(&args),
        None => seed(cli.seed),
    }
}

fn seed(args: SeedArgs) -> Exit {
    // clap has seen to it that both are there.
    let (Some(name), Some(port)) = (args.name, args.port) else {
        return Exit::Usage;
    };
    if name == SEED_SERVER {
        return serve::seed(port);
    }
    match Name::parse(&name) {
        Ok(name) => talk::seed(name, port),
        Err(error) => {
            complain(&error.to_string());
            Exit::Usage
        }
    }
}

/// Prints what clap has to say: help as it is, an error on one line.
fn explain(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match line(error.render().to_string().trim_end()) {
                Ok(()) => Exit::Clean,
                Err(exit) => exit,
            }
        }
        _ => {
            let text = error.render().to_string();
            let lines: Vec<_> = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.is_empty())
                .collect();
            let what = lines.join(" ");
            complain(&words::usage(what.strip_prefix("error: ").unwrap_or(&what)));
            Exit::Usage
        }
    }
}

/// Runs a future to its end on this thread. What it has left running (a look-up, say) is not waited for.
fn block_on(run: impl Future<Output = Exit>) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(run);
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            complain(&error.to_string());
            Exit::Fault
        }
    }
}
