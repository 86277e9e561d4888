//! Who may connect: a pure policy. It opens no socket, reads no clock and draws no randomness.
//!
//! A connection is counted from [`Gate::enter`] to [`Gate::left`], and as one before login until [`Gate::logged_in`].
//! What it costs to decide grows with the logarithm of the number of addresses, and with nothing else; what is
//! remembered is bounded by [`GateLimits::connections`] and [`REMEMBERED`].

mod block;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use parlance_proto::close::Full;
use parlance_proto::time::Instant;

use block::Block;

/// The time over which the new connections of an address are counted.
pub const NEW_WINDOW: Duration = Duration::from_secs(600);
/// How many addresses without a connection are remembered. Beyond it the one goes whose last connection is the longest
/// ago: whoever has so many addresses gains a few connections more from each, and no memory of ours.
const REMEMBERED: usize = 16_384;
/// How many addresses that say nothing any more are forgotten with each connection that comes: more than one, so that
/// they become fewer.
const FORGOTTEN_AT_ONCE: usize = 2;

/// How many may connect. SPEC.md, section 12, has the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Connections in all.
    pub connections: u32,
    /// Connections that have not logged in. From half of it on some are refused, by chance; at it all.
    pub before_login: u32,
    /// Connections of one address at a time; 0 is no limit.
    pub per_address: u32,
    /// Connections that one address may begin within [`NEW_WINDOW`]; 0 is no limit. Those that were refused do not
    /// count, else whoever tries again would never come in.
    pub new_per_address: u32,
}

impl Default for GateLimits {
    fn default() -> GateLimits {
        GateLimits {
            connections: 10_240,
            before_login: 256,
            per_address: 16,
            new_per_address: 32,
        }
    }
}

/// What becomes of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entrance {
    /// It may come in; the pass is given back at its end.
    Enter(Pass),
    /// It is sent away and may be told why.
    Tell(Full),
    /// It is closed without a word: there are so many before login that words would cost too much.
    Drop,
}

