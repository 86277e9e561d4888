//! Moderation: what an operator asks for goes through the log as any other line; what the fold has taken is carried out
//! here.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::Server;
use super::action::{Action, ConnId, Moderated, Report};
use super::lines::words;
use super::rooms::RoomId;
use crate::close::CloseReason;
use crate::name::Name;
use crate::room::{Deed, Entry, Line, Moderating, Owner, Room, SessionKey};
use crate::text::Why;
use crate::time::Instant;
use crate::wire::{Act, ErrorCode, Mod};

/// Who does what to whom, by the names that they have before it is done.
pub(super) struct Parties {
    member: u64,
    by: Name,
    asked: Moderating,
    whom: Option<Name>,
}

impl Parties {
    /// Those of an entry that moderates.
    pub(super) fn of(fold: &Room, entry: &Entry) -> Option<Self> {
        let Entry::Line(Line {
            member,
            deed: Deed::Mod(asked),
            ..
        }) = entry
        else {
            return None;
        };
        let whom = match asked.act {
            Act::Redact | Act::Slow => None,
            _ => asked.who.and_then(|who| fold.called(who)).cloned(),
        };
        Some(Self {
            member: *member,
            by: fold.called(*member)?.clone(),
            asked: asked.clone(),
            whom,
        })
    }
}

impl Server {
    /// Takes `MOD`. `[RM-20]`
    pub(super) fn moderate(&mut self, conn: ConnId, asked: Mod, now: Instant) {
        let deed = if is_meant(&asked) {
            match asked.why.as_deref().map(Why::parse).transpose() {
                Ok(why) => Ok(Deed::Mod(Moderating {
                    act: asked.act,
                    who: asked.who,
                    secs: asked.secs,
                    why,
                })),
                Err(error) => Err((ErrorCode::BadText, error.to_string())),
            }
        } else {
            let code = ErrorCode::Unsupported;
            Err((code, words(code).into()))
        };
        self.take_line(conn, asked.id, asked.after, deed, now);
    }

    /// The fold has taken it: whoever was put out is let go, whatever worker he is at, and what was erased is erased.
    pub(super) fn moderated(&mut self, id: RoomId, parties: Parties, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let Parties {
            member,
            by,
            asked,
            whom,
        } = parties;
        match (asked.act, asked.who) {
            (Act::Redact, Some(seq)) => {
                room.stream.erase(seq);
            }
            (Act::Kick | Act::Ban, Some(who)) => {
                self.put_out(id, who, &asked, now);
            }
            _ => {}
        }
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let report = Moderated {
            room: room.name.clone(),
            seq: room.fold.head(),
            member,
            by,
            asked,
            whom,
        };
        self.actions
            .push_back(Action::Report(Report::Moderated(Box::new(report))));
    }

    /// Ends every connection of a member with the moderator's words.
    fn put_out(&mut self, id: RoomId, member: u64, asked: &Moderating, now: Instant) {
        let Some(room) = self.rooms.get(id) else {
            return;
        };
        let is_his = |conn: &ConnId| {
            let seat = self.peers.get(conn).and_then(|peer| peer.seat());
            seat.is_some_and(|seat| seat.member == member)
        };
        let all: Vec<ConnId> = room.readers.iter().copied().filter(is_his).collect();
        for conn in all {
            let reason = CloseReason::PutOut {
                banned: asked.act == Act::Ban,
                why: asked.why.clone(),
            };
            self.close(conn, reason, now);
        }
    }

    /// Whoever runs the server may moderate everywhere: the room is told so when he comes in.
    pub(super) fn appoint(&mut self, id: RoomId, session: &SessionKey, now: Instant) {
        let Owner::Key(key) = session.owner else {
            return;
        };
        let is_new = self
            .rooms
            .get(id)
            .is_some_and(|room| !room.fold.has_operator(&key));
        if !is_new || !self.config.operators.contains(&key) {
            return;
        }
        if let Some((room, member, name)) = self.rooms.get(id).and_then(|room| {
            let member = room.fold.session(session)?.member;
            let who = room.fold.member(member)?;
            Some((room.name.clone(), member, who.name.clone()))
        }) {
            let report = Report::Appointed { room, member, name };
            self.actions.push_back(Action::Report(report));
        }
        self.propose(id, Entry::Operator { key }.into(), now);
    }
}

/// Whether each field that is given has a meaning for the act, and each that it needs is.
fn is_meant(asked: &Mod) -> bool {
    let has_term = matches!(
        asked.act,
        Act::Ban | Act::BanAddress | Act::Mute | Act::Slow
    );
    asked.who.is_some() != (asked.act == Act::Slow) && (has_term || asked.secs.is_none())
}
