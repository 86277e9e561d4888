//! Bytes to the reader of the seed's wire: no panic, no memory from a header, and what it reads can be written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlance_tests::oracles::legacy(data));
