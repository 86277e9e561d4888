//! What a client sends, field by field. `PING` and `PONG` go both ways.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::codes::{Act, SayKind};
use super::fields::{Bytes, List, Maybe, OneWord, Text, Uint};
use super::limits;
use super::record::{Nested, record};

type Name = Text<0, { limits::NAME }>;
type Why = Text<0, { limits::WHY }>;

record! {
    /// `NAME`: log in. The first message, once; never changes, in any version.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Login as "NAME" {
        /// The versions that the client speaks, 1 to 4 of them, in any order.
        versions: Vec<u64> => List<Uint, 1, { limits::VERSIONS }>,
        /// The name wished for, at most 128 bytes; whether it is legal is judged by the room.
        name: String => Name,
        /// The room, at most 128 bytes; whether it is legal is judged by the server.
        room: String => Name,
        /// How many earlier messages are wanted where `resume` is absent or refused.
        history: u64 => Uint,
        /// Who it is; none: a guest.
        identity: Option<Identity> => Maybe<Nested>,
        /// Where its history ends; none: nothing was seen.
        resume: Option<Resume> => Maybe<Nested>,
        /// An invitation, 1 to 256 bytes.
        proof: Option<Vec<u8>> => Maybe<Bytes<1, { limits::PROOF }>>,
        /// The program, at most 64 bytes.
        agent: Option<String> => Maybe<Text<0, { limits::AGENT }>>,
    }
}

record! {
    /// Who logs in: the secret key that owns the name, the session, and which connect it is.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Identity as "NAME.identity" {
        /// A secret, known to its owner and this server alone. `Debug` hides it.
        key: [u8; 32] => Bytes<{ limits::KEY }, { limits::KEY }>,
        /// The running client.
        session: [u8; 16] => Bytes<{ limits::SESSION }, { limits::SESSION }>,
        /// Counts the connects of this session, from 1.
        attempt: u64 => Uint<1>,
    }
}

record! {
    /// Where a returning client goes on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Resume as "NAME.resume" {
        /// The room's epoch as the client knows it; 0: whichever it has.
        epoch: u64 => Uint,
        /// The newest event that the client has.
        since: u64 => Uint,
    }
}

record! {
    /// `SAY`: say it.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Say as "SAY" {
        /// Counts this session's lines, from 1; never used twice.
        id: u64 => Uint<1>,
        /// The newest earlier `id` not seen refused; 0: none.
        after: u64 => Uint,
        /// How.
        kind: SayKind => OneWord,
        /// The event that it answers.
        re: Option<u64> => Maybe<Uint>,
        /// What, 1 to 16384 bytes.
        text: String => Text<1, { limits::TEXT }>,
    }
}

record! {
    /// `NICK`: rename.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Nick as "NICK" {
        /// As in [`Say::id`].
        id: u64 => Uint<1>,
        /// As in [`Say::after`].
        after: u64 => Uint,
        /// The new name, at most 128 bytes; whether it is legal is judged by the room.
        name: String => Name,
    }
}

record! {
    /// `TOPIC`: set the topic, or clear it.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct SetTopic as "TOPIC" {
        /// As in [`Say::id`].
        id: u64 => Uint<1>,
        /// As in [`Say::after`].
        after: u64 => Uint,
        /// The topic, 1 to 512 bytes; none: cleared.
        topic: Option<String> => Maybe<Text<1, { limits::TOPIC }>>,
    }
}

record! {
    /// `MOD`: moderate.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Mod as "MOD" {
        /// As in [`Say::id`].
        id: u64 => Uint<1>,
        /// As in [`Say::after`].
        after: u64 => Uint,
        /// What is done.
        act: Act => OneWord,
        /// To which member; for a redaction, to which event; none for slow mode.
        who: Option<u64> => Maybe<Uint>,
        /// For how many seconds; for slow mode, how many between two messages of a member.
        secs: Option<u64> => Maybe<Uint>,
        /// Why, at most 256 bytes.
        why: Option<String> => Maybe<Why>,
    }
}

record! {
    /// `TELL`: say it to one member; not kept, at most once.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Tell as "TELL" {
        /// Given back with the answer.
        reference: u64 => Uint,
        /// The member.
        to: u64 => Uint,
        /// What, 1 to 16384 bytes.
        text: String => Text<1, { limits::TEXT }>,
    }
}

record! {
    /// `WHO`: asks for a page of the members.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Who as "WHO" {
        /// Given back with the answer.
        reference: u64 => Uint,
        /// Only members with a higher number.
        from: u64 => Uint,
    }
}

record! {
    /// `PING`: asks for a `PONG`; both ways.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Ping as "PING" {
        /// Given back with the answer.
        nonce: u64 => Uint,
    }
}

record! {
    /// `PONG`: the answer to a `PING`; both ways.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Pong as "PONG" {
        /// That of the `PING`.
        nonce: u64 => Uint,
    }
}

record! {
    /// `QUIT`: leave now. Answered by `BYE quit` once what was sent before it is settled.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Quit as "QUIT" {
        /// Why, at most 256 bytes.
        why: Option<String> => Maybe<Why>,
    }
}

/// An invitation as it is shown to a server: a secret of 1 to 256 bytes. `Debug` hides it. `[HS-23]`
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proof(Box<[u8]>);

impl Proof {
    /// The proof of these bytes; none if they are none or more than [`limits::PROOF`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (1..=limits::PROOF)
            .contains(&bytes.len())
            .then(|| Self(bytes.into()))
    }

    /// The secret itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Stands for a secret in `Debug`.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proof").field(&Hidden).finish()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key", &Hidden)
            .field("session", &self.session)
            .field("attempt", &self.attempt)
            .finish()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("versions", &self.versions)
            .field("name", &self.name)
            .field("room", &self.room)
            .field("history", &self.history)
            .field("identity", &self.identity)
            .field("resume", &self.resume)
            .field("proof", &self.proof.as_ref().map(|_| Hidden))
            .field("agent", &self.agent)
            .finish()
    }
}
