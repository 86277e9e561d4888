//! The memory ceiling: how much is held for connections in all, and who goes when it is too much.
//!
//! Every queue of a connection is bounded, but the sum over ten thousand of them is more than a
//! machine has. What is held is what came and cannot be taken yet, and what is to go out to one
//! connection alone; the room's stream is shared, and a reader that keeps pace holds nothing.
//!
//! Bytes are counted, not what the allocator makes of them: that may be twice as much. `[LV-13]`

use super::Server;
use super::action::ConnId;
use super::limits::HELD_RETRY;
use super::peer::{Peer, Phase};
use crate::close::CloseReason;
use crate::time::Instant;

/// The running total, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Held(usize);

impl Held {
    /// What is held for a connection has changed.
    pub(super) fn weigh(&mut self, peer: &mut Peer) {
        let held = peer.weight();
        self.0 = self.0.saturating_sub(peer.held).saturating_add(held);
        peer.held = held;
    }

    /// A connection is gone, and what was held for it.
    pub(super) fn free(&mut self, peer: &Peer) {
        self.0 = self.0.saturating_sub(peer.held);
    }
}

impl Server {
    /// How many bytes are held for connections in all. `[LV-13]`
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.0
    }

    /// How many bytes are held for one connection, counted anew: over all of them this comes to
    /// [`held`](Self::held).
    #[must_use]
    pub fn held_by(&self, conn: ConnId) -> usize {
        self.peers.get(&conn).map_or(0, |peer| peer.weight())
    }

    /// Sets [`Limits::held`](super::Limits::held) anew: what the machine has to spare may change while
    /// the server runs.
    pub fn set_ceiling(&mut self, held: usize, now: Instant) {
        self.config.limits.held = held;
        self.keep_ceiling(now);
    }

    /// Closes whoever holds most until what is held for all is within the limit. A comparison, as
    /// long as it is.
    pub(super) fn keep_ceiling(&mut self, now: Instant) {
        while self.held.0 > self.config.limits.held {
            let Some(conn) = self.heaviest() else { return };
            self.shed(conn, now);
        }
    }

    /// Who holds most, of those that hold more than their last words; of equals the newest.
    fn heaviest(&self) -> Option<ConnId> {
        self.peers
            .iter()
            .filter(|(_, peer)| peer.held > 0 && !peer.is_bare())
            .max_by_key(|(conn, peer)| (peer.held, **conn))
            .map(|(conn, _)| *conn)
    }

    /// Frees all that is held for a connection, and leaves it its last words.
    fn shed(&mut self, conn: ConnId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.output.forget();
        if let Phase::Closing(closing) = &peer.phase {
            if let Some(bye) = closing.reason.last_words() {
                peer.output.say_bye(bye);
            }
        } else {
            self.counters.shed = self.counters.shed.saturating_add(1);
            let retry = Some(HELD_RETRY);
            self.close(conn, CloseReason::Busy { retry }, now);
        }
        if let Some(peer) = self.peers.get_mut(&conn) {
            if let Phase::Closing(closing) = &mut peer.phase {
                closing.bare = true;
            }
            self.held.weigh(peer);
        }
    }
}

impl Peer {
    /// How many bytes are held for it.
    fn weight(&self) -> usize {
        let page = self
            .seat()
            .and_then(|seat| seat.page.as_ref())
            .map_or(0, |page| page.share);
        self.input
            .held()
            .saturating_add(self.output.waiting())
            .saturating_add(page)
    }

    fn is_bare(&self) -> bool {
        matches!(&self.phase, Phase::Closing(closing) if closing.bare)
    }
}
