//! Tests of the bytes: golden ones, and everything near them that must be refused.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may stop at what it did not expect"
)]

mod golden;
mod item;
mod limits;
#[cfg(feature = "proptest")]
mod properties;
mod shown;
mod strict;

use alloc::vec::Vec;

fn hex(digits: &str) -> Vec<u8> {
    let nibbles: Vec<u8> = digits
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|d| u8::try_from(d).unwrap())
        .collect();
    nibbles.chunks_exact(2).map(|n| n[0] << 4 | n[1]).collect()
}
