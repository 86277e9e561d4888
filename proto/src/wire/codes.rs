//! The words of the wire: closed lists, and the one open one, the codes of `BYE`.

use alloc::borrow::{Cow, ToOwned};
use core::fmt;

use super::fields::Word;
use super::limits;

/// Writes an enum whose values are words, with every way between the two.
macro_rules! words {
    (
        $(#[$meta:meta])*
        enum $name:ident is $what:literal {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
        }

        impl $name {
            /// All of them, in the order of the specification.
            pub const ALL: &[Self] = &[$( Self::$variant ),+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }

            /// The one with this word on the wire, if there is one.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $( $word => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Word for $name {
            const WHAT: &'static str = $what;

            fn as_word(&self) -> &str {
                self.as_str()
            }

            fn from_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }
    };
}
pub(super) use words;

words! {
    /// How something is said.
    enum SayKind is "a kind of saying" {
        /// Said.
        Say = "say",
        /// Done: `* alice waves`.
        Action = "action",
        /// For people: never answered by a bot.
        Notice = "notice",
    }
}

words! {
    /// What a moderator does.
    enum Act is "an act of moderation" {
        /// Puts a member out.
        Kick = "kick",
        /// Puts a member out and keeps it out.
        Ban = "ban",
        /// Keeps out whoever comes from a member's address.
        BanAddress = "ban-address",
        /// Takes a ban back.
        Unban = "unban",
        /// Lets a member read only.
        Mute = "mute",
        /// Takes a mute back.
        Unmute = "unmute",
        /// Makes a member an operator.
        Op = "op",
        /// Makes an operator a member like all.
        Deop = "deop",
        /// Erases what was said.
        Redact = "redact",
        /// Sets how long each member waits between two messages.
        Slow = "slow",
    }
}

words! {
    /// Why events are not sent.
    enum GapWhy is "a reason of a gap" {
        /// The log does not keep them any more.
        Trimmed = "trimmed",
        /// The version in use cannot show them.
        Newer = "newer",
    }
}

words! {
    /// Why a request was refused (`ERROR`); the connection stands. A closed list: it grows with
    /// the version.
    enum ErrorCode is "a code of ERROR" {
        /// This server does not do that.
        Unsupported = "unsupported",
        /// The text breaks the rules of texts.
        BadText = "bad-text",
        /// The name breaks the rules of names.
        BadName = "bad-name",
        /// The name is another's, or looks like it.
        Taken = "taken",
        /// The member may read only.
        Muted = "muted",
        /// Too soon after the member's last message.
        SlowMode = "slow-mode",
        /// Not for this member to do.
        NotAllowed = "not-allowed",
        /// No such member, or none that could be told.
        NoMember = "no-member",
        /// No such event.
        NoEvent = "no-event",
        /// Too much is under way.
        Busy = "busy",
        /// The log did not take it.
        Storage = "storage",
    }
}

/// Why a connection ends (`BYE`).
///
/// `BYE` is said before a version is agreed and never changes, so the list is open: a code that
/// this version does not know is read all the same, and [`is_known`](Self::is_known) tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByeCode(Cow<'static, str>);

/// Writes the known codes as constants.
macro_rules! bye_codes {
    ($( $(#[$meta:meta])* $name:ident = $word:literal, )+) => {
        impl ByeCode {
            $( $(#[$meta])* pub const $name: Self = Self(Cow::Borrowed($word)); )+

            /// All that this version knows, in the order of the specification.
            pub const ALL: &[Self] = &[$( Self::$name ),+];
        }
    };
}

bye_codes! {
    /// A length over the limit, or 0.
    TOO_BIG = "too-big",
    /// Bytes that are not one strict message.
    MALFORMED = "malformed",
    /// A message that the phase does not allow.
    UNEXPECTED = "unexpected",
    /// No common version; the text names those spoken.
    VERSION = "version",
    /// The name breaks the rules of names.
    BAD_NAME = "bad-name",
    /// The room's name breaks the rules of room names.
    BAD_ROOM = "bad-room",
    /// The name is another key's, or looks like it.
    TAKEN = "taken",
    /// No place: in the room, on the server, for this address.
    FULL = "full",
    /// No invitation, or a bad one.
    FORBIDDEN = "forbidden",
    /// Kept out by a moderator.
    BANNED = "banned",
    /// Put out by a moderator.
    KICKED = "kicked",
    /// An older connect of this session, or one that has ended.
    STALE = "stale",
    /// A session that the room has forgotten.
    SESSION = "session",
    /// A newer connect of the same session.
    REPLACED = "replaced",
    /// The handshake was not done in time.
    TIMEOUT = "timeout",
    /// Nothing arrived for the dead time.
    IDLE = "idle",
    /// Nothing was taken for the stall time.
    STALLED = "stalled",
    /// A ceiling was met, or the log is cut off.
    BUSY = "busy",
    /// The server ends.
    SHUTDOWN = "shutdown",
    /// The answer to `QUIT`.
    QUIT = "quit",
}

impl ByeCode {
    /// The code of this word: 1 to 32 bytes of `a-z` and `-`, known or not; `None` if it is none.
    #[must_use]
    pub fn new(word: &str) -> Option<Self> {
        if let Some(known) = Self::ALL.iter().find(|code| code.0 == word) {
            return Some(known.clone());
        }
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        let fits = !word.is_empty() && word.len() <= limits::CODE;
        (fits && word.bytes().all(legal)).then(|| Self(Cow::Owned(word.to_owned())))
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this version knows the code.
    #[must_use]
    pub fn is_known(&self) -> bool {
        Self::ALL.contains(self)
    }
}

impl fmt::Display for ByeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Word for ByeCode {
    const WHAT: &'static str = "a code of BYE";

    fn as_word(&self) -> &str {
        self.as_str()
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::new(word)
    }
}
