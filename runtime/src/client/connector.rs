//! Drives a [`Client`] over TCP or TLS: opens links, reads, writes, keeps its time and what it wants kept, and notices a clock
//! that jumped.

use std::future::{Future, pending};
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use parlance_proto::client::{Action, Client, EndReason, LineId, LineState, LostWhy, Saved, What};
use parlance_proto::time::Instant;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep_until};

use super::Login;
use super::output::complain;
use super::reach::{ConnectError, connect};
use super::slot::{Found, Slot, Unreadable};
use super::socket::{Input, Socket};
use crate::cli::value::Place;
use crate::clock::{Clock, JumpWatch};
use crate::identity::draw_seed;
use crate::state::{StateError, StateFolder};
use crate::trust::{KnownServers, TrustError, Way};
use crate::words;

/// How much is read at once.
const BUFFER: usize = 64 * 1024;
/// How long [`Connector::leave`] waits.
const GOODBYE: Duration = Duration::from_secs(1);

/// See the module.
pub struct Connector {
    client: Client,
    clock: Clock,
    place: Place,
    way: Way,
    link: Link,
    buffer: Box<[u8]>,
    jumps: JumpWatch,
    tick: Interval,
    failure: Option<ConnectError>,
    /// Where the state is kept over the end of the process, if anywhere.
    slot: Option<Slot>,
    /// Since when the caller has been busy with what it was given.
    away: Option<Instant>,
}

/// What a client that keeps its state began from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Start {
    /// Nothing was kept.
    Fresh,
    /// What was kept; what lines there were are in the outbox.
    Resumed,
    /// Another process has this place: this one keeps nothing.
    InUse,
    /// What was kept is nothing to go on from, and was moved away.
    Unreadable {
        /// Why not.
        why: Unreadable,
        /// Where it is now.
        moved: PathBuf,
    },
    /// Nothing can be kept.
    NotKept(StateError),
}

type Opening = Pin<Box<dyn Future<Output = Result<Socket, ConnectError>>>>;

enum Link {
    None,
    Opening(Opening),
    Open(Socket),
}

/// What ended a wait.
enum Woken {
    Opened(Result<Socket, ConnectError>),
    Ready,
    Due,
    Tick,
}

impl Connector {
    /// A client that is about to connect, and keeps nothing. To be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The master key, or randomness, cannot be had.
    pub fn new(login: Login) -> Result<Connector, StateError> {
        let config = login.config()?;
        let make = |seed, now| Client::new(config, seed, now);
        Connector::make(login.place, login.way, make)
    }

    /// A person's client, which goes on from where it was, and keeps what that takes. To be called inside a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// The master key, or randomness, cannot be had. That nothing can be kept is none.
    pub fn kept(login: Login) -> Result<(Connector, Start), StateError> {
        let config = login.config()?;
        let (slot, saved, start) = match login.slot() {
            Ok(Some((slot, found))) => {
                let (saved, start) = match found {
                    Found::Nothing => (None, Start::Fresh),
                    Found::Saved(saved) => (Some(saved), Start::Resumed),
                    Found::Unreadable { why, moved } => (None, Start::Unreadable { why, moved }),
                };
                (Some(slot), saved, start)
            }
            Ok(None) => (None, None, Start::InUse),
            Err(error) => (None, None, Start::NotKept(error)),
        };
        let make = |seed, now| match &slot {
            Some(_) => Client::kept(config, saved, seed, now),
            None => Client::new(config, seed, now),
        };
        let mut connector = Connector::make(login.place, login.way, make)?;
        connector.slot = slot;
        Ok((connector, start))
    }

    fn make(
        place: Place,
        way: Way,
        client: impl FnOnce(u64, Instant) -> Client,
    ) -> Result<Connector, StateError> {
        let clock = Clock::start();
        let seed = draw_seed().map_err(StateError::Random)?;
        let mut tick = interval(JumpWatch::EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Connector {
            client: client(seed, clock.now()),
            clock,
            place,
            way,
            link: Link::None,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            jumps: clock.watch(),
            tick,
            failure: None,
            slot: None,
            away: None,
        })
    }

    /// The machine, to ask it things.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The clock that the machine's time is taken from.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Where the server is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Why the last link could not be opened, if that was so.
    #[must_use]
    pub fn failure(&self) -> Option<&ConnectError> {
        self.failure.as_ref()
    }

    /// Tells the machine something; what follows from it comes from [`next`](Self::next).
    pub fn with<R>(&mut self, tell: impl FnOnce(&mut Client, Instant) -> R) -> R {
        tell(&mut self.client, self.clock.now())
    }

