//! The one source of pseudo-randomness of both machines: SplitMix64, seeded by the driver.
//!
//! It spreads waiting times and draws sessions and epochs. It is a value like the rest of a machine, so that the same
//! seed and the same inputs give the same run. What must not be guessed (keys) never comes from here.

/// A SplitMix64 generator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    /// A generator whose whole output follows from `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, and 0 for an `n` of 0. The bias of the remainder is below `n` in 2^64.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next_u64().checked_rem(n).unwrap_or(0)
    }

    /// Sixteen bytes, as a session is made of.
    pub(crate) fn bytes16(&mut self) -> [u8; 16] {
        let high = u128::from(self.next_u64());
        let low = u128::from(self.next_u64());
        ((high << 64) | low).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn the_published_sequence() {
        // The first outputs of SplitMix64 for this seed, from the reference implementation's test vectors.
        let mut rng = Rng::new(1_234_567);
        assert_eq!(rng.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next_u64(), 3_203_168_211_198_807_973);
        assert_eq!(rng.next_u64(), 9_817_491_932_198_370_423);
    }

    #[test]
    fn below_stays_below() {
        let mut rng = Rng::new(7);
        let drawn: [bool; 5] = core::array::from_fn(|want| {
            (0..200).any(|_| rng.below(5) == u64::try_from(want).unwrap_or(9))
        });
        assert_eq!(drawn, [true; 5]);
        assert!((0..200).all(|_| rng.below(3) < 3));
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.below(1), 0);
    }

    #[test]
    fn sixteen_bytes_are_two_draws() {
        let (mut rng, mut same) = (Rng::new(3), Rng::new(3));
        let bytes = rng.bytes16();
        assert_eq!(bytes.get(..8), Some(&same.next_u64().to_be_bytes()[..]));
        assert_eq!(bytes.get(8..), Some(&same.next_u64().to_be_bytes()[..]));
        assert_ne!(bytes, rng.bytes16());
    }
}
