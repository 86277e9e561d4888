//! Readers of SPEC.md, oracles, simulator, model and helpers of the cross-crate suites of parlance.

#![allow(
    clippy::missing_panics_doc,
    reason = "an oracle says what it found by a panic; that is what it is for"
)]

#[cfg(feature = "load")]
pub mod crowd;
#[cfg(feature = "disk")]
pub mod disk;
#[cfg(feature = "load")]
pub mod limit;
pub mod model;
pub mod oracles;
pub mod refroom;
pub mod requirement;
pub mod rig;
#[cfg(feature = "load")]
pub mod running;
pub mod sim;
#[cfg(feature = "load")]
pub mod soak;
pub mod spec;

/// The guide's code, which is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/TESTING.md")]
struct Guide;
