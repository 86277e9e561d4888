//! What a session has proposed and the fold has not taken: the window, and proposing again.
//!
//! The client chains its lines (`after`), the fold takes only the next link, and this keeps both
//! honest over a log that may refuse, lose or repeat: SPEC.md, "The life of one line".

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Server;
use super::action::{AppendFailure, ConnId};
use super::append::backoff;
use super::rooms::RoomId;
use super::timers::Timer;
use crate::name::Name;
use crate::room::{Deed, Denial, Entry, Line, Outcome, SessionKey};
use crate::text::{Text, Topic};
use crate::time::Instant;
use crate::wire::{ErrorCode, Message, Nick, Refused, Say, SetTopic};

/// The window of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Lines {
    queue: VecDeque<Proposed>,
    /// When what is uncertain is proposed again, and how often it has been.
    retry: Option<Instant>,
    tries: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Proposed {
    id: u64,
    entry: Arc<Entry>,
    /// Some copy of it may be in the log.
    maybe: bool,
}

impl Lines {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    fn newest(&self) -> Option<u64> {
        self.queue.back().map(|line| line.id)
    }

    fn find(&mut self, id: u64) -> Option<&mut Proposed> {
        self.queue.iter_mut().find(|line| line.id == id)
    }

    /// The line that an entry of the same login stands for; one of an older login stands for none here.
    fn find_of(&mut self, line: &Line) -> Option<&mut Proposed> {
        let same = |proposed: &Proposed| match &*proposed.entry {
            Entry::Line(own) => own.attempt == line.attempt,
            _ => false,
        };
        self.find(line.id).filter(|proposed| same(proposed))
    }

    /// The room has the line `id`, and with it all that came before it.
    fn settle(&mut self, id: u64) {
        // They stand in the order of their numbers: the rest need not be looked at.
        while self.queue.front().is_some_and(|line| line.id <= id) {
            self.queue.pop_front();
        }
    }

    fn is(&self, entry: &Arc<Entry>) -> bool {
        self.queue
            .iter()
            .any(|line| Arc::ptr_eq(&line.entry, entry))
    }
}

impl Server {
    pub(super) fn say(&mut self, conn: ConnId, say: Say, now: Instant) {
        let deed = match Text::parse(&say.text) {
            Ok(text) => Ok(Deed::Say {
                kind: say.kind,
                re: say.re,
                text,
            }),
            Err(error) => Err((ErrorCode::BadText, error.to_string())),
        };
        self.take_line(conn, say.id, say.after, deed, now);
    }

    pub(super) fn nick(&mut self, conn: ConnId, nick: Nick, now: Instant) {
        let deed = match Name::parse(&nick.name) {
            Ok(name) => Ok(Deed::Nick { name }),
            Err(error) => Err((ErrorCode::BadName, error.to_string())),
        };
        self.take_line(conn, nick.id, nick.after, deed, now);
    }

    pub(super) fn set_topic(&mut self, conn: ConnId, set: SetTopic, now: Instant) {
        let deed = match set.topic.as_deref().map(Topic::parse).transpose() {
            Ok(topic) => Ok(Deed::Topic { topic }),
            Err(error) => Err((ErrorCode::BadText, error.to_string())),
        };
        self.take_line(conn, set.id, set.after, deed, now);
    }

    /// Proposes a line of a connection, if it is the next link of its session's chain.
    pub(super) fn take_line(
        &mut self,
        conn: ConnId,
        id: u64,
        after: u64,
        deed: Result<Deed, (ErrorCode, String)>,
        now: Instant,
    ) {
        let Some(seat) = self.peers.get(&conn).and_then(|peer| peer.seat()) else {
            return;
        };
        let (room_id, session, member) = (seat.room, seat.session, seat.member);
        let (attempt, doubt) = (seat.attempt, seat.doubt);
        let Some(room) = self.rooms.get_mut(room_id) else {
            return;
        };
        let acked = room.fold.acked(&session);
        let newest = room
            .lines
            .get(&session)
            .and_then(Lines::newest)
            .map_or(acked, |newest| newest.max(acked));
        if id <= newest {
            return; // [DL-6] a repeat: its event or `acked` settles it.
        }
        if after != newest {
            return; // [DL-5] an orphan: its sender will send it again.
        }
        let deed = match deed {
            Ok(deed) => deed,
            Err((code, text)) => return self.error(conn, Some(id), None, code, text, now),
        };
        let entry: Arc<Entry> = Entry::Line(Line {
            session,
            attempt,
            member,
            id,
            after,
            deed,
        })
        .into();
        let line = Proposed {
            id,
            entry: Arc::clone(&entry),
            maybe: id <= doubt,
        };
        let lines = room.lines.entry(session).or_default();
        lines.queue.push_back(line);
        if lines.retry.is_none() {
            self.propose(room_id, entry, now);
        }
    }

