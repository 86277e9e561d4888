//! Hashes of keys, and the settings that a room has unless it is told others.

use super::*;

/// `[HS-16]` The hash is SHA-256, and little of it is shown.
#[test]
fn hashes_of_keys() {
    let hash = KeyHash::of(&[0; 32]);
    let bytes = *hash.as_bytes();
    assert_eq!(bytes[..4], [0x66, 0x68, 0x7a, 0xad]);
    assert_eq!(bytes[28..], [0x0d, 0x5f, 0x29, 0x25]);
    assert_eq!(KeyHash::from_bytes(bytes), hash);
    assert_ne!(KeyHash::of(&[1; 32]), hash);
    assert_eq!(alloc::format!("{hash:?}"), "KeyHash(66687a..)");
}

/// `[RM-15]` Sessions for 7 days, claims for 90, 100,000 of each; joins are shown below 500.
#[test]
fn settings_by_default() {
    let expected = Settings {
        announce_below: 500,
        sessions: 100_000,
        session_idle_ms: 604_800_000,
        claims: 100_000,
        claim_idle_ms: 7_776_000_000,
    };
    assert_eq!(Settings::default(), expected);
}
