//! Every transition of a client that a message makes, in one place.

use core::fmt;

use super::Client;
use super::ending::Violation;
use crate::time::Instant;
use crate::wire::{Event, Message};

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// There is no link: it waits until it may connect, or the driver is opening one.
    Offline,
    /// It has asked to be let in.
    Greeting,
    /// It is in the room.
    Live,
    /// It was asked to quit: it waits for its lines to settle and for the server to say goodbye.
    Quitting,
    /// It is over.
    Ended,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [
        State::Offline,
        State::Greeting,
        State::Live,
        State::Quitting,
        State::Ended,
    ];

    /// Whether there is a link that messages come from.
    #[must_use]
    pub const fn is_linked(self) -> bool {
        matches!(self, State::Greeting | State::Live | State::Quitting)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Offline => "offline",
            State::Greeting => "greeting",
            State::Live => "live",
            State::Quitting => "quitting",
            State::Ended => "ended",
        })
    }
}

impl Client {
    /// Acts on one message of the server.
    #[rustfmt::skip]
    pub(super) fn step(&mut self, message: Message, now: Instant) {
        use Message as M;
        use State as S;
        let state = self.state();
        let kind = message.kind();
        match (state, message) {
            // [HS-7] The first message of a server is CLIENT, or its last words; there is no second CLIENT.
            (S::Greeting, M::Client(welcome)) => self.welcomed(welcome, now),
            // [ER-8] Last words are acted on by their code.
            (S::Greeting | S::Live | S::Quitting, M::Bye(bye)) => self.bye(bye, now),

            // [DL-17] Events move the cursor, one by one. [DL-7] One's own settle their lines.
            (S::Live | S::Quitting, M::Said(said)) => self.event(Event::Said(said), now),
            (S::Live | S::Quitting, M::Titled(titled)) => self.event(Event::Titled(titled), now),
            // [RM-13] Some of them change the roster.
            (S::Live | S::Quitting, M::Joined(joined)) => self.event(Event::Joined(joined), now),
            (S::Live | S::Quitting, M::Left(left)) => self.event(Event::Left(left), now),
            (S::Live | S::Quitting, M::Renamed(renamed)) => self.event(Event::Renamed(renamed), now),
            (S::Live | S::Quitting, M::Modded(modded)) => self.event(Event::Modded(modded), now),
            // [DL-16] A gap moves it over what is not coming.
            (S::Live | S::Quitting, M::Gap(gap)) => self.gap(gap, now),
            // [RM-13] Pages of the roster.
            (S::Live | S::Quitting, M::Members(page)) => self.members(page),
            // [DL-18] Private messages, and what became of one's own.
            (S::Live | S::Quitting, M::Told(told)) => self.told(told),
            // [ER-9] A refusal is certain, and the connection stands. [DL-8]
            (S::Live | S::Quitting, M::Error(refused)) => self.refused(refused),
            // [LV-1] Answered with its nonce; the answer needs none.
            (S::Live | S::Quitting, M::Ping(ping)) => self.link.owe_pong(ping.nonce),
            (S::Live | S::Quitting, M::Pong(_)) => {}

            // [HS-7] [ER-7] All else from a server that has not let us in.
            (
                S::Greeting,
                M::Said(_) | M::Joined(_) | M::Left(_) | M::Renamed(_) | M::Titled(_) | M::Modded(_) | M::Told(_)
                | M::Members(_) | M::Gap(_) | M::Error(_) | M::Ping(_) | M::Pong(_),
            )
            // [HS-7] [ER-7] A second welcome.
            | (S::Live | S::Quitting, M::Client(_))
            // [ER-7] What only a client says.
            | (
                S::Greeting | S::Live | S::Quitting,
                M::Name(_) | M::Say(_) | M::Nick(_) | M::Topic(_) | M::Mod(_) | M::Tell(_) | M::Who(_) | M::Quit(_),
            ) => self.violated(Violation::Unexpected { message: kind, state }),

            // [ER-1] Nothing follows last words, and nothing comes where there is no link.
            (
                S::Offline | S::Ended,
                M::Name(_) | M::Say(_) | M::Nick(_) | M::Topic(_) | M::Mod(_) | M::Tell(_) | M::Who(_) | M::Ping(_)
                | M::Pong(_) | M::Quit(_) | M::Client(_) | M::Said(_) | M::Joined(_) | M::Left(_) | M::Renamed(_)
                | M::Titled(_) | M::Modded(_) | M::Told(_) | M::Members(_) | M::Gap(_) | M::Error(_) | M::Bye(_),
            ) => {}
        }
    }
}
