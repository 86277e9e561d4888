//! What a server sends, field by field.

use alloc::string::String;
use alloc::vec::Vec;

use super::codes::{Act, ByeCode, ErrorCode, GapWhy, SayKind};
use super::fields::{List, Maybe, OneWord, Text, Uint};
use super::limits;
use super::record::{Nested, record};

type Name = Text<0, { limits::NAME }>;
type Host = Text<0, { limits::HOST }>;
type Why = Text<0, { limits::WHY }>;
type Topic = Text<1, { limits::TOPIC }>;
/// The session or line of an event that no line made.
type Zero = Uint<0, 0>;

record! {
    /// `CLIENT`: welcome. The first message, once. Topic and members are as of `head`.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Welcome as "CLIENT" {
        /// The version that both will speak.
        version: u64 => Uint,
        /// Who the client is.
        you: You => Nested,
        /// The room, at most 128 bytes.
        room: String => Name,
        /// Its topic, 1 to 512 bytes.
        topic: Option<String> => Maybe<Topic>,
        /// How many are in it.
        members: u64 => Uint,
        /// The room's epoch.
        epoch: u64 => Uint,
        /// The next event is `start` + 1, or a `GAP` from there.
        start: u64 => Uint,
        /// The newest event.
        head: u64 => Uint,
        /// The newest line of this session that the room has; 0: none.
        acked: u64 => Uint,
        /// What the server will take.
        limits: Granted => Nested,
        /// After how many seconds of silence the server pings.
        keepalive: u64 => Uint,
    }
}

record! {
    /// Who the client is, in the room.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct You as "CLIENT.you" {
        /// Its member number.
        member: u64 => Uint,
        /// The small number of its session, as its events bear it.
        session: u64 => Uint,
        /// Its name, at most 128 bytes, which need not be the one wished for.
        name: String => Name,
        /// Its address as the server sees it, at most 64 bytes.
        addr: Option<String> => Maybe<Host>,
    }
}

record! {
    /// What a server takes of a client.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Granted as "CLIENT.limits" {
        /// The longest frame, in bytes behind the length.
        frame: u64 => Uint,
        /// The longest text, in bytes.
        text: u64 => Uint,
        /// How many lines of a session may be unanswered at once.
        window: u64 => Uint,
        /// Messages a second; 0: no limit.
        rate: u64 => Uint,
        /// How many at once; 0: no limit.
        burst: u64 => Uint,
    }
}

record! {
    /// `SAID`: an event.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Said as "SAID" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who said it.
        member: u64 => Uint,
        /// In which session.
        session: u64 => Uint,
        /// As which line of it.
        id: u64 => Uint,
        /// The member's name then, at most 128 bytes.
        name: String => Name,
        /// How.
        kind: SayKind => OneWord,
        /// The event that it answers.
        re: Option<u64> => Maybe<Uint>,
        /// What, 1 to 16384 bytes; none: erased.
        text: Option<String> => Maybe<Text<1, { limits::TEXT }>>,
    }
}

record! {
    /// `JOINED`: an event.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Joined as "JOINED" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who came.
        member: u64 => Uint,
        /// The session that came.
        session: u64 => Uint,
        /// 0: no line made it.
        id: u64 => Zero,
        /// The member's name, at most 128 bytes.
        name: String => Name,
        /// Where from, at most 64 bytes.
        host: Option<String> => Maybe<Host>,
        /// How many there are now.
        members: u64 => Uint,
    }
}

record! {
    /// `LEFT`: an event.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Left as "LEFT" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who left.
        member: u64 => Uint,
        /// The session that left.
        session: u64 => Uint,
        /// 0: no line made it.
        id: u64 => Zero,
        /// The member's name, at most 128 bytes.
        name: String => Name,
        /// Where from, at most 64 bytes.
        host: Option<String> => Maybe<Host>,
        /// How many there are now.
        members: u64 => Uint,
        /// Why, at most 256 bytes.
        why: Option<String> => Maybe<Why>,
    }
}