    /// The fold has judged a line, ours or another worker's.
    pub(super) fn line_over(
        &mut self,
        id: RoomId,
        entry: &Arc<Entry>,
        line: &Line,
        outcome: &Outcome,
        own: bool,
        now: Instant,
    ) {
        let session = line.session;
        let Some(lines) = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.lines.get_mut(&session))
        else {
            return;
        };
        match outcome {
            Outcome::Applied | Outcome::Repeat => {
                lines.settle(line.id);
                lines.tries = 0;
            }
            Outcome::Orphan if own && lines.is(entry) => self.orphaned(id, entry, line, now),
            // A dropped copy: the one in the window may have waited for its answer.
            Outcome::Orphan if own && lines.find_of(line).is_some() => {
                self.propose_again(id, &session, now);
            }
            Outcome::LineRefused(denial) if lines.find(line.id).is_some() => {
                self.fail_line(id, &session, line.id, code_of(*denial), now);
            }
            Outcome::Forgotten if lines.find(line.id).is_some() => {
                self.fail_line(id, &session, line.id, ErrorCode::NoMember, now);
            }
            _ => {}
        }
        self.lines_moved(id, &session, now);
    }

    /// A line of ours came before its predecessor: the predecessor is proposed again, and it after it.
    fn orphaned(&mut self, id: RoomId, entry: &Arc<Entry>, line: &Line, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let acked = room.fold.acked(&line.session);
        let Some(lines) = room.lines.get_mut(&line.session) else {
            return;
        };
        let first = lines
            .queue
            .front()
            .is_some_and(|first| Arc::ptr_eq(&first.entry, entry));
        if first && line.after != acked && lines.find(line.after).is_none() {
            // Its predecessor is nowhere: the session has gone on elsewhere, and will tell.
            lines.queue.clear();
            return;
        }
        self.propose_again(id, &line.session, now);
    }

    /// The log refused a line, or nobody knows. `[DL-11]`
    pub(super) fn line_failed(
        &mut self,
        id: RoomId,
        entry: &Arc<Entry>,
        why: AppendFailure,
        now: Instant,
    ) {
        let Entry::Line(line) = &**entry else { return };
        let session = line.session;
        if why == AppendFailure::Unknown {
            self.doubt(id, line);
        } else if self.tickets.copies_of(line) > 0 {
            return; // [DL-11] no word while another copy is out.
        }
        let Some(lines) = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.lines.get_mut(&session))
        else {
            return;
        };
        let Some(proposed) = lines.find_of(line) else {
            return;
        };
        if proposed.maybe {
            if lines.retry.is_none() {
                let at = now.saturating_add(backoff(lines.tries));
                lines.retry = Some(at);
                lines.tries = lines.tries.saturating_add(1);
                self.timers.arm(at, Timer::Lines(id, session));
            }
        } else {
            self.fail_line(id, &session, line.id, ErrorCode::Storage, now);
            self.lines_moved(id, &session, now);
        }
    }

    /// Some copy of a line may be in the log: of the one in the window, or of one that was dropped and may be sent again.
    fn doubt(&mut self, id: RoomId, line: &Line) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let lines = room.lines.get_mut(&line.session);
        if let Some(proposed) = lines.and_then(|lines| lines.find_of(line)) {
            proposed.maybe = true;
        } else if let Some(conn) = room.seats.get(&line.session)
            && let Some(seat) = self.peers.get_mut(conn).and_then(|peer| peer.seat_mut())
            && seat.attempt == line.attempt
        {
            seat.doubt = seat.doubt.max(line.id);
        }
    }

    /// The wait after an unknown outcome is over.
    pub(super) fn lines_due(&mut self, id: RoomId, session: SessionKey, now: Instant) {
        if let Some(lines) = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.lines.get_mut(&session))
        {
            lines.retry = None;
            self.propose_again(id, &session, now);
        }
    }

    /// Proposes, in order, each line of the window of which no copy is out.
    fn propose_again(&mut self, id: RoomId, session: &SessionKey, now: Instant) {
        let Some(lines) = self.rooms.get(id).and_then(|room| room.lines.get(session)) else {
            return;
        };
        if lines.retry.is_some() {
            return; // They go, in order, when the wait is over.
        }
        let all: Vec<Arc<Entry>> = lines
            .queue
            .iter()
            .map(|line| Arc::clone(&line.entry))
            .collect();
        for entry in all {
            if self.tickets.copies(&entry) == 0 {
                self.propose(id, entry, now);
            }
        }
    }

    /// A line is refused for good: its sender is told, and what followed it is no longer ours.
    fn fail_line(
        &mut self,
        id: RoomId,
        session: &SessionKey,
        line: u64,
        code: ErrorCode,
        now: Instant,
    ) {
        let Some(lines) = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.lines.get_mut(session))
        else {
            return;
        };
        let cut = lines.queue.partition_point(|other| other.id < line);
        let dropped = lines.queue.split_off(cut);
        // The client sends again what followed, as the same links where these still hold: a copy of such a one may be in
        // the log. Of one that is still out nothing need be remembered: it is answered. `[DL-12]`
        let doubtful = |other: &&Proposed| other.id > line && other.maybe;
        let doubt = dropped.iter().rfind(doubtful).map_or(0, |other| other.id);
        let conn = self
            .rooms
            .get(id)
            .and_then(|room| room.seats.get(session))
            .copied();
        if let Some(conn) = conn {
            if let Some(seat) = self.peers.get_mut(&conn).and_then(|peer| peer.seat_mut()) {
                seat.doubt = seat.doubt.max(doubt);
            }
            self.error(conn, Some(line), None, code, words(code).into(), now);
        }
    }

    /// A newer login of a session: what the older one had on its way is its client's again.
    pub(super) fn forget_lines(&mut self, id: RoomId, session: &SessionKey) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        if let Some(Lines {
            retry: Some(at), ..
        }) = room.lines.remove(session)
        {
            self.timers.disarm(at, Timer::Lines(id, *session));
        }
    }

    /// The window of a session has changed: its connection may go on, or may be done.
    fn lines_moved(&mut self, id: RoomId, session: &SessionKey, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let done = room
            .lines
            .get(session)
            .is_some_and(|lines| lines.queue.is_empty());
        if done
            && let Some(Lines {
                retry: Some(at), ..
            }) = room.lines.remove(session)
        {
            self.timers.disarm(at, Timer::Lines(id, *session));
        }
        if let Some(conn) = room.seats.get(session).copied() {
            self.resume_if_paused(conn, now);
            self.settle(conn, now);
        }
    }

    /// Tells a connection that a request was refused, for certain. `[ER-9]`
    pub(super) fn error(
        &mut self,
        conn: ConnId,
        id: Option<u64>,
        reference: Option<u64>,
        code: ErrorCode,
        text: String,
        now: Instant,
    ) {
        self.answer(
            conn,
            &Message::Error(Refused {
                id,
                reference,
                code,
                text,
            }),
            now,
        );
    }
}

fn code_of(denial: Denial) -> ErrorCode {
    match denial {
        Denial::NoMember => ErrorCode::NoMember,
        Denial::NoEvent => ErrorCode::NoEvent,
        Denial::Taken => ErrorCode::Taken,
        Denial::NotAllowed => ErrorCode::NotAllowed,
        Denial::Muted => ErrorCode::Muted,
        Denial::SlowMode => ErrorCode::SlowMode,
        Denial::Full => ErrorCode::Busy,
    }
}

/// What a person is told with a code that needs no more detail.
pub(super) fn words(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Unsupported => "this server does not do that",
        ErrorCode::BadText => "the text breaks a rule",
        ErrorCode::BadName => "the name breaks a rule",
        ErrorCode::Taken => "the name is taken, or looks like one that is",
        ErrorCode::Muted => "you are muted",
        ErrorCode::SlowMode => "the room is in slow mode: wait a little",
        ErrorCode::NotAllowed => "you may not do that",
        ErrorCode::NoMember => "nobody of that number is here",
        ErrorCode::NoEvent => "there is no such event",
        ErrorCode::Busy => "too much waits for that member: try again later",
        ErrorCode::Storage => "the log could not take it: try again later",
    }
}
