//! `tail`: prints what happens, for a script or a person that only reads.

use std::time::Duration;

use parlance_proto::client::{Action, LostWhy, State};

use super::connector::Connector;
use super::output::{ReaderGone, complain, line};
use super::patience::Patience;
use super::render::Renderer;
use super::{bot, json, verdict};
use crate::exit::Exit;
use crate::signals::Signals;
use crate::words;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// What is printed, and how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// JSON, else lines for people.
    pub json: bool,
    /// Only what a bot may answer: what others say that is no notice.
    pub bot: bool,
    /// Go on once everything that was there has been printed.
    pub follow: bool,
    /// How long to wait for the first welcome.
    pub timeout: Duration,
}

struct Tail {
    connector: Connector,
    options: Options,
    renderer: Renderer,
    patience: Patience,
    /// The newest event when we came, once we have.
    head: Option<u64>,
    /// The newest event that was printed or is missing: the machine's own cursor runs ahead of what it has told.
    printed: u64,
    lost: Option<LostWhy>,
    quitting: bool,
}

/// Prints until the end: of the room, of what was there, of stdout, or by a signal.
pub async fn tail(connector: Connector, options: Options, mut signals: Signals) -> Exit {
    let gone = ReaderGone::watch();
    let now = connector.clock().now();
    let mut tail = Tail {
        patience: Patience::new(options.timeout, now),
        connector,
        options,
        renderer: Renderer::new(),
        head: None,
        printed: 0,
        lost: None,
        quitting: false,
    };
    loop {
        let out_of_patience = tail.patience.over(tail.connector.clock());
        let acted = tokio::select! {
            action = tail.connector.next() => tail.act(action),
            _ = signals.next() => {
                if tail.quitting || tail.head.is_none() {
                    return Exit::Clean;
                }
                tail.quit();
                Ok(())
            }
            () = gone.wait() => Err(Exit::Clean),
            () = out_of_patience => Err(tail.give_up()),
        };
        if let Err(exit) = acted {
            if tail.connector.client().state() == State::Live {
                // Nobody reads any more.
                tail.connector.leave().await;
            }
            return exit;
        }
    }
}

impl Tail {
    fn act(&mut self, action: Action) -> Result<(), Exit> {
        match action {
            Action::Welcome { head, start } => {
                self.head.get_or_insert(head);
                self.printed = start;
                self.lost = None;
                self.patience
                    .set_waiting(false, self.connector.clock().now());
            }
            Action::Ended { reason } => {
                let exit = verdict::ended(&self.connector, &reason, self.quitting);
                return Err(exit);
            }
            Action::Lost { why, .. } => {
                verdict::lost(&self.connector, why, &mut self.lost);
            }
            // What comes after the goodbye was said is behind what was asked for.
            other if !self.quitting => self.print(&other)?,
            _ => {}
        }
        let done = self.head.is_some_and(|head| self.printed >= head);
        if done && !self.options.follow && !self.quitting {
            self.quit();
        }
        Ok(())
    }

    fn print(&mut self, action: &Action) -> Result<(), Exit> {
        match action {
            Action::Event(event) => self.printed = event.seq(),
            Action::Gap { to, .. } => self.printed = *to,
            _ => {}
        }
        let client = self.connector.client();
        if self.options.bot {
            let me = client.me().map(|me| me.member);
            match action {
                Action::Event(event) if bot::answerable(event, me).is_some() => {}
                Action::Restarted { why } => {
                    complain(words::restarted(*why));
                    return Ok(());
                }
                _ => return Ok(()),
            }
        }
        let roster = client.roster();
        let json = self.options.json;
        match action {
            Action::Event(event) if json => {
                let history = self.head.is_some_and(|head| event.seq() <= head);
                line(json::event_told(event, history))
            }
            Action::Event(event) => line(self.renderer.event(event, roster)),
            Action::Gap { from, to, why } if json => line(json::gap(*from, *to, *why)),
            Action::Gap { from, to, why } => line(words::gap(*from, *to, *why)),
            Action::Told(told) if json => line(json::told(told)),
            Action::Told(told) => {
                let me = client.me().map(|me| me.member);
                line(self.renderer.told(told, me, roster))
            }
            Action::Restarted { why } => {
                complain(words::restarted(*why));
                if json {
                    return line(json::restarted(client.epoch(), self.printed));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn quit(&mut self) {
        self.quitting = true;
        self.connector.with(|client, now| client.quit(None, now));
        self.patience = Patience::new(GOODBYE, self.connector.clock().now());
    }

    fn give_up(&self) -> Exit {
        if self.quitting {
            return Exit::Clean;
        }
        verdict::not_reached(&self.connector, self.lost.as_ref())
    }
}
