//! What a writer does at once, and how it is answered.

use parlance_proto::name::RoomName;
use parlance_proto::room::{Entry, Room};
use parlance_proto::server::{AppendFailure, Ticket};

use super::super::{Answer, Proposal};

/// What goes into one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) appends: Vec<Proposal>,
    pub(super) reads: Vec<(RoomName, Ticket, u64, usize)>,
    pub(super) states: Vec<(RoomName, Box<Room>)>,
}

/// What became of it.
pub(super) struct Written {
    pub(super) reads: Vec<Answer>,
    pub(super) places: Vec<u64>,
    pub(super) at: u64,
}

impl Batch {
    /// Answers all of it.
    pub(super) fn answer(self, written: Written, answers: &mut Vec<Answer>) {
        answers.extend(written.reads);
        let appended = self.appends.into_iter().zip(written.places);
        answers.extend(appended.map(|(proposal, pos)| Answer::Appended {
            room: proposal.room,
            pos,
            at: written.at,
            entry: proposal.entry,
            ticket: Some(proposal.ticket),
        }));
    }

    /// Takes out what people say: it is not stored, for certain.
    pub(super) fn refuse_lines(&mut self, answers: &mut Vec<Answer>) {
        let is_line = |proposal: &Proposal| matches!(&*proposal.entry, Entry::Line(_));
        let (lines, rest) = self.appends.drain(..).partition(is_line);
        self.appends = rest;
        refuse(lines, answers);
    }

    /// Takes out all appends.
    pub(super) fn refuse_all(&mut self, answers: &mut Vec<Answer>) {
        refuse(std::mem::take(&mut self.appends), answers);
    }
}

fn refuse(proposals: Vec<Proposal>, answers: &mut Vec<Answer>) {
    answers.extend(proposals.into_iter().map(|proposal| Answer::Failed {
        ticket: proposal.ticket,
        why: AppendFailure::NotStored,
    }));
}
