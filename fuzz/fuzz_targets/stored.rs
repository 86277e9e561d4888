//! Bytes as a log might hold them, damaged or not: what is taken as an entry or a room is stored as the same bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlance_tests::oracles::stored(data));
