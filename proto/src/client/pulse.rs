//! Whether the link is alive, judged by what arrives [LV-4].

use core::time::Duration;

use super::action::{Reason, Wake};
use crate::time::Instant;

/// The longest keepalive that a server is believed, in seconds: an hour, so that no number of a server's can keep a
/// dead link for ever. The shortest is one second.
const MAX_KEEPALIVE_S: u64 = 3_600;

/// The deadlines of a link on which the room has let us in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pulse {
    keepalive: Duration,
    /// When to ask whether the server is there; `None` once that was done, until something comes.
    ping_at: Option<Instant>,
    dead_at: Instant,
}

/// What a pulse wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Ask.
    Ping,
    /// The link is dead.
    Dead,
}

impl Pulse {
    /// The pulse of a server that promises to be heard of every `keepalive_s` seconds.
    pub(super) fn new(keepalive_s: u64, now: Instant) -> Self {
        let keepalive = Duration::from_secs(keepalive_s.clamp(1, MAX_KEEPALIVE_S));
        let mut pulse = Self {
            keepalive,
            ping_at: None,
            dead_at: now,
        };
        pulse.heard(now);
        pulse
    }

    /// Something came.
    pub(super) fn heard(&mut self, now: Instant) {
        let half = self.keepalive.checked_div(2).unwrap_or(Duration::ZERO);
        let patience = self.keepalive.saturating_mul(2).saturating_add(half);
        self.ping_at = Some(now.saturating_add(self.keepalive));
        self.dead_at = now.saturating_add(patience);
    }

    pub(super) fn wake(&self) -> Wake {
        let dead = Wake {
            at: self.dead_at,
            reason: Reason::Dead,
        };
        self.ping_at.map_or(dead, |at| Wake {
            at,
            reason: Reason::Ping,
        })
    }

    /// What is due now. A ping that is due is done with by this.
    pub(super) fn due(&mut self, now: Instant) -> Option<Beat> {
        if self.dead_at <= now {
            return Some(Beat::Dead);
        }
        self.ping_at.take_if(|at| *at <= now).map(|_| Beat::Ping)
    }
}
