//! The lines that were said and are not settled yet, in the order in which they were said.
//!
//! A line gets its wire `id` when it is first handed to the socket, so that a line that was never written has none and
//! can go into whatever session comes. All that are on the link stand before all that are not: `on_link` counts them.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::action::{Failure, LineState};
use crate::name::Name;
use crate::room::Moderating;
use crate::text::{Text, Topic};
use crate::wire::{Message, Mod, Nick, Say, SayKind, SetTopic};

/// How many lines may be unsettled at once. With texts of 16 KiB that bounds an outbox to 16 MiB, and it is far above
/// the window, so that a person offline for an evening can go on writing.
pub const MAX_OUTBOX: usize = 1_024;

/// A client's own number of a line: from 1, in the order said, never reused. The wire `id` may change with a fresh
/// session, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(u64);

impl LineId {
    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What a line does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// Says a text.
    Say {
        /// In which manner.
        kind: SayKind,
        /// The event that it answers.
        re: Option<u64>,
        /// The text.
        text: Text,
    },
    /// Asks for another name.
    Nick(Name),
    /// Sets the topic, or clears it.
    Topic(Option<Topic>),
    /// Moderates.
    Mod(Moderating),
}

/// A line in the outbox, as [`Client::outbox`](super::Client::outbox) shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Which line.
    pub line: LineId,
    /// What it does.
    pub what: &'a What,
    /// How it stands: what is in the outbox is pending. The other states come as
    /// [`Action::Line`](super::Action::Line), once, when the line leaves it.
    pub state: LineState,
}

/// A line that has left the outbox.
pub(super) type Settled = (LineId, What, LineState);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Unsettled {
    line: LineId,
    what: What,
    /// The number in this session, 0 while it was not written in it.
    id: u64,
    /// The epoch of the room in which it was written to a socket, in this session or in an earlier one.
    written: Option<u64>,
}

/// A line as it is kept over the end of the process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stored {
    pub(super) what: What,
    /// The number in the session that is kept with it, 0 if it has none.
    pub(super) id: u64,
    /// The epoch under which it may have been written.
    pub(super) written: Option<u64>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Outbox {
    lines: VecDeque<Unsettled>,
    /// How many, from the front, are on this link and unanswered.
    on_link: usize,
    /// The newest [`LineId`] given.
    newest_line: u64,
    /// The newest `id` given in this session.
    newest_id: u64,
    /// The newest `id` of this session that may have been written: a number that is only kept for a line was not.
    newest_written: u64,
    /// The newest `id` of this session that is settled and was not refused: what the first line names as `after`.
    base: u64,
}

impl Outbox {
    /// Takes a line, or `None` where it is full.
    pub(super) fn push(&mut self, what: What) -> Option<LineId> {
        if self.lines.len() >= MAX_OUTBOX {
            return None;
        }
        self.newest_line = self.newest_line.saturating_add(1);
        let line = LineId(self.newest_line);
        self.lines.push_back(Unsettled {
            line,
            what,
            id: 0,
            written: None,
        });
        Some(line)
    }

    /// The lines as they are to be kept. With an `epoch` each of them may be written before they are kept again: so it
    /// gets its number now, and is kept as written.
    pub(super) fn stored(&mut self, epoch: Option<u64>) -> Vec<Stored> {
        let newest = &mut self.newest_id;
        let lines = self.lines.iter_mut().map(|line| {
            if epoch.is_some() && line.id == 0 {
                *newest = newest.saturating_add(1);
                line.id = *newest;
            }
            Stored {
                what: line.what.clone(),
                id: line.id,
                written: epoch.or(line.written),
            }
        });
        lines.collect()
    }

    /// Takes lines that were kept, and says how many.
    pub(super) fn restore(&mut self, lines: Vec<Stored>, newest_id: u64, base: u64) -> u64 {
        for line in lines {
            self.newest_line = self.newest_line.saturating_add(1);
            self.lines.push_back(Unsettled {
                line: LineId(self.newest_line),
                what: line.what,
                id: line.id,
                written: line.written,
            });
        }
        self.newest_id = newest_id;
        self.newest_written = newest_id;
        self.base = base;
        self.newest_line
    }

    /// The first `count` lines that this outbox took were kept, and that was long ago: whatever became of them, it was
    /// not kept.
    pub(super) fn give_up_restored(&mut self, count: u64) -> Vec<Settled> {
        for line in &mut self.lines {
            if line.line.get() <= count {
                line.written = line.written.or(Some(0));
            }
        }
        self.unknown_where(|line| line.line.get() <= count)
    }

    /// The newest `id` that is settled and was not refused.
    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    /// Whether [`next`](Self::next) would yield.
    pub(super) fn is_sendable(&self, window: usize) -> bool {
        self.on_link < window.min(self.lines.len())
    }

    /// The next line to write, if the window allows one more [DL-14]; from here on it counts as written, in `epoch`.
    pub(super) fn next(&mut self, window: usize, epoch: u64) -> Option<Message> {
        if !self.is_sendable(window) {
            return None;
        }
        let before = self.on_link.checked_sub(1);
        let after = before.and_then(|at| self.lines.get(at)).map(|line| line.id);
        let after = after.unwrap_or(self.base);
        let line = self.lines.get_mut(self.on_link)?;
        if line.id == 0 {
            self.newest_id = self.newest_id.saturating_add(1);
            line.id = self.newest_id;
        }
        line.written = Some(epoch);
        self.newest_written = self.newest_written.max(line.id);
        self.on_link = self.on_link.saturating_add(1);
        Some(message(line.id, after, &line.what))
    }

