//! One body to the strict decoder: what it accepts it encodes back to the same bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parlance_tests::oracles::decode(data));
