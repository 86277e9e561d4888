//! `join`, line by line: each incoming line whole, each own line pending until it comes back.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use parlance_proto::client::{Action, LineId, LineState, LostWhy, SayError, State};
use parlance_proto::text::Text;
use parlance_proto::time::Instant;
use parlance_proto::wire::SayKind;
use tokio::time::sleep_until;

use super::commands::{self, Input};
use super::connector::Connector;
use super::ledger::{Ledger, text_of};
use super::namesakes::Namesakes;
use super::output::{ReaderGone, complain, line};
use super::patience::Patience;
use super::render::{Renderer, member};
use super::stdin::{RawLine, StdinLines};
use super::verdict;
use crate::exit::Exit;
use crate::printable::{Printable, printable};
use crate::signals::Signals;
use crate::words;

/// So many lines may be open before more are read.
const AHEAD: usize = 256;
/// A line that has not come back after this is shown as pending.
const SHOWN_PENDING: Duration = Duration::from_secs(1);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

struct Talk {
    connector: Connector,
    renderer: Renderer,
    namesakes: Namesakes,
    ledger: Ledger,
    patience: Patience,
    /// The lines that are open: when they were typed, and whether they were shown as pending.
    open: BTreeMap<LineId, (Instant, bool)>,
    /// Whether a person sits there, who has seen what was wrong: else the exit status has to tell.
    terminal: bool,
    welcomed: bool,
    input_over: bool,
    quitting: bool,
    refused: bool,
    lost: Option<LostWhy>,
    /// What is to be printed once the roster has come that was asked for.
    wanted: Vec<Listing>,
}

/// Something that the roster tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    Here,
    KeptOut,
}