    /// Whether no line waits any more.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The newest `id` of this session that may have been written. One that the server calls newer was given by somebody
    /// else [HS-21].
    pub(super) const fn newest_written(&self) -> u64 {
        self.newest_written
    }

    /// The newest `id` given in this session.
    pub(super) const fn newest_id(&self) -> u64 {
        self.newest_id
    }

    /// The room has the line `id`, and so the whole chain below it [DL-7].
    pub(super) fn settle(&mut self, id: u64) -> Vec<Settled> {
        let is_in = |line: &Unsettled| line.id != 0 && line.id <= id;
        let count = self.lines.iter().take_while(|line| is_in(line)).count();
        self.on_link = self.on_link.saturating_sub(count);
        self.base = self.base.max(id);
        let gone = self.lines.drain(..count);
        gone.map(|line| (line.line, line.what, LineState::Sent))
            .collect()
    }

    /// A new link, on which nothing is yet, took up the session: what is above `acked` goes again, the first with `after` = `acked` [DL-9].
    pub(super) fn resume(&mut self, acked: u64) -> Vec<Settled> {
        let settled = self.settle(acked);
        self.base = acked;
        settled
    }

    /// The line `id` was refused: it leaves the chain, and all that followed it goes again past it [DL-8].
    pub(super) fn refuse(&mut self, id: u64, why: Failure) -> Option<Settled> {
        let at = self.lines.iter().position(|line| line.id == id)?;
        let line = self.lines.remove(at)?;
        self.on_link = self.on_link.min(at);
        Some((line.line, line.what, LineState::Failed(why)))
    }

    /// The link is gone: nothing is on it.
    pub(super) fn link_lost(&mut self) {
        self.on_link = 0;
    }

    /// The session is gone: ids begin anew [HS-21]. That a line was written is remembered.
    pub(super) fn fresh_session(&mut self) {
        self.on_link = 0;
        self.newest_id = 0;
        self.newest_written = 0;
        self.base = 0;
        for line in &mut self.lines {
            line.id = 0;
        }
    }

    /// Lines written in a session that is gone, now that the room tells its `epoch`: under the same one it may have
    /// taken them, so they are unknown; under another the old log is gone, and they go again [DL-21].
    pub(super) fn judge_doubtful(&mut self, epoch: u64) -> Vec<Settled> {
        self.unknown_where(|line| line.id == 0 && line.written == Some(epoch))
    }

    /// All that was written is unknown: a guest's session ends with its link [DL-21].
    pub(super) fn written_are_unknown(&mut self) -> Vec<Settled> {
        self.unknown_where(|_| true)
    }

    /// Nothing will be settled any more: what was written is unknown, the rest was certainly not sent.
    pub(super) fn abandon(&mut self) -> Vec<Settled> {
        self.on_link = 0;
        self.give_up(|_| true, &Failure::NotSent)
    }

    /// Texts above `limit` bytes can never be taken by this server. For use where nothing is on the link.
    pub(super) fn give_up_longer_than(&mut self, limit: u64) -> Vec<Settled> {
        let is_it = |line: &Unsettled| match &line.what {
            What::Say { text, .. } => is_longer(text.as_str(), limit),
            What::Nick(_) | What::Topic(_) | What::Mod(_) => false,
        };
        self.give_up(is_it, &Failure::TooLong)
    }

    /// What is in it, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|line| Line {
            line: line.line,
            what: &line.what,
            state: LineState::Pending,
        })
    }

    fn unknown_where(&mut self, is_it: impl Fn(&Unsettled) -> bool) -> Vec<Settled> {
        // Only written lines are asked about, so the failure is never used.
        self.give_up(
            |line| line.written.is_some() && is_it(line),
            &Failure::NotSent,
        )
    }

    /// Takes out the lines that `is_it`: unknown what was written, failed what was not.
    fn give_up(&mut self, is_it: impl Fn(&Unsettled) -> bool, why: &Failure) -> Vec<Settled> {
        let lines = self.lines.drain(..);
        let (gone, kept): (VecDeque<_>, VecDeque<_>) = lines.partition(is_it);
        self.lines = kept;
        let settled = gone.into_iter().map(|line| match line.written {
            Some(_) => (line.line, line.what, LineState::Unknown),
            None => (line.line, line.what, LineState::Failed(why.clone())),
        });
        settled.collect()
    }
}

/// Whether a text has more bytes than a server takes.
pub(super) fn is_longer(text: &str, limit: u64) -> bool {
    u64::try_from(text.len()).is_ok_and(|len| len > limit)
}

fn message(id: u64, after: u64, what: &What) -> Message {
    match what {
        What::Say { kind, re, text } => Message::Say(Say {
            id,
            after,
            kind: *kind,
            re: *re,
            text: text.as_str().into(),
        }),
        What::Nick(name) => Message::Nick(Nick {
            id,
            after,
            name: name.as_str().into(),
        }),
        What::Topic(topic) => Message::Topic(SetTopic {
            id,
            after,
            topic: topic.as_ref().map(|topic| topic.as_str().into()),
        }),
        What::Mod(asked) => Message::Mod(Mod {
            id,
            after,
            act: asked.act,
            who: asked.who,
            secs: asked.secs,
            why: asked.why.as_ref().map(|why| why.as_str().into()),
        }),
    }
}
