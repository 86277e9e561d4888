//! The limit of every field: met, and passed by one.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::de::IntoDeserializer;

use super::golden::all;
use super::item::Item;
use crate::wire::fields::{Codec, Text};
use crate::wire::*;

/// A field by message and place, the least and the most of it.
type Row = (&'static str, &'static [usize], usize, usize);

const TEXTS: &[Row] = &[
    ("NAME", &[2], 0, 128),
    ("NAME", &[3], 0, 128),
    ("NAME", &[8], 0, 64),
    ("SAY", &[5], 1, 16_384),
    ("NICK", &[3], 0, 128),
    ("TOPIC", &[3], 1, 512),
    ("MOD", &[6], 0, 256),
    ("TELL", &[3], 1, 16_384),
    ("QUIT", &[1], 0, 256),
    ("CLIENT", &[2, 2], 0, 128),
    ("CLIENT", &[2, 3], 0, 64),
    ("CLIENT", &[3], 0, 128),
    ("CLIENT", &[4], 1, 512),
    ("SAID", &[6], 0, 128),
    ("SAID", &[9], 1, 16_384),
    ("JOINED", &[6], 0, 128),
    ("JOINED", &[7], 0, 64),
    ("LEFT", &[6], 0, 128),
    ("LEFT", &[7], 0, 64),
    ("LEFT", &[9], 0, 256),
    ("RENAMED", &[6], 0, 128),
    ("RENAMED", &[7], 0, 128),
    ("TITLED", &[6], 1, 512),
    ("MODDED", &[9], 0, 256),
    ("TOLD", &[3], 0, 128),
    ("TOLD", &[4], 1, 16_384),
    ("MEMBERS", &[2, 0, 1], 0, 128),
    ("MEMBERS", &[2, 1, 2], 0, 64),
    ("GAP", &[5], 1, 512),
    ("ERROR", &[4], 0, 256),
    ("BYE", &[1], 1, 32),
    ("BYE", &[2], 0, 256),
];

const BYTES: &[Row] = &[
    ("NAME", &[5, 0], 32, 32),
    ("NAME", &[5, 1], 16, 16),
    ("NAME", &[7], 1, 256),
];

const LISTS: &[Row] = &[("NAME", &[1], 1, 4), ("MEMBERS", &[2], 0, 256)];

/// The words of closed lists, which have no length of their own.
const WORDS: &[(&str, &[usize])] = &[
    ("SAY", &[3]),
    ("MOD", &[3]),
    ("SAID", &[7]),
    ("MODDED", &[6]),
    ("GAP", &[3]),
    ("ERROR", &[3]),
];

/// Numbers that are not from 0 to 2^63 - 1.
const NUMBERS: &[(&str, &[usize], u64, u64)] = &[
    ("NAME", &[5, 2], 1, UINT_END - 1),
    ("SAY", &[1], 1, UINT_END - 1),
    ("NICK", &[1], 1, UINT_END - 1),
    ("TOPIC", &[1], 1, UINT_END - 1),
    ("MOD", &[1], 1, UINT_END - 1),
    ("JOINED", &[5], 0, 0),
    ("LEFT", &[5], 0, 0),
];

/// The fullest example of this message.
fn of(tag: &str) -> Item {
    let tag = Item::Text(tag.into());
    let mut items = all().into_iter().map(|(_, bytes)| Item::parse(&bytes));
    items.rfind(|item| *item.at(&[0]) == tag).unwrap()
}

fn tag(item: &Item) -> String {
    match item.at(&[0]) {
        Item::Text(tag) => tag.clone(),
        other => panic!("{other:?}"),
    }
}

/// Tries one row with values of a length: the least and the most are taken, one less and one more
/// are not.
fn try_row((tag, place, least, most): Row, value: impl Fn(usize) -> Item) {
    for length in [least, most, (least + most) / 2] {
        let bytes = of(tag).with(place, value(length)).write();
        let message = decode(&bytes).unwrap_or_else(|e| panic!("{tag} {place:?} {length}: {e}"));
        assert_eq!(encode(&message), Ok(bytes), "{tag} {place:?} {length}");
    }
    for length in least.checked_sub(1).into_iter().chain([most + 1]) {
        let got = decode(&of(tag).with(place, value(length)).write());
        let refused = matches!(got, Err(DecodeError::Invalid { .. }));
        assert!(refused, "{tag} {place:?} {length}: {got:?}");
    }
}

