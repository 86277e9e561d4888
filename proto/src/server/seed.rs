//! A client of the seed: the same phases, the same transitions, another wire. What it sends is put into
//! messages, what is for it is put into the seed's words when it is written. `[LG-4]` `[LG-7]`

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Server;
use super::action::ConnId;
use super::limits::WINDOW;
use super::peer::{Input, Peer, Phase};
use crate::close::{CloseReason, Refusal, Violation};
use crate::legacy::{
    self, BodyRefused, FrameRefused, Kind, Reader, Width, pickle, words, write_frame,
};
use crate::name::{NameError, RoomName};
use crate::room::Room;
use crate::time::Instant;
use crate::transmit::Transmit;
use crate::wire::{
    Act, DecodeError, Decoder, Event, FrameError, Login, Message, Quit, Say, SayKind, VERSION,
    decode,
};

/// Which wire a connection is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Wire {
    /// The native one.
    #[default]
    Native,
    /// Its first bytes will tell.
    Unknown(Box<Unknown>),
    /// The seed's.
    Seed(Box<Seed>),
}

/// A connection whose first bytes have not come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Unknown {
    length: [u8; 4],
    have: u8,
    /// It was turned away at the door, and is told so on its own wire.
    refusal: Option<Refusal>,
}

/// A client of the seed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seed {
    reader: Reader,
    kind: Kind,
    refusal: Option<Refusal>,
    /// The first frame to it went out, which is a welcome whatever comes after. `[LG-8]`
    welcomed: bool,
    /// Its own texts do not come back to it.
    member: u64,
    /// The number of its newest line.
    line: u64,
}

/// What became of some bytes.
pub(super) enum Taken {
    /// They are of the native wire.
    Native,
    /// All were taken, and no frame is whole.
    All,
    /// A frame was taken, or refused.
    Frame,
}

impl Wire {
    pub(super) fn buffered(&self) -> usize {
        match self {
            Self::Native => 0,
            Self::Unknown(unknown) => usize::from(unknown.have),
            Self::Seed(seed) => seed.reader.buffered(),
        }
    }

    /// Nothing of what came is wanted any more.
    pub(super) fn forget(&mut self) {
        if let Self::Seed(seed) = self
            && let Some(width) = seed.reader.width()
        {
            seed.reader = Reader::of_width(width);
        }
    }
}

impl Input {
    /// The first bytes will tell which wire it is, if the seed's is taken at all.
    pub(super) fn expect_seed(&mut self, taken: bool) {
        if taken {
            self.wire = Wire::Unknown(Box::default());
        }
    }

    /// Looks at the first bytes, up to the one that tells. `[LG-1]`
    fn tell_wire(&mut self, bytes: &mut &[u8]) {
        let Wire::Unknown(unknown) = &mut self.wire else {
            return;
        };
        for slot in unknown.length.iter_mut().skip(usize::from(unknown.have)) {
            let Some((first, rest)) = bytes.split_first() else {
                return;
            };
            *slot = *first;
            *bytes = rest;
            unknown.have = unknown.have.saturating_add(1);
        }
        let Some(fifth) = bytes.first() else { return };
        if legacy::is_seed(*fifth) {
            self.wire = Wire::Seed(Box::new(Seed {
                reader: Reader::after_length(unknown.length),
                kind: Kind::Str,
                refusal: unknown.refusal.take(),
                welcomed: false,
                member: 0,
                line: 0,
            }));
        } else if unknown.refusal.is_none() {
            // A length that is refused is refused again with what follows.
            let _ = self.decoder.next(&mut unknown.length.as_slice(), u32::MAX);
            self.wire = Wire::Native;
        }
    }
}

impl Peer {
    /// How many lines of it may be unanswered at once. One, where nobody could say it again: what follows a line that is
    /// refused is dropped with it. `[LG-9]`
    pub(super) fn window(&self) -> usize {
        match self.input.wire {
            Wire::Seed(_) => 1,
            Wire::Native | Wire::Unknown(_) => WINDOW,
        }
    }
}

impl Server {
    /// Whether clients of the seed are taken too, from now on, told apart by their first bytes. Off where nothing is
    /// said: a server that takes them is told so. `[LG-1]`
    pub fn set_seed_wire(&mut self, taken: bool) {
        self.seed_wire = taken;
    }

    pub(super) fn is_seed(&self, conn: ConnId) -> bool {
        let peer = self.peers.get(&conn);
        peer.is_some_and(|peer| matches!(peer.input.wire, Wire::Seed(_)))
    }

    /// A connection that is turned away is told so once it is known in which words; whether that is waited for.
    pub(super) fn refuse_when_heard(
        &mut self,
        conn: ConnId,
        refusal: &Refusal,
        now: Instant,
    ) -> bool {
        let by = now.saturating_add(self.config.limits.linger);
        let Some(peer) = self.peers.get_mut(&conn) else {
            return false;
        };
        let Wire::Unknown(unknown) = &mut peer.input.wire else {
            return false;
        };
        unknown.refusal = Some(refusal.clone());
        peer.due.handshake = Some(by);
        self.arm(conn);
        true
    }

