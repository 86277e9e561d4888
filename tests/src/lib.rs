//! Oracles, readers and suites that hold parlance against SPEC.md.

pub mod requirement;
pub mod spec;
