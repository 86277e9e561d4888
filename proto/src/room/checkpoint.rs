//! A whole room as it is stored, so that its log need not be folded from the first entry.
//!
//! Only facts are stored. What follows from them (who holds which name, who is away, what is idle) is made anew, and a
//! room that contradicts itself is refused: no log makes it.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use serde::de::{Deserializer, Error as _, SeqAccess};
use serde::ser::{SerializeTuple, Serializer};

use super::codec::{StoredError, Tagged, decode, encode};
use super::entry::{KeyHash, Owner, SessionKey, Settings};
use super::fold::{Denial, Room, is_epoch};
use super::logins::Logins;
use super::members::{Claim, Login, Member, Members};
use super::moderation::{Ban, MODERATED, Moderation};
use super::sessions::{Session, Sessions};
use super::values::{Flag, Hash, Map, Num, OfOwner, Pair, Parsed, Set};
use crate::name::Name;
use crate::text::{Host, Topic};
use crate::wire::fields::{Bytes, Codec, List, Maybe, OneWord, Word};
use crate::wire::record::{Nested, Record, fields, read_field};

impl Room {
    /// The room as it is stored. Equal rooms give equal bytes, and no others do.
    #[must_use]
    pub fn to_checkpoint(&self) -> Vec<u8> {
        encode(self)
    }

    /// The room that [`to_checkpoint`](Room::to_checkpoint) gave these bytes for: entries that follow make of it what
    /// they make of that one. It takes memory in proportion to the bytes, whatever they say.
    ///
    /// # Errors
    ///
    /// [`StoredError::Version`] where they begin as another version's, [`StoredError::Malformed`] where they are
    /// anything else but the bytes of a room that a log can make.
    pub fn from_checkpoint(bytes: &[u8]) -> Result<Room, StoredError> {
        decode(bytes)
    }

    /// A room of which only the events are known: the next is number `head` + 1, nobody is in it, and no member or
    /// session gets a number that was given before. `pos` is that of its last entry, `at` its time. None where `epoch`
    /// is no room's or `pos` not above `head`: no log has that many events in so few entries.
    #[must_use]
    pub fn continued(epoch: u64, head: u64, at: u64, pos: u64) -> Option<Room> {
        // Each entry but the first seats one new member at most.
        let made = pos.checked_sub(1).filter(|made| *made >= head)?;
        let room = Room {
            epoch,
            pos,
            head,
            at,
            spoken: head > 0,
            members: Members::of(BTreeMap::new(), BTreeMap::new(), made).ok()?,
            sessions: Sessions::of(BTreeMap::new(), made).ok()?,
            ..Room::new()
        };
        is_epoch(epoch).then_some(room)
    }
}

impl Tagged for Room {
    const NAME: &'static str = "a room";

    fn count(&self) -> usize {
        Self::COUNT.saturating_add(1)
    }

    fn write<S: SerializeTuple>(&self, seq: &mut S) -> Result<(), S::Error> {
        seq.serialize_element(Checkpoint.as_word())?;
        self.write_fields(seq)
    }

    fn read<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Self, A::Error> {
        let Checkpoint = read_field::<OneWord, _, A>(seq, "tag")?;
        let room = Self::read_fields(seq)?;
        check(&room).map_err(A::Error::custom)?;
        Ok(room)
    }
}

/// The tag: it tells a checkpoint from an entry.
struct Checkpoint;

impl Word for Checkpoint {
    const WHAT: &'static str = "the tag of a room";

    fn as_word(&self) -> &str {
        "room"
    }

    fn from_word(word: &str) -> Option<Self> {
        (word == Self.as_word()).then_some(Self)
    }
}

fields! {
    Room as "room" {
        epoch: u64 => Num,
        settings: Settings => Nested,
        pos: u64 => Num,
        head: u64 => Num,
        at: u64 => Num,
        topic: Option<Topic> => Maybe<Parsed>,
        spoken: bool => Flag,
        members: Members => Nested,
        sessions: Sessions => Nested,
        moderation: Moderation => Nested,
    }
}

fields! {
    Moderation as "moderation" {
        operators: BTreeSet<KeyHash> => Set<Hash>,
        muted: BTreeMap<KeyHash, Option<u64>> => Map<Hash, Maybe<Num>>,
        muted_guests: BTreeMap<u64, Option<u64>> => Map<Num, Maybe<Num>>,
        banned: BTreeMap<KeyHash, Ban> => Map<Hash, Nested>,
        closed: BTreeMap<Host, Ban> => Map<Parsed, Nested>,
        slow: u64 => Num,
        spoke: BTreeMap<u64, u64> => Map<Num, Num>,
    }
}

fields! {
    Ban as "ban" {
        member: u64 => Num,
        name: Name => Parsed,
        until: Option<u64> => Maybe<Num>,
    }
}

fields! {
    Members as "members" {
        present: BTreeMap<u64, Member> => Map<Num, Nested>,
        claims: BTreeMap<KeyHash, Claim> => Map<Hash, Nested>,
        made: u64 => Num,
    }
    by Members::of
}

fields! {
    Member as "member" {
        name: Name => Parsed,
        owner: Owner => OfOwner,
        host: Option<Host> => Maybe<Parsed>,
        address: Option<Host> => Maybe<Parsed>,
        announced: bool => Flag,
        logins: Logins => InOrder,
    }
}

fields! {
    Login as "login" {
        attempt: u64 => Num,
        node: u64 => Num,
        nonce: u64 => Num,
    }
}

fields! {
    Claim as "claim" {
        member: u64 => Num,
        name: Name => Parsed,
        address: Option<Host> => Maybe<Parsed>,
        away_since: Option<u64> => Maybe<Num>,
    }
}

