//! A script of inputs to a server: no panic, and every promise holds after each step.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlance_tests::oracles::session(data));
