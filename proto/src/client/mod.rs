//! The client: a cursor with an outbox.
//!
//! [`Client`] is a value. It opens no socket and reads no clock; a driver feeds it what happened and does what it says:
//!
//! 1. *Feed*: [`connected`](Client::connected), [`receive`](Client::receive), [`say`](Client::say) and the others, in
//!    any order. Nothing that a server sends makes one of them fail or panic.
//! 2. *Drain*: [`poll`](Client::poll) until `None`, after each of these, so that no more waits than one made.
//! 3. *Write*: while the socket is writable, [`poll_transmit`](Client::poll_transmit) until `None`. What it has handed
//!    out counts as written, whatever the socket does with it.
//! 4. *Sleep* until [`poll_timeout`](Client::poll_timeout), then [`handle_timeout`](Client::handle_timeout).
//! 5. On [`Action::Close`] drop the socket, and feed nothing more of it.
//!
//! A driver that can keep something over the end of its process makes a [`Client::kept`], and puts
//! [`poll_save`](Client::poll_save) before 2 and 3.
//!
//! It keeps a line until the room has it, has refused it, or nobody can tell any more: each line that
//! [`say`](Client::say) took is reported by one [`Action::Line`]. It comes back by itself after a lost link and goes on
//! where it was.

mod action;
mod config;
mod ending;
mod handle;
mod keeping;
mod link;
mod outbox;
mod pulse;
mod reconnect;
mod roster;
mod saved;
#[cfg(feature = "legacy")]
mod seed;
mod step;
mod tells;
mod transmit;
mod view;

#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use core::time::Duration;

pub use crate::transmit::Transmit;
pub use action::{Action, Failure, LineState, Reason, RestartWhy, Wake};
pub use config::{ClientConfig, Key};
pub use ending::{EndReason, LostWhy, SayError, TellError, Violation};
pub use outbox::{Line, LineId, MAX_OUTBOX, What};
pub use reconnect::MAX_RETRY_S;
pub use roster::{MAX_ROSTER, Member, Roster};
pub use saved::{SAVED_VERSION, Saved, SavedError};
#[cfg(feature = "legacy")]
pub use seed::SeedWire;
pub use step::State;
pub use tells::MAX_TELLS;
pub use view::Me;

use keeping::Keeping;
use link::Link;
use outbox::Outbox;
use pulse::{Beat, Pulse};
use reconnect::Backoff;
use tells::Tells;
use view::View;

use crate::name::Name;
use crate::rng::Rng;
use crate::room::Moderating;
use crate::text::{Text, Topic, Why};
use crate::time::Instant;
use crate::wire::{SayKind, UINT_END};

/// How long a server may take to let us in, from the opened link on; its own patience is as long [HS-5].
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// A client of one room; see the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    config: ClientConfig,
    rng: Rng,
    phase: Phase,
    /// What one's lines are numbered in. A guest's is made by the server, and this one is never sent.
    session: [u8; 16],
    /// How often this session has connected [HS-17].
    attempt: u64,
    backoff: Backoff,
    link: Link,
    view: View,
    outbox: Outbox,
    keeping: Keeping,
    tells: Tells,
    /// The newest reference given to a TELL or a WHO.
    newest_reference: u64,
    actions: VecDeque<Action>,
    roster_changed: bool,
    /// The server speaks the seed's wire.
    #[cfg(feature = "legacy")]
    seed: Option<alloc::boxed::Box<seed::SeedLink>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Waiting until then, or, with `None`, for the driver to open a link.
    Offline {
        retry_at: Option<Instant>,
    },
    Greeting {
        deadline: Instant,
    },
    Live(Pulse),
    Quitting {
        pulse: Pulse,
        why: Option<Why>,
        /// Whether QUIT was written.
        said: bool,
    },
    Ended,
}

impl Client {
    /// A client that wants to connect at once: its first action is [`Action::Connect`].
    ///
    /// Everything random in it (its session, its waiting times) follows from `seed`, which should therefore be drawn
    /// anew for each running program.
    #[must_use]
    pub fn new(config: ClientConfig, seed: u64, _now: Instant) -> Self {
        let config = config.within_limits();
        let mut rng = Rng::new(seed);
        let session = rng.bytes16();
        let view = View::at(config.resume);
        Self {
            config,
            rng,
            phase: Phase::Offline { retry_at: None },
            session,
            attempt: 0,
            backoff: Backoff::default(),
            link: Link::default(),
            view,
            outbox: Outbox::default(),
            keeping: Keeping::default(),
            tells: Tells::default(),
            newest_reference: 0,
            actions: VecDeque::from([Action::Connect]),
            roster_changed: false,
            #[cfg(feature = "legacy")]
            seed: None,
        }
    }