/// Talks until the end of stdin, `/quit`, a signal, or the end of the room.
pub async fn talk(
    connector: Connector,
    mut stdin: StdinLines,
    timeout: Duration,
    terminal: bool,
    mut signals: Signals,
) -> Exit {
    let gone = ReaderGone::watch();
    let now = connector.clock().now();
    let mut talk = Talk {
        connector,
        renderer: Renderer::new(),
        namesakes: Namesakes::default(),
        ledger: Ledger::default(),
        patience: Patience::new(timeout, now),
        open: BTreeMap::new(),
        terminal,
        welcomed: false,
        input_over: false,
        quitting: false,
        refused: false,
        lost: None,
        wanted: Vec::new(),
    };
    talk.show_kept();
    loop {
        talk.finish();
        let clock = talk.connector.clock();
        let end = talk.patience.end().map(|end| clock.deadline(end));
        let remind = talk.reminder().map(|at| clock.deadline(at));
        let wait = |until: Option<tokio::time::Instant>| async move {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        let reading = !talk.input_over && talk.open.len() < AHEAD;
        let done = tokio::select! {
            action = talk.connector.next() => talk.act(action),
            typed = stdin.next(), if reading => talk.typed_all(typed, &mut stdin),
            _ = signals.next() => talk.interrupted(),
            () = wait(remind) => {
                talk.remind();
                Ok(())
            }
            () = gone.wait() => Err(Exit::Clean),
            () = wait(end) => Err(talk.give_up()),
        };
        if let Err(exit) = done {
            if talk.connector.client().state() == State::Live {
                // Nobody reads any more.
                talk.connector.leave().await;
            }
            return exit;
        }
    }
}

impl Talk {
    /// Shows the lines of the last time, which are still pending.
    fn show_kept(&mut self) {
        let now = self.connector.clock().now();
        for line in self.connector.client().outbox() {
            self.ledger.said(line.line, None);
            self.open.insert(line.line, (now, true));
            complain(words::pending(&text_of(line.what)));
        }
    }

    /// Leaves once the input is over and all is settled.
    fn finish(&mut self) {
        if self.connector.client().state() == State::Ended {
            // What is left to be told comes, and the reason last.
            return;
        }
        let idle = self.open.is_empty() && self.wanted.is_empty();
        let now = self.connector.clock().now();
        if self.input_over && idle && self.welcomed && !self.quitting {
            self.quit(None);
        }
        let waiting = !self.welcomed || self.quitting || (self.input_over && !idle);
        self.patience.set_waiting(waiting, now);
    }

    fn quit(&mut self, why: Option<parlance_proto::text::Why>) {
        self.input_over = true;
        if self.welcomed && self.open.is_empty() {
            self.patience = Patience::new(GOODBYE, self.connector.clock().now());
        }
        self.quitting = true;
        self.connector.with(|client, now| client.quit(why, now));
    }

    fn interrupted(&mut self) -> Result<(), Exit> {
        if self.quitting {
            return Err(self.give_up());
        }
        self.quit(None);
        self.patience = Patience::new(GOODBYE, self.connector.clock().now());
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<(), Exit> {
        let client = self.connector.client();
        match action {
            Action::Welcome { .. } => {
                let now = self.connector.clock().now();
                if let Some(me) = client.me() {
                    let (name, count) = (Printable::name(&me.name), client.roster().count());
                    let topic = client.topic().map(Printable::field);
                    complain(words::welcome(&name, self.welcomed, count, topic.as_ref()));
                }
                if !self.welcomed {
                    self.patience.progress(now);
                }
                self.welcomed = true;
                self.lost = None;
                Ok(())
            }
            Action::Event(event) => {
                self.namesakes.note(&event);
                if let Some((member, name)) = self.renderer.people().put_out(&event) {
                    self.namesakes.put_out(name, member);
                }
                line(self.renderer.event(&event, client.roster()))
            }
            Action::Told(told) => {
                let me = client.me().map(|me| me.member);
                line(self.renderer.told(&told, me, client.roster()))
            }
            Action::Gap { from, to, why } => line(words::gap(from, to, why)),
            Action::Restarted { why } => {
                complain(words::restarted(why));
                Ok(())
            }
            Action::Line { line, what, state } => {
                let shown = self.open.remove(&line).is_some_and(|(_, shown)| shown);
                self.patience.progress(self.connector.clock().now());
                self.ledger.settled(line, &what, &state);
                if shown && state == LineState::Sent {
                    complain(words::sent(&text_of(&what)));
                }
                Ok(())
            }
            Action::Tell { state, .. } => {
                if state != LineState::Sent {
                    complain(words::tell_failed(&state));
                }
                Ok(())
            }
            Action::Roster if client.roster().is_complete() => {
                self.renderer.learn(client.roster());
                self.list_wanted()
            }
            Action::Lost { why, .. } => {
                verdict::lost(&self.connector, why, &mut self.lost);
                // What is known has to do, if anything ever was.
                match self.welcomed {
                    true => self.list_wanted(),
                    false => Ok(()),
                }
            }
            Action::Ended { reason } => {
                let exit = verdict::ended(&self.connector, &reason, self.quitting);
                self.ledger.give_up(self.connector.client());
                self.tell_kept();
                Err(self.exit(exit))
            }
            _ => Ok(()),
        }
    }

    /// Takes all that was typed by now, so that it is kept at once.
    fn typed_all(
        &mut self,
        first: Option<io::Result<RawLine>>,
        stdin: &mut StdinLines,
    ) -> Result<(), Exit> {
        self.typed(first)?;
        while !self.input_over && self.open.len() < AHEAD {
            match stdin.ready() {
                Some(line) => self.typed(Some(line))?,
                None => break,
            }
        }
        Ok(())
    }

    fn typed(&mut self, typed: Option<io::Result<RawLine>>) -> Result<(), Exit> {
        let line = match typed {
            None => {
                self.input_over = true;
                return Ok(());
            }
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                self.input_over = true;
                self.refuse(&words::cannot_read_stdin(&error));
                return Ok(());
            }
        };
        let place = (!self.terminal).then_some(line.number);
        if line.length > Text::MAX_BYTES {
            self.refuse(&words::line_too_long(place, line.length, Text::MAX_BYTES));
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(&line.bytes) else {
            self.refuse(&words::line_not_utf8(place));
            return Ok(());
        };
        match commands::parse(text) {
            Ok(input) => self.follow(input, place),
            Err(error) => {
                self.refuse(&words::line_refused(place, &error));
                Ok(())
            }
        }
    }

    fn follow(&mut self, input: Input, place: Option<u64>) -> Result<(), Exit> {
        let said = match input {
            Input::Nothing => return Ok(()),
            Input::Say(text) => self.say(SayKind::Say, text),
            Input::Action(text) => self.say(SayKind::Action, text),
            Input::Nick(name) => self.connector.with(|client, now| client.nick(name, now)),
            Input::SetTopic(topic) => self
                .connector
                .with(|client, now| client.set_topic(topic, now)),
            Input::Tell(told) => {
                if let Err(why) = self.tell(&told) {
                    self.refuse(&words::line_refused(place, &why));
                }
                return Ok(());
            }
            Input::ShowTopic => {
                let topic = self.connector.client().topic().map(Printable::field);
                return line(words::topic(topic.as_ref()));
            }
            Input::Who => return self.list(Listing::Here),
            Input::Bans => return self.list(Listing::KeptOut),
            Input::Moderate(typed) => {
                let roster = self.connector.client().roster();
                match typed.resolve(self.renderer.people(), roster) {
                    Ok(asked) => self
                        .connector
                        .with(|client, now| client.moderate(asked, now)),
                    Err(error) => {
                        self.refuse(&words::line_refused(place, &error));
                        return Ok(());
                    }
                }
            }
            Input::Help => return line(words::COMMANDS),
            Input::Quit(why) => {
                self.quit(why);
                return Ok(());
            }
        };
        match said {
            Ok(line) => {
                self.ledger.said(line, place);
                self.open
                    .insert(line, (self.connector.clock().now(), false));
            }
            Err(error) => {
                let why = words::say_error(&error);
                self.refuse(&words::line_refused(place, &why));
            }
        }
        Ok(())
    }

    fn say(&mut self, kind: SayKind, text: Text) -> Result<LineId, SayError> {
        self.connector
            .with(|client, now| client.say(kind, None, text, now))
    }

    fn tell(&mut self, told: &str) -> Result<(), Printable> {
        let (to, text) = commands::addressee(told, self.connector.client().roster())
            .map_err(|error| printable![error])?;
        if let Some(who) = self.connector.client().roster().get(to)
            && self.namesakes.is_news(&who.name, to)
        {
            return Err(words::another_now(&Printable::name(&who.name)));
        }
        self.connector
            .with(|client, now| client.tell(to, text, now))
            .map_err(|error| words::tell_error(&error))?;
        Ok(())
    }

    /// Asks for the roster as it is now, and prints of it what is wanted when it is there; at once where the link was lost.
    fn list(&mut self, what: Listing) -> Result<(), Exit> {
        self.wanted.push(what);
        if !self.welcomed {
            // It comes with the welcome.
            return Ok(());
        }
        if self
            .connector
            .with(|client, now| client.refresh_roster(now))
        {
            return Ok(());
        }
        self.list_wanted()
    }

    fn list_wanted(&mut self) -> Result<(), Exit> {
        let wanted = std::mem::take(&mut self.wanted);
        wanted.into_iter().try_for_each(|what| match what {
            Listing::Here => self.who(),
            Listing::KeptOut => self.bans(),
        })
    }

    fn bans(&self) -> Result<(), Exit> {
        let mut count = 0;
        for (number, name) in self.connector.client().roster().kept_out() {
            line(words::moderation::kept_out(number, &Printable::name(name)))?;
            count += 1;
        }
        line(words::moderation::count_kept_out(count))
    }

    fn who(&self) -> Result<(), Exit> {
        let roster = self.connector.client().roster();
        for (_, listed) in roster.iter() {
            line(words::listed(
                &member(&listed.name, listed.host.as_deref()),
                listed.flags,
            ))?;
        }
        line(words::count_here(
            roster.count(),
            roster.iter().count() as u64,
        ))
    }

    /// When the next line has been open for too long; at once where the link was lost.
    fn reminder(&self) -> Option<Instant> {
        let offline = self.welcomed && self.connector.client().state() != State::Live;
        let patience = if offline {
            Duration::ZERO
        } else {
            SHOWN_PENDING
        };
        let first = self.open.values().find(|(_, shown)| !shown)?;
        Some(first.0.saturating_add(patience))
    }

    /// Shows what has been open for too long as pending.
    fn remind(&mut self) {
        let now = self.connector.clock().now();
        let Some(due) = self.reminder().filter(|&due| due <= now) else {
            return;
        };
        for line in self.connector.client().outbox() {
            if let Some((typed, shown)) = self.open.get_mut(&line.line)
                && !*shown
                && (*typed <= due)
            {
                *shown = true;
                complain(words::pending(&text_of(line.what)));
            }
        }
    }

    fn refuse(&mut self, why: &Printable) {
        complain(why);
        self.refused = true;
    }

    fn give_up(&mut self) -> Exit {
        if !self.welcomed {
            if self.quitting {
                return Exit::Clean;
            }
            let exit = verdict::not_reached(&self.connector, self.lost.as_ref());
            self.ledger.give_up(self.connector.client());
            self.tell_kept();
            return exit;
        }
        for (line, what, state) in self.connector.end() {
            self.ledger.settled(line, &what, &state);
        }
        self.ledger.give_up(self.connector.client());
        self.exit(Exit::Clean)
    }

    /// What is not settled goes at the next start.
    fn tell_kept(&self) {
        let open = self.connector.client().outbox().count();
        if open > 0 && self.connector.keeps() {
            complain(words::kept_for_next(open));
        }
    }

    fn exit(&self, end: Exit) -> Exit {
        match self.ledger.exit(end) {
            Exit::Clean if self.refused && !self.terminal => Exit::Fault,
            exit => exit,
        }
    }
}
