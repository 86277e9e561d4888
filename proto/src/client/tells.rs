//! Private messages that were given to the client and are not answered yet. They are sent at most once [DL-18].

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use super::action::{Failure, LineState};
use crate::text::Text;
use crate::wire::Tell;

/// How many private messages may be unanswered at once. A person writes one at a time; with texts of 16 KiB this
/// bounds them to 1 MiB.
pub const MAX_TELLS: usize = 64;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tells {
    unwritten: VecDeque<(u64, u64, Text)>,
    /// By reference; whether it was written to the socket.
    open: BTreeMap<u64, bool>,
}

impl Tells {
    /// Takes one, if there is room.
    pub(super) fn push(&mut self, reference: u64, to: u64, text: Text) -> bool {
        let has_room = self.open.len() < MAX_TELLS;
        if has_room {
            self.open.insert(reference, false);
            self.unwritten.push_back((reference, to, text));
        }
        has_room
    }

    pub(super) fn is_sendable(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// The next to write; from here on it counts as written.
    pub(super) fn next(&mut self) -> Option<Tell> {
        let (reference, to, text) = self.unwritten.pop_front()?;
        self.open.insert(reference, true);
        Some(Tell {
            reference,
            to,
            text: text.as_str().into(),
        })
    }

    /// Whether that one was open; it no longer is.
    pub(super) fn settle(&mut self, reference: u64) -> bool {
        self.open.remove(&reference).is_some()
    }

    /// The link is gone: what was written is unknown, the rest was not sent.
    pub(super) fn link_lost(&mut self) -> Vec<(u64, LineState)> {
        self.unwritten.clear();
        let open = core::mem::take(&mut self.open);
        let state = |written| match written {
            true => LineState::Unknown,
            false => LineState::Failed(Failure::NotSent),
        };
        open.into_iter()
            .map(|(reference, written)| (reference, state(written)))
            .collect()
    }
}
