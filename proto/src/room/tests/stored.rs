//! Entries and rooms as a log stores them: the bytes, and that nothing else is read.

use alloc::string::String;
use alloc::{format, vec};

use super::*;
use crate::wire::{Act, DecodeError};

const KEY: &str = "825820#k50#s";
const GUEST: &str = "82f650#s";

/// Bytes from their digits; `#k` stands for the hash of the key 1, `#s` for a session.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits = digits.replace("#k", &"01".repeat(32));
    let digits = digits.replace("#s", &"02".repeat(16));
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// Each kind of entry and of what is in it, with its bytes as another encoder made them.
fn entries() -> Vec<(Entry, Vec<u8>)> {
    let (key, guest) = (
        device(1, 2),
        SessionKey {
            owner: Owner::Guest,
            session: [2; 16],
        },
    );
    let by_key = |id, deed| Entry::Line(line(key, 4, id, id - 1, deed));
    let by_guest = |kind, re, text| {
        let text = Text::parse(text).unwrap();
        Entry::Line(line(guest, 4, 1, 0, Deed::Say { kind, re, text }))
    };
    let odd = Settings {
        announce_below: 0,
        sessions: 1,
        session_idle_ms: 2,
        claims: 3,
        claim_idle_ms: u64::MAX,
    };
    let login = |session, attempt, nonce, node, wish, at: [Option<&str>; 2]| {
        let [host, address] = at.map(|text| text.map(|text| Host::parse(text).unwrap()));
        Entry::Login(LoginEntry {
            session,
            attempt,
            nonce,
            node,
            name: name(wish),
            host,
            address,
        })
    };
    let leave = |session, attempt, why: Option<&str>| {
        let why = why.map(|why| Why::parse(why).unwrap());
        Entry::Leave(LeaveEntry {
            session,
            attempt,
            why,
        })
    };
    let topic = |topic: Option<&str>| {
        let topic = topic.map(|topic| Topic::parse(topic).unwrap());
        Deed::Topic { topic }
    };
    let asked = |act, who, secs, why: Option<&str>| {
        let why = why.map(|why| Why::parse(why).unwrap());
        Deed::Mod(Moderating {
            act,
            who,
            secs,
            why,
        })
    };
    let mute = asked(Act::Mute, Some(4), Some(600), Some("spam"));
    let slow = asked(Act::Slow, None, None, None);
    let founded = Entry::Founded {
        epoch: 77,
        settings: Settings::default(),
    };
    let epoch = Entry::Epoch {
        epoch: (1 << 63) - 1,
    };
    let table: Vec<(Entry, String)> = vec![
        (
            founded,
            "840267666f756e646564184d851901f41a000186a01a240c84001a000186a01b00000001cf7c5800"
                .into(),
        ),
        (
            Entry::Settings(odd),
            "83026873657474696e677385000102031bffffffffffffffff".into(),
        ),
        (epoch, "83026565706f63681b7fffffffffffffff".into()),
        (
            login(key, 1, 2, 3, "alice", [Some("10.0.0.1"), None]),
            format!("8302656c6f67696e87{KEY}01020365616c6963656831302e302e302e31f6"),
        ),
        (
            login(guest, 0, u64::MAX, 300, "Ольга", [None, Some("::1")]),
            format!(
                "8302656c6f67696e87{GUEST}001bffffffffffffffff19012c6ad09ed0bbd18cd0b3d0b0f6633a3a31"
            ),
        ),
        (
            leave(key, 2, Some("bye")),
            format!("8302656c6561766583{KEY}0263627965"),
        ),
        (
            leave(guest, 1, None),
            format!("8302656c6561766583{GUEST}01f6"),
        ),
        (
            by_key(7, say("hi")),
            format!("8302646c696e6586{KEY}01040706846373617963736179f6626869"),
        ),
        (
            by_guest(SayKind::Action, Some(9), "waves"),
            format!("8302646c696e6586{GUEST}01040100846373617966616374696f6e09657761766573"),
        ),
        (
            by_guest(SayKind::Notice, Some(0), "two\nlines"),
            format!(
                "8302646c696e6586{GUEST}010401008463736179666e6f74696365006974776f0a6c696e6573"
            ),
        ),
        (
            by_key(8, nick("alicia")),
            format!("8302646c696e6586{KEY}0104080782646e69636b66616c69636961"),
        ),
        (
            by_key(9, topic(Some("tea"))),
            format!("8302646c696e6586{KEY}010409088265746f70696363746561"),
        ),
        (
            by_key(10, topic(None)),
            format!("8302646c696e6586{KEY}01040a098265746f706963f6"),
        ),
        (
            by_key(11, mute),
            format!("8302646c696e6586{KEY}01040b0a82636d6f6484646d75746504190258647370616d"),
        ),
        (
            by_key(12, slow),
            format!("8302646c696e6586{KEY}01040c0b82636d6f648464736c6f77f6f6f6"),
        ),
        (
            Entry::Operator {
                key: KeyHash::from_bytes([1; 32]),
            },
            "8302686f70657261746f725820#k".into(),
        ),
    ];
    table
        .into_iter()
        .map(|(entry, digits)| (entry, hex(&digits)))
        .collect()
}

