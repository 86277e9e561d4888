//! The log's side: what it is asked, and what it says to that.

use std::sync::Arc;

use parlance_proto::name::RoomName;
use parlance_proto::room::{self, Entry};
use parlance_proto::server::{AppendFailure, Ticket};
use parlance_proto::wire::Event;

use super::{AT, Room};

/// What the log was asked to append and has not answered.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The room.
    pub room: RoomName,
    /// The server's handle.
    pub ticket: Ticket,
    /// What is to be appended.
    pub entry: Arc<Entry>,
}

/// An entry that the log has.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Its position.
    pub pos: u64,
    /// Its time.
    pub at: u64,
    /// The entry.
    pub entry: Arc<Entry>,
}

impl Room {
    /// From now on the log does not answer.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// The log answers all that it was asked, and at once from now on.
    pub fn release(&mut self) {
        self.held = false;
        self.settle();
    }

    /// How many answers the log owes.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The log loses its oldest question.
    pub fn lose(&mut self) -> Proposal {
        self.waiting.pop_front().expect("something was proposed")
    }

    /// The log takes its oldest question, and says so.
    pub fn commit(&mut self) {
        let proposal = self.lose();
        self.land(&proposal, true);
    }

    /// The log says that it did not append its oldest question, or does not know.
    pub fn fail(&mut self, why: AppendFailure) -> Proposal {
        let proposal = self.lose();
        self.server.append_failed(proposal.ticket, why, self.now);
        self.settle();
        proposal
    }

    /// The log has an entry, whoever proposed it; with or without the ticket of who did.
    pub fn land(&mut self, proposal: &Proposal, ticket: bool) {
        self.append(proposal, ticket);
        self.settle();
    }

    pub(super) fn append(&mut self, proposal: &Proposal, ticket: bool) {
        let Proposal {
            room,
            ticket: handle,
            entry,
        } = proposal;
        let log = self.log.entry(room.clone()).or_default();
        let pos = log.last().map_or(1, |last| last.pos + 1);
        log.push(Logged {
            pos,
            at: self.at,
            entry: Arc::clone(entry),
        });
        let ticket = ticket.then_some(*handle);
        self.server
            .appended(room, pos, self.at, entry, ticket, self.now);
    }

    /// Has the server read a log from its beginning, as one that starts anew does.
    pub fn replay(&mut self, log: &[Logged]) {
        let lobby = RoomName::lobby();
        for logged in log {
            let (pos, at) = (logged.pos, logged.at);
            self.server
                .appended(&lobby, pos, at, &logged.entry, None, self.now);
            self.log
                .entry(lobby.clone())
                .or_default()
                .push(logged.clone());
            self.settle();
        }
    }

    /// The time that the log gives from now on, in milliseconds since it began.
    pub fn set_log_time(&mut self, ms: u64) {
        self.at = AT + ms;
    }

    /// What the lobby's log has.
    #[must_use]
    pub fn log(&self) -> &[Logged] {
        self.log.get(&RoomName::lobby()).map_or(&[], Vec::as_slice)
    }

    /// What the lobby has published.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        self.events
            .get(&RoomName::lobby())
            .map_or(&[], Vec::as_slice)
    }

    /// The lobby's fold.
    #[must_use]
    pub fn fold(&self) -> &room::Room {
        self.server.room(&RoomName::lobby()).expect("a lobby")
    }

    /// The log keeps no event of the lobby below `first` any more.
    pub fn trim(&mut self, first: u64) {
        self.server.trimmed(&RoomName::lobby(), first, self.now);
        self.settle();
    }

    /// What the log was asked to read and has not answered: after which events.
    #[must_use]
    pub fn reads(&self) -> Vec<u64> {
        self.reads.iter().map(|(_, after)| *after).collect()
    }

    /// Answers the oldest reading by at most `most` events that the log keeps.
    pub fn answer_read(&mut self, most: usize) {
        let (ticket, after) = self.reads.pop_front().expect("a reading");
        let later = self.events().iter().filter(|event| event.seq() > after);
        let page: Vec<Event> = later.take(most).cloned().collect();
        self.server.history(ticket, page, self.now);
        self.settle();
    }
}
