//! What people are shown: words and errors as texts, to the letter.

use alloc::string::ToString;

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

/// An array stands where a key belongs: the error says which field, and what it must be.
#[test]
fn a_list_where_bytes_belong_is_told_with_its_field() {
    let (_, bytes) = all()
        .into_iter()
        .find(|(_, bytes)| {
            let message = Item::parse(bytes);
            message.places().contains(&[5, 0].to_vec()) && *message.at(&[0]) == tag("NAME")
        })
        .unwrap();
    let changed = Item::parse(&bytes).with(&[5, 0], Item::Array([].into()));
    let error = decode(&changed.write()).unwrap_err().to_string();
    let told = "expected NAME.identity.key: the length of the byte string must be 32 to 32";
    assert!(error.ends_with(told), "{error}");
}

fn tag(tag: &str) -> Item {
    Item::Text(tag.to_string())
}
