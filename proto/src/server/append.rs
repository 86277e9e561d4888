//! Requests to the log, and its answers.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::time::Duration;

use super::Server;
use super::action::{Action, AppendFailure, Report, Ticket};
use super::limits::{RETRY_FIRST, RETRY_MOST};
use super::moderation::Parties;
use super::rooms::RoomId;
use super::timers::Timer;
use crate::name::RoomName;
use crate::room::{Deed, Entry, Line, LoginRefusal, Outcome};
use crate::time::Instant;

/// Requests that the log has not answered, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tickets {
    out: BTreeMap<Ticket, (Instant, Ticketed)>,
    /// What will be proposed again, and how often it has been.
    again: BTreeMap<Ticket, (RoomId, Arc<Entry>, u32)>,
    made: u64,
}

/// What a ticket stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ticketed {
    Append {
        room: RoomId,
        entry: Arc<Entry>,
        tries: u32,
    },
    Read {
        room: RoomId,
        after: u64,
    },
}

impl Tickets {
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Gives the next ticket, which expires at `by`.
    pub(super) fn give(&mut self, what: Ticketed, by: Instant) -> Ticket {
        let ticket = self.draw();
        self.out.insert(ticket, (by, what));
        ticket
    }

    /// The next number, for what is not asked of the log.
    pub(super) fn draw(&mut self) -> Ticket {
        self.made = self.made.saturating_add(1);
        Ticket(self.made)
    }

    /// Takes back the ticket of an append; one that stands for a read is left out.
    pub(super) fn take_append(&mut self, ticket: Ticket) -> Option<Ticketed> {
        match self.out.get(&ticket)? {
            (_, Ticketed::Append { .. }) => self.take(ticket),
            (_, Ticketed::Read { .. }) => None,
        }
    }

    /// Takes back the ticket of a read: the room, and the number it was after.
    pub(super) fn take_read(&mut self, ticket: Ticket) -> Option<(RoomId, u64)> {
        let (_, Ticketed::Read { room, after }) = self.out.get(&ticket)? else {
            return None;
        };
        let read = (*room, *after);
        self.out.remove(&ticket);
        Some(read)
    }

    fn take(&mut self, ticket: Ticket) -> Option<Ticketed> {
        self.out.remove(&ticket).map(|(_, what)| what)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.out.first_key_value().map(|(_, (by, _))| *by)
    }

    pub(super) fn pop_expired(&mut self, now: Instant) -> Option<(Ticket, Ticketed)> {
        let (ticket, _) = self
            .out
            .first_key_value()
            .filter(|(_, (by, _))| *by <= now)?;
        let ticket = *ticket;
        self.take(ticket).map(|what| (ticket, what))
    }

    /// How many copies of this very entry are out.
    pub(super) fn copies(&self, entry: &Arc<Entry>) -> usize {
        let same = |what: &Ticketed| matches!(what, Ticketed::Append { entry: e, .. } if Arc::ptr_eq(e, entry));
        self.out.values().filter(|(_, what)| same(what)).count()
    }

    /// How many copies of a line are out: of this entry, and of others that stand for the same line of its login.
    pub(super) fn copies_of(&self, line: &Line) -> usize {
        let same = |what: &Ticketed| match what {
            Ticketed::Append { entry, .. } => match &**entry {
                Entry::Line(other) => {
                    (other.id, other.attempt, &other.session)
                        == (line.id, line.attempt, &line.session)
                }
                _ => false,
            },
            Ticketed::Read { .. } => false,
        };
        self.out.values().filter(|(_, what)| same(what)).count()
    }
}

