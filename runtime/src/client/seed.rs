//! The client in the form of the program that this one began from: its prompt, its words, its endings. The wire is the
//! native one, and the room is `lobby`. A lost link is the end, as it was there.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use parlance_proto::client::{Action, EndReason, LineState, LostWhy};
use parlance_proto::text::Text;
use parlance_proto::wire::{ByeCode, Event, Said, SayKind};

use super::connector::Connector;
use super::output::{complain, line, write};
use super::patience::Patience;
use super::render::member;
use super::stdin::{RawLine, StdinLines};
use crate::exit::Exit;
use crate::printable::{Printable, printable};
use crate::signals::{Asked, Signals};
use crate::words::{self, seed};

/// How long the server may take to let us in, and to take what was said before the end of stdin.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

struct SeedClient {
    connector: Connector,
    port: u16,
    patience: Patience,
    /// `NAME@HOST` needs the host of one who speaks, also where the roster has already gone on.
    hosts: BTreeMap<u64, String>,
    prompt: Option<Printable>,
    leaving: bool,
}

/// Talks until the end of stdin, Ctrl-C, or the end of the server.
pub async fn talk(connector: Connector, mut stdin: StdinLines, mut signals: Signals) -> Exit {
    let mut client = SeedClient {
        patience: Patience::new(PATIENCE, connector.clock().now()),
        port: connector.place().port,
        connector,
        hosts: BTreeMap::new(),
        prompt: None,
        leaving: false,
    };
    loop {
        let out_of_patience = client.patience.over(client.connector.clock());
        let reading = client.prompt.is_some() && !client.leaving;
        let done = tokio::select! {
            action = client.connector.next() => client.act(action),
            typed = stdin.next(), if reading => client.typed(typed),
            asked = signals.next() => client.interrupted(asked),
            () = out_of_patience => Err(client.give_up()),
        };
        if let Err(exit) = done {
            return exit;
        }
    }
}

impl SeedClient {
    fn act(&mut self, action: Action) -> Result<(), Exit> {
        match action {
            Action::Welcome { .. } => self.welcome(),
            Action::Event(event) => match self.show(&event) {
                Some(shown) if !self.leaving => {
                    line(&shown)?;
                    self.show_prompt()
                }
                _ => Ok(()),
            },
            Action::Roster => {
                for (number, member) in self.connector.client().roster().iter() {
                    if let Some(host) = &member.host {
                        self.hosts.entry(number).or_insert_with(|| host.clone());
                    }
                }
                Ok(())
            }
            Action::Line {
                state: LineState::Failed(failure),
                ..
            } => {
                complain(seed::not_sent(&words::failure(&failure)));
                Ok(())
            }
            Action::Ended { reason } => Err(self.ended(&reason)),
            _ => Ok(()),
        }
    }

    fn welcome(&mut self) -> Result<(), Exit> {
        line(seed::connected(self.port))?;
        self.patience
            .set_waiting(false, self.connector.clock().now());
        if let Some(me) = self.connector.client().me() {
            let address = me.addr.as_deref().unwrap_or("?");
            self.prompt = Some(seed::prompt(
                &Printable::name(&me.name),
                &Printable::name(address),
            ));
        }
        self.show_prompt()
    }

    fn show_prompt(&self) -> Result<(), Exit> {
        self.prompt.as_ref().map_or(Ok(()), write)
    }

    /// What an event looks like; none for our own doing.
    fn show(&mut self, event: &Event) -> Option<Printable> {
        let me = self.connector.client().me()?;
        if event.session() == me.session {
            return None;
        }
        match event {
            Event::Said(said) => Some(seed::said(&self.speaker(said), &spoken(said))),
            Event::Joined(joined) => {
                if let Some(host) = &joined.host {
                    self.hosts.insert(joined.member, host.clone());
                }
                Some(seed::joined(
                    joined.members,
                    &member(&joined.name, joined.host.as_deref()),
                ))
            }
            Event::Left(left) => {
                self.hosts.remove(&left.member);
                Some(seed::left(&member(&left.name, left.host.as_deref())))
            }
            Event::Renamed(renamed) => Some(seed::renamed(
                &Printable::name(&renamed.old),
                &Printable::name(&renamed.new),
            )),
            Event::Titled(titled) => titled
                .topic
                .as_deref()
                .map(|topic| seed::titled(&Printable::field(topic))),
            Event::Modded(_) => None,
        }
    }

    fn speaker(&self, said: &Said) -> Printable {
        member(&said.name, self.hosts.get(&said.member).map(String::as_str))
    }

    fn typed(&mut self, typed: Option<io::Result<RawLine>>) -> Result<(), Exit> {
        let Some(Ok(typed)) = typed else {
            // The end of stdin is a leave.
            self.leave(PATIENCE);
            return Ok(());
        };
        if let Err(why) = self.say(&typed) {
            complain(seed::not_sent(&why));
        }
        self.show_prompt()
    }

    fn say(&mut self, typed: &RawLine) -> Result<(), Printable> {
        if typed.length > Text::MAX_BYTES {
            return Err(words::line_too_long(None, typed.length, Text::MAX_BYTES));
        }
        let text = std::str::from_utf8(&typed.bytes).map_err(|_| words::line_not_utf8(None))?;
        // The seed takes white space off both ends, and sends nothing if nothing is left.
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let text = Text::parse(text).map_err(|error| words::text_error(&error))?;
        self.connector
            .with(|client, now| client.say(SayKind::Say, None, text, now))
            .map_err(|error| words::say_error(&error))?;
        Ok(())
    }

    fn leave(&mut self, patience: Duration) {
        self.leaving = true;
        self.patience = Patience::new(patience, self.connector.clock().now());
        self.connector.with(|client, now| client.quit(None, now));
    }

    fn interrupted(&mut self, asked: Asked) -> Result<(), Exit> {
        if asked == Asked::Interrupt {
            line(seed::INTERRUPTED)?;
        }
        if self.leaving {
            return Err(Exit::Clean);
        }
        self.leave(GOODBYE);
        Ok(())
    }

    fn ended(&self, reason: &EndReason) -> Exit {
        if self.leaving {
            return Exit::Clean;
        }
        if self.prompt.is_none() {
            return self.not_connected(reason);
        }
        match reason {
            EndReason::Lost(_) => {}
            EndReason::Bye(bye) if bye.code == ByeCode::SHUTDOWN => {}
            reason => complain(words::end(reason)),
        }
        // The prompt stands on the line.
        match line(seed::CLOSED) {
            Ok(()) | Err(Exit::Clean) => Exit::Clean,
            Err(exit) => exit,
        }
    }

    fn not_connected(&self, reason: &EndReason) -> Exit {
        let said = match reason {
            EndReason::Lost(LostWhy::Unreachable) => line(seed::not_connected(self.port)),
            reason => {
                complain(seed::refused(&words::end(reason)));
                Ok(())
            }
        };
        said.err().unwrap_or(Exit::Fault)
    }

    fn give_up(&self) -> Exit {
        if self.prompt.is_none() {
            return self.not_connected(&EndReason::Lost(LostWhy::Unreachable));
        }
        Exit::Clean
    }
}

/// A text with the form of its kind, which the seed did not know.
fn spoken(said: &Said) -> Printable {
    let text = said
        .text
        .as_deref()
        .map_or_else(|| printable![words::ERASED], Printable::text);
    match said.kind {
        SayKind::Action => printable!["* ", text],
        _ => text,
    }
}
