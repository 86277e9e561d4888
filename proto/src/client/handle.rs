//! What each message of the server does, and how a link and the client end. Which of it is done when stands in `step`.

use super::action::{Action, Failure, LineState};
use super::ending::{EndReason, LostWhy, Violation};
use super::link::Link;
use super::outbox::Settled;
use super::pulse::Pulse;
use super::reconnect::Backoff;
use super::roster::Page;
use super::{Client, Phase};
use crate::name::Name;
use crate::time::Instant;
use crate::wire::{self, Bye, ByeCode, Event, Gap, GapWhy, Members, Refused, Told, Welcome};

/// The longest frame of a server [FR-4].
const SERVER_FRAME: u32 = 65_536;

/// What a client does after last words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Stops.
    End,
    /// Comes back.
    Return,
    /// Comes back with a fresh session.
    ReturnFresh,
}

impl Client {
    /// Cuts what came into frames and acts on each, until the link is ended by one of them.
    pub(super) fn take_frames(&mut self, mut bytes: &[u8], now: Instant) {
        #[cfg(feature = "legacy")]
        if self.seed.is_some() {
            return self.take_seed_frames(bytes, now);
        }
        let mut decoder = core::mem::take(&mut self.link.decoder);
        while self.state().is_linked() {
            let message = match decoder.next(&mut bytes, SERVER_FRAME) {
                Ok(Some(body)) => wire::decode(body),
                Ok(None) => {
                    self.link.decoder = decoder;
                    return;
                }
                Err(error) => return self.violated(Violation::Frame(error)),
            };
            match message {
                Ok(message) => self.step(message, now),
                Err(error) => return self.violated(Violation::Decode(error)),
            }
        }
    }

    pub(super) fn welcomed(&mut self, welcome: Welcome, now: Instant) {
        if welcome.version != wire::VERSION {
            return self.violated(Violation::Version(welcome.version));
        }
        let (acked, epoch) = (welcome.acked, welcome.epoch);
        if acked > self.outbox.newest_written() {
            return self.session_is_foreign(now);
        }
        self.keeping.unproven = None;
        self.backoff.reset();
        self.phase = Phase::Live(Pulse::new(welcome.keepalive, now));
        self.actions.push_back(Action::Welcome {
            head: welcome.head,
            start: welcome.start,
        });
        let longest = welcome.limits.text;
        if let Some(why) = self.view.welcome(welcome) {
            self.actions.push_back(Action::Restarted { why });
        }
        let sent = self.outbox.resume(acked);
        self.report(sent);
        let doubtful = self.outbox.judge_doubtful(epoch);
        self.report(doubtful);
        let too_long = self.outbox.give_up_longer_than(longest);
        self.report(too_long);
        if !self.outbox.is_empty() {
            self.keeping.owe();
        }
        self.ask_roster();
    }

    pub(super) fn event(&mut self, event: Event, now: Instant) {
        match self.view.pass(&event) {
            Ok(true) => {}
            Ok(false) => return,
            Err(violation) => return self.violated(violation),
        }
        let own = self.view.own_id(&event).unwrap_or(0);
        let is_foreign = own > self.outbox.newest_written();
        if !is_foreign {
            let sent = self.outbox.settle(own);
            self.report(sent);
        }
        self.roster_changed |= self.view.fold(&event);
        self.remember_name(&event);
        self.actions.push_back(Action::Event(event));
        if is_foreign {
            self.session_is_foreign(now);
        }
    }

    pub(super) fn gap(&mut self, gap: Gap, now: Instant) {
        match self.view.pass_gap(&gap) {
            Ok(true) => {}
            Ok(false) => return,
            Err(violation) => return self.violated(violation),
        }
        let (from, to, why) = (gap.from, gap.to, gap.why);
        self.actions.push_back(Action::Gap { from, to, why });
        if gap.acked > self.outbox.newest_written() {
            return self.session_is_foreign(now);
        }
        let sent = self.outbox.settle(gap.acked);
        self.report(sent);
        self.view.take_gap(gap.topic, gap.members);
        self.roster_changed = true;
        if why == GapWhy::Trimmed {
            self.view.roster.clear();
            self.ask_roster();
        }
    }

    pub(super) fn members(&mut self, page: Members) {
        match self.view.roster.page(page) {
            Err(violation) => return self.violated(violation),
            Ok(Page::Stale) => return,
            Ok(Page::Last) => {}
            Ok(Page::Next(from)) => {
                let reference = self.next_reference();
                self.link.who = Some(self.view.roster.ask_from(reference, from));
            }
        }
        self.roster_changed = true;
        self.find_own_name();
    }

    /// A gap may have hidden one's own renaming; the roster that is asked for after it tells [DL-17].
    fn find_own_name(&mut self) {
        let Some(me) = &mut self.view.me else { return };
        let Some(listed) = self.view.roster.get(me.member) else {
            return;
        };
        if listed.name == me.name {
            return;
        }
        me.name.clone_from(&listed.name);
        if let (None, Ok(name)) = (&self.config.identity, Name::parse(&listed.name)) {
            self.config.name = name;
        }
    }

    pub(super) fn told(&mut self, told: Told) {
        if let Some(reference) = told.reference {
            if !self.tells.settle(reference) {
                return;
            }
            let state = LineState::Sent;
            self.actions.push_back(Action::Tell { reference, state });
        }
        self.actions.push_back(Action::Told(told));
    }

