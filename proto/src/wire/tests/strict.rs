//! Near misses: each must be refused, at every place of every message.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::golden::{all, examples};
use super::hex;
use super::item::Item;
use crate::wire::{DecodeError, decode};

/// Puts each of the `values` at each place of each message, and looks at what comes of it.
fn everywhere(values: &[&str], look: impl Fn(Result<crate::wire::Message, DecodeError>, &str)) {
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        for place in message.places() {
            for value in values {
                let changed = message.with(&place, Item::Raw(hex(value))).write();
                let what = format!("{value} at {place:?} of {message:?}");
                look(decode(&changed), &what);
            }
        }
    }
}

#[test]
fn what_is_not_cbor_of_ours_is_refused_at_every_place() {
    let values = [
        "a0",                     // an empty map
        "a100f6",                 // a map
        "bf ff",                  // an indefinite map
        "f7",                     // undefined
        "f4",                     // false
        "f5",                     // true
        "e0",                     // an unassigned simple value
        "f814",                   // an ill-formed simple value
        "f8ff",                   // a long simple value
        "f93c00",                 // 1.0
        "f97e00",                 // NaN
        "fa3f800000",             // 1.0, longer
        "fb3ff0000000000000",     // 1.0, longest
        "20",                     // -1
        "3903e7",                 // -1000
        "3bffffffffffffffff",     // -2^64
        "c24101",                 // a bignum
        "c34101",                 // a negative one
        "c249010000000000000000", // 2^64
        "c001",                   // tagged numbers
        "c101",
        "d9d9f701",
        "c06161", // a tagged text
        "c0f6",   // a tagged null
        "ff",     // a stray break
        "1c",
        "3d",
        "5e",
        "7c",
        "9d",
        "fc",          // reserved heads
        "7f 61 61 ff", // texts in pieces
        "7f ff",
        "5f 41 00 ff",
        "9f ff", // arrays of unknown length
        "9f 01 ff",
        "1b8000000000000000", // 2^63
        "1bffffffffffffffff", // 2^64 - 1
    ];
    everywhere(&values, |got, what| assert!(got.is_err(), "{what}"));
}

#[test]
fn every_head_that_is_longer_than_needed_is_refused() {
    let mut tried = 0;
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        for place in message.places() {
            for wider in 1..=4 {
                let Some(wide) = message.at(&place).widened(wider) else {
                    continue;
                };
                let changed = message.with(&place, Item::Raw(wide)).write();
                assert_eq!(decode(&changed), Err(DecodeError::NotCanonical));
                tried += 1;
            }
        }
    }
    assert!(tried > 600, "{tried}");
}

#[test]
fn the_same_value_in_pieces_or_with_a_tag_is_refused() {
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        for place in message.places() {
            let item = message.at(&place);
            let mut forms = vec![[vec![0xc6], item.write()].concat()];
            match item {
                Item::Text(_) => forms.push([vec![0x7f], item.write(), vec![0xff]].concat()),
                Item::Bytes(_) => forms.push([vec![0x5f], item.write(), vec![0xff]].concat()),
                Item::Array(items) => {
                    let inner = items.iter().flat_map(Item::write).collect();
                    forms.push([vec![0x9f], inner, vec![0xff]].concat());
                }
                _ => {}
            }
            for form in forms {
                let changed = message.with(&place, Item::Raw(form)).write();
                let got = decode(&changed);
                let refused = matches!(
                    got,
                    Err(DecodeError::NotCanonical | DecodeError::Invalid { .. })
                );
                assert!(refused, "{got:?} of {place:?} in {message:?}");
            }
        }
    }
}

#[test]
fn an_array_of_another_length_is_refused() {
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        for place in message.places() {
            let Item::Array(items) = message.at(&place) else {
                continue;
            };
            // Lists may have other lengths: these are judged elsewhere.
            let tag = message.at(&[0]);
            let is_list = (*tag == Item::Text("NAME".into()) && place == [1])
                || (*tag == Item::Text("MEMBERS".into()) && place == [2]);
            if is_list {
                continue;
            }
            let mut short = items.clone();
            short.pop();
            for extra in [Item::Null, Item::Uint(0), Item::Array(vec![])] {
                let mut long = items.clone();
                long.push(extra);
                for other in [&short, &long] {
                    let changed = message.with(&place, Item::Array(other.clone())).write();
                    let got = decode(&changed);
                    let refused = matches!(got, Err(DecodeError::Invalid { .. }));
                    assert!(refused, "{got:?} of {other:?} in {message:?}");
                }
            }
        }
    }
}

#[test]
fn trailing_bytes_are_counted_and_refused() {
    for (_, bytes) in all() {
        for extra in [&[0_u8][..], &[0xf6], &[0xff, 0xff], &bytes] {
            let got = decode(&[&bytes, extra].concat());
            let bytes = extra.len();
            assert_eq!(got, Err(DecodeError::Trailing { bytes }));
        }
    }
}