    /// Why a connection that waits to be told so was turned away.
    pub(super) fn turned_away(&self, conn: ConnId) -> Option<Refusal> {
        match &self.peers.get(&conn)?.input.wire {
            Wire::Unknown(unknown) => unknown.refusal.clone(),
            Wire::Seed(seed) => seed.refusal.clone(),
            Wire::Native => None,
        }
    }

    /// Takes a frame from `bytes`, if the connection is the seed's or may yet be.
    pub(super) fn take_seed(&mut self, conn: ConnId, bytes: &mut &[u8], now: Instant) -> Taken {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Taken::All;
        };
        peer.input.tell_wire(bytes);
        let hello = matches!(peer.phase, Phase::AwaitName);
        let Peer { input, due, .. } = &mut **peer;
        let seed = match &mut input.wire {
            Wire::Native => return Taken::Native,
            Wire::Unknown(_) if bytes.is_empty() => return Taken::All,
            Wire::Unknown(unknown) => {
                // It speaks, and natively: now it can be told.
                let refusal = unknown.refusal.take();
                input.wire = Wire::Native;
                if let Some(refusal) = refusal {
                    self.close(conn, CloseReason::Refused(refusal), now);
                }
                return Taken::Frame;
            }
            Wire::Seed(seed) => seed,
        };
        due.pingless = true;
        let limit = if hello {
            legacy::HELLO_BODY
        } else {
            legacy::BODY
        };
        let before = bytes.len();
        let taken = seed.reader.next(bytes, limit);
        if !hello {
            // [LG-2] what has begun ends in time, or the peer is gone.
            let by = now.saturating_add(self.config.limits.handshake);
            due.dead = match taken {
                Ok(None) if seed.reader.is_mid_frame() => due.dead.or(Some(by)),
                _ => None,
            };
        }
        let read = match taken {
            Ok(None) => return Taken::All,
            Ok(Some(body)) => {
                input.charge(&self.config.limits, before.saturating_sub(bytes.len()), now);
                pickle::read(&body, legacy::TEXT).map_err(of_body)
            }
            Err(refused) => Err(of_frame(refused)),
        };
        match read {
            Ok((kind, text)) => self.hear_seed(conn, kind, text, now),
            Err(violation) => match self.turned_away(conn) {
                Some(refusal) => self.close(conn, CloseReason::Refused(refusal), now),
                None => self.close(conn, CloseReason::Violated(violation), now),
            },
        }
        Taken::Frame
    }

    /// Takes a text of a client of the seed as the message that it stands for.
    fn hear_seed(&mut self, conn: ConnId, kind: Kind, text: String, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let Wire::Seed(seed) = &mut peer.input.wire else {
            return;
        };
        let message = match &peer.phase {
            Phase::AwaitName => {
                seed.kind = kind;
                match seed.refusal.take().map_or_else(
                    || login(&text),
                    |refusal| Err(CloseReason::Refused(refusal)),
                ) {
                    Ok(login) => Message::Name(login),
                    Err(why) => return self.close(conn, why, now),
                }
            }
            _ if text.is_empty() => Message::Quit(Quit { why: None }),
            Phase::Live(seat) => {
                // Numbers that count up and a chain that holds: with a window of one nothing else is out. [LG-9]
                let room = self.rooms.get(seat.room);
                let after = room.map_or(0, |room| room.fold.acked(&seat.session));
                seed.line = seed.line.max(after).saturating_add(1);
                Message::Say(Say {
                    id: seed.line,
                    after,
                    kind: SayKind::Say,
                    re: None,
                    text,
                })
            }
            Phase::Asking(_) | Phase::Joining(_) | Phase::Leaving(_) | Phase::Closing(_) => return,
        };
        self.step(conn, message, now);
    }

    /// The next bytes to write to a client of the seed: the native ones, in its words. `[LG-7]`
    pub(super) fn transmit_to_seed(&mut self, conn: ConnId, now: Instant) -> Option<Transmit> {
        loop {
            let bytes = match self.transmit(conn, now)? {
                Transmit::Data(bytes) => bytes,
                Transmit::Shutdown => return Some(Transmit::Shutdown),
            };
            let peer = self.peers.get_mut(&conn)?;
            let seat = peer.seat();
            let fold = seat.and_then(|seat| Some(&self.rooms.get(seat.room)?.fold));
            // Kept until it is let in; the welcome bears it.
            let origin = peer.origin.as_ref();
            let address = origin.and_then(|origin| origin.addr.as_ref());
            let address = address.map(ToString::to_string);
            let Wire::Seed(seed) = &mut peer.input.wire else {
                return None;
            };
            // Not all that the room is told is for its eyes: then the next piece may be.
            let words = seed.put(&messages(&bytes), fold, address.as_deref());
            if !words.is_empty() {
                return Some(Transmit::Data(words.into()));
            }
        }
    }
}