#[test]
fn every_text_byte_string_and_list_has_its_limit() {
    for row in TEXTS {
        try_row(*row, |n| Item::Text("a".repeat(n)));
    }
    for row in BYTES {
        try_row(*row, |n| Item::Bytes(vec![7; n]));
    }
    for row in LISTS {
        let (tag, place, ..) = *row;
        let first = of(tag).at(place).at(&[0]).clone();
        try_row(*row, |n| Item::Array(vec![first.clone(); n]));
    }
}

#[test]
fn limits_are_in_bytes_and_not_in_characters() {
    let say = |text: String| of("SAY").with(&[5], Item::Text(text)).write();
    assert!(decode(&say("é".repeat(8_192))).is_ok());
    assert!(decode(&say("é".repeat(8_193))).is_err());
}

/// The reader that is used gives texts owned; another may lend them, and the limit is the same.
#[test]
fn a_lent_text_has_the_limit_of_an_owned_one() {
    type Reason = serde::de::value::Error;
    let lent = |text: &str| Text::<1, 3>::read("F", text.into_deserializer());
    let owned = |text: &str| Text::<1, 3>::read("F", String::from(text).into_deserializer());
    for text in ["a", "abc"] {
        assert_eq!(lent(text), Ok::<_, Reason>(text.into()));
        assert_eq!(owned(text), Ok::<_, Reason>(text.into()));
    }
    for text in ["", "abcd"] {
        let told = "F: the length of the text in bytes must be 1 to 3";
        let refused: Result<String, Reason> = lent(text);
        assert_eq!(alloc::format!("{}", refused.unwrap_err()), told);
        let refused: Result<String, Reason> = owned(text);
        assert_eq!(alloc::format!("{}", refused.unwrap_err()), told);
    }
}

#[test]
fn every_number_has_its_limits() {
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        let tag = tag(&message);
        for place in message.places() {
            if !matches!(message.at(&place), Item::Uint(_)) {
                continue;
            }
            let row = NUMBERS.iter().find(|row| row.0 == tag && row.1 == place);
            let (least, most) = row.map_or((0, UINT_END - 1), |row| (row.2, row.3));
            for n in [0, 1, UINT_END - 1, UINT_END, u64::MAX] {
                let got = decode(&message.with(&place, Item::Uint(n)).write());
                let legal = (least..=most).contains(&n);
                assert_eq!(got.is_ok(), legal, "{n} at {place:?} of {tag}");
            }
        }
    }
}

#[test]
fn the_tables_name_every_field_that_has_a_length() {
    let listed = |tag: &str, place: &[usize]| {
        let rows = TEXTS.iter().chain(BYTES).chain(LISTS);
        let mut named = rows.map(|row| (row.0, row.1)).chain(WORDS.iter().copied());
        named.any(|row| row == (tag, place))
    };
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        let tag = tag(&message);
        for place in message.places() {
            let is_page = tag == "MEMBERS" && place.len() == 3;
            let has_length = matches!(message.at(&place), Item::Text(_) | Item::Bytes(_));
            if has_length && place != [0] && !is_page {
                assert!(listed(&tag, &place), "{tag} {place:?}");
            }
        }
    }
}

#[test]
fn codes_of_bye_are_small_letters_and_hyphens() {
    for code in ["a", "-", "too-big", &"z".repeat(32)] {
        let bytes = of("BYE").with(&[1], Item::Text(code.into())).write();
        let Message::Bye(bye) = decode(&bytes).unwrap() else {
            panic!("not a BYE");
        };
        assert_eq!(bye.code.as_str(), code);
        assert_eq!(bye.code.is_known(), code == "too-big");
    }
    for code in ["A", "too_big", "to big", "1", "é", "a\0"] {
        let bytes = of("BYE").with(&[1], Item::Text(code.into())).write();
        assert!(decode(&bytes).is_err(), "{code}");
        assert_eq!(ByeCode::new(code), None);
    }
}