#[test]
fn entries_have_these_bytes() {
    for (entry, bytes) in entries() {
        assert_eq!(entry.encode(), bytes, "{entry:?}");
        assert_eq!(Entry::decode(&bytes), Ok(entry));
    }
}

/// Every cut and every flip of a bit is refused, or is another entry in its one form.
#[test]
fn damaged_entries_are_refused_or_others() {
    for (entry, bytes) in entries() {
        for cut in 0..bytes.len() {
            let cut = Entry::decode(&bytes[..cut]);
            assert!(matches!(cut, Err(StoredError::Malformed(_))), "{cut:?}");
        }
        let longer = [&bytes[..], &[0]].concat();
        let trailing = StoredError::Malformed(DecodeError::Trailing { bytes: 1 });
        assert_eq!(Entry::decode(&longer), Err(trailing));
        for flipped in flips(&bytes) {
            if let Ok(other) = Entry::decode(&flipped) {
                assert_eq!(other.encode(), flipped, "{other:?}");
                assert_ne!(other, entry);
            }
        }
    }
}

/// `bytes` with each of its bits flipped in turn.
pub(super) fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

#[test]
fn other_versions_are_told_by_their_number() {
    let mut bytes = entries()[2].1.clone();
    for version in [0, 1, 23] {
        bytes[1] = version;
        let found = Entry::decode(&bytes);
        assert_eq!(found, Err(StoredError::Version(version.into())));
        assert_eq!(
            Room::from_checkpoint(&bytes),
            Err(StoredError::Version(version.into()))
        );
    }
    // Whatever a later version writes behind its number.
    let later = hex("821bffffffffffffffffa0");
    let found = Entry::decode(&later);
    assert!(
        matches!(found, Err(StoredError::Version(u64::MAX))),
        "{found:?}"
    );
    assert_eq!(
        StoredError::Version(1).to_string(),
        "stored by version 1, this is 2"
    );
}

/// What an entry holds keeps the rules that it was made by.
#[test]
fn values_are_read_by_their_parsers() {
    for (digits, what) in [
        // A space at the end, nothing at all, a control character, a space.
        (
            format!("8302646c696e6586{KEY}0104080782646e69636b66616c69636920"),
            "nick.name",
        ),
        (
            format!("8302646c696e6586{KEY}0104080782646e69636b60"),
            "nick.name",
        ),
        (
            format!("8302646c696e6586{KEY}01040706846373617963736179f660"),
            "say.text",
        ),
        (
            format!("8302646c696e6586{KEY}01040706846373617963736179f6610b"),
            "say.text",
        ),
        (
            format!("8302646c696e6586{KEY}010409088265746f70696360"),
            "topic.topic",
        ),
        (format!("8302656c6561766583{KEY}026107"), "leave.why"),
        (
            format!("8302656c6f67696e87{KEY}01020365616c6963656120f6"),
            "login.host",
        ),
    ] {
        match Entry::decode(&hex(&digits)) {
            Err(StoredError::Malformed(DecodeError::Invalid { reason })) => {
                assert!(reason.starts_with(what), "{what}: {reason}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
}

/// Lengths that no bytes follow cost nothing and are refused.
#[test]
fn lengths_are_not_believed() {
    for digits in [
        "9bffffffffffffffff0265",
        "83027bffffffffffffffff",
        "8302656c6561766583825bffffffffffffffff",
        "8c0264726f6f6d184d850000000000010000f6f4839bffffffffffffffff",
        "8c0264726f6f6d184d850000000000010000f6f49bffffffffffffffff",
    ] {
        let bytes = hex(digits);
        for error in [
            Entry::decode(&bytes).err(),
            Room::from_checkpoint(&bytes).err(),
        ] {
            assert!(
                matches!(error, Some(StoredError::Malformed(_))),
                "{digits}: {error:?}"
            );
        }
    }
}