fields! {
    Sessions as "sessions" {
        known: BTreeMap<SessionKey, Session> => Map<Nested, Nested>,
        made: u64 => Num,
    }
    by Sessions::of
}

fields! {
    Session as "session" {
        number: u64 => Num,
        member: u64 => Num,
        newest: u64 => Num,
        refused: Option<(u64, Denial)> => Maybe<Pair<Num, OneWord>>,
        attempt: u64 => Num,
        ended: u64 => Num,
        nonce: u64 => Num,
        idle_since: Option<u64> => Maybe<Num>,
    }
}

/// The logins of a member: an array of pairs, ascending by session.
struct InOrder;

type Listed = List<Pair<Bytes<16, 16>, Nested>, 1, { usize::MAX }>;

impl Codec<Logins> for InOrder {
    fn write<S: Serializer>(value: &Logins, field: &'static str, s: S) -> Result<S::Ok, S::Error> {
        Listed::write(value.as_vec(), field, s)
    }

    fn read<'de, D: Deserializer<'de>>(field: &'static str, d: D) -> Result<Logins, D::Error> {
        Logins::in_order(Listed::read(field, d)?)
            .ok_or_else(|| D::Error::custom(format_args!("{field} out of order")))
    }
}

/// Whether a log can make the room, as far as its parts say of each other.
fn check(room: &Room) -> Result<(), &'static str> {
    if room.epoch == 0 {
        let unfounded = Room {
            pos: room.pos,
            at: room.at,
            ..Room::new()
        };
        return if *room == unfounded {
            Ok(())
        } else {
            Err("a room that was never founded holds something")
        };
    }
    if !is_epoch(room.epoch) {
        return Err("no room has this epoch");
    }
    // Each entry makes one of these at most.
    let most = room.head.max(room.members.made).max(room.sessions.made);
    if room.pos == 0 || most >= room.pos {
        return Err("more came of the entries than there are");
    }
    if room.spoken && room.head == 0 || !room.spoken && room.topic.is_some() {
        return Err("lines were taken that left no trace, or the other way round");
    }
    check_claims(room)?;
    check_moderation(room)?;
    check_logins(room)?;
    let mut sessions = room.sessions.known.iter();
    sessions.try_for_each(|(key, session)| check_session(room, key, session))
}

fn check_claims(room: &Room) -> Result<(), &'static str> {
    let mut claims = room.members.claims.values();
    if claims.any(|claim| claim.away_since.is_some_and(|since| since > room.at)) {
        return Err("somebody went in the future");
    }
    Ok(())
}

/// Somebody may moderate as soon as somebody with a key was here, and what is kept has bounds.
fn check_moderation(room: &Room) -> Result<(), &'static str> {
    let kept = &room.moderation;
    if kept.operators.is_empty() && !room.members.claims.is_empty() {
        return Err("nobody may moderate");
    }
    let most = kept.muted.len().max(kept.muted_guests.len());
    if most.max(kept.banned.len()).max(kept.closed.len()) > MODERATED {
        return Err("more are kept quiet or out than a room keeps");
    }
    let was_there = |member: &u64| (1..=room.members.made).contains(member);
    let bans = kept.banned.values().chain(kept.closed.values());
    let mut numbers = bans
        .map(|ban| ban.member)
        .chain(kept.muted_guests.keys().copied());
    if !numbers.all(|member| was_there(&member)) {
        return Err("one who was never there is kept quiet or out");
    }
    let is_guest = |member: &u64| {
        let who = room.members.get(*member);
        who.is_some_and(|who| who.owner == Owner::Guest)
    };
    if !kept.muted_guests.keys().all(is_guest) {
        return Err("a guest who is not here is kept quiet");
    }
    if kept.slow == 0 && !kept.spoke.is_empty() {
        return Err("it is kept who spoke when, and nobody has to wait");
    }
    if !kept
        .spoke
        .iter()
        .all(|(member, at)| was_there(member) && *at <= room.at)
    {
        return Err("one who was never there has spoken");
    }
    Ok(())
}

/// Each login is the newest of a session that is logged in as that member.
fn check_logins(room: &Room) -> Result<(), &'static str> {
    for (&number, member) in &room.members.present {
        for (&session, login) in member.logins.iter() {
            let key = SessionKey {
                owner: member.owner,
                session,
            };
            let known = room.sessions.get(&key).is_some_and(|session| {
                session.member == number
                    && session.attempt == login.attempt
                    && session.nonce == login.nonce
                    && session.idle_since.is_none()
            });
            if !known {
                return Err("a login is not the newest of its session");
            }
        }
    }
    Ok(())
}

fn check_session(room: &Room, key: &SessionKey, session: &Session) -> Result<(), &'static str> {
    if !(1..=room.members.made).contains(&session.member) {
        return Err("a session's member was never there");
    }
    let here = room.members.get(session.member);
    let is_in = here.is_some_and(|member| {
        member.owner == key.owner && member.logins.get(&key.session).is_some()
    });
    let ended = session.ended == session.attempt;
    let fits = match session.idle_since {
        Some(since) => !is_in && ended && since <= room.at,
        // The connect 0 is none of a client's, but a log may hold it.
        None => is_in && (session.ended < session.attempt || ended && session.attempt == 0),
    };
    if !fits {
        return Err("a session is neither in nor out");
    }
    if session.newest > 0 && !room.spoken {
        return Err("a session has lines in a room that has none");
    }
    // What was refused is never taken, and nothing is refused as line 0.
    let refused = session.refused.map(|(id, _)| id);
    if refused.is_some_and(|id| id == 0 || id == session.newest) {
        return Err("a line was taken and refused");
    }
    Ok(())
}