#[test]
fn a_truncated_item_is_refused_wherever_it_is_cut() {
    for (_, bytes) in all() {
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Err(DecodeError::Truncated));
        }
    }
}

#[test]
fn headers_that_announce_the_world_are_refused() {
    let huge = [
        "9a ffffffff",
        "9b ffffffffffffffff",
        "9b 7fffffffffffffff",
        "7a ffffffff",
        "7b ffffffffffffffff",
        "5a ffffffff",
        "5b ffffffffffffffff",
        "bb ffffffffffffffff",
        "9a ffffffff 9a ffffffff 9a ffffffff",
    ];
    everywhere(&huge, |got, what| assert!(got.is_err(), "{what}"));
    for (depth, head) in [(2_000, "81"), (2_000, "9b ffffffffffffffff"), (2_000, "c1")] {
        let nested = hex(head).repeat(depth);
        assert!(decode(&nested).is_err());
        let inside = [hex("82 64 50494e47"), nested].concat();
        assert!(decode(&inside).is_err());
        // Where nothing is expected any more.
        let behind = [hex("83 64 50494e47 05"), hex(head).repeat(depth)].concat();
        assert!(decode(&behind).is_err());
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_at_every_place() {
    let broken = [
        "61 ff",            // no such byte
        "61 80",            // a continuation alone
        "62 c080",          // NUL, overlong
        "63 e080af",        // a slash, overlong
        "63 eda080",        // a surrogate
        "66 eda080 edb080", // two of them
        "62 e282",          // a cut code point
        "64 f5808080",      // past the last code point
        "64 f4908080",
        "66 68 69 fe 68 69 68",
    ];
    everywhere(&broken, |got, what| assert!(got.is_err(), "{what}"));
}

/// A `SAY` of this text, as bytes.
fn say(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let head = hex("86 63 534159 01 00 63 736179 f6 79");
    [&head[..], &length, text].concat()
}

#[test]
fn long_texts_are_whole_wherever_a_reader_may_have_cut_them() {
    for lead in 0..5 {
        let mut text = String::from(&"aaaaa"[..lead]);
        while text.len() < 9_000 {
            text.push('\u{1f600}');
        }
        assert!(decode(&say(text.as_bytes())).is_ok());
        for cut in [4_094, 4_095, 4_096, 4_097, 8_191, 8_192, 8_999] {
            let mut broken = text.clone().into_bytes();
            broken[cut] = 0xff;
            assert!(decode(&say(&broken)).is_err(), "{lead} {cut}");
            assert!(decode(&say(&text.as_bytes()[lead..][..4_097])).is_err());
        }
    }
}

#[test]
fn unknown_tags_are_refused_however_long() {
    let tags = [
        "",
        "say",
        "SAYS",
        "SA",
        "Say",
        "SAY\0",
        "JOIN",
        "MEMBERSHIP",
        "ЅАY",
    ];
    for tag in tags {
        for (_, bytes) in examples() {
            let message = Item::parse(&bytes);
            let changed = message.with(&[0], Item::Text(tag.into())).write();
            let got = decode(&changed);
            assert!(
                matches!(got, Err(DecodeError::Invalid { .. })),
                "{tag} {got:?}"
            );
        }
    }
    let long = Item::Array(vec![Item::Text("A".repeat(10_000)), Item::Uint(5)]);
    assert!(matches!(
        decode(&long.write()),
        Err(DecodeError::Invalid { .. })
    ));
}

#[test]
fn no_other_item_is_a_message() {
    for body in [
        "",
        "80",
        "00",
        "f6",
        "60",
        "64 50494e47",
        "81 64 50494e47",
        "82 05 05",
    ] {
        assert!(decode(&hex(body)).is_err(), "{body}");
    }
    // Every body of one, two and three bytes.
    for a in 0..=255 {
        assert!(decode(&[a]).is_err());
        for b in 0..=255 {
            assert!(decode(&[a, b]).is_err());
            assert!(decode(&[a, b, 0x60]).is_err());
        }
    }
}

#[test]
fn errors_say_which_field_and_nothing_of_what_was_sent() {
    let message = Item::parse(&examples()[1].1);
    let changed = message.with(&[1], Item::Uint(0)).write();
    let error = decode(&changed).unwrap_err();
    assert_eq!(
        format!("{error}"),
        "SAY.id: the number must be 1 to 9223372036854775807"
    );
    let changed = message.with(&[3], Item::Text("\u{1b}[2J".into())).write();
    let error = decode(&changed).unwrap_err();
    assert_eq!(format!("{error}"), "SAY.kind: not a kind of saying");
}
