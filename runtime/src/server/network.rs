//! A range of addresses, as an operator names it.

use std::net::IpAddr;

/// All addresses that begin with the same bits. One of IPv4 that is written as one of IPv6 is one of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// The addresses whose first `bits` are those of `address`, whose other bits do not matter; without `bits` that
    /// address alone. None where an address has fewer bits.
    #[must_use]
    pub fn new(address: IpAddr, bits: Option<u8>) -> Option<Network> {
        let address = address.to_canonical();
        let width = width(address);
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Network { address, bits })
    }

    /// Whether `address` is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address)
            && head(address, self.bits) == head(self.address, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first `bits`.
fn head(address: IpAddr, bits: u8) -> u128 {
    let all = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    all.checked_shr(128 - u32::from(bits)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_network_by_its_first_bits() {
        for (address, bits, inside, outside) in [
            (
                "10.1.2.3",
                Some(8),
                "10.255.0.0 ::ffff:10.0.0.1",
                "11.0.0.0 ::a01:203",
            ),
            ("10.1.2.3", None, "10.1.2.3 ::ffff:10.1.2.3", "10.1.2.2"),
            ("10.1.2.3", Some(31), "10.1.2.2 10.1.2.3", "10.1.2.4"),
            ("0.0.0.0", Some(0), "255.255.255.255 1.2.3.4", "::1 ::"),
            ("2001:db8::", Some(32), "2001:db8:ffff::1", "2001:db9::1"),
            ("::", Some(0), "::1 ffff::", "0.0.0.0 ::ffff:1.2.3.4"),
            ("::ffff:10.1.2.3", Some(8), "10.9.9.9", "::ffff:11.0.0.0"),
            ("::1", None, "::1", "::2 127.0.0.1"),
        ] {
            let network = Network::new(address.parse().unwrap(), bits).unwrap();
            for one in inside.split(' ') {
                assert!(network.contains(one.parse().unwrap()), "{one} {network:?}");
            }
            for one in outside.split(' ') {
                assert!(!network.contains(one.parse().unwrap()), "{one} {network:?}");
            }
        }
    }

    #[test]
    fn there_are_no_more_bits_than_an_address_has() {
        let new = |address: &str, bits| Network::new(address.parse().unwrap(), Some(bits));
        assert!(new("10.0.0.1", 32).is_some() && new("10.0.0.1", 33).is_none());
        assert!(new("::1", 128).is_some() && new("::1", 129).is_none());
        assert!(new("::ffff:10.0.0.1", 104).is_none());
    }
}
