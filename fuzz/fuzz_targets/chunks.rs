//! A byte stream cut at places the input chooses: the cuts are invisible.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlance_tests::oracles::chunks(data));