#[test]
fn null_is_taken_only_where_a_field_may_be_null() {
    let nullable: &[(&str, &[usize])] = &[
        ("NAME", &[5, 6, 7, 8]),
        ("SAY", &[4]),
        ("TOPIC", &[3]),
        ("MOD", &[4, 5, 6]),
        ("QUIT", &[1]),
        ("CLIENT", &[4]),
        ("SAID", &[8, 9]),
        ("JOINED", &[7]),
        ("LEFT", &[7, 9]),
        ("TITLED", &[6]),
        ("MODDED", &[7, 8, 9]),
        ("TOLD", &[5]),
        ("MEMBERS", &[3]),
        ("GAP", &[5]),
        ("ERROR", &[1, 2]),
        ("BYE", &[3]),
    ];
    for (_, bytes) in all() {
        let message = Item::parse(&bytes);
        let tag = tag(&message);
        let places = nullable.iter().find(|row| row.0 == tag).map(|row| row.1);
        for place in message.places() {
            let legal = match (tag.as_str(), &place[..]) {
                ("CLIENT", [2, 3]) | ("MEMBERS", [2, _, 2]) => true,
                (_, [field]) => places.unwrap_or_default().contains(field),
                _ => false,
            };
            let got = decode(&message.with(&place, Item::Null).write());
            assert_eq!(got.is_ok(), legal, "{place:?} of {tag}");
        }
    }
}

/// One for each codec: what could not be read is not written either.
#[test]
fn nothing_over_a_limit_is_written() {
    let say = |id, text: &str| {
        Message::from(Say {
            id,
            after: 0,
            kind: SayKind::Say,
            re: None,
            text: text.into(),
        })
    };
    assert!(encode(&say(1, "a")).is_ok());
    let mut refused = vec![say(0, "a"), say(UINT_END, "a"), say(1, "")];
    refused.push(say(1, &"a".repeat(16_385)));
    for (versions, proof, attempt) in [
        (vec![], vec![1], 1),
        (vec![1; 5], vec![1], 1),
        (vec![UINT_END], vec![1], 1),
        (vec![1], vec![], 1),
        (vec![1], vec![1; 257], 1),
        (vec![1], vec![1], 0),
    ] {
        refused.push(Message::from(Login {
            versions,
            name: String::new(),
            room: String::new(),
            history: 0,
            identity: Some(Identity {
                key: [0; 32],
                session: [0; 16],
                attempt,
            }),
            resume: None,
            proof: Some(proof),
            agent: None,
        }));
    }
    for message in refused {
        assert!(encode(&message).is_err(), "{message:?}");
        let mut out = bytes::BytesMut::from(&b"before"[..]);
        assert!(encode_frame(&message, &mut out).is_err());
        assert_eq!(&out[..], b"before");
    }
    let error = encode(&say(1, "")).unwrap_err();
    assert_eq!(
        alloc::format!("{error}"),
        "SAY.text: the length of the text in bytes must be 1 to 16384"
    );
}

/// The longest message of each side fits the frames that the specification allows.
#[test]
fn the_longest_messages_fit_their_frames() {
    let grown = |tag: &str| {
        let mut item = of(tag);
        for place in item.places() {
            if matches!(item.at(&place), Item::Uint(_)) && !["JOINED", "LEFT"].contains(&tag) {
                item = item.with(&place, Item::Uint(UINT_END - 1));
            }
        }
        for (_, place, _, most) in TEXTS.iter().filter(|row| row.0 == tag) {
            item = item.with(place, Item::Text("z".repeat(*most)));
        }
        for (_, place, _, most) in BYTES.iter().filter(|row| row.0 == tag) {
            item = item.with(place, Item::Bytes(vec![7; *most]));
        }
        if tag == "MEMBERS" {
            let name = Item::Text("z".repeat(128));
            item = item.with(&[2, 1, 1], name);
        }
        for (_, place, _, most) in LISTS.iter().filter(|row| row.0 == tag) {
            let last = if tag == "NAME" { 0 } else { 1 };
            let first = item.at(place).at(&[last]).clone();
            item = item.with(place, Item::Array(vec![first; *most]));
        }
        decode(&item.write()).unwrap();
        item.write().len()
    };
    let lengths: Vec<usize> = Kind::ALL.iter().map(|kind| grown(kind.tag())).collect();
    assert!(lengths[0] > 700 && lengths[0] <= 1_024, "{lengths:?}");
    assert!(lengths[1..10].iter().all(|n| *n <= 20_480), "{lengths:?}");
    assert!(lengths[10..].iter().all(|n| *n <= 65_536), "{lengths:?}");
    assert!(lengths[18] > 55_000, "{lengths:?}");
}