impl Server {
    /// The log has the entry at `pos`, with the time `at` (milliseconds since 1970). Each worker is
    /// given every entry of its rooms in the order of the log, its own with their `ticket`.
    pub fn appended(
        &mut self,
        room: &RoomName,
        pos: u64,
        at: u64,
        entry: &Arc<Entry>,
        ticket: Option<Ticket>,
        now: Instant,
    ) {
        let ticketed = ticket.and_then(|ticket| self.tickets.take_append(ticket));
        let own = match &ticketed {
            Some(Ticketed::Append { tries, .. }) => ticket.map(|ticket| (ticket, *tries)),
            _ => None,
        };
        let id = match self.rooms.find(room) {
            // Another worker's room, or one from before this start.
            None if own.is_none() => self.room_for(room),
            found => found,
        };
        let Some(id) = id else { return };
        self.landed(id, ticketed.as_ref());
        let Some(state) = self.rooms.get_mut(id) else {
            return;
        };
        if pos <= state.fold.pos() {
            return;
        }
        // Before it is done: one who is put out has no name here any more.
        let act = Parties::of(&state.fold, entry);
        let made = state.fold.apply(pos, at, entry);
        let event = made.event.and_then(|event| self.publish(id, event, now));
        let room = room.clone();
        self.actions.push_back(Action::Made { room, pos, event });
        self.verdict(id, entry, &made.outcome, own, now);
        if let (Outcome::Applied, Some(parties)) = (&made.outcome, act) {
            self.moderated(id, parties, now);
        }
        self.freed(now);
        self.keep_ceiling(now);
    }

    /// The log does not have what was asked to be appended, or nobody knows.
    pub fn append_failed(&mut self, ticket: Ticket, why: AppendFailure, now: Instant) {
        if let Some(what) = self.tickets.take_append(ticket) {
            self.append_over(ticket, what, why, now);
            self.keep_ceiling(now);
        }
    }

    pub(super) fn append_over(
        &mut self,
        ticket: Ticket,
        what: Ticketed,
        why: AppendFailure,
        now: Instant,
    ) {
        let Ticketed::Append { room, entry, tries } = &what else {
            return;
        };
        let (room, entry, tries) = (*room, Arc::clone(entry), *tries);
        self.landed(room, Some(&what));
        if why == AppendFailure::Unknown {
            self.place_in_doubt(room, &entry);
        }
        if matches!(*entry, Entry::Line(_)) {
            self.line_failed(room, &entry, why, now);
        } else if self.still_wanted(room, &entry) {
            // Logins, leaves and what makes a room are proposed until they are there.
            let wait = backoff(tries);
            self.tickets
                .again
                .insert(ticket, (room, entry, tries.saturating_add(1)));
            self.timers
                .arm(now.saturating_add(wait), Timer::Again(ticket));
        } else {
            self.place_left(room, &entry);
        }
        self.freed(now);
    }

    /// Proposes an entry again after a wait; `ticket` is its last one, which is not out any more.
    fn propose_later(
        &mut self,
        ticket: Ticket,
        room: RoomId,
        entry: Arc<Entry>,
        tries: u32,
        now: Instant,
    ) {
        self.tickets
            .again
            .insert(ticket, (room, entry, tries.saturating_add(1)));
        self.timers
            .arm(now.saturating_add(backoff(tries)), Timer::Again(ticket));
    }

    pub(super) fn again_due(&mut self, ticket: Ticket, now: Instant) {
        let Some((room, entry, tries)) = self.tickets.again.remove(&ticket) else {
            return;
        };
        if self.still_wanted(room, &entry) {
            self.propose_anew(room, entry, tries, now);
        } else {
            self.place_left(room, &entry);
        }
    }

    /// Asks the log to append `entry`.
    pub(super) fn propose(&mut self, room: RoomId, entry: Arc<Entry>, now: Instant) {
        self.propose_anew(room, entry, 0, now);
    }

