//! The vocabulary of version 1: one enum for both directions.

use core::fmt;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::codes::words;
use super::fields::{OneWord, Word};
use super::from_client::{Login, Mod, Nick, Ping, Pong, Quit, Say, SetTopic, Tell, Who};
use super::from_server::{
    Bye, Gap, Joined, Left, Members, Modded, Refused, Renamed, Said, Titled, Told, Welcome,
};
use super::record::{Reading, Record, read_end};

/// Writes the two enums, and for each message its way there and back.
macro_rules! vocabulary {
    ($( $(#[$meta:meta])* $variant:ident($record:ident) = $tag:literal, )+) => {
        /// A message, of a client or a server.
        ///
        /// There is one enum for both directions, so that a message of the wrong one is understood
        /// and then called unexpected.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Message {
            $( $(#[$meta])* $variant($record), )+
        }

        words! {
            /// Which message it is, without its fields.
            enum Kind is "a tag of a message" {
                $( $(#[$meta])* $variant = $tag, )+
            }
        }

        impl Message {
            /// Which message it is.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $( Self::$variant(_) => Kind::$variant, )+
                }
            }
        }

        #[cfg(feature = "proptest")]
        impl Kind {
            /// Messages of this kind.
            pub(crate) fn messages(self) -> proptest::strategy::BoxedStrategy<Message> {
                use proptest::arbitrary::any;
                use proptest::strategy::Strategy as _;
                match self {
                    $( Self::$variant => any::<$record>().prop_map(Message::$variant).boxed(), )+
                }
            }
        }

        $( impl From<$record> for Message {
            fn from(record: $record) -> Self {
                Self::$variant(record)
            }
        } )+

        impl Serialize for Message {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(record) => write_message(Kind::$variant, record, serializer), )+
                }
            }
        }

        impl<'de> Visitor<'de> for Tagged {
            type Value = Message;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message: an array of a tag and its fields")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Message, A::Error> {
                match read_kind(&mut seq)? {
                    $( Kind::$variant => read_message(&mut seq).map(Message::$variant), )+
                }
            }
        }
    };
}

vocabulary! {
    /// From a client: log in.
    Name(Login) = "NAME",
    /// From a client: say it.
    Say(Say) = "SAY",
    /// From a client: rename.
    Nick(Nick) = "NICK",
    /// From a client: set or clear the topic.
    Topic(SetTopic) = "TOPIC",
    /// From a client: moderate.
    Mod(Mod) = "MOD",
    /// From a client: to one member.
    Tell(Tell) = "TELL",
    /// From a client: who is here.
    Who(Who) = "WHO",
    /// From both: asks for a `PONG`.
    Ping(Ping) = "PING",
    /// From both: the answer to a `PING`.
    Pong(Pong) = "PONG",
    /// From a client: leave now.
    Quit(Quit) = "QUIT",
    /// From a server: welcome.
    Client(Welcome) = "CLIENT",
    /// From a server: an event, something was said.
    Said(Said) = "SAID",
    /// From a server: an event, a member came.
    Joined(Joined) = "JOINED",
    /// From a server: an event, a member left.
    Left(Left) = "LEFT",
    /// From a server: an event, a member has another name.
    Renamed(Renamed) = "RENAMED",
    /// From a server: an event, the topic is another.
    Titled(Titled) = "TITLED",
    /// From a server: an event, a moderator acted.
    Modded(Modded) = "MODDED",
    /// From a server: a private message.
    Told(Told) = "TOLD",
    /// From a server: a page of the members.
    Members(Members) = "MEMBERS",
    /// From a server: events are not sent.
    Gap(Gap) = "GAP",
    /// From a server: a request was refused.
    Error(Refused) = "ERROR",
    /// From a server: last words.
    Bye(Bye) = "BYE",
}

impl Kind {
    /// The tag on the wire, which is also what people call the message.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.as_str()
    }

    /// Whether a client may send it.
    #[must_use]
    pub const fn is_from_client(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Say
                | Self::Nick
                | Self::Topic
                | Self::Mod
                | Self::Tell
                | Self::Who
                | Self::Ping
                | Self::Pong
                | Self::Quit
        )
    }

    /// Whether a server may send it.
    #[must_use]
    pub const fn is_from_server(self) -> bool {
        matches!(self, Self::Ping | Self::Pong) || !self.is_from_client()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Tagged)
    }
}

/// Takes an array apart by its tag.
struct Tagged;

fn write_message<R: Record, S: Serializer>(
    kind: Kind,
    record: &R,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut seq = serializer.serialize_tuple(R::COUNT.saturating_add(1))?;
    seq.serialize_element(kind.tag())?;
    record.write_fields(&mut seq)?;
    seq.end()
}

fn read_kind<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Kind, A::Error> {
    seq.next_element_seed(Reading::<OneWord, Kind>::new("message"))?
        .ok_or_else(|| de::Error::custom("a message without a tag"))
}

fn read_message<'de, R: Record, A: SeqAccess<'de>>(seq: &mut A) -> Result<R, A::Error> {
    let record = R::read_fields(seq)?;
    read_end(seq, R::NAME)?;
    Ok(record)
}
