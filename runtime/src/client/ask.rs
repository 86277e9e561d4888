//! `ask`: says one line, and waits for the first answer to it.

use std::time::Duration;

use parlance_proto::client::{Action, LineState, LostWhy, State};
use parlance_proto::text::Text;
use parlance_proto::wire::{Event, SayKind};

use super::connector::Connector;
use super::ledger::Ledger;
use super::output::{complain, line};
use super::patience::Patience;
use super::{json, verdict};
use crate::exit::Exit;
use crate::printable::Printable;
use crate::signals::Signals;
use crate::words;

struct Asking {
    connector: Connector,
    text: Option<Text>,
    json: bool,
    ledger: Ledger,
    patience: Patience,
    timeout: Duration,
    welcomed: bool,
    /// The number of the question, once it has one.
    question: Option<u64>,
    lost: Option<LostWhy>,
}

/// Asks; the answer is printed, as its text or as JSON.
pub async fn ask(
    connector: Connector,
    text: Text,
    json: bool,
    timeout: Duration,
    mut signals: Signals,
) -> Exit {
    let now = connector.clock().now();
    let mut asking = Asking {
        connector,
        text: Some(text),
        json,
        ledger: Ledger::default(),
        patience: Patience::new(timeout, now),
        timeout,
        welcomed: false,
        question: None,
        lost: None,
    };
    loop {
        let out_of_patience = asking.patience.over(asking.connector.clock());
        let done = tokio::select! {
            action = asking.connector.next() => asking.act(action),
            _ = signals.next() => Some(asking.give_up()),
            () = out_of_patience => Some(asking.give_up()),
        };
        if let Some(exit) = done {
            if asking.connector.client().state() == State::Live {
                asking.connector.leave().await;
            }
            return exit;
        }
    }
}

impl Asking {
    fn act(&mut self, action: Action) -> Option<Exit> {
        match action {
            Action::Welcome { .. } => {
                self.welcomed = true;
                self.lost = None;
                self.patience.progress(self.connector.clock().now());
                self.say()
            }
            Action::Line { line, what, state } => {
                self.ledger.settled(line, &what, &state);
                if state != LineState::Sent {
                    return Some(Exit::Unacknowledged);
                }
                self.patience = Patience::new(self.timeout, self.connector.clock().now());
                None
            }
            Action::Event(event) => self.hear(&event),
            Action::Lost { why, .. } => {
                verdict::lost(&self.connector, why, &mut self.lost);
                None
            }
            Action::Ended { reason } => {
                let exit = verdict::ended(&self.connector, &reason, false);
                self.ledger.give_up(self.connector.client());
                Some(match exit {
                    Exit::Clean | Exit::Unreachable if self.welcomed => Exit::Unacknowledged,
                    exit => exit,
                })
            }
            _ => None,
        }
    }

    /// Says the question, once.
    fn say(&mut self) -> Option<Exit> {
        let text = self.text.take()?;
        let said = self
            .connector
            .with(|client, now| client.say(SayKind::Say, None, text, now));
        match said {
            Ok(line) => {
                self.ledger.said(line, None);
                None
            }
            Err(error) => {
                complain(words::say_error(&error));
                Some(Exit::Fault)
            }
        }
    }

    fn hear(&mut self, event: &Event) -> Option<Exit> {
        let Event::Said(said) = event else {
            return None;
        };
        let me = self.connector.client().me()?;
        if said.session == me.session {
            // All that this session says is the question.
            self.question = Some(said.seq);
            return None;
        }
        if said.re.is_none() || said.re != self.question || said.member == me.member {
            return None;
        }
        let printed = match self.json {
            true => line(json::event_told(event, false)),
            false => line(Printable::text(said.text.as_deref().unwrap_or_default())),
        };
        Some(printed.err().unwrap_or(Exit::Clean))
    }

    fn give_up(&mut self) -> Exit {
        if !self.welcomed {
            return verdict::not_reached(&self.connector, self.lost.as_ref());
        }
        self.ledger.give_up(self.connector.client());
        complain(words::NOT_ANSWERED);
        Exit::Unacknowledged
    }
}