impl Seed {
    /// Puts messages into frames of the seed's.
    fn put(&mut self, messages: &[Message], fold: Option<&Room>, address: Option<&str>) -> Vec<u8> {
        let width = self.reader.width().unwrap_or(Width::Wide);
        let kind = self.kind;
        let mut out = Vec::new();
        let mut tell = |text: &str| write_frame(text, width, kind, &mut out);
        for message in messages {
            match message {
                Message::Client(welcome) => {
                    self.member = welcome.you.member;
                    self.welcomed = true;
                    tell(&words::welcome(welcome.you.addr.as_deref()));
                }
                Message::Bye(bye) => {
                    // Its client dies of any first frame that is no welcome, and of none. [LG-8]
                    if !core::mem::replace(&mut self.welcomed, true) {
                        tell(&words::welcome(address));
                    }
                    if let Some(text) = words::bye(bye) {
                        tell(&text);
                    }
                }
                Message::Error(refused) => tell(&words::notice(&refused.text)),
                Message::Told(told) => tell(&words::told(told)),
                Message::Gap(gap) => tell(&words::gap(gap)),
                Message::Said(_)
                | Message::Joined(_)
                | Message::Left(_)
                | Message::Renamed(_)
                | Message::Titled(_)
                | Message::Modded(_) => {
                    if let Ok(event) = Event::try_from(message.clone())
                        && !self.is_own(&event)
                    {
                        let host = host_of(event.member(), fold, messages);
                        let texts = words::event(
                            &event,
                            host.as_deref(),
                            whom_of(&event, fold).as_deref(),
                            kind,
                        );
                        texts.iter().for_each(|text| tell(text));
                    }
                }
                // There is no such thing on its wire.
                Message::Ping(_)
                | Message::Pong(_)
                | Message::Members(_)
                | Message::Name(_)
                | Message::Say(_)
                | Message::Nick(_)
                | Message::Topic(_)
                | Message::Mod(_)
                | Message::Tell(_)
                | Message::Who(_)
                | Message::Quit(_) => {}
            }
        }
        out
    }

    fn is_own(&self, event: &Event) -> bool {
        event.member() == self.member
            && matches!(event, Event::Said(_) | Event::Joined(_) | Event::Left(_))
    }
}

/// A login of the seed, as the one that it stands for: a guest in the lobby, without history. `[LG-4]`
fn login(text: &str) -> Result<Login, CloseReason> {
    let Some(name) = words::login(text) else {
        let reason = String::from("the first frame must be NAME: and a name");
        let error = DecodeError::Invalid { reason };
        return Err(CloseReason::Violated(Violation::Malformed(error)));
    };
    // They would make its lines another's.
    if let Some(bad) = name.chars().find(|c| matches!(c, '@' | '[' | ']')) {
        let refusal = Refusal::BadName(NameError::Character(bad));
        return Err(CloseReason::Refused(refusal));
    }
    Ok(Login {
        versions: alloc::vec![VERSION],
        name: name.into(),
        room: RoomName::lobby().to_string(),
        history: 0,
        identity: None,
        resume: None,
        proof: None,
        agent: None,
    })
}

fn of_frame(refused: FrameRefused) -> Violation {
    match refused {
        FrameRefused::Length { len, limit } => {
            Violation::TooBig(FrameError::TooBig { length: len, limit })
        }
        FrameRefused::Upper | FrameRefused::Stranger => invalid(refused.to_string()),
    }
}

fn of_body(refused: BodyRefused) -> Violation {
    invalid(refused.to_string())
}

fn invalid(reason: String) -> Violation {
    Violation::Malformed(DecodeError::Invalid { reason })
}

/// The messages in some frames that this server wrote itself.
fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut decoder = Decoder::default();
    let mut all = Vec::new();
    while let Ok(Some(body)) = decoder.next(&mut bytes, u32::MAX) {
        all.extend(decode(body));
    }
    all
}

/// The host of one who speaks: as the room has it, or, if he is gone already, as his leave has it.
fn host_of(member: u64, fold: Option<&Room>, messages: &[Message]) -> Option<String> {
    if let Some(who) = fold.and_then(|fold| fold.member(member)) {
        return who.host.as_ref().map(ToString::to_string);
    }
    messages.iter().find_map(|message| match message {
        Message::Left(left) if left.member == member => left.host.clone(),
        _ => None,
    })
}

/// Whom a moderator's act is about, also where that one is gone by it.
fn whom_of(event: &Event, fold: Option<&Room>) -> Option<String> {
    match event {
        Event::Modded(modded) if modded.act != Act::Redact => {
            Some(fold?.called(modded.who?)?.to_string())
        }
        _ => None,
    }
}
