//! One connection as the server sees it: its phase, its input, its output, its deadlines.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::{Bytes, BytesMut};

use super::action::Origin;
use super::admission::Asking;
use super::due::Due;
use super::limits::{CLIENT_FRAME, HELLO_FRAME, Limits, Rate};
use super::pace::Pace;
use super::rooms::RoomId;
use crate::close::CloseReason;
use crate::room::{Entry, Piece, SessionKey};
use crate::text::Why;
use crate::time::Instant;
use crate::wire::{Bye, Decoder, Message, Resume, encode_frame};

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    /// Where it comes from, until it is let in: then the room knows.
    pub(super) origin: Option<Box<Origin>>,
    pub(super) phase: Phase,
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) due: Due,
    /// How many bytes of the server's total are held for it.
    pub(super) held: usize,
}

/// Where a connection stands. SPEC.md, "Phases of a server's connection".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    /// Nothing but `NAME` is allowed.
    AwaitName,
    /// The driver is asked; what was sent after `NAME` waits unread. In SPEC.md this is `Joining` too.
    Asking(Box<Asking>),
    /// The login is proposed; what was sent after it waits unread.
    Joining(Box<Joining>),
    /// In the room.
    Live(Box<Seat>),
    /// Nothing more is read; what was sent is being settled, what is due is being written.
    Leaving(Box<Leaving>),
    /// Last words; input is thrown away.
    Closing(Closing),
}

/// The phases by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PhaseKind {
    AwaitName,
    Joining,
    Live,
    Leaving,
    Closing,
}

impl PhaseKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AwaitName => "AwaitName",
            Self::Joining => "Joining",
            Self::Live => "Live",
            Self::Leaving => "Leaving",
            Self::Closing => "Closing",
        }
    }
}

/// A login on its way through the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Joining {
    pub(super) room: RoomId,
    pub(super) session: SessionKey,
    pub(super) attempt: u64,
    pub(super) nonce: u64,
    pub(super) entry: Arc<Entry>,
    pub(super) history: u64,
    pub(super) resume: Option<Resume>,
}

/// A place in a room: the member it speaks for, and its cursor over the room's events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seat {
    pub(super) room: RoomId,
    pub(super) session: SessionKey,
    pub(super) attempt: u64,
    pub(super) nonce: u64,
    pub(super) member: u64,
    /// Up to this line, what left the window with a refused predecessor may be in the log all the same: of some copy
    /// nobody knows. `[DL-12]`
    pub(super) doubt: u64,
    /// The newest event that it was given.
    pub(super) cursor: u64,
    /// Events read back from the log for it, next to go out.
    pub(super) page: Option<Box<Page>>,
    /// A read of the log is out for it.
    pub(super) fetching: bool,
    /// It stands in the room's list of readers who have all there is.
    pub(super) idle: bool,
    /// How it has kept pace since it was last at the head of the room.
    pub(super) pace: Pace,
}

/// Events read back from the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Page {
    pub(super) piece: Piece,
    /// This reader's share of it, in bytes: those who wait at one place are given one page together.
    pub(super) share: usize,
}

/// A seat on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Leaving {
    pub(super) seat: Seat,
    pub(super) reason: CloseReason,
    pub(super) why: Option<Why>,
    /// The event up to which it is still served; none until all that it sent is settled.
    pub(super) until: Option<u64>,
    /// The leave was proposed.
    pub(super) left: bool,
}

/// A connection that says its last words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Closing {
    pub(super) reason: CloseReason,
    /// When it is closed whatever the peer does.
    pub(super) by: Instant,
    /// The half-close went out.
    pub(super) shut: bool,
    /// Nothing is held for it but its last words.
    pub(super) bare: bool,
}

/// What arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Input {
    pub(super) decoder: Decoder,
    /// What was received beyond a pause, to be taken first when that ends: seldom anything, so an idle member pays for a
    /// pointer alone.
    pub(super) held: Option<Box<BytesMut>>,
    /// The peer's end of stream was seen.
    pub(super) ended: bool,
    /// What the driver was last told.
    pub(super) reading: bool,
    /// Which wire it is.
    #[cfg(feature = "legacy")]
    pub(super) wire: super::seed::Wire,
    /// When the bucket of messages will be full again.
    messages_full: Instant,
    /// When the bucket of bytes will be full again.
    bytes_full: Instant,
}

/// What is to be written for this connection alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Output {
    answers: VecDeque<Bytes>,
    waiting: usize,
    /// `Writable` was said and the driver has not drained since.
    pub(super) announced: bool,
}

impl Peer {
    pub(super) fn new(origin: Origin, limits: &Limits, now: Instant) -> Self {
        let input = Input {
            reading: true,
            messages_full: now,
            bytes_full: now,
            ..Input::default()
        };
        let due = Due {
            handshake: Some(now.saturating_add(limits.handshake)),
            ..Due::default()
        };
        Self {
            origin: Some(Box::new(origin)),
            phase: Phase::AwaitName,
            input,
            output: Output::default(),
            due,
            held: 0,
        }
    }

    pub(super) fn kind(&self) -> PhaseKind {
        match self.phase {
            Phase::AwaitName => PhaseKind::AwaitName,
            Phase::Asking(_) | Phase::Joining(_) => PhaseKind::Joining,
            Phase::Live(_) => PhaseKind::Live,
            Phase::Leaving(_) => PhaseKind::Leaving,
            Phase::Closing(_) => PhaseKind::Closing,
        }
    }

    pub(super) fn seat(&self) -> Option<&Seat> {
        match &self.phase {
            Phase::Live(seat) => Some(seat),
            Phase::Leaving(leaving) => Some(&leaving.seat),
            Phase::AwaitName | Phase::Asking(_) | Phase::Joining(_) | Phase::Closing(_) => None,
        }
    }

