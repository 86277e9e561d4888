//! What is for one connection alone: rosters, private texts, errors, pongs.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Server;
use super::action::{Action, ConnId, Note};
use super::limits::{PAGE, PAGE_BYTES, TELLS};
use super::lines::words;
use super::rooms::RoomId;
use crate::name::RoomName;
use crate::text::{Text, TextError, Why};
use crate::time::Instant;
use crate::wire::{ErrorCode, Listed, Members, Message, Quit, Tell, Told, Who};

impl Server {
    /// Queues an answer: it goes out before what is pending of the room, between two frames, so
    /// that it is never older than the events around it. `[LV-8]` `[RM-13]`
    pub(super) fn answer(&mut self, conn: ConnId, message: &Message, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.output.answer(message);
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
        for (member, who) in room.fold.members_after(who.from) {
            let name = who.name.to_string();
            let host = who.host.as_ref().map(ToString::to_string);
            let size = name
                .len()
                .saturating_add(host.as_ref().map_or(0, String::len))
                .saturating_add(24);
            bytes = bytes.saturating_add(size);
            if list.len() >= PAGE || bytes > PAGE_BYTES {
                next = list.last().map(|listed: &Listed| listed.member);
                break;
            }
            let announced = if who.announced { Listed::ANNOUNCED } else { 0 };
            let away = if self.is_away(id, member) {
                Listed::AWAY
            } else {
                0
            };
            list.push(Listed {
                member,
                name,
                host,
                flags: announced | away,
            });
        }
        let page = Members {
            reference: who.reference,
            list,
            next,
        };
        self.answer(conn, &Message::Members(page), now);
    }

    /// `[DL-18]` `[DL-19]`
    pub(super) fn tell(&mut self, conn: ConnId, tell: Tell, now: Instant) {
        let Some(seat) = self.peers.get(&conn).and_then(|peer| peer.seat()) else {
            return;
        };
        let (id, from) = (seat.room, seat.member);
        let reference = Some(tell.reference);
        if let Err(error) = Text::parse(&tell.text) {
            return self.error(
                conn,
                None,
                reference,
                ErrorCode::BadText,
                error.to_string(),
                now,
            );
        }
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let Some(who) = room.fold.member(tell.to) else {
            let text = words(ErrorCode::NoMember).into();
            return self.error(conn, None, reference, ErrorCode::NoMember, text, now);
        };
        let elsewhere = who
            .logins
            .iter()
            .any(|(_, login)| login.node != self.config.node);
        let name = room
            .fold
            .member(from)
            .map(|who| who.name.to_string())
            .unwrap_or_default();
        let room_name = room.name.clone();
        let told = Told {
            from,
            to: tell.to,
            name,
            text: tell.text,
            reference: None,
        };
        match self.deliver(id, &told, now) {
            Delivered::Queued => {
                let receipt = Told { reference, ..told };
                self.answer(conn, &Message::Told(receipt), now);
            }
            Delivered::Nobody if elsewhere => {
                let node = self.config.node;
                let Told {
                    from,
                    to,
                    name,
                    text,
                    ..
                } = told;
                let reference = tell.reference;
                let note = Note::Tell {
                    node,
                    conn,
                    reference,
                    from,
                    name,
                    to,
                    text,
                };
                self.actions.push_back(Action::Pass {
                    room: room_name,
                    note,
                });
            }
            Delivered::Nobody => {
                let text = words(ErrorCode::NoMember).into();
                self.error(conn, None, reference, ErrorCode::NoMember, text, now);
            }
            Delivered::Full => {
                let text = words(ErrorCode::Busy).into();
                self.error(conn, None, reference, ErrorCode::Busy, text, now);
            }
        }
    }

    /// A note of another worker arrived, by `Action::Pass` there.
    pub fn passed(&mut self, room: &RoomName, note: &Note, now: Instant) {
        let Some(id) = self.rooms.find(room) else {
            return;
        };
        match note {
            Note::Tell {
                node,
                conn,
                reference,
                from,
                name,
                to,
                text,
            } if *node != self.config.node => {
                let (name, text) = (name.clone(), text.clone());
                let told = Told {
                    from: *from,
                    to: *to,
                    name,
                    text,
                    reference: None,
                };
                if matches!(self.deliver(id, &told, now), Delivered::Queued) {
                    let Told {
                        from,
                        to,
                        name,
                        text,
                        ..
                    } = told;
                    let (node, conn, reference) = (*node, *conn, *reference);
                    let note = Note::Told {
                        node,
                        conn,
                        reference,
                        from,
                        name,
                        to,
                        text,
                    };
                    self.actions.push_back(Action::Pass {
                        room: room.clone(),
                        note,
                    });
                }
            }
            Note::Told {
                node,
                conn,
                reference,
                from,
                name,
                to,
                text,
            } if *node == self.config.node => {
                let (name, text) = (name.clone(), text.clone());
                let receipt = Told {
                    from: *from,
                    to: *to,
                    name,
                    text,
                    reference: Some(*reference),
                };
                let seated = self
                    .peers
                    .get(conn)
                    .is_some_and(|peer| peer.seat().is_some());
                let fits = self
                    .peers
                    .get(conn)
                    .is_some_and(|peer| peer.output.waiting() <= TELLS);
                if seated && fits {
                    self.answer(*conn, &Message::Told(receipt), now);
                }
            }
            Note::Tell { .. } | Note::Told { .. } => {}
        }
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

    /// Queues a private text for the addressee's connections here.
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
                self.answer(conn, &Message::Told(told.clone()), now);
                outcome = Delivered::Queued;
            }
        }
        outcome
    }
}

enum Delivered {
    Queued,
    Nobody,
    Full,
}
