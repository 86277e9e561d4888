//! The fan-out: an event is encoded once, and each reader's cursor moves over it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use super::Server;
use super::action::{Action, ConnId, Report, Ticket};
use super::append::Ticketed;
use super::limits::PIECE;
use super::pace::Pace;
use super::peer::{Page, Peer, Phase, Seat};
use super::rooms::{RoomId, RoomState};
use crate::name::RoomName;
use crate::room::Piece;
use crate::time::Instant;
use crate::transmit::Transmit;
use crate::wire::{Event, Gap, GapWhy, Message, encode_frame};

/// What the stream has for a reader.
enum Next {
    /// Frames, and the number of the last event in them.
    Piece(Bytes, u64),
    /// These events are kept no more.
    Gap(u64, u64),
    /// They must be read from the log first.
    Fetch,
    /// It has all there is.
    Head,
}

impl Server {
    /// The next bytes to write, at most 64 KiB of the room's stream a call; none when there is
    /// nothing more for now. [`Transmit::Shutdown`] is the last there will be.
    pub fn poll_transmit(&mut self, conn: ConnId, now: Instant) -> Option<Transmit> {
        #[cfg(feature = "legacy")]
        if self.is_seed(conn) {
            return self.transmit_to_seed(conn, now);
        }
        self.transmit(conn, now)
    }

    /// As [`poll_transmit`](Self::poll_transmit), on the native wire.
    pub(super) fn transmit(&mut self, conn: ConnId, now: Instant) -> Option<Transmit> {
        let peer = self.peers.get_mut(&conn)?;
        if let Some(answers) = peer.output.next() {
            self.held.weigh(peer);
            self.transmitted(conn, now);
            self.resume_if_paused(conn, now);
            return Some(Transmit::Data(answers));
        }
        if let Phase::Closing(closing) = &peer.phase {
            let shut = closing.shut;
            peer.output.announced = false;
            peer.due.stall = None;
            if !shut {
                self.shut(conn);
                return Some(Transmit::Shutdown);
            }
            return None;
        }
        let Peer {
            phase, due, output, ..
        } = &mut **peer;
        let until = match &*phase {
            Phase::Leaving(leaving) => leaving.until,
            _ => None,
        };
        let Some((seat, room)) = phase
            .seat_mut()
            .and_then(|seat| self.rooms.get_mut(seat.room).map(|room| (seat, room)))
        else {
            self.drained(conn);
            return None;
        };
        let paged = seat.page.is_some();
        match next_for(seat, room) {
            Some(Next::Piece(bytes, upto)) => {
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                seat.cursor = upto;
                seat.pace.taken = seat.pace.taken.saturating_add(size);
                seat.pace.moved = true;
                let at = due.transmitted(&self.config.limits, now);
                self.timers.meet(conn, due, at);
                let held_up = room.hold.is_some().then_some(seat.room);
                if paged {
                    self.held.weigh(peer);
                }
                if let Some(id) = held_up {
                    self.hold_left(id, conn, Some(upto), now);
                }
                Some(Transmit::Data(bytes))
            }
            Some(Next::Gap(from, to)) => {
                let bytes = self.gap(conn, from, to)?;
                self.moved(conn, to, now);
                Some(Transmit::Data(bytes))
            }
            // What the log does not give any more is had at the next start.
            Some(Next::Fetch) if self.mute && until.is_some() => {
                self.farewell(conn, now);
                self.transmit(conn, now)
            }
            Some(Next::Fetch) => {
                self.fetch(conn, now);
                self.drained(conn);
                None
            }
            // A leaving connection has all that was due to it.
            Some(Next::Head) if until.is_some_and(|until| seat.cursor >= until) => {
                self.farewell(conn, now);
                self.transmit(conn, now)
            }
            // It has all there is, and is told of the next event.
            Some(Next::Head) => {
                output.announced = false;
                due.stall = None;
                seat.pace = Pace::default();
                if !seat.idle {
                    seat.idle = true;
                    room.idle.push(conn);
                }
                None
            }
            None => {
                self.drained(conn);
                None
            }
        }
    }

