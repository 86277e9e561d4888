//! `mod`: does one act of moderation, or lists who is kept out, for a script or a person in a hurry.

use std::time::Duration;

use parlance_proto::client::{Action, LostWhy, State};

use super::connector::Connector;
use super::ledger::Ledger;
use super::moderating::Typed;
use super::output::{complain, line};
use super::patience::Patience;
use super::people::People;
use super::{json, verdict};
use crate::exit::Exit;
use crate::printable::Printable;
use crate::signals::Signals;
use crate::words;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Task {
    /// An act.
    Act(Typed),
    /// Print who is kept out.
    Bans {
        /// As JSON, else for people.
        json: bool,
    },
}

struct Moderator {
    connector: Connector,
    task: Option<Task>,
    people: People,
    ledger: Ledger,
    patience: Patience,
    /// The newest event when we came, once we have.
    head: Option<u64>,
    /// The newest event that was told: before that of the welcome names may be missing.
    told: u64,
    lost: Option<LostWhy>,
    quitting: bool,
    failed: bool,
}

/// Does it, and leaves.
pub async fn moderate(
    connector: Connector,
    task: Task,
    timeout: Duration,
    mut signals: Signals,
) -> Exit {
    let now = connector.clock().now();
    let mut moderator = Moderator {
        patience: Patience::new(timeout, now),
        connector,
        task: Some(task),
        people: People::default(),
        ledger: Ledger::default(),
        head: None,
        told: 0,
        lost: None,
        quitting: false,
        failed: false,
    };
    loop {
        if let Err(exit) = moderator.go_on() {
            return exit;
        }
        let out_of_patience = moderator.patience.over(moderator.connector.clock());
        let acted = tokio::select! {
            action = moderator.connector.next() => moderator.act(action),
            _ = signals.next() => Err(moderator.give_up()),
            () = out_of_patience => Err(moderator.give_up()),
        };
        if let Err(exit) = acted {
            return exit;
        }
    }
}

impl Moderator {
    /// Does what is to be done once it is known who is who, and leaves once the room has answered.
    fn go_on(&mut self) -> Result<(), Exit> {
        if self.connector.client().state() != State::Live || self.quitting {
            return Ok(());
        }
        let client = self.connector.client();
        let knows =
            client.roster().is_complete() && self.head.is_some_and(|head| self.told >= head);
        if knows && let Some(task) = self.task.take() {
            self.begin(&task)?;
        }
        let is_settled = self.connector.client().outbox().next().is_none();
        if self.task.is_none() && is_settled {
            self.quitting = true;
            self.patience = Patience::new(GOODBYE, self.connector.clock().now());
            self.connector.with(|client, now| client.quit(None, now));
        }
        Ok(())
    }

    fn begin(&mut self, task: &Task) -> Result<(), Exit> {
        let roster = self.connector.client().roster();
        let typed = match task {
            Task::Bans { json } => {
                for (number, name) in roster.kept_out() {
                    if *json {
                        line(json::kept_out(number, name))?;
                    } else {
                        line(words::moderation::kept_out(number, &Printable::name(name)))?;
                    }
                }
                return Ok(());
            }
            Task::Act(typed) => typed,
        };
        let asked = match typed.resolve(&self.people, roster) {
            Ok(asked) => asked,
            Err(error) => {
                complain(words::line_refused(None, &error));
                self.failed = true;
                return Ok(());
            }
        };
        match self
            .connector
            .with(|client, now| client.moderate(asked, now))
        {
            Ok(line) => self.ledger.said(line, None),
            Err(error) => {
                complain(words::say_error(&error));
                self.failed = true;
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<(), Exit> {
        match action {
            Action::Welcome { head, start } => {
                self.head.get_or_insert(head);
                self.told = self.told.max(start);
                self.lost = None;
                self.patience.progress(self.connector.clock().now());
            }
            Action::Event(event) => {
                self.told = event.seq();
                self.people.note(&event);
            }
            Action::Gap { to, .. } => self.told = to,
            Action::Line { line, what, state } => self.ledger.settled(line, &what, &state),
            Action::Lost { why, .. } => verdict::lost(&self.connector, why, &mut self.lost),
            Action::Ended { reason } => {
                let exit = verdict::ended(&self.connector, &reason, self.quitting);
                self.ledger.give_up(self.connector.client());
                return Err(self.exit(exit));
            }
            _ => {}
        }
        Ok(())
    }

    fn give_up(&mut self) -> Exit {
        if self.head.is_some() {
            self.ledger.give_up(self.connector.client());
            return self.exit(Exit::Clean);
        }
        verdict::not_reached(&self.connector, self.lost.as_ref())
    }

    /// What was not even begun is a failure, too.
    fn exit(&self, end: Exit) -> Exit {
        match self.ledger.exit(end) {
            Exit::Clean if self.failed => Exit::Fault,
            Exit::Clean if self.task.is_some() => Exit::Unacknowledged,
            exit => exit,
        }
    }
}
