//! What counts as one address.

use std::net::{IpAddr, Ipv4Addr};

/// An IPv4 address, or the 2^64 addresses of an IPv6 network, which is what one household or one machine gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Block {
    V4(Ipv4Addr),
    /// The upper half of the address.
    V6(u64),
}

impl Block {
    /// None for loopback: whoever is on this machine has better ways to use it up, and tools and tests run from here.
    pub(super) fn of(address: IpAddr) -> Option<Block> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        Some(match address {
            IpAddr::V4(address) => Block::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Block::V6(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
        })
    }
}