    /// The log's answer to `Read`: events above the number asked for, in order. What lies between
    /// that and the first of them is no longer kept.
    pub fn history(&mut self, ticket: Ticket, events: Vec<Event>, now: Instant) {
        if let Some((room, after)) = self.tickets.take_read(ticket) {
            self.page_in(room, after, events, now);
            self.freed(now);
            self.keep_ceiling(now);
        }
    }

    /// The log keeps no event below `first` any more.
    pub fn trimmed(&mut self, room: &RoomName, first: u64, now: Instant) {
        if let Some(id) = self.rooms.find(room)
            && let Some(room) = self.rooms.get_mut(id)
        {
            room.kept = room.kept.max(first);
            self.keep_ring(id, now);
        }
    }

    /// Puts an event into the room's stream and wakes those who have all the others. Gives the event
    /// back.
    pub(super) fn publish(&mut self, id: RoomId, event: Event, now: Instant) -> Option<Event> {
        let room = self.rooms.get_mut(id)?;
        let seq = event.seq();
        let message = Message::from(event);
        let appended = room.stream.append(&message);
        let event = Event::try_from(message).ok();
        if appended.is_err() {
            let room = room.name.clone();
            self.actions
                .push_back(Action::Report(Report::Unencodable { room, seq }));
            return event;
        }
        self.counters.encoded = self.counters.encoded.saturating_add(1);
        for conn in room.idle.drain(..) {
            let Some(peer) = self.peers.get_mut(&conn) else {
                continue;
            };
            let seat = peer.seat_mut();
            if let Some(seat) = seat.filter(|seat| seat.room == id && seat.idle) {
                seat.idle = false;
                seat.pace.since = Some(now);
                if let Some(at) = peer.announce(&self.config.limits, now) {
                    self.timers.meet(conn, &mut peer.due, at);
                    self.actions.push_back(Action::Writable(conn));
                }
            }
        }
        self.keep_ring(id, now);
        event
    }

    /// There is something for the connection: says so once, until the driver has drained it.
    pub(super) fn writable(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        if let Some(at) = peer.announce(&self.config.limits, now) {
            self.timers.meet(conn, &mut peer.due, at);
            self.actions.push_back(Action::Writable(conn));
        }
    }

    /// A read that the log did not answer in time is asked again by whoever still needs it.
    pub(super) fn read_failed(&mut self, id: RoomId, after: u64, now: Instant) {
        for conn in self.waiters(id, after) {
            self.writable(conn, now);
        }
    }

    /// What is left to do once bytes are handed out: the peer is judged by taking them.
    fn transmitted(&mut self, conn: ConnId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(&conn)
            && peer.due.linger.is_none()
        {
            let at = peer.due.transmitted(&self.config.limits, now);
            self.timers.meet(conn, &mut peer.due, at);
        }
    }

    fn moved(&mut self, conn: ConnId, upto: u64, now: Instant) {
        self.transmitted(conn, now);
        let Some(seat) = self.peers.get_mut(&conn).and_then(|peer| peer.seat_mut()) else {
            return;
        };
        seat.cursor = upto;
        seat.pace.moved = true;
        let room = seat.room;
        self.hold_left(room, conn, Some(upto), now);
    }

