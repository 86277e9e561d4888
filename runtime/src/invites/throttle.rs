//! Slower and slower for an address that shows many wrong invitations.
//!
//! Nobody guesses 128 bits. This is for the log and the disk of whoever runs the server, and for invitations that
//! somebody made by hand elsewhere.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use parlance_proto::time::Instant;

/// So many wrong invitations of one address cost nothing.
pub const FREE: usize = 3;
/// For so long a wrong one counts.
pub const WITHIN: Duration = Duration::from_secs(60);
/// The longest that an answer is held back; a login may take longer than that.
pub const LONGEST: Duration = Duration::from_secs(8);

/// The first answer that is held back is so by this; each further one by twice as much.
const FIRST: Duration = Duration::from_secs(1);
/// How many wrong ones of one address are remembered: more make no difference.
const REMEMBERED: usize = FREE + 4;
/// How many addresses are remembered; the one whose last wrong invitation is the oldest goes.
const ADDRESSES: usize = 4_096;

/// What addresses have shown of late.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    addresses: HashMap<IpAddr, Tries>,
}

#[derive(Debug, Default)]
struct Tries {
    wrong: VecDeque<Instant>,
    waiting: usize,
}

impl Throttle {
    /// For how long the answer to an invitation is held back that comes now: those count that are held back already,
    /// so that it does not help to send many at once.
    pub(super) fn delay(&mut self, address: IpAddr, now: Instant) -> Duration {
        let Some(tries) = self.addresses.get_mut(&network(address)) else {
            return Duration::ZERO;
        };
        tries.forget(now);
        let before = tries.wrong.len().saturating_add(tries.waiting);
        match before.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(over) => {
                let doubled = u32::try_from(over.min(16)).unwrap_or(16);
                FIRST.saturating_mul(1 << doubled).min(LONGEST)
            }
        }
    }

    /// An answer to this address is held back.
    pub(super) fn waits(&mut self, address: IpAddr) {
        if let Some(tries) = self.addresses.get_mut(&network(address)) {
            tries.waiting = tries.waiting.saturating_add(1);
        }
    }

    /// It no longer is.
    pub(super) fn waited(&mut self, address: IpAddr) {
        if let Some(tries) = self.addresses.get_mut(&network(address)) {
            tries.waiting = tries.waiting.saturating_sub(1);
        }
    }

    /// The invitation was wrong.
    pub(super) fn wrong(&mut self, address: IpAddr, now: Instant) {
        let network = network(address);
        if !self.addresses.contains_key(&network) {
            self.make_room(now);
        }
        let tries = self.addresses.entry(network).or_default();
        if tries.wrong.len() >= REMEMBERED {
            tries.wrong.pop_front();
        }
        tries.wrong.push_back(now);
    }

    fn make_room(&mut self, now: Instant) {
        if self.addresses.len() < ADDRESSES {
            return;
        }
        self.addresses.retain(|_, tries| {
            tries.forget(now);
            !tries.wrong.is_empty() || tries.waiting > 0
        });
        if self.addresses.len() >= ADDRESSES {
            let oldest = self
                .addresses
                .iter()
                .min_by_key(|(network, tries)| (tries.wrong.back().copied(), **network));
            if let Some(network) = oldest.map(|(network, _)| *network) {
                self.addresses.remove(&network);
            }
        }
    }
}

impl Tries {
    fn forget(&mut self, now: Instant) {
        while self
            .wrong
            .front()
            .is_some_and(|at| at.saturating_add(WITHIN) <= now)
        {
            self.wrong.pop_front();
        }
    }
}

/// Who has one address of IPv6 has a /64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    #[test]
    fn the_fourth_wrong_one_in_a_minute_waits_and_each_further_one_longer() {
        let mut throttle = Throttle::default();
        let one = address("192.0.2.1");
        let mut delays = Vec::new();
        for second in 0..9 {
            delays.push(throttle.delay(one, at(second)).as_secs());
            throttle.wrong(one, at(second));
        }
        assert_eq!(delays, [0, 0, 0, 1, 2, 4, 8, 8, 8]);
        assert_eq!(throttle.delay(address("192.0.2.2"), at(9)), Duration::ZERO);
        assert_eq!(throttle.delay(address("::ffff:192.0.2.1"), at(9)), LONGEST);
        // A minute after each it counts no more.
        assert_eq!(throttle.delay(one, at(61)), LONGEST);
        assert_eq!(throttle.delay(one, at(67)), Duration::ZERO);
    }

    #[test]
    fn three_in_a_minute_are_free_again_and_again() {
        let mut throttle = Throttle::default();
        let one = address("192.0.2.1");
        for second in (0..600).step_by(20) {
            assert_eq!(throttle.delay(one, at(second)), Duration::ZERO, "{second}");
            throttle.wrong(one, at(second));
        }
        throttle.wrong(one, at(590));
        assert_eq!(throttle.delay(one, at(591)), FIRST * 2, "the fifth");
    }

    #[test]
    fn many_at_once_wait_as_many_one_after_the_other() {
        let mut throttle = Throttle::default();
        let one = address("192.0.2.1");
        for _ in 0..FREE {
            throttle.wrong(one, at(0));
        }
        let mut delays = Vec::new();
        for _ in 0..5 {
            delays.push(throttle.delay(one, at(0)).as_secs());
            throttle.waits(one);
        }
        assert_eq!(delays, [1, 2, 4, 8, 8]);
        for _ in 0..5 {
            throttle.waited(one);
        }
        assert_eq!(throttle.delay(one, at(0)), FIRST);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut throttle = Throttle::default();
        for host in 1..=3 {
            throttle.wrong(address(&format!("2001:db8:0:1::{host}")), at(0));
        }
        assert_eq!(
            throttle.delay(address("2001:db8:0:1:ffff::9"), at(0)),
            FIRST
        );
        assert_eq!(
            throttle.delay(address("2001:db8:0:2::1"), at(0)),
            Duration::ZERO
        );
    }

    #[test]
    fn no_more_addresses_are_remembered_than_may_be_and_the_oldest_goes() {
        let mut throttle = Throttle::default();
        let nth = |n: u32| IpAddr::V4(std::net::Ipv4Addr::from_bits(n));
        for n in 0..ADDRESSES as u32 + 10 {
            for _ in 0..FREE {
                throttle.wrong(nth(n), Instant::from_millis(u64::from(n)));
            }
        }
        assert_eq!(throttle.addresses.len(), ADDRESSES);
        let now = at(5);
        assert_eq!(throttle.delay(nth(9), now), Duration::ZERO);
        assert_eq!(throttle.delay(nth(10), now), FIRST);
        // Later they all go at once.
        throttle.wrong(nth(1 << 30), at(100));
        assert_eq!(throttle.addresses.len(), 1);
    }
}
