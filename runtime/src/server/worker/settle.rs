//! What the machine wants done, and the answers that it is given.

use std::rc::Rc;

use parlance_proto::server::{Action, Report, Server, Verdict};
use parlance_proto::time::Instant;

use super::{State, Worker};
use crate::invites::{Doorman, Question};
use crate::log::{Answer, Proposal};

impl Worker {
    /// Does what the machine wants done, and what follows from that, until it wants nothing more.
    pub(super) fn settle(&self, state: &mut State, now: Instant) {
        loop {
            while let Some(action) = state.server.poll() {
                self.act(state, action, now);
            }
            if !state.batch.is_empty() {
                state.log.append(&mut state.batch);
            }
            let Some(answer) = state.log.poll() else {
                break;
            };
            self.feed(&mut state.server, answer, now);
            while let Some(answer) = state.log.poll() {
                self.feed(&mut state.server, answer, now);
            }
        }
        while let Some(room) = state.log.wants_checkpoint() {
            if let Some(fold) = state.server.room(&room) {
                state.log.checkpoint(&room, fold);
            }
        }
        if !state.writable.is_empty() {
            self.to_write.notify_one();
        }
        self.arm(&state.server);
    }

    fn act(&self, state: &mut State, action: Action, now: Instant) {
        match action {
            Action::Writable(id) => {
                if let Some(link) = state.links.get(&id)
                    && link.queue()
                {
                    state.writable.push(Rc::clone(link));
                }
            }
            Action::Reading(id) => {
                if let Some(link) = state.links.get(&id) {
                    link.set_reading(state.server.wants_read(id));
                }
            }
            Action::Append {
                room,
                ticket,
                entry,
            } => state.batch.push(Proposal {
                room,
                ticket,
                entry,
            }),
            Action::Admit {
                ticket,
                conn,
                room,
                key,
                proof,
            } => match (&state.doorman, state.links.get(&conn)) {
                (Some(doorman), Some(link)) => doorman.ask(Question {
                    ticket,
                    room,
                    key,
                    proof,
                    address: link.peer.address.ip(),
                }),
                // Nobody is there to let anybody in.
                _ => state.server.admitted(ticket, Verdict::Refused, now),
            },
            Action::Used { ticket } => state.tell_doorman(|doorman| doorman.used(ticket)),
            Action::Unused { ticket } => state.tell_doorman(|doorman| doorman.unused(ticket)),
            Action::Made { room, pos, event } => state.log.made(&room, pos, event),
            Action::Read {
                room,
                ticket,
                after,
                limit,
            } => state.log.read(&room, ticket, after, limit),
            Action::Pass { room, note } => state.log.pass(room, note),
            Action::Forget { room } => state.log.forget(&room),
            Action::Closed { conn, reason } => {
                if let Some(link) = state.links.remove(&conn) {
                    link.end();
                    let pass = link.take_pass();
                    if pass.is_some() {
                        self.watch.closed(link.peer, &reason);
                    }
                    self.door.left(pass);
                }
                if state.links.is_empty() {
                    self.emptied.notify_waiters();
                }
            }
            Action::Report(report) => {
                if let Report::Admitted { conn, .. } = report
                    && let Some(link) = state.links.get(&conn)
                {
                    link.with_pass(|pass| self.door.logged_in(pass));
                }
                self.watch.report(&report);
            }
        }
    }

    /// Gives the machine an answer of the log.
    fn feed(&self, server: &mut Server, answer: Answer, now: Instant) {
        match answer {
            Answer::Appended {
                room,
                pos,
                at,
                entry,
                ticket,
            } => server.appended(&room, pos, at, &entry, ticket, now),
            Answer::Failed { ticket, why } => server.append_failed(ticket, why, now),
            Answer::History { ticket, events } => server.history(ticket, events, now),
            Answer::Trimmed { room, first } => server.trimmed(&room, first, now),
            Answer::Passed { room, note } => server.passed(&room, &note, now),
            Answer::Stopped { why } => {
                *self.fault.borrow_mut() = Some(why);
                self.faulted.notify_one();
            }
        }
    }

    /// Wakes the timer if it would sleep too long. If it would wake too early, that harms nobody.
    fn arm(&self, server: &Server) {
        let Some(wake) = server.poll_timeout() else {
            return;
        };
        if self.armed.get().is_none_or(|armed| wake.at < armed) {
            self.armed.set(Some(wake.at));
            self.earlier.notify_one();
        }
    }
}

impl State {
    fn tell_doorman(&self, tell: impl FnOnce(&Doorman)) {
        if let Some(doorman) = &self.doorman {
            tell(doorman);
        }
    }
}
