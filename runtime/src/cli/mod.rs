//! The command line: what was asked for, and how it ended.

mod args;
mod identity;
mod invite;
mod load;
mod log;
mod login_name;
mod serve;
mod talk;
pub mod target;
mod trust;
pub mod value;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use parlance_proto::name::Name;

use crate::client::output::{self, complain, line};
use crate::exit::Exit;
use crate::logging::{self, Filter};
use crate::printable::Printable;
use crate::words;
use crate::words::catalogue::Language;
use args::{Cli, Command, SeedArgs};

/// The name that makes a server in the seed's form.
const SEED_SERVER: &str = "server";

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    language(&arguments).speak();
    match Cli::try_parse() {
        Ok(cli) => run(cli).into(),
        Err(error) => explain(&error).into(),
    }
}

/// The language to speak: it has to be known before the command line is understood, since that may be what is wrong.
fn language(arguments: &[String]) -> Language {
    let mut said = None;
    let mut before = "";
    for arg in arguments.iter().take_while(|arg| *arg != "--") {
        let value = match before {
            "--lang" => Some(arg.as_str()),
            _ => arg.strip_prefix("--lang="),
        };
        said = value.and_then(Language::by_name).or(said);
        before = arg;
    }
    let seed = arguments
        .iter()
        .any(|arg| arg == "--port" || arg.starts_with("--port="));
    said.unwrap_or_else(|| match seed {
        // The seed's form, and no other has such a flag.
        true => Language::Chinese,
        false => Language::of_locale(|variable| std::env::var(variable).ok()),
    })
}

fn run(cli: Cli) -> Exit {
    output::set_color(cli.style.color);
    let filter = std::env::var("RUST_LOG").unwrap_or_default();
    logging::set_up(cli.style.log_format, Filter::parse(&filter));
    if cli.command.is_some() && (cli.seed.name.is_some() || cli.seed.port.is_some()) {
        complain(words::usage(&words::command_line::two_forms()));
        return Exit::Usage;
    }
    match cli.command {
        Some(Command::Serve(args)) => serve::serve(&args),
        Some(Command::Join(args)) => talk::join(args),
        Some(Command::Send(args)) => talk::send(args),
        Some(Command::Tail(args)) => talk::tail(args),
        Some(Command::Ask(args)) => talk::ask(args),
        Some(Command::Who(args)) => talk::who(args),
        Some(Command::Mod(args)) => talk::moderate(args),
        Some(Command::Load(args)) => load::load(args),
        Some(Command::Invite(args)) => invite::invite(args),
        Some(Command::Log(args)) => log::log(args.tool),
        Some(Command::Identity(args)) => identity::identity(&args.task),
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
        return serve::seed(port, args.seed_wire);
    }
    match Name::parse(&name) {
        Ok(name) => talk::seed(name, port, args.seed_wire),
        Err(error) => {
            complain(words::name_error(&error));
            Exit::Usage
        }
    }
}

/// Prints what clap has to say: help as it is, an error on one line.
fn explain(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let help = words::command_line::help(&error.render().to_string());
            let mut lines = help.trim_end().lines().map(Printable::field);
            match lines.try_for_each(line) {
                Ok(()) => Exit::Clean,
                Err(exit) => exit,
            }
        }
        _ => {
            let what = words::command_line::error(error, without_secrets);
            complain(words::usage(&what));
            Exit::Usage
        }
    }
}

/// What clap says of a link that is not whole, without what is almost an invitation: it may end in the log of a script.
fn without_secrets(text: &str) -> String {
    const BEFORE: &str = "invite=";
    let mut parts = text.split(BEFORE);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['\'', '&', ' ']).unwrap_or(part.len());
        shown.push_str(BEFORE);
        shown.push_str("...");
        shown.push_str(&part[end..]);
    }
    shown
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
            complain(words::cause(&error));
            Exit::Fault
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{language, without_secrets};
    use crate::words::catalogue::Language;

    #[test]
    fn the_language_is_known_before_the_rest() {
        let of = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            language(&args)
        };
        assert_eq!(of(&["who", "--lang", "zh"]), Language::Chinese);
        assert_eq!(of(&["--lang=zh", "--nonsense"]), Language::Chinese);
        assert_eq!(of(&["--name", "x", "--port", "1"]), Language::Chinese);
        let english = ["--name", "x", "--port=1", "--lang", "en"];
        assert_eq!(of(&english), Language::English);
    }

    #[test]
    fn what_is_almost_an_invitation_is_not_shown() {
        for (text, shown) in [
            ("no link", "no link"),
            ("'h#invite=abc' is", "'h#invite=...' is"),
            (
                "'h#invite=abc&invite=x&y' is",
                "'h#invite=...&invite=...&y' is",
            ),
            ("invite=", "invite=..."),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }
}
