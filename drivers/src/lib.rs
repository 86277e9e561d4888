//! The drivers themselves are in `examples/`, each complete by itself. Here `cargo test` finds the
//! code of the guide, so that each block of it is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/DRIVERS.md")]
struct Guide;
