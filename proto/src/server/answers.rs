//! What is for one connection alone: rosters, private texts, errors, pongs.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Server;
use super::action::{Action, ConnId, Note, NoteKind};
use super::limits::{PAGE, PAGE_BYTES, TELLS};
use super::lines::words;
use super::rooms::RoomId;
use crate::name::{Name, RoomName};
use crate::room::{Member, Room};
use crate::text::{Host, Text, TextError, Why};
use crate::time::Instant;
use crate::wire::{ErrorCode, Listed, Members, Message, Quit, Tell, Told, Who};

impl Server {
    /// Queues an answer: it goes out before what is pending of the room, between two frames, so
    /// that it is never older than the events around it. `[LV-8]` `[RM-13]`
    pub(super) fn answer(&mut self, conn: ConnId, message: &Message, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.output.answer(message);
            self.held.weigh(peer);
            self.writable(conn, now);
        }
    }

    /// `[RM-12]`
    pub(super) fn who(&mut self, conn: ConnId, who: &Who, now: Instant) {
        let Some(seat) = self.peers.get(&conn).and_then(|peer| peer.seat()) else {
            return;
        };
        let id = seat.room;
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let mut list = Vec::new();
        let mut bytes = 0_usize;
        let mut next = None;
        let operator = room.fold.is_operator(seat.member);
        for (member, listed) in listed_after(&room.fold, who.from, operator) {
            let name = listed.name().to_string();
            let host = listed.host().map(ToString::to_string);
            let size = name
                .len()
                .saturating_add(host.as_ref().map_or(0, String::len))
                .saturating_add(24);
            bytes = bytes.saturating_add(size);
            if list.len() >= PAGE || bytes > PAGE_BYTES {
                next = list.last().map(|listed: &Listed| listed.member);
                break;
            }
            list.push(Listed {
                member,
                name,
                host,
                flags: self.flags_of(id, member, &listed),
            });
        }
        let page = Members {
            reference: who.reference,
            list,
            next,
        };
        self.answer(conn, &Message::Members(page), now);
    }

    fn flags_of(&self, id: RoomId, member: u64, listed: &InList<'_>) -> u64 {
        let InList::Here(who) = listed else {
            return Listed::BANNED;
        };
        let fold = self.rooms.get(id).map(|room| &room.fold);
        let flags = [
            (who.announced, Listed::ANNOUNCED),
            (
                fold.is_some_and(|fold| fold.is_operator(member)),
                Listed::OPERATOR,
            ),
            (
                fold.is_some_and(|fold| fold.is_muted(member)),
                Listed::MUTED,
            ),
            (self.is_away(id, member), Listed::AWAY),
        ];
        flags
            .into_iter()
            .filter(|(is, _)| *is)
            .fold(0, |all, (_, flag)| all | flag)
    }

    /// `[DL-18]` `[DL-19]`
    pub(super) fn tell(&mut self, conn: ConnId, tell: Tell, now: Instant) {
        let Some(seat) = self.peers.get(&conn).and_then(|peer| peer.seat()) else {
            return;
        };
        let (id, from, reference) = (seat.room, seat.member, tell.reference);
        if let Err(error) = Text::parse(&tell.text) {
            let (code, text) = (ErrorCode::BadText, error.to_string());
            return self.error(conn, None, Some(reference), code, text, now);
        }
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        if room.fold.is_muted(from) {
            return self.refuse_tell(conn, reference, ErrorCode::Muted, now); // [RM-21]
        }
        let Some(who) = room.fold.member(tell.to) else {
            return self.refuse_tell(conn, reference, ErrorCode::NoMember, now);
        };
        let elsewhere = who
            .logins
            .iter()
            .any(|(_, login)| login.node != self.config.node);
        let sender = room.fold.member(from);
        let told = Told {
            from,
            to: tell.to,
            name: sender.map(|who| who.name.to_string()).unwrap_or_default(),
            text: tell.text,
            reference: Some(reference),
        };
        let room = room.name.clone();
        match self.deliver(id, &told, now) {
            Delivered::Queued => self.answer(conn, &Message::Told(told), now),
            Delivered::Nobody if elsewhere => {
                let (node, what) = (self.config.node, NoteKind::Deliver);
                let note = Note {
                    node,
                    conn,
                    what,
                    told,
                };
                self.actions.push_back(Action::Pass { room, note });
            }
            Delivered::Nobody => self.refuse_tell(conn, reference, ErrorCode::NoMember, now),
            Delivered::Full => self.refuse_tell(conn, reference, ErrorCode::Busy, now),
        }
    }

    /// A note of another worker arrived, by `Action::Pass` there.
    pub fn passed(&mut self, room: &RoomName, note: &Note, now: Instant) {
        let Some(id) = self.rooms.find(room) else {
            return;
        };
        let own = note.node == self.config.node;
        match note.what {
            NoteKind::Deliver if !own => {
                if matches!(self.deliver(id, &note.told, now), Delivered::Queued) {
                    let what = NoteKind::Delivered;
                    let note = Note {
                        what,
                        ..note.clone()
                    };
                    let room = room.clone();
                    self.actions.push_back(Action::Pass { room, note });
                }
            }
            NoteKind::Delivered if own => {
                let fits = self
                    .peers
                    .get(&note.conn)
                    .is_some_and(|peer| peer.seat().is_some() && peer.output.waiting() <= TELLS);
                if fits {
                    self.answer(note.conn, &Message::Told(note.told.clone()), now);
                }
            }
            NoteKind::Deliver | NoteKind::Delivered => {}
        }
        self.keep_ceiling(now);
    }

    fn refuse_tell(&mut self, conn: ConnId, reference: u64, code: ErrorCode, now: Instant) {
        self.error(conn, None, Some(reference), code, words(code).into(), now);
    }

    /// `[ER-4]`
    pub(super) fn quit(&mut self, conn: ConnId, quit: Quit, now: Instant) {
        match quit.why.as_deref().map(Why::parse).transpose() {
            Ok(why) => self.part(conn, why, now),
            Err(error) => {
                self.error(
                    conn,
                    None,
                    None,
                    ErrorCode::BadText,
                    TextError::to_string(&error),
                    now,
                );
            }
        }
    }

    /// Queues a private text for the addressee's connections here; the reference is its sender's.
    fn deliver(&mut self, id: RoomId, told: &Told, now: Instant) -> Delivered {
        let Some(room) = self.rooms.get(id) else {
            return Delivered::Nobody;
        };
        let here = |conn: &&ConnId| {
            let seat = self.peers.get(conn).and_then(|peer| peer.seat());
            seat.is_some_and(|seat| seat.member == told.to)
        };
        let all: Vec<ConnId> = room.readers.iter().filter(here).copied().collect();
        let mut outcome = Delivered::Nobody;
        for conn in all {
            let full = self
                .peers
                .get(&conn)
                .is_none_or(|peer| peer.output.waiting() > TELLS);
            if full {
                if matches!(outcome, Delivered::Nobody) {
                    outcome = Delivered::Full;
                }
            } else {
                let told = Told {
                    reference: None,
                    ..told.clone()
                };
                self.answer(conn, &Message::Told(told), now);
                outcome = Delivered::Queued;
            }
        }
        outcome
    }
}

/// One line of a roster.
enum InList<'a> {
    Here(&'a Member),
    /// Kept out: only his name is known.
    Out(&'a Name),
}

impl InList<'_> {
    fn name(&self) -> &Name {
        match self {
            Self::Here(who) => &who.name,
            Self::Out(name) => name,
        }
    }

    fn host(&self) -> Option<&Host> {
        match self {
            Self::Here(who) => who.host.as_ref(),
            Self::Out(_) => None,
        }
    }
}

/// Those with a number above `from`, by number; for an operator those who are kept out, too, unless they are here.
fn listed_after(fold: &Room, from: u64, operator: bool) -> Vec<(u64, InList<'_>)> {
    // One more than a page shows whether there is another.
    let most = PAGE.saturating_add(1);
    let here = fold.members_after(from).take(most);
    let mut all: BTreeMap<u64, InList<'_>> = here.map(|(n, who)| (n, InList::Here(who))).collect();
    if operator {
        for (number, name) in fold.kept_out_after(from).take(most) {
            if fold.member(number).is_none() {
                all.insert(number, InList::Out(name));
            }
        }
    }
    all.into_iter().take(most).collect()
}

enum Delivered {
    Queued,
    Nobody,
    Full,
}
