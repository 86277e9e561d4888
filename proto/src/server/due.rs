//! The deadlines of one connection.

use super::action::Reason;
use super::limits::Limits;
use crate::time::Instant;

/// Deadlines of one connection; none is not due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Due {
    pub(super) handshake: Option<Instant>,
    /// A ping, for want of anything from the peer.
    pub(super) quiet_in: Option<Instant>,
    /// A ping, for want of anything to the peer.
    pub(super) quiet_out: Option<Instant>,
    pub(super) dead: Option<Instant>,
    pub(super) stall: Option<Instant>,
    pub(super) rate: Option<Instant>,
    pub(super) linger: Option<Instant>,
    /// There is no ping on its wire: its silence means nothing.
    #[cfg(feature = "legacy")]
    pub(super) pingless: bool,
    /// The entry that stands for this connection in the server's timers: never later than the
    /// earliest deadline, possibly earlier, so that what is put off costs nothing.
    pub(super) armed: Option<Instant>,
}

impl Due {
    /// The earliest deadline and its reason.
    pub(super) fn next(&self) -> Option<(Instant, Reason)> {
        let all = [
            (self.handshake, Reason::Handshake),
            (self.quiet_in, Reason::Ping),
            (self.quiet_out, Reason::Ping),
            (self.dead, Reason::Idle),
            (self.stall, Reason::Stall),
            (self.rate, Reason::Rate),
            (self.linger, Reason::Linger),
        ];
        all.into_iter()
            .filter_map(|(at, reason)| Some((at?, reason)))
            .min()
    }

    /// Something arrived, or the peer is read again.
    pub(super) fn heard(&mut self, limits: &Limits, now: Instant) {
        #[cfg(feature = "legacy")]
        if self.pingless {
            return;
        }
        self.quiet_in = Some(now.saturating_add(limits.ping_after));
        self.dead = Some(now.saturating_add(limits.dead_after));
    }

    /// Bytes were handed out, which the peer is now to take. The earlier of the two deadlines that
    /// this sets.
    pub(super) fn transmitted(&mut self, limits: &Limits, now: Instant) -> Instant {
        let stall = now.saturating_add(limits.stall);
        self.stall = Some(stall);
        self.spoke(limits, now);
        self.quiet_out.map_or(stall, |quiet| quiet.min(stall))
    }

    /// Something was sent.
    pub(super) fn spoke(&mut self, limits: &Limits, now: Instant) {
        #[cfg(feature = "legacy")]
        if self.pingless {
            return;
        }
        self.quiet_out = Some(now.saturating_add(limits.ping_after));
    }
}