    pub(super) fn refused(&mut self, refused: Refused) {
        let (code, text) = (refused.code, refused.text);
        let failure = Failure::Refused { code, text };
        if let Some(id) = refused.id {
            let failed = self.outbox.refuse(id, failure);
            self.report(failed);
        } else if let Some(reference) = refused.reference {
            if self.tells.settle(reference) {
                let state = LineState::Failed(failure);
                self.actions.push_back(Action::Tell { reference, state });
            } else {
                self.view.roster.refused(reference);
            }
        } else if let Phase::Quitting { why, said, .. } = &mut self.phase {
            // [ER-4] It is the reason of QUIT that was refused: leave without one.
            if why.take().is_some() {
                *said = false;
            }
        }
    }

    pub(super) fn bye(&mut self, bye: Bye, now: Instant) {
        let is_quitting = matches!(self.phase, Phase::Quitting { .. });
        if bye.code == ByeCode::STALE && self.kept_was_old() {
            // [HS-22] It is our own later connect that was kept nowhere.
            self.draw_session();
            return self.lose(LostWhy::KeptOld, now);
        }
        match after(&bye) {
            After::End if is_quitting && bye.code == ByeCode::QUIT => self.end(EndReason::Quit),
            After::End => self.end(EndReason::Bye(bye)),
            After::Return => self.lose(LostWhy::Bye(bye), now),
            After::ReturnFresh => {
                self.draw_session();
                self.lose(LostWhy::Bye(bye), now);
            }
        }
    }

    /// [ER-7] There is no going on with such a server.
    pub(super) fn violated(&mut self, violation: Violation) {
        self.end(EndReason::Violated(violation));
    }

    /// The link is gone: ends, or waits to come back.
    pub(super) fn lose(&mut self, why: LostWhy, now: Instant) {
        let is_quitting = matches!(self.phase, Phase::Quitting { .. });
        if is_quitting || !self.config.reconnect {
            return self.end(match why {
                LostWhy::Bye(bye) => EndReason::Bye(bye),
                why => EndReason::Lost(why),
            });
        }
        self.close_link();
        let wait = match &why {
            LostWhy::ClockJumped | LostWhy::KeptOld => Backoff::short(&mut self.rng),
            LostWhy::Bye(bye) => self.backoff.wait(&mut self.rng, bye.retry),
            LostWhy::Unreachable
            | LostWhy::Eof
            | LostWhy::Reset
            | LostWhy::Handshake
            | LostWhy::Dead
            | LostWhy::ForeignSession => self.backoff.wait(&mut self.rng, None),
        };
        let retry_at = now.saturating_add(wait);
        self.phase = Phase::Offline {
            retry_at: Some(retry_at),
        };
        self.actions.push_back(Action::Lost { why, retry_at });
        self.outbox.link_lost();
        if self.config.identity.is_none() {
            // [DL-21] A guest's session ends with his link.
            let unknown = self.outbox.written_are_unknown();
            self.report(unknown);
            self.outbox.fresh_session();
        }
    }

    /// It is over.
    pub(super) fn end(&mut self, reason: EndReason) {
        self.close_link();
        self.phase = Phase::Ended;
        let rest = self.outbox.abandon();
        self.report(rest);
        if core::mem::take(&mut self.roster_changed) {
            self.actions.push_back(Action::Roster);
        }
        self.actions.push_back(Action::Ended { reason });
    }

    /// [HS-21] Somebody else numbers lines in our session: what we would send could be taken for a repeat of theirs.
    fn session_is_foreign(&mut self, now: Instant) {
        let why = if self.kept_was_old() {
            LostWhy::KeptOld
        } else {
            LostWhy::ForeignSession
        };
        self.draw_session();
        self.lose(why, now);
    }

    fn draw_session(&mut self) {
        self.session = self.rng.bytes16();
        self.attempt = 0;
        self.outbox.fresh_session();
        self.keeping.owe();
    }

    /// Lets go of the link, if there is one, and of what belonged to it.
    fn close_link(&mut self) {
        if !self.state().is_linked() {
            return;
        }
        self.link = Link::closed();
        self.actions.push_back(Action::Close);
        for (reference, state) in self.tells.link_lost() {
            self.actions.push_back(Action::Tell { reference, state });
        }
    }

    pub(super) fn ask_roster(&mut self) {
        let reference = self.next_reference();
        self.link.who = Some(self.view.roster.ask(reference));
        self.roster_changed = true;
    }

    fn next_reference(&mut self) -> u64 {
        self.newest_reference = self.newest_reference.saturating_add(1);
        self.newest_reference
    }

    /// A guest who took another name comes back under it: nothing else would remember it for him [HS-14].
    fn remember_name(&mut self, event: &Event) {
        let is_guest = self.config.identity.is_none();
        if let (true, Event::Renamed(renamed), Some(me)) = (is_guest, event, self.me())
            && renamed.member == me.member
            && let Ok(name) = Name::parse(&renamed.new)
        {
            self.config.name = name;
        }
    }

    /// That a line was sent the room tells again, whoever forgets it; how else it ended must be kept, or it would go
    /// again.
    pub(super) fn report(&mut self, settled: impl IntoIterator<Item = Settled>) {
        for (line, what, state) in settled {
            if state != LineState::Sent {
                self.keeping.owe();
            }
            self.actions.push_back(Action::Line { line, what, state });
        }
    }
}

/// [ER-8] What last words mean. The codes are an open set: one that is unknown and names a `retry` is as `busy`.
fn after(bye: &Bye) -> After {
    let returns = [
        ByeCode::FULL,
        ByeCode::TIMEOUT,
        ByeCode::IDLE,
        ByeCode::STALLED,
        ByeCode::BUSY,
        ByeCode::SHUTDOWN,
    ];
    if bye.code == ByeCode::SESSION {
        After::ReturnFresh
    } else if returns.contains(&bye.code) || (!bye.code.is_known() && bye.retry.is_some()) {
        After::Return
    } else {
        After::End
    }
}
