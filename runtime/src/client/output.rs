//! Writing to stdout and stderr, a whole line at a time.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::exit::Exit;
use crate::logging;
use crate::printable::{Printable, Shown, printable};
use crate::words;
use crate::words::catalogue::NO_HELP;

/// Writes `text` and a newline to stdout, at once.
///
/// # Errors
///
/// How the command is to end: quietly where nobody reads any more, with a fault where the text could not be kept.
pub fn line(text: impl Shown) -> Result<(), Exit> {
    write(printable![text, "\n"])
}

/// Writes `text` to stdout as it is, at once.
///
/// # Errors
///
/// As [`line()`].
pub fn write(text: impl Shown) -> Result<(), Exit> {
    let text = printable![text];
    let mut out = io::stdout().lock();
    match out
        .write_all(text.as_str().as_bytes())
        .and_then(|()| out.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Exit::Clean),
        Err(error) => {
            complain(words::cannot_print(&error));
            Err(Exit::Fault)
        }
    }
}

/// Notices that nobody reads stdout any more, before there is anything to write to it.
#[derive(Debug)]
pub struct ReaderGone {
    /// None where stdout is of a kind that nobody reads: a file, or closed.
    stdout: Option<AsyncFd<OwnedFd>>,
}

impl ReaderGone {
    /// To be called inside a tokio runtime.
    #[must_use]
    pub fn watch() -> ReaderGone {
        ReaderGone {
            stdout: io::stdout()
                .as_fd()
                .try_clone_to_owned()
                .ok()
                .and_then(watched),
        }
    }

    /// Waits for it. Safe to cancel.
    pub async fn wait(&self) {
        match &self.stdout {
            // Whatever the answer: who cannot be asked is not asked again.
            Some(stdout) => drop(stdout.ready(Interest::ERROR).await),
            None => std::future::pending().await,
        }
    }
}

fn watched(stdout: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is one descriptor, which stays open until the `AsyncFd` that owns it is dropped.
    unsafe { AsyncFd::register_with_interest(stdout, Interest::ERROR) }.ok()
}

/// Writes `text` as one line to stderr, under the program's name. That it may be closed is nobody's concern.
pub fn complain(text: impl Shown) {
    logging::tell(&printable![text]);
}

/// When there are colours on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    #[value(help = NO_HELP)]
    Auto,
    /// Always.
    #[value(help = NO_HELP)]
    Always,
    /// Never.
    #[value(help = NO_HELP)]
    Never,
}

static COLORED: AtomicBool = AtomicBool::new(false);

/// Says whether there are colours on stdout; before that there are none.
pub fn set_color(color: Color) {
    let colored = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            io::stdout().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
        }
    };
    COLORED.store(colored, Ordering::Relaxed);
}

/// What is beside the point, such as a time: faint where there are colours.
pub fn faint(text: Printable) -> Printable {
    match COLORED.load(Ordering::Relaxed) {
        true => printable!["\x1b[2m", text, "\x1b[0m"],
        false => text,
    }
}
