//! Events: the six messages that a room's history is made of.

use super::from_server::{Joined, Left, Modded, Renamed, Said, Titled};
use super::message::Message;

/// Writes the enum, what its records have in common, and the ways from and to messages.
macro_rules! events {
    ($( $(#[$meta:meta])* $variant:ident, )+) => {
        /// An event of a room, as the fold made it.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Event {
            $( $(#[$meta])* $variant($variant), )+
        }

        impl Event {
            /// Its number, dense from 1 in its room.
            #[must_use]
            pub const fn seq(&self) -> u64 {
                match self { $( Self::$variant(event) => event.seq, )+ }
            }

            /// When, in milliseconds since 1970.
            #[must_use]
            pub const fn at(&self) -> u64 {
                match self { $( Self::$variant(event) => event.at, )+ }
            }

            /// Whose doing it was, by member number.
            #[must_use]
            pub const fn member(&self) -> u64 {
                match self { $( Self::$variant(event) => event.member, )+ }
            }

            /// The session whose request made it; 0: none did.
            #[must_use]
            pub const fn session(&self) -> u64 {
                match self { $( Self::$variant(event) => event.session, )+ }
            }

            /// The line of that session that made it; 0: none did.
            #[must_use]
            pub const fn id(&self) -> u64 {
                match self { $( Self::$variant(event) => event.id, )+ }
            }
        }

        $( impl From<$variant> for Event {
            fn from(event: $variant) -> Self {
                Self::$variant(event)
            }
        } )+

        impl From<Event> for Message {
            fn from(event: Event) -> Self {
                match event {
                    $( Event::$variant(event) => Self::$variant(event), )+
                }
            }
        }

        impl TryFrom<Message> for Event {
            /// The message, which is none of an event.
            type Error = Message;

            fn try_from(message: Message) -> Result<Self, Message> {
                match message {
                    $( Message::$variant(event) => Ok(Self::$variant(event)), )+
                    other => Err(other),
                }
            }
        }
    };
}

events! {
    /// Something was said.
    Said,
    /// A member came.
    Joined,
    /// A member left.
    Left,
    /// A member has another name.
    Renamed,
    /// The topic is another.
    Titled,
    /// A moderator acted.
    Modded,
}
