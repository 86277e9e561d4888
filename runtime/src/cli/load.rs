//! `load`.

use std::io::{self, IsTerminal};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::LoadArgs;
use crate::cli::value::Place;
use crate::client::output::{complain, line};
use crate::exit::Exit;
use crate::files;
use crate::load::{self, Figures, LoadError, Options, Pace, Progress, Spec};
use crate::printable::Printable;
use crate::words;

/// How often a line tells how far it is where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Loads a server and prints the figures.
pub(super) fn load(args: LoadArgs) -> Exit {
    let server = match resolve(&args.host) {
        Ok(server) => server,
        Err(error) => {
            complain(error);
            return Exit::Unreachable;
        }
    };
    files::raise_limit();
    let clients = args.clients as usize;
    let options = Options {
        server,
        clients,
        senders: (args.senders as usize).min(clients),
        pace: args
            .rate
            .map_or(Pace::Window(args.window as usize), Pace::Rate),
        size: args.size,
        duration: args.duration,
        warm_up: args.warm_up,
        patience: load::PATIENCE,
        server_pid: args.server_pid,
    };
    let mut show = Show::new(&options, args.json);
    let spec = Spec::new(args.room, std::process::id(), clients);
    let outcome = load::run(&options, spec, &mut |progress| show.tell(progress));
    show.end();
    match outcome {
        Ok(figures) => report(&figures, args.json),
        Err(error) => {
            complain(&error);
            match error {
                LoadError::Connect(..) => Exit::Unreachable,
                LoadError::Sent(_) | LoadError::Slow(_) => Exit::Refused,
                _ => Exit::Fault,
            }
        }
    }
}

fn report(figures: &Figures, json: bool) -> Exit {
    let lines = if json {
        vec![Printable::json(&figures.to_json())]
    } else {
        words::load::figures(figures)
    };
    if let Err(exit) = lines.into_iter().try_for_each(line) {
        return exit;
    }
    if figures.is_right() {
        return Exit::Clean;
    }
    complain(words::load::amiss(figures));
    Exit::Fault
}

fn resolve(place: &Place) -> Result<SocketAddr, Printable> {
    let mut found = (place.host.as_str(), place.port)
        .to_socket_addrs()
        .map_err(|error| words::cause(&error))?;
    found
        .next()
        .ok_or_else(|| words::load::no_address(&Printable::name(&place.host)))
}

/// How far it is: a bar on a terminal, a line now and then elsewhere.
struct Show {
    clients: usize,
    warm_up: Duration,
    whole: Duration,
    /// What of it has gone by, before the span that is running.
    quiet: bool,
    bar: Option<ProgressBar>,
    gone: Duration,
    told: Duration,
}

impl Show {
    fn new(options: &Options, quiet: bool) -> Show {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let whole = (options.warm_up + options.duration).as_millis();
            let bar = ProgressBar::new(u64::try_from(whole).unwrap_or(u64::MAX));
            // The template is a constant, which a test draws.
            bar.set_style(
                ProgressStyle::with_template(words::load::BAR)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        Show {
            clients: options.clients,
            warm_up: options.warm_up,
            whole: options.warm_up + options.duration,
            quiet,
            bar,
            gone: Duration::ZERO,
            told: Duration::ZERO,
        }
    }

    fn tell(&mut self, progress: Progress) {
        if self.quiet {
            return;
        }
        let text = words::load::progress(progress, self.clients);
        if let Progress::Running(gone, deliveries) = progress {
            let before = if deliveries > 0 {
                self.warm_up
            } else {
                Duration::ZERO
            };
            self.gone = (before + gone).min(self.whole);
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(self.gone.as_millis()).unwrap_or(u64::MAX));
                bar.set_message(text.to_string());
            }
            None if self.gone >= self.told + LINE_EVERY => {
                self.told = self.gone;
                complain(&text);
            }
            None => {}
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_can_be_drawn() {
        assert!(ProgressStyle::with_template(words::load::BAR).is_ok());
    }
}