/// A connection that was let in. One that is lost counts for ever, so it is given back to [`Gate::left`].
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) struct Pass {
    /// What it counts for, unless it counts for no address.
    block: Option<Block>,
    /// It has not logged in.
    stranger: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Gate {
    limits: GateLimits,
    /// Connections.
    live: u32,
    /// Those of them that have not logged in.
    strangers: u32,
    known: BTreeMap<Block, Known>,
    /// Those of `known` without a connection, by when their newest came.
    gone: BTreeSet<(Instant, Block)>,
}

/// What is known of an address.
#[derive(Debug, Default)]
struct Known {
    live: u32,
    /// When its connections began, the oldest first: as many as the limit at most, and those out of the window go when
    /// the next one comes.
    came: VecDeque<Instant>,
    /// It has no connection: under which time it stands among those gone.
    gone: Option<Instant>,
}

impl Gate {
    pub(super) fn new(limits: GateLimits) -> Gate {
        Gate {
            limits,
            live: 0,
            strangers: 0,
            known: BTreeMap::new(),
            gone: BTreeSet::new(),
        }
    }

    /// A connection of `address`. `dice` is a number drawn evenly from all that there are.
    pub(super) fn enter(&mut self, address: IpAddr, now: Instant, dice: u64) -> Entrance {
        if self.is_full() {
            return Entrance::Tell(Full::Server);
        }
        let block = self.block(address);
        if block.is_some_and(|block| !self.has_room(block, now)) {
            return Entrance::Tell(Full::Address);
        }
        if self.refuses_early(dice) {
            return Entrance::Drop;
        }
        if let Some(block) = block {
            self.note(block, now);
        }
        Entrance::Enter(self.let_in(block))
    }

    /// A connection whose address is not known yet, or that counts for none.
    pub(super) fn enter_unnamed(&mut self, dice: u64) -> Entrance {
        if self.is_full() {
            Entrance::Tell(Full::Server)
        } else if self.refuses_early(dice) {
            Entrance::Drop
        } else {
            Entrance::Enter(self.let_in(None))
        }
    }

    /// The address of one that came unnamed is known: it counts for it from here on.
    ///
    /// # Errors
    ///
    /// That address has too many. The pass is as it was, and is to be given back.
    pub(super) fn name(
        &mut self,
        pass: &mut Pass,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), Full> {
        let Some(block) = self.block(address) else {
            return Ok(());
        };
        if !self.has_room(block, now) {
            return Err(Full::Address);
        }
        self.note(block, now);
        pass.block = Some(block);
        Ok(())
    }

    /// The connection has logged in.
    pub(super) fn logged_in(&mut self, pass: &mut Pass) {
        if std::mem::take(&mut pass.stranger) {
            self.strangers -= 1;
        }
    }

    /// The connection is over.
    pub(super) fn left(&mut self, mut pass: Pass) {
        self.logged_in(&mut pass);
        self.live -= 1;
        if let Some(block) = pass.block {
            self.leave(block);
        }
    }

    fn is_full(&self) -> bool {
        self.live >= self.limits.connections
    }

    /// As sshd's `MaxStartups`: a flood takes the places before login, and yet somebody who is no part of it has a
    /// chance at each try, which he would not have if the first came first.
    fn refuses_early(&self, dice: u64) -> bool {
        let start = self.limits.before_login / 2;
        let span = u64::from(self.limits.before_login - start);
        let over = u64::from(self.strangers.saturating_sub(start));
        over >= span || dice % span < over
    }

    fn let_in(&mut self, block: Option<Block>) -> Pass {
        self.live += 1;
        self.strangers += 1;
        Pass {
            block,
            stranger: true,
        }
    }

    /// What `address` counts for, if it has a limit.
    fn block(&self, address: IpAddr) -> Option<Block> {
        let limited = self.limits.per_address > 0 || self.limits.new_per_address > 0;
        limited.then(|| Block::of(address)).flatten()
    }

    fn has_room(&mut self, block: Block, now: Instant) -> bool {
        self.forget(now);
        let Some(known) = self.known.get_mut(&block) else {
            return true;
        };
        known.forget(now);
        let below = |count: usize, limit: u32| limit == 0 || count < limit as usize;
        below(known.live as usize, self.limits.per_address)
            && below(known.came.len(), self.limits.new_per_address)
    }

    /// One that has room has one more.
    fn note(&mut self, block: Block, now: Instant) {
        let known = self.known.entry(block).or_default();
        if let Some(newest) = known.gone.take() {
            self.gone.remove(&(newest, block));
        }
        known.live += 1;
        if self.limits.new_per_address > 0 {
            known.came.push_back(now);
        }
    }

    fn leave(&mut self, block: Block) {
        let Some(known) = self.known.get_mut(&block) else {
            return;
        };
        known.live -= 1;
        if known.live > 0 {
            return;
        }
        match known.came.back() {
            None => {
                self.known.remove(&block);
            }
            Some(&newest) => {
                known.gone = Some(newest);
                self.gone.insert((newest, block));
            }
        }
        if self.gone.len() > REMEMBERED
            && let Some((_, oldest)) = self.gone.pop_first()
        {
            self.known.remove(&oldest);
        }
    }

    /// Forgets addresses that say nothing any more.
    fn forget(&mut self, now: Instant) {
        for _ in 0..FORGOTTEN_AT_ONCE {
            match self.gone.first() {
                Some(&(newest, _)) if is_over(newest, now) => {}
                _ => return,
            }
            if let Some((_, block)) = self.gone.pop_first() {
                self.known.remove(&block);
            }
        }
    }
}

impl Known {
    /// Forgets what is out of the window.
    fn forget(&mut self, now: Instant) {
        while self.came.front().is_some_and(|&came| is_over(came, now)) {
            self.came.pop_front();
        }
    }
}

fn is_over(came: Instant, now: Instant) -> bool {
    now.saturating_duration_since(came) >= NEW_WINDOW
}