    fn drained(&mut self, conn: ConnId) {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.output.announced = false;
            peer.due.stall = None;
        }
    }

    /// `[DL-15]`
    fn gap(&mut self, conn: ConnId, from: u64, to: u64) -> Option<Bytes> {
        let seat = self.peers.get(&conn)?.seat()?;
        let room = self.rooms.get(seat.room)?;
        let gap = Gap {
            from,
            to,
            why: GapWhy::Trimmed,
            acked: room.fold.acked(&seat.session),
            topic: room.fold.topic().map(alloc::string::ToString::to_string),
            members: room.fold.count(),
        };
        let mut frame = BytesMut::new();
        encode_frame(&Message::Gap(gap), &mut frame).ok()?;
        self.actions
            .push_back(Action::Report(Report::Gap { conn, from, to }));
        Some(frame.freeze())
    }

    /// Asks the log for what the ring no longer has; readers at one place share one answer.
    fn fetch(&mut self, conn: ConnId, now: Instant) {
        let Some(seat) = self.peers.get_mut(&conn).and_then(|peer| peer.seat_mut()) else {
            return;
        };
        if seat.fetching {
            return;
        }
        seat.fetching = true;
        let (id, after) = (seat.room, seat.cursor);
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let waiters = room.reads.entry(after).or_default();
        waiters.push(conn);
        if waiters.len() > 1 {
            return;
        }
        let room = room.name.clone();
        let by = now.saturating_add(self.config.limits.ticket_deadline);
        let ticket = self.tickets.give(Ticketed::Read { room: id, after }, by);
        self.counters.tickets = self.counters.tickets.saturating_add(1);
        self.actions.push_back(Action::Read {
            room,
            ticket,
            after,
            limit: PIECE,
        });
    }

    fn page_in(&mut self, id: RoomId, after: u64, events: Vec<Event>, now: Instant) {
        let waiters = self.waiters(id, after);
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let page = page_of(room, after, events).map(|piece| {
            let share = piece.bytes.len().div_ceil(waiters.len().max(1));
            Box::new(Page { piece, share })
        });
        if page.is_some() {
            self.counters.pages = self.counters.pages.saturating_add(1);
        }
        for conn in waiters {
            let Some(peer) = self.peers.get_mut(&conn) else {
                continue;
            };
            if let Some(seat) = peer.seat_mut().filter(|seat| seat.cursor == after) {
                seat.page.clone_from(&page);
                self.held.weigh(peer);
                self.writable(conn, now);
            }
        }
    }

    fn waiters(&mut self, id: RoomId, after: u64) -> Vec<ConnId> {
        let waiters = self
            .rooms
            .get_mut(id)
            .and_then(|room| room.reads.remove(&after))
            .unwrap_or_default();
        for conn in &waiters {
            if let Some(seat) = self.peers.get_mut(conn).and_then(|peer| peer.seat_mut()) {
                seat.fetching = false;
            }
        }
        waiters
    }
}

/// What the stream of its room has for a reader.
fn next_for(seat: &mut Seat, room: &mut RoomState) -> Option<Next> {
    if let Some(page) = seat.page.take() {
        return Some(Next::Piece(page.piece.bytes, page.piece.upto));
    }
    let (cursor, first) = (seat.cursor, room.stream.first());
    if cursor >= room.fold.head() {
        return Some(Next::Head);
    }
    let next = cursor.saturating_add(1);
    if next >= first {
        let piece = room.stream.piece(cursor, PIECE)?;
        return Some(Next::Piece(piece.bytes, piece.upto));
    }
    if next < room.kept {
        return Some(Next::Gap(next, room.kept.min(first).saturating_sub(1)));
    }
    Some(Next::Fetch)
}

/// Encodes what the log gave, for all who wait for it. Where it begins later than asked for, what
/// lies between is gone: the room is told so, and the readers get a `GAP` in its place.
fn page_of(room: &mut RoomState, after: u64, events: Vec<Event>) -> Option<Piece> {
    let next = after.saturating_add(1);
    let first = events.first().map_or(room.stream.first(), Event::seq);
    if first > next {
        room.kept = room.kept.max(first);
        return None;
    }
    let mut bytes = BytesMut::new();
    let mut upto = after;
    for event in events {
        // Another worker may be further than this one: a reader that went past this fold would be
        // given rosters and answers that are older than the events it has.
        if event.seq() != upto.saturating_add(1) || event.seq() > room.fold.head() {
            break;
        }
        let seq = event.seq();
        let before = bytes.len();
        if encode_frame(&Message::from(event), &mut bytes).is_err() {
            bytes.truncate(before);
            break;
        }
        if bytes.len() > PIECE && before > 0 {
            bytes.truncate(before);
            break;
        }
        upto = seq;
    }
    (upto > after).then(|| Piece {
        bytes: bytes.freeze(),
        upto,
    })
}
