//! What people are shown: words and errors as texts, to the letter.

use alloc::string::{String, ToString};

use super::golden::all;
use super::item::Item;
use crate::wire::{
    Act, ByeCode, DecodeError, Decoder, ErrorCode, FrameError, GapWhy, Kind, SayKind, decode,
};

#[test]
fn words_are_shown_as_they_are_on_the_wire() {
    let unknown = ByeCode::new("later-than-us").unwrap();
    assert_eq!(unknown.to_string(), "later-than-us");
    for code in ByeCode::ALL {
        assert_eq!(code.to_string(), code.as_str());
    }
    let shown = [
        Kind::Say.to_string(),
        SayKind::Action.to_string(),
        Act::BanAddress.to_string(),
        GapWhy::Trimmed.to_string(),
        ErrorCode::NoEvent.to_string(),
    ];
    assert_eq!(
        shown,
        ["SAY", "action", "ban-address", "trimmed", "no-event"]
    );
}

#[test]
fn errors_of_decoding_say_what_is_wrong() {
    let invalid = DecodeError::Invalid {
        reason: "SAY.id: so".to_string(),
    };
    for (error, shown) in [
        (DecodeError::Truncated, "the item is longer than its frame"),
        (
            DecodeError::Syntax { offset: 7 },
            "not well-formed at byte 7",
        ),
        (invalid, "SAY.id: so"),
        (DecodeError::TooDeep, "nested too deep"),
        (
            DecodeError::Trailing { bytes: 2 },
            "2 bytes behind the item",
        ),
        (
            DecodeError::NotCanonical,
            "not in the deterministic encoding",
        ),
    ] {
        assert_eq!(error.to_string(), shown);
    }
}

#[test]
fn errors_of_frames_say_both_lengths() {
    let refused = |header: [u8; 4]| -> FrameError {
        Decoder::default().next(&mut &header[..], 1024).unwrap_err()
    };
    let shown = "a frame of 1025 bytes, where 1024 are allowed";
    assert_eq!(refused([0, 0, 4, 1]).to_string(), shown);
    assert_eq!(refused([0; 4]).to_string(), "a frame of no bytes");
}

/// A `NAME` with an identity.
fn login() -> Item {
    let mut messages = all().into_iter().map(|(_, bytes)| Item::parse(&bytes));
    let is_login = |item: &Item| *item.at(&[0]) == Item::Text("NAME".into());
    let has_identity = |item: &Item| item.places().contains(&[5, 0].to_vec());
    messages
        .find(|item| is_login(item) && has_identity(item))
        .unwrap()
}

fn refusal(message: &Item) -> String {
    decode(&message.write()).unwrap_err().to_string()
}

/// An array stands where a key belongs: the error says which field, and what it must be.
#[test]
fn a_list_where_bytes_belong_is_told_with_its_field() {
    let error = refusal(&login().with(&[5, 0], Item::Array([].into())));
    let told = "expected NAME.identity.key: the length of the byte string must be 32 to 32";
    assert!(error.ends_with(told), "{error}");
}

/// One item too many is told as that, not as a fault of the field behind the list.
#[test]
fn a_list_that_is_too_long_is_told_with_its_field() {
    let versions = |n: u64| login().with(&[1], Item::Array((1..=n).map(Item::Uint).collect()));
    assert!(decode(&versions(4).write()).is_ok());
    let told = "NAME.versions: the length of the array must be 1 to 4";
    for n in [0, 5, 6] {
        assert_eq!(refusal(&versions(n)), told);
    }
}
