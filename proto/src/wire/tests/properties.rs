//! What must hold for every message and for all bytes.

use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::generators::{self, message, mutated, pieces, session};
use crate::wire::*;

/// What a lax reader makes of it, if that is written, by another library, as these very bytes.
fn by_another_library(body: &[u8]) -> Option<Message> {
    let mut rest = body;
    let message = crate::wire::cbor::read_item::<Message>(&mut rest).ok()?;
    let mut written = Vec::new();
    ciborium::into_writer(&message, &mut written).ok()?;
    (written == body).then_some(message)
}

/// Whatever is accepted is exactly what would be written for it; the rest is refused, quietly.
fn accepted_only_in_its_one_form(body: &[u8]) -> Result<bool, TestCaseError> {
    prop_assert_eq!(decode(body).ok(), by_another_library(body));
    let Ok(message) = decode(body) else {
        return Ok(false);
    };
    prop_assert_eq!(encode(&message), Ok(body.to_vec()));
    Ok(true)
}

fn bodies(pieces: &[Vec<u8>], limit: u32) -> (Vec<Vec<u8>>, Option<FrameError>, Decoder) {
    let mut decoder = Decoder::default();
    let mut bodies = Vec::new();
    for piece in pieces {
        let mut input = &piece[..];
        loop {
            match decoder.next(&mut input, limit) {
                Ok(Some(body)) => bodies.push(body.to_vec()),
                Ok(None) => break,
                Err(error) => return (bodies, Some(error), decoder),
            }
        }
    }
    (bodies, None, decoder)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_written_is_read_back(message in message()) {
        let body = encode(&message);
        prop_assert!(body.is_ok(), "{body:?}");
        let body = body.unwrap_or_default();
        prop_assert_eq!(decode(&body), Ok(message.clone()));
        let mut frame = bytes::BytesMut::new();
        prop_assert_eq!(encode_frame(&message, &mut frame), Ok(()));
        prop_assert_eq!(&frame[4..], &body[..]);
        let length = u32::from_be_bytes(frame[..4].try_into().unwrap());
        prop_assert_eq!(usize::try_from(length), Ok(body.len()));
    }

    #[test]
    fn changed_bytes_are_refused_or_are_a_message_in_its_one_form(body in mutated()) {
        accepted_only_in_its_one_form(&body)?;
    }

    #[test]
    fn any_bytes_are_refused_or_are_a_message_in_its_one_form(body in vec(any::<u8>(), 0..64)) {
        accepted_only_in_its_one_form(&body)?;
    }

    #[test]
    fn any_bytes_behind_a_tag_too(kind in any::<Kind>(), rest in vec(any::<u8>(), 0..48), n in 0_u8..16) {
        let tag = kind.tag();
        let length = u8::try_from(tag.len()).unwrap();
        let body = [&[0x80 | n, 0x60 | length], tag.as_bytes(), &rest].concat();
        accepted_only_in_its_one_form(&body)?;
    }

    #[test]
    fn directions_are_kept(ours in generators::client_message(), theirs in generators::server_message()) {
        prop_assert!(ours.kind().is_from_client());
        prop_assert!(theirs.kind().is_from_server());
    }

    #[test]
    fn an_event_is_a_message_and_back(event in generators::event()) {
        prop_assert_eq!(Event::try_from(Message::from(event.clone())), Ok(event));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_cut_of_a_stream_cannot_be_told(
        (whole, cut) in session()
            .prop_map(|session| session.bytes().to_vec())
            .prop_flat_map(|bytes| (Just(bytes.clone()), pieces(bytes))),
    ) {
        prop_assert_eq!(&cut.concat(), &whole);
        let single: Vec<Vec<u8>> = whole.iter().map(|byte| [*byte].into()).collect();
        let expected = bodies(&[whole], 20_480);
        prop_assert_eq!(&bodies(&cut, 20_480), &expected);
        prop_assert_eq!(&bodies(&single, 20_480), &expected);
        prop_assert_eq!(expected.1, None);
    }

    #[test]
    fn nor_can_it_be_told_of_garbage(
        (whole, cut) in (session(), any::<Index>(), any::<u8>())
            .prop_map(|(session, at, byte)| {
                let mut bytes = session.bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] ^= byte;
                bytes
            })
            .prop_flat_map(|bytes| (Just(bytes.clone()), pieces(bytes))),
        limit in 1_u32..2_000,
    ) {
        let single: Vec<Vec<u8>> = whole.iter().map(|byte| [*byte].into()).collect();
        let expected = bodies(&[whole], limit);
        prop_assert_eq!(&bodies(&cut, limit), &expected);
        prop_assert_eq!(&bodies(&single, limit), &expected);
    }

    #[test]
    fn a_session_is_what_a_correct_client_sends(session in session()) {
        let (first, rest) = session.messages.split_first().unwrap();
        let (last, between) = rest.split_last().unwrap();
        let Message::Name(login) = first else {
            return Err(TestCaseError::fail("no NAME"));
        };
        prop_assert!(login.versions.contains(&VERSION));
        prop_assert!(crate::name::Name::parse(&login.name).is_ok(), "{:?}", login.name);
        prop_assert!(crate::name::RoomName::parse(&login.room).is_ok(), "{:?}", login.room);
        prop_assert!(matches!(last, Message::Quit(_)));
        let mut newest = 0;
        for message in between {
            let line = match message {
                Message::Say(say) => {
                    prop_assert!(crate::text::Text::parse(&say.text).is_ok(), "{:?}", say.text);
                    Some((say.id, say.after))
                }
                Message::Nick(nick) => {
                    prop_assert!(crate::name::Name::parse(&nick.name).is_ok(), "{:?}", nick.name);
                    Some((nick.id, nick.after))
                }
                Message::Topic(set) => {
                    let topic = set.topic.as_deref().map(crate::text::Topic::parse);
                    prop_assert!(topic.is_none_or(|topic| topic.is_ok()));
                    Some((set.id, set.after))
                }
                Message::Tell(_) | Message::Who(_) | Message::Ping(_) | Message::Pong(_) => None,
                other => return Err(TestCaseError::fail(alloc::format!("{other:?}"))),
            };
            if let Some((id, after)) = line {
                prop_assert_eq!((id, after), (newest + 1, newest));
                newest = id;
            }
        }
    }
}

/// The generators reach both sides of what they are to test: else the properties would be empty.
#[test]
fn changed_bytes_are_accepted_and_refused_both() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut accepted = 0;
    for _ in 0..1_000 {
        let body = mutated().new_tree(&mut runner).unwrap().current();
        accepted += i32::from(accepted_only_in_its_one_form(&body).unwrap());
    }
    assert!((20..900).contains(&accepted), "{accepted}");
}
