//! `send`: says lines, waits until each is acknowledged, and says by its exit status whether that is so.

use std::io;
use std::time::Duration;

use parlance_proto::client::{Action, LostWhy, State};
use parlance_proto::text::Text;
use parlance_proto::wire::SayKind;

use super::connector::Connector;
use super::ledger::Ledger;
use super::output::complain;
use super::patience::Patience;
use super::stdin::{RawLine, StdinLines};
use super::verdict;
use crate::exit::Exit;
use crate::printable::Printable;
use crate::signals::Signals;
use crate::words;

/// So many lines may be open before more are read: twice what a server takes at once.
const AHEAD: usize = 128;
/// How long a goodbye may take once all is acknowledged, and all the rest once a signal has come.
const GOODBYE: Duration = Duration::from_secs(2);

/// Where the lines come from.
#[derive(Debug)]
pub enum Source {
    /// The command line: one text.
    Text(String),
    /// The lines of stdin.
    Stdin(StdinLines),
    /// No more.
    Over,
}

/// How the lines are said.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long to wait for the server, and for each next acknowledgement.
    pub timeout: Duration,
    /// So many links may be lost, or not be had, before it is given up; as many as there is time for, where not said.
    pub retry: Option<u32>,
    /// What kind of saying it is.
    pub kind: SayKind,
    /// The event that is answered.
    pub re: Option<u64>,
}

struct Sending {
    connector: Connector,
    options: Options,
    losses: u32,
    source: Source,
    ledger: Ledger,
    patience: Patience,
    welcomed: bool,
    quitting: bool,
    /// A line could not be said.
    refused: bool,
    lost: Option<LostWhy>,
}

/// Says all of `source`.
pub async fn send(
    connector: Connector,
    source: Source,
    options: Options,
    mut signals: Signals,
) -> Exit {
    let now = connector.clock().now();
    let mut sending = Sending {
        connector,
        options,
        losses: 0,
        source,
        ledger: Ledger::default(),
        patience: Patience::new(options.timeout, now),
        welcomed: false,
        quitting: false,
        refused: false,
        lost: None,
    };
    loop {
        if let Some(exit) = sending.finish() {
            return exit;
        }
        let wants_more = sending.connector.client().outbox().count() < AHEAD;
        let out_of_patience = sending.patience.over(sending.connector.clock());
        tokio::select! {
            action = sending.connector.next() => {
                if let Some(exit) = sending.act(action) {
                    return exit;
                }
            }
            line = sending.source.next(), if wants_more => sending.say(line),
            _ = signals.next() => {
                if sending.quitting {
                    return sending.give_up();
                }
                sending.source = Source::Over;
                sending.patience = Patience::new(GOODBYE, sending.connector.clock().now());
            }
            () = out_of_patience => return sending.give_up(),
        }
    }
}

impl Sending {
    /// Leaves once all is said and acknowledged; the end, where nothing ever had to be sent.
    fn finish(&mut self) -> Option<Exit> {
        if self.connector.client().state() == State::Ended {
            // What is left to be told comes, and the reason last.
            return None;
        }
        let idle = self.connector.client().outbox().next().is_none();
        let now = self.connector.clock().now();
        if matches!(self.source, Source::Over) && idle && !self.quitting {
            if !self.welcomed {
                return Some(self.exit(Exit::Clean));
            }
            self.quitting = true;
            self.patience = Patience::new(GOODBYE, now);
            self.connector.with(|client, now| client.quit(None, now));
        }
        let waiting = !self.welcomed || !idle || self.quitting;
        self.patience.set_waiting(waiting, now);
        None
    }

    fn act(&mut self, action: Action) -> Option<Exit> {
        match action {
            Action::Welcome { .. } => {
                if !self.welcomed {
                    self.welcomed = true;
                    self.patience.progress(self.connector.clock().now());
                }
                self.lost = None;
            }
            Action::Line { line, what, state } => {
                self.ledger.settled(line, &what, &state);
                self.patience.progress(self.connector.clock().now());
            }
            Action::Lost { why, .. } => {
                verdict::lost(&self.connector, why, &mut self.lost);
                self.losses = self.losses.saturating_add(1);
                if self.options.retry.is_some_and(|most| self.losses > most) {
                    return Some(self.give_up_lost());
                }
            }
            Action::Ended { reason } => {
                let exit = verdict::ended(&self.connector, &reason, self.quitting);
                self.ledger.give_up(self.connector.client());
                return Some(self.exit(exit));
            }
            _ => {}
        }
        None
    }

    fn say(&mut self, line: Option<io::Result<RawLine>>) {
        let line = match line {
            None => {
                self.source = Source::Over;
                return;
            }
            Some(Ok(line)) => line,
            Some(Err(error)) => return self.refuse(&words::cannot_read_stdin(&error)),
        };
        let place = (line.number > 0).then_some(line.number);
        if line.length == 0 && place.is_some() {
            return;
        }
        if line.length > Text::MAX_BYTES {
            return self.refuse(&words::line_too_long(place, line.length, Text::MAX_BYTES));
        }
        let Ok(text) = std::str::from_utf8(&line.bytes) else {
            return self.refuse(&words::line_not_utf8(place));
        };
        let options = self.options;
        let said = match Text::parse(text) {
            Ok(text) => self
                .connector
                .with(|client, now| client.say(options.kind, options.re, text, now)),
            Err(error) => {
                let why = words::text_error(&error);
                return self.refuse(&words::line_refused(place, &why));
            }
        };
        match said {
            Ok(line) => self.ledger.said(line, place),
            Err(error) => {
                let why = words::say_error(&error);
                self.refuse(&words::line_refused(place, &why));
            }
        }
    }

    /// A line that cannot be said is the last that is looked at: nothing behind it is sent either.
    fn refuse(&mut self, why: &Printable) {
        complain(why);
        self.refused = true;
        self.source = Source::Over;
    }

    fn give_up(&mut self) -> Exit {
        let client = self.connector.client();
        if !self.welcomed {
            // What was never reached acknowledges nothing: that says it all.
            return verdict::not_reached(&self.connector, self.lost.as_ref());
        }
        self.ledger.give_up(client);
        self.exit(Exit::Clean)
    }

    /// The link was lost more often than it may be: what was not read yet is not sent either.
    fn give_up_lost(&mut self) -> Exit {
        if !self.welcomed {
            return self.give_up();
        }
        self.ledger.give_up(self.connector.client());
        let end = self
            .lost
            .as_ref()
            .map_or(Exit::Unreachable, verdict::after_loss);
        self.exit(end)
    }

    fn exit(&self, end: Exit) -> Exit {
        match self.ledger.exit(end) {
            Exit::Clean if self.refused => Exit::Fault,
            exit => exit,
        }
    }
}

impl Source {
    /// The next line; for the text of the command line, one of number 0.
    async fn next(&mut self) -> Option<io::Result<RawLine>> {
        match self {
            Source::Stdin(lines) => lines.next().await,
            Source::Text(text) => {
                let bytes = std::mem::take(text).into_bytes();
                *self = Source::Over;
                Some(Ok(RawLine {
                    number: 0,
                    length: bytes.len(),
                    bytes,
                }))
            }
            // Asked again only by a wait for something else.
            Source::Over => std::future::pending().await,
        }
    }
}