    pub(super) fn seat_mut(&mut self) -> Option<&mut Seat> {
        self.phase.seat_mut()
    }

    /// There is something for it. The deadline to take it, if `Writable` is to be said: not again
    /// before the driver has drained it.
    pub(super) fn announce(&mut self, limits: &Limits, now: Instant) -> Option<Instant> {
        if self.output.announced {
            return None;
        }
        self.output.announced = true;
        let stall = now.saturating_add(limits.stall);
        if !matches!(self.phase, Phase::Closing(_)) {
            self.due.stall = Some(stall); // [LV-6]
        }
        Some(stall)
    }

    /// How many lines of it may be unanswered at once.
    #[cfg(not(feature = "legacy"))]
    #[expect(
        clippy::unused_self,
        reason = "it depends on the peer with the feature"
    )]
    pub(super) fn window(&self) -> usize {
        super::limits::WINDOW
    }

    pub(super) fn frame_limit(&self) -> u32 {
        match self.phase {
            Phase::AwaitName | Phase::Asking(_) | Phase::Joining(_) => HELLO_FRAME,
            Phase::Live(_) | Phase::Leaving(_) | Phase::Closing(_) => CLIENT_FRAME,
        }
    }
}

impl Phase {
    /// As [`Peer::seat_mut`], for whoever needs the rest of the peer beside it.
    pub(super) fn seat_mut(&mut self) -> Option<&mut Seat> {
        match self {
            Self::Live(seat) => Some(seat),
            Self::Leaving(leaving) => Some(&mut leaving.seat),
            Self::AwaitName | Self::Asking(_) | Self::Joining(_) | Self::Closing(_) => None,
        }
    }
}

impl Seat {
    pub(super) fn new(joining: &Joining, member: u64, cursor: u64) -> Self {
        Self {
            room: joining.room,
            session: joining.session,
            attempt: joining.attempt,
            nonce: joining.nonce,
            member,
            doubt: 0,
            cursor,
            page: None,
            fetching: false,
            idle: false,
            pace: Pace::default(),
        }
    }
}

impl Input {
    /// How many bytes of it are held.
    pub(super) fn held(&self) -> usize {
        let held = self.held.as_ref().map_or(0, |held| held.len());
        let held = held.saturating_add(self.decoder.buffered());
        #[cfg(feature = "legacy")]
        let held = held.saturating_add(self.wire.buffered());
        held
    }

    /// Keeps what is not to be taken yet.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.held.get_or_insert_default().extend_from_slice(bytes);
        }
    }

    /// Nothing of what came is wanted any more.
    pub(super) fn forget(&mut self) {
        self.decoder = Decoder::default();
        self.held = None;
        #[cfg(feature = "legacy")]
        self.wire.forget();
    }

    /// When the next frame may be taken; none if it may be now. `[LV-5]`
    pub(super) fn ready_at(&self, limits: &Limits, now: Instant) -> Option<Instant> {
        let mut ready = now;
        if let Some(rate) = limits.rate {
            // The bucket must have room for one more message.
            let room = interval(rate).saturating_mul(rate.burst.max(1).saturating_sub(1));
            ready = ready.max(self.messages_full.saturating_sub(room));
        }
        if limits.bytes_per_second.is_some() {
            ready = ready.max(self.bytes_full.saturating_sub(Duration::from_secs(1)));
        }
        (ready > now).then_some(ready)
    }

    /// Takes one message of `size` bytes out of the buckets.
    pub(super) fn charge(&mut self, limits: &Limits, size: usize, now: Instant) {
        if let Some(rate) = limits.rate {
            self.messages_full = self.messages_full.max(now).saturating_add(interval(rate));
        }
        if let Some(rate) = limits.bytes_per_second {
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            let nanos = size
                .saturating_mul(1_000_000_000)
                .checked_div(u64::from(rate.max(1)));
            let cost = Duration::from_nanos(nanos.unwrap_or(0));
            self.bytes_full = self.bytes_full.max(now).saturating_add(cost);
        }
    }
}

fn interval(rate: Rate) -> Duration {
    Duration::from_secs(1)
        .checked_div(rate.per_second.max(1))
        .unwrap_or_default()
}

impl Output {
    /// How many bytes of answers wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Queues an answer, or the last words.
    pub(super) fn answer(&mut self, message: &Message) {
        let mut frame = BytesMut::new();
        // What the server itself composes keeps the limits of the wire; if it ever did not, the
        // peer would be told nothing rather than something it must refuse. [FR-11]
        if encode_frame(message, &mut frame).is_ok() {
            self.waiting = self.waiting.saturating_add(frame.len());
            self.answers.push_back(frame.freeze());
        }
    }

    pub(super) fn next(&mut self) -> Option<Bytes> {
        let first = self.answers.pop_front()?;
        self.waiting = self.waiting.saturating_sub(first.len());
        if self.answers.is_empty() {
            // Answers are rare: nothing is held for the next.
            self.answers = VecDeque::new();
            return Some(first);
        }
        // Several small answers leave as one: they are this connection's own anyway.
        let mut all = Vec::with_capacity(first.len().saturating_add(self.waiting));
        all.extend_from_slice(&first);
        for answer in core::mem::take(&mut self.answers) {
            all.extend_from_slice(&answer);
        }
        self.waiting = 0;
        Some(all.into())
    }

    /// What waits is not said.
    pub(super) fn forget(&mut self) {
        self.answers = VecDeque::new();
        self.waiting = 0;
    }

    pub(super) fn say_bye(&mut self, bye: Bye) {
        self.answer(&Message::Bye(bye));
    }
}
