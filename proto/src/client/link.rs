//! What belongs to one link and goes with it: bytes of a frame that is not whole, and small things to be written.

use alloc::collections::VecDeque;

use crate::wire::{Decoder, Who};

/// How many answers to PING may wait. A server that asks more often while it reads nothing gets the newest ones: they
/// vouch for the rest.
const MAX_PONGS: usize = 16;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Link {
    pub(super) decoder: Decoder,
    /// NAME is to be written.
    pub(super) owes_name: bool,
    /// The nonces of answers to be written.
    pub(super) pongs: VecDeque<u64>,
    /// The nonce of a PING to be written.
    pub(super) ping: Option<u64>,
    /// The page of members to be asked for.
    pub(super) who: Option<Who>,
    /// The stream's end is to be told.
    pub(super) owes_shutdown: bool,
    /// The driver was told that there is something to write, and has not yet taken all of it.
    pub(super) announced: bool,
    newest_nonce: u64,
}

impl Link {
    /// A link that was opened just now.
    pub(super) fn opened() -> Self {
        Self {
            owes_name: true,
            ..Self::default()
        }
    }

    /// A link on which nothing is to be said any more.
    pub(super) fn closed() -> Self {
        Self {
            owes_shutdown: true,
            announced: true,
            ..Self::default()
        }
    }

    pub(super) fn owe_pong(&mut self, nonce: u64) {
        if self.pongs.len() >= MAX_PONGS {
            self.pongs.pop_front();
        }
        self.pongs.push_back(nonce);
    }

    pub(super) fn owe_ping(&mut self) {
        self.newest_nonce = self.newest_nonce.saturating_add(1);
        self.ping = Some(self.newest_nonce);
    }
}