record! {
    /// `RENAMED`: an event.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Renamed as "RENAMED" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who.
        member: u64 => Uint,
        /// In which session.
        session: u64 => Uint,
        /// As which line of it.
        id: u64 => Uint,
        /// The name before, at most 128 bytes.
        old: String => Name,
        /// The name from now on, at most 128 bytes.
        new: String => Name,
    }
}

record! {
    /// `TITLED`: an event.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Titled as "TITLED" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who set it.
        member: u64 => Uint,
        /// In which session.
        session: u64 => Uint,
        /// As which line of it.
        id: u64 => Uint,
        /// The topic, 1 to 512 bytes; none: cleared.
        topic: Option<String> => Maybe<Topic>,
    }
}

record! {
    /// `MODDED`: an event. A kick or a ban implies the leave.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Modded as "MODDED" {
        /// Its number.
        seq: u64 => Uint,
        /// When, in milliseconds since 1970.
        at: u64 => Uint,
        /// Who did it.
        member: u64 => Uint,
        /// In which session.
        session: u64 => Uint,
        /// As which line of it.
        id: u64 => Uint,
        /// What was done.
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
    /// `TOLD`: a private message, to the addressee; to its sender the same with `reference`.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Told as "TOLD" {
        /// Who told it.
        from: u64 => Uint,
        /// To whom.
        to: u64 => Uint,
        /// The teller's name, at most 128 bytes.
        name: String => Name,
        /// What, 1 to 16384 bytes.
        text: String => Text<1, { limits::TEXT }>,
        /// To the sender: that of the `TELL`.
        reference: Option<u64> => Maybe<Uint>,
    }
}

record! {
    /// `MEMBERS`: the answer to a `WHO`, by member number.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Members as "MEMBERS" {
        /// That of the `WHO`.
        reference: u64 => Uint,
        /// The page, at most 256 members.
        list: Vec<Listed> => List<Nested, 0, { limits::PAGE }>,
        /// Ask again from there; none: this was the last page.
        next: Option<u64> => Maybe<Uint>,
    }
}

record! {
    /// A member on a page.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Listed as "MEMBERS.list" {
        /// Its number.
        member: u64 => Uint,
        /// Its name, at most 128 bytes.
        name: String => Name,
        /// Where from, at most 64 bytes.
        host: Option<String> => Maybe<Host>,
        /// A sum of [`Listed::ANNOUNCED`] and the others.
        flags: u64 => Uint,
    }
}

impl Listed {
    /// Its join was published.
    pub const ANNOUNCED: u64 = 1;
    /// May moderate.
    pub const OPERATOR: u64 = 2;
    /// May read only.
    pub const MUTED: u64 = 4;
    /// Its connection broke a while ago; it may come back.
    pub const AWAY: u64 = 8;
    /// Kept out: not in the room and no part of a roster; listed to operators only.
    pub const BANNED: u64 = 16;
}

record! {
    /// `GAP`: the events from `from` to `to` are not sent.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Gap as "GAP" {
        /// The first of them.
        from: u64 => Uint,
        /// The last of them.
        to: u64 => Uint,
        /// Why.
        why: GapWhy => OneWord,
        /// The newest line of this session that the room has; 0: none.
        acked: u64 => Uint,
        /// The topic now, 1 to 512 bytes.
        topic: Option<String> => Maybe<Topic>,
        /// How many there are now.
        members: u64 => Uint,
    }
}

record! {
    /// `ERROR`: that request was refused, certainly; the connection stands.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Refused as "ERROR" {
        /// The line refused.
        id: Option<u64> => Maybe<Uint>,
        /// That of the request refused, where it has one.
        reference: Option<u64> => Maybe<Uint>,
        /// Why.
        code: ErrorCode => OneWord,
        /// Why, for people; at most 256 bytes.
        text: String => Why,
    }
}

record! {
    /// `BYE`: last words; then the stream ends. Never changes, in any version.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    struct Bye as "BYE" {
        /// Why.
        code: ByeCode => OneWord,
        /// Why, for people; at most 256 bytes.
        text: String => Why,
        /// After how many seconds to try again.
        retry: Option<u64> => Maybe<Uint>,
    }
}
