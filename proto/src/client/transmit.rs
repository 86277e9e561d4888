//! What is written to the link, made at the moment when it can be written.

use alloc::vec;

use bytes::BytesMut;

use super::action::Action;
use super::config::Key;
use super::{Client, Phase, State};
use crate::time::Instant;
use crate::transmit::Transmit;
use crate::wire::{self, Identity, Login, Message, Ping, Pong, Quit, encode_frame};

/// The most bytes of one [`Transmit::Data`]: what a socket takes at once.
const PIECE: usize = 65_536;

/// The most bytes of one frame of a client, with its length [FR-3].
const FRAME: usize = 4 + 20_480;

impl Client {
    /// What to write next to the link. What it yields counts as written. `None` too while
    /// [`poll_save`](Self::poll_save) has something to be kept first.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Transmit> {
        if self.keeping.holds_back() {
            return None;
        }
        #[cfg(not(feature = "legacy"))]
        let _ = now;
        let mut piece = Piece::default();
        while piece.has_room() {
            let Some(message) = self.next_message() else {
                break;
            };
            #[cfg(feature = "legacy")]
            if self.seed.is_some() {
                self.put_for_seed(message, &mut piece.bytes, now);
                continue;
            }
            piece.push(&message);
        }
        if !piece.bytes.is_empty() {
            return Some(Transmit::Data(piece.bytes.freeze()));
        }
        self.link.announced = false;
        core::mem::take(&mut self.link.owes_shutdown).then_some(Transmit::Shutdown)
    }

    /// Tells the driver, once, that there is something to write.
    pub(super) fn announce(&mut self) {
        if !self.link.announced && self.has_message() {
            self.link.announced = true;
            self.actions.push_back(Action::Writable);
        }
    }

    /// Whether [`next_message`](Self::next_message) would yield; they go through the same things in the same order.
    fn has_message(&self) -> bool {
        match self.state() {
            State::Offline | State::Ended => false,
            State::Greeting => self.link.owes_name,
            State::Live | State::Quitting => {
                !self.link.pongs.is_empty()
                    || self.link.ping.is_some()
                    || self.link.who.is_some()
                    || self.tells.is_sendable()
                    || self.outbox.is_sendable(self.window())
                    || self.owes_quit()
            }
        }
    }

    /// Answers first, since they are small and waited for; QUIT last, after all that was said.
    fn next_message(&mut self) -> Option<Message> {
        match self.state() {
            State::Offline | State::Ended => None,
            State::Greeting => self.next_name(),
            State::Live | State::Quitting => self.next_of_the_room(),
        }
    }

    fn next_of_the_room(&mut self) -> Option<Message> {
        if let Some(nonce) = self.link.pongs.pop_front() {
            return Some(Message::Pong(Pong { nonce }));
        }
        if let Some(nonce) = self.link.ping.take() {
            return Some(Message::Ping(Ping { nonce }));
        }
        if let Some(who) = self.link.who.take() {
            return Some(Message::Who(who));
        }
        if let Some(tell) = self.tells.next() {
            return Some(Message::Tell(tell));
        }
        let (window, epoch) = (self.window(), self.view.epoch());
        self.outbox.next(window, epoch).or_else(|| self.next_quit())
    }

    /// [HS-1] The first message.
    fn next_name(&mut self) -> Option<Message> {
        if !core::mem::take(&mut self.link.owes_name) {
            return None;
        }
        let config = &self.config;
        let identity = |key: &Key| Identity {
            key: *key.bytes(),
            session: self.session,
            attempt: self.attempt,
        };
        Some(Message::Name(Login {
            versions: vec![wire::VERSION],
            name: config.name.as_str().into(),
            room: config.room.as_str().into(),
            history: config.history,
            identity: config.identity.as_ref().map(identity),
            resume: self.view.cursor,
            proof: config.proof.as_ref().map(|proof| proof.as_bytes().into()),
            agent: config.agent.clone(),
        }))
    }

    /// QUIT waits until every line is settled: behind it nothing is read, so that a line which an ERROR before it had
    /// orphaned could not be sent again.
    fn owes_quit(&self) -> bool {
        matches!(&self.phase, Phase::Quitting { said: false, .. }) && self.outbox.is_empty()
    }

    fn next_quit(&mut self) -> Option<Message> {
        if !self.owes_quit() {
            return None;
        }
        let Phase::Quitting { why, said, .. } = &mut self.phase else {
            return None;
        };
        *said = true;
        let why = why.as_ref().map(|why| why.as_str().into());
        Some(Message::Quit(Quit { why }))
    }

    /// How many lines may be unanswered [DL-14]; at least one, or nothing could ever be said.
    fn window(&self) -> usize {
        let granted = self
            .view
            .granted
            .as_ref()
            .map_or(1, |granted| granted.window);
        usize::try_from(granted).unwrap_or(usize::MAX).max(1)
    }
}

/// Bytes of whole frames, at most [`PIECE`] of them.
#[derive(Default)]
struct Piece {
    bytes: BytesMut,
}

impl Piece {
    /// Whether the longest frame would still go in.
    fn has_room(&self) -> bool {
        self.bytes.len() <= const { PIECE - FRAME }
    }

    fn push(&mut self, message: &Message) {
        let encoded = encode_frame(message, &mut self.bytes);
        // Every part of it was checked when it was taken [FR-11].
        debug_assert!(encoded.is_ok(), "{encoded:?}");
    }
}