    /// The next action that is not for the driver; waits for it. Safe to cancel.
    ///
    /// A server that is not the one it should be ends the client, too. Its machine stays as it is, and so does what is
    /// kept for the next start.
    pub async fn next(&mut self) -> Action {
        if let Some(since) = self.away.take() {
            self.jumps.excuse(since);
        }
        loop {
            self.keep();
            if !self.write() {
                continue;
            }
            if self.is_distrusted() {
                let reason = EndReason::Lost(LostWhy::Unreachable);
                return Action::Ended { reason };
            }
            match self.client.poll() {
                Some(Action::Connect) => {
                    self.link = Link::Opening(Box::pin(connect(self.place.clone(), self.way)));
                }
                Some(Action::Close) => self.link = Link::None,
                // All that is there is written above, before each wait.
                Some(Action::Writable) => {}
                Some(other) => {
                    self.away = Some(self.clock.now());
                    return other;
                }
                None => self.wait().await,
            }
        }
    }

    /// Ends the client at once, and gives the lines that were still open: they are not kept, and do not go again by
    /// themselves.
    pub fn end(&mut self) -> Vec<(LineId, What, LineState)> {
        self.with(|client, now| {
            client.quit(None, now);
            client.quit(None, now);
        });
        self.keep();
        std::iter::from_fn(|| self.client.poll())
            .filter_map(|action| match action {
                Action::Line { line, what, state } => Some((line, what, state)),
                _ => None,
            })
            .collect()
    }

    /// Whether what was not settled will be there at the next start.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.slot.is_some()
    }

    /// Leaves, and waits until the server has said goodbye, but not long: for one who has nothing more to tell.
    pub async fn leave(&mut self) {
        self.with(|client, now| client.quit(None, now));
        let goodbye = async { while !matches!(self.next().await, Action::Ended { .. }) {} };
        // Without a goodbye the server finds out by itself.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }

    /// Makes durable what must be before anything is written or told.
    fn keep(&mut self) {
        if let Some(saved) = self.client.poll_save() {
            self.put(saved);
        }
    }

    /// Makes durable what is worth it: how far the person has read, and which lines are settled.
    fn keep_up(&mut self) {
        if self.slot.is_some() {
            let saved = self.client.saved();
            self.put(saved);
        }
    }

    fn put(&mut self, saved: Saved) {
        if let Some(mut slot) = self.slot.take() {
            match slot.keep(saved) {
                Ok(()) => self.slot = Some(slot),
                Err(error) => {
                    slot.give_up();
                    complain(words::kept_no_more(&error));
                }
            }
        }
    }

    /// Writes what is there; whether the link, if there is one, still stands.
    fn write(&mut self) -> bool {
        let now = self.clock.now();
        if let Link::Open(socket) = &mut self.link
            && socket.write(&mut self.client, now).is_err()
        {
            // Last words may have come before the reset: they are heard first.
            if !self.read() {
                self.link = Link::None;
                self.client.receive_reset(self.clock.now());
            }
            return false;
        }
        true
    }

    async fn wait(&mut self) {
        let due = self
            .client
            .poll_timeout()
            .map(|wake| self.clock.deadline(wake.at));
        let woken = tokio::select! {
            woken = self.link.wait() => woken,
            () = async { match due { Some(due) => sleep_until(due).await, None => pending().await } } => Woken::Due,
            _ = self.tick.tick() => Woken::Tick,
        };
        let now = self.clock.now();
        match woken {
            Woken::Opened(Ok(socket)) => {
                self.failure = None;
                self.link = Link::Open(socket);
                self.client.connected(now);
                self.remember();
            }
            Woken::Opened(Err(error)) => {
                self.failure = Some(error);
                self.link = Link::None;
                if !self.is_distrusted() {
                    self.client.connect_failed(now);
                }
            }
            Woken::Ready => {
                self.read();
            }
            Woken::Due => self.client.handle_timeout(now),
            Woken::Tick => {
                if self.jumps.jumped() {
                    self.client.clock_jumped(now);
                }
                self.keep_up();
            }
        }
    }

    /// Whether what answers is not the server that it should be.
    fn is_distrusted(&self) -> bool {
        self.failure.as_ref().is_some_and(ConnectError::is_distrust)
    }

    /// The server has shown that it holds the key that a person gave: it is known by it from now on.
    fn remember(&mut self) {
        if let Way::Tls { pin, new: true } = self.way {
            self.way = Way::Tls { pin, new: false };
            let kept = StateFolder::open_default()
                .map_err(TrustError::from)
                .and_then(|folder| KnownServers::open(&folder).put(&self.place, pin));
            if let Err(error) = kept {
                complain(error);
            }
        }
    }

    /// Reads once; whether anything came of it.
    fn read(&mut self) -> bool {
        let Link::Open(socket) = &mut self.link else {
            return false;
        };
        let input = socket.read(&mut self.buffer);
        let now = self.clock.now();
        match input {
            Input::Bytes(count) => self.client.receive(&self.buffer[..count], now),
            Input::Nothing => return false,
            Input::Eof => {
                self.link = Link::None;
                self.client.receive_eof(now);
            }
            Input::Reset => {
                self.link = Link::None;
                self.client.receive_reset(now);
            }
        }
        true
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        self.keep_up();
    }
}

impl Link {
    async fn wait(&mut self) -> Woken {
        match self {
            Link::None => pending().await,
            Link::Opening(opening) => Woken::Opened(opening.await),
            Link::Open(socket) => {
                socket.ready().await;
                Woken::Ready
            }
        }
    }
}