    fn propose_anew(&mut self, id: RoomId, entry: Arc<Entry>, tries: u32, now: Instant) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        room.flight = room.flight.saturating_add(weight(&entry));
        let name = room.name.clone();
        if tries > 0 {
            self.actions
                .push_back(Action::Report(Report::Again { room: name.clone() }));
        }
        let what = Ticketed::Append {
            room: id,
            entry: Arc::clone(&entry),
            tries,
        };
        let by = now.saturating_add(self.config.limits.ticket_deadline);
        let ticket = self.tickets.give(what, by);
        self.counters.tickets = self.counters.tickets.saturating_add(1);
        self.actions.push_back(Action::Append {
            room: name,
            ticket,
            entry,
        });
        self.keep_ring(id, now);
    }

    /// Whether an entry that failed is still to be proposed.
    fn still_wanted(&self, room: RoomId, entry: &Entry) -> bool {
        let Some(room) = self.rooms.get(room) else {
            return false;
        };
        match entry {
            Entry::Founded { .. } => room.fold.epoch() == 0,
            Entry::Settings(settings) => room.fold.settings() != settings,
            Entry::Epoch { epoch } => room.fold.epoch() != *epoch,
            Entry::Login(login) => room.joining.contains_key(&login.nonce),
            Entry::Leave(leave) => room.fold.session(&leave.session).is_some_and(|session| {
                session.attempt == leave.attempt && session.ended < leave.attempt
            }),
            Entry::Operator { key } => !room.fold.has_operator(key),
            Entry::Line(_) => false,
        }
    }

    /// What the fold made of an entry, for whoever waits for it here.
    fn verdict(
        &mut self,
        id: RoomId,
        entry: &Arc<Entry>,
        outcome: &Outcome,
        own: Option<(Ticket, u32)>,
        now: Instant,
    ) {
        match &**entry {
            Entry::Founded { .. } => {
                if let Some(room) = self.rooms.get_mut(id) {
                    room.founding = false;
                }
                self.found(id, now);
            }
            Entry::Settings(_) => {
                if let Some(room) = self.rooms.get_mut(id) {
                    room.setting = false;
                }
            }
            Entry::Epoch { .. } if *outcome == Outcome::Applied => self.send_back(id, now),
            Entry::Epoch { .. } => {}
            Entry::Login(login) => match outcome {
                Outcome::LoggedIn { member, number } => {
                    self.logged_in(id, login, *member, *number, now);
                }
                Outcome::LoginRefused(refusal) => self.login_refused(id, login, *refusal, now),
                // The room's first entry was lost on the way and is proposed again; so is this.
                Outcome::Unfounded => match own {
                    Some((ticket, tries)) if self.still_wanted(id, entry) => {
                        self.propose_later(ticket, id, Arc::clone(entry), tries, now);
                    }
                    Some(_) => self.place_left(id, entry),
                    None => {}
                },
                _ => {}
            },
            Entry::Leave(leave) => self.left(id, leave, outcome, now),
            Entry::Operator { .. } => {}
            Entry::Line(line) => self.line_over(id, entry, line, outcome, own.is_some(), now),
        }
    }

    /// A ticket was answered: what it stood for is no longer in flight.
    fn landed(&mut self, id: RoomId, what: Option<&Ticketed>) {
        if let Some(Ticketed::Append { entry, .. }) = what
            && let Some(room) = self.rooms.get_mut(id)
        {
            room.flight = room.flight.saturating_sub(weight(entry));
        }
    }

    /// Tickets came back: connections that waited for one go on.
    pub(super) fn freed(&mut self, now: Instant) {
        let limit = self.config.limits.tickets;
        if self.tickets.len().saturating_add(1) == limit {
            self.resume_paused(None, now);
        }
    }
}

/// How long to wait before the `tries`-th repetition.
pub(super) fn backoff(tries: u32) -> Duration {
    RETRY_FIRST
        .saturating_mul(1_u32.checked_shl(tries.min(16)).unwrap_or(1))
        .min(RETRY_MOST)
}

/// How many bytes of text an entry brings to the stream.
fn weight(entry: &Entry) -> u64 {
    let bytes = match entry {
        Entry::Line(line) => match &line.deed {
            Deed::Say { text, .. } => text.as_str().len(),
            Deed::Nick { name } => name.as_str().len(),
            Deed::Topic { topic } => topic.as_ref().map_or(0, |topic| topic.as_str().len()),
            Deed::Mod(asked) => asked.why.as_ref().map_or(0, |why| why.as_str().len()),
        },
        Entry::Founded { .. }
        | Entry::Settings(_)
        | Entry::Epoch { .. }
        | Entry::Login(_)
        | Entry::Leave(_)
        | Entry::Operator { .. } => 0,
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// How a refusal of the fold is told.
impl From<LoginRefusal> for crate::close::Refusal {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::Taken => Self::Taken,
            LoginRefusal::Stale => Self::Stale,
            LoginRefusal::Session => Self::Session,
            LoginRefusal::Banned => Self::Banned,
        }
    }
}