    /// The driver has opened the link it was asked for: asks to be let in [HS-1]. Ignored if none was asked for.
    pub fn connected(&mut self, now: Instant) {
        if self.phase == (Phase::Offline { retry_at: None }) {
            self.attempt = self.attempt.saturating_add(1);
            self.keeping.owe();
            self.link = Link::opened();
            self.phase = Phase::Greeting {
                deadline: now.saturating_add(HANDSHAKE),
            };
        }
        self.announce();
    }

    /// The link that was asked for could not be opened; tried again later [LV-11].
    pub fn connect_failed(&mut self, now: Instant) {
        if self.phase == (Phase::Offline { retry_at: None }) {
            self.lose(LostWhy::Unreachable, now);
        }
    }

    /// Bytes came, cut in whatever way [FR-5]. Ignored where there is no link.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if !bytes.is_empty() {
            match &mut self.phase {
                Phase::Live(pulse) | Phase::Quitting { pulse, .. } => pulse.heard(now),
                Phase::Offline { .. } | Phase::Greeting { .. } | Phase::Ended => {}
            }
        }
        self.take_frames(bytes, now);
        self.announce();
    }

    /// The server has ended its stream.
    pub fn receive_eof(&mut self, now: Instant) {
        #[cfg(feature = "legacy")]
        if self.is_seed_goodbye() {
            self.end(EndReason::Quit);
        }
        if self.state().is_linked() {
            self.lose(LostWhy::Eof, now);
        }
        self.announce();
    }

    /// The link is gone.
    pub fn receive_reset(&mut self, now: Instant) {
        if self.state().is_linked() {
            self.lose(LostWhy::Reset, now);
        }
        self.announce();
    }

    /// The clock has jumped (the machine slept): the link is presumed dead, and a wait is cut short [LV-4].
    pub fn clock_jumped(&mut self, now: Instant) {
        if self.state().is_linked() {
            self.lose(LostWhy::ClockJumped, now);
        } else if let Phase::Offline { retry_at: Some(at) } = &mut self.phase {
            let soon = now.saturating_add(Backoff::short(&mut self.rng));
            *at = soon.min(*at);
        }
        self.announce();
    }

    /// Does what is due. Calling it early, late or twice does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Offline { retry_at } => {
                if retry_at.take_if(|at| *at <= now).is_some() {
                    self.actions.push_back(Action::Connect);
                }
            }
            Phase::Greeting { deadline } => {
                if *deadline <= now {
                    self.lose(LostWhy::Handshake, now);
                }
            }
            Phase::Live(pulse) | Phase::Quitting { pulse, .. } => match pulse.due(now) {
                Some(Beat::Ping) => self.link.owe_ping(),
                Some(Beat::Dead) => self.lose(LostWhy::Dead, now),
                None => {}
            },
            Phase::Ended => {}
        }
        self.announce();
    }

    /// When [`handle_timeout`](Self::handle_timeout) is wanted next, if nothing else happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Wake> {
        match &self.phase {
            Phase::Offline { retry_at } => retry_at.map(|at| Wake {
                at,
                reason: Reason::Retry,
            }),
            Phase::Greeting { deadline } => Some(Wake {
                at: *deadline,
                reason: Reason::Handshake,
            }),
            Phase::Live(pulse) | Phase::Quitting { pulse, .. } => Some(pulse.wake()),
            Phase::Ended => None,
        }
    }

    /// The next thing to do or to tell. After [`Action::Ended`] there is none.
    pub fn poll(&mut self) -> Option<Action> {
        let Some(action) = self.actions.pop_front() else {
            return core::mem::take(&mut self.roster_changed).then_some(Action::Roster);
        };
        self.keeping.tell(&action, self.view.epoch());
        Some(action)
    }

    /// Says a text, now or as soon as there is a link. It is reported on once, by [`Action::Line`].
    ///
    /// # Errors
    ///
    /// [`SayError`]; nothing has changed then.
    pub fn say(
        &mut self,
        kind: SayKind,
        re: Option<u64>,
        text: Text,
        _now: Instant,
    ) -> Result<LineId, SayError> {
        if re.is_some_and(|re| re >= UINT_END) {
            return Err(SayError::OutOfRange);
        }
        self.put(What::Say { kind, re, text })
    }

    /// Asks for another name; otherwise as [`say`](Self::say).
    ///
    /// # Errors
    ///
    /// [`SayError`]; nothing has changed then.
    pub fn nick(&mut self, name: Name, _now: Instant) -> Result<LineId, SayError> {
        self.put(What::Nick(name))
    }

    /// Sets the topic, or clears it; otherwise as [`say`](Self::say).
    ///
    /// # Errors
    ///
    /// [`SayError`]; nothing has changed then.
    pub fn set_topic(&mut self, topic: Option<Topic>, _now: Instant) -> Result<LineId, SayError> {
        self.put(What::Topic(topic))
    }

    /// Moderates; otherwise as [`say`](Self::say). Whether this member may, and what it means, the room decides.
    ///
    /// # Errors
    ///
    /// [`SayError`]; nothing has changed then.
    pub fn moderate(&mut self, asked: Moderating, _now: Instant) -> Result<LineId, SayError> {
        let out_of_range = |number: Option<u64>| number.is_some_and(|number| number >= UINT_END);
        if out_of_range(asked.who) || out_of_range(asked.secs) {
            return Err(SayError::OutOfRange);
        }
        self.put(What::Mod(asked))
    }

    /// Asks for the roster anew: who is away or muted, and for an operator who is kept out, is as old as its last pages.
    /// [`Roster::is_complete`] is true again once all have come [RM-12]. Whether it is asked: without a link there is nobody
    /// to ask.
    pub fn refresh_roster(&mut self, _now: Instant) -> bool {
        let is_live = matches!(self.phase, Phase::Live(_));
        if is_live {
            self.ask_roster();
            self.announce();
        }
        is_live
    }

    /// Sends a private message to the member of that number, over this link or never [DL-18]; the number returned
    /// comes back in [`Action::Tell`], once.
    ///
    /// # Errors
    ///
    /// [`TellError`]; nothing has changed then.
    pub fn tell(&mut self, to: u64, text: Text, _now: Instant) -> Result<u64, TellError> {
        if to >= UINT_END {
            return Err(TellError::OutOfRange);
        }
        if self.state() != State::Live {
            return Err(TellError::NotLive);
        }
        if let Some(limit) = self.limit_exceeded(text.as_str()) {
            return Err(TellError::TooLong { limit });
        }
        let reference = self.newest_reference.saturating_add(1);
        if !self.tells.push(reference, to, text) {
            return Err(TellError::Full);
        }
        self.newest_reference = reference;
        self.announce();
        Ok(reference)
    }

    /// Leaves the room. In the room: no more lines are taken, QUIT is sent when all that were said are settled, and the
    /// server's goodbye ends the client; a lost link ends it too. Anywhere else, and when asked a second time, it ends
    /// at once: lines that were written are unknown then, the others failed as not sent.
    pub fn quit(&mut self, why: Option<Why>, _now: Instant) {
        match core::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Live(pulse) => {
                let said = false;
                self.phase = Phase::Quitting { pulse, why, said };
            }
            Phase::Ended => {}
            other @ (Phase::Offline { .. } | Phase::Greeting { .. } | Phase::Quitting { .. }) => {
                self.phase = other;
                self.end(EndReason::Quit);
            }
        }
        self.announce();
    }

    /// Where it is.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Offline { .. } => State::Offline,
            Phase::Greeting { .. } => State::Greeting,
            Phase::Live(_) => State::Live,
            Phase::Quitting { .. } => State::Quitting,
            Phase::Ended => State::Ended,
        }
    }

    /// Who one is, as of the newest welcome and what came after it.
    #[must_use]
    pub const fn me(&self) -> Option<&Me> {
        self.view.me.as_ref()
    }

    /// Who is in the room.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.view.roster
    }

    /// The room's topic.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        self.view.topic.as_deref()
    }

    /// The newest event that is known of.
    #[must_use]
    pub const fn head(&self) -> u64 {
        self.view.head
    }

    /// The newest event that was given to the application, or passed over by a gap. With [`epoch`](Self::epoch) it is
    /// what [`ClientConfig::resume`] takes.
    #[must_use]
    pub fn cursor(&self) -> u64 {
        self.view.since()
    }

    /// The epoch of the room's log; 0 where none was told.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.view.epoch()
    }

    /// The lines that are not settled, oldest first.
    pub fn outbox(&self) -> impl Iterator<Item = Line<'_>> {
        self.outbox.iter()
    }

    fn put(&mut self, what: What) -> Result<LineId, SayError> {
        match self.state() {
            State::Quitting => return Err(SayError::Quitting),
            State::Ended => return Err(SayError::Ended),
            State::Offline | State::Greeting | State::Live => {}
        }
        if let What::Say { text, .. } = &what
            && let Some(limit) = self.limit_exceeded(text.as_str())
        {
            return Err(SayError::TooLong { limit });
        }
        let line = self.outbox.push(what).ok_or(SayError::Full)?;
        self.keeping.owe();
        self.announce();
        Ok(line)
    }

    /// The server's limit, if we know it and `text` has more bytes.
    fn limit_exceeded(&self, text: &str) -> Option<u64> {
        let granted = self.view.granted.as_ref()?;
        outbox::is_longer(text, granted.text).then_some(granted.text)
    }
}
