//! Frames in every cut, and lengths that are no lengths.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may stop at what it did not expect"
)]

use alloc::vec;
use alloc::vec::Vec;

use super::*;
use crate::wire::{Ping, Quit, decode};

const LIMIT: u32 = 1_000;

/// Feeds `pieces`, and gives all bodies.
fn bodies(decoder: &mut Decoder, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for piece in pieces {
        let mut input = *piece;
        while let Some(body) = decoder.next(&mut input, LIMIT).unwrap() {
            bodies.push(body.to_vec());
        }
        assert!(input.is_empty());
    }
    bodies
}

fn stream() -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut bytes = BytesMut::new();
    let mut bodies = Vec::new();
    for nonce in [0, 24, 300, 70_000, 1 << 40] {
        encode_frame(&Ping { nonce }.into(), &mut bytes).unwrap();
        bodies.push(cbor::encode(&Ping { nonce }.into()).unwrap());
    }
    let why = Some("x".repeat(250));
    encode_frame(&Quit { why: why.clone() }.into(), &mut bytes).unwrap();
    bodies.push(cbor::encode(&Quit { why }.into()).unwrap());
    (bytes.to_vec(), bodies)
}

#[test]
fn a_frame_is_a_length_and_a_body() {
    let mut out = BytesMut::from(&b"earlier"[..]);
    encode_frame(&Ping { nonce: 5 }.into(), &mut out).unwrap();
    assert_eq!(&out[..], b"earlier\x00\x00\x00\x07\x82\x64PING\x05");
}

#[test]
fn frames_are_the_same_in_every_cut() {
    let (bytes, whole) = stream();
    assert_eq!(bodies(&mut Decoder::default(), &[&bytes]), whole);
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(bodies(&mut Decoder::default(), &single), whole);
    for size in [2, 3, 5, 7, 64] {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        assert_eq!(bodies(&mut Decoder::default(), &pieces), whole);
    }
    for cut in 0..=bytes.len() {
        let (a, b) = bytes.split_at(cut);
        let mut decoder = Decoder::default();
        assert_eq!(bodies(&mut decoder, &[a, &[], b]), whole, "cut at {cut}");
        assert_eq!(decoder, Decoder::default());
        assert!(!decoder.is_mid_frame());
    }
    for body in whole {
        decode(&body).unwrap();
    }
}

#[test]
fn bytes_behind_a_frame_stay_in_the_input() {
    let (bytes, whole) = stream();
    let mut decoder = Decoder::default();
    let mut input = &bytes[..];
    let first = decoder.next(&mut input, LIMIT).unwrap().unwrap();
    assert_eq!(first, whole[0]);
    assert_eq!(input, &bytes[4 + whole[0].len()..]);
    // And the same when the first was gathered.
    let mut decoder = Decoder::default();
    let (mut a, mut b) = bytes.split_at(6);
    assert_eq!(decoder.next(&mut a, LIMIT), Ok(None));
    assert_eq!(decoder.next(&mut b, LIMIT), Ok(Some(&whole[0][..])));
    assert_eq!(b, &bytes[4 + whole[0].len()..]);
    assert_eq!((decoder.is_mid_frame(), decoder.buffered()), (false, 0));
}

#[test]
fn a_body_that_stands_whole_in_the_input_is_lent_from_there() {
    let (bytes, _) = stream();
    let mut decoder = Decoder::default();
    let mut input = &bytes[..];
    let body = decoder.next(&mut input, LIMIT).unwrap().unwrap();
    assert_eq!(body.as_ptr(), bytes[4..].as_ptr());
}

#[test]
fn what_is_held_is_told() {
    let mut decoder = Decoder::default();
    let frame = [0, 0, 0, 3, 1, 2, 3];
    for (i, byte) in frame.iter().enumerate().take(6) {
        assert_eq!((decoder.is_mid_frame(), decoder.buffered()), (i > 0, i));
        assert_eq!(decoder.next(&mut &[*byte][..], LIMIT), Ok(None));
    }
    assert_eq!(decoder.buffered(), 6);
    assert_ne!(decoder, Decoder::default());
    assert_eq!(decoder.next(&mut &[3][..], LIMIT), Ok(Some(&[1, 2, 3][..])));
    assert_eq!((decoder.is_mid_frame(), decoder.buffered()), (false, 0));
}

/// What is left of a frame that is done counts for nothing, and every byte that is held counts.
#[test]
fn equality_and_hash_are_of_what_is_held() {
    let fed = |bytes: &[u8]| {
        let mut decoder = Decoder::default();
        bodies(&mut decoder, &[bytes]);
        let mut hasher = Kept::default();
        decoder.hash(&mut hasher);
        (decoder, hasher)
    };
    let frame = [0, 0, 0, 3, 1, 2, 3];
    let held: Vec<_> = (0..7).map(|n| fed(&frame[..n])).collect();
    for (n, one) in held.iter().enumerate() {
        let another = [&[0, 0, 0, 1, 9][..], &frame[..n]].concat();
        assert_eq!(*one, fed(&another), "{n}");
        for other in &held[..n] {
            assert_ne!(one.0, other.0, "{n}");
            assert_ne!(one.1, other.1, "{n}");
        }
    }
    assert_ne!(fed(&[0, 0, 0, 3, 1]), fed(&[0, 0, 0, 3, 2]));
    assert_ne!(fed(&[0, 0, 0, 3, 1]), fed(&[0, 0, 0, 4, 1]));
}

/// A hasher that keeps what it is given.
#[derive(Debug, Default, PartialEq)]
struct Kept(Vec<u8>);

impl Hasher for Kept {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

#[test]
fn lengths_up_to_the_limit_are_taken_and_no_others() {
    for (length, legal) in [
        (0, false),
        (1, true),
        (LIMIT - 1, true),
        (LIMIT, true),
        (LIMIT + 1, false),
        (1 << 31, false),
        (u32::MAX, false),
    ] {
        let header = length.to_be_bytes();
        let error = Err(FrameError::TooBig {
            length,
            limit: LIMIT,
        });
        let size = usize::try_from(length.min(LIMIT + 1)).unwrap();
        let frame = [&header[..], &vec![0; size]].concat();

        // In one piece, body and all.
        let mut decoder = Decoder::default();
        let got = decoder.next(&mut &frame[..], LIMIT);
        assert_eq!(got.is_ok(), legal, "{length}");
        assert_eq!(decoder.buffered(), if legal { 0 } else { 4 });

        // Known at the fourth byte, not before and not after.
        let mut decoder = Decoder::default();
        for byte in &header[..3] {
            assert_eq!(decoder.next(&mut &[*byte][..], LIMIT), Ok(None));
        }
        let at_fourth = decoder.next(&mut &header[3..], LIMIT);
        if legal {
            assert_eq!(at_fourth, Ok(None));
            assert_eq!(bodies(&mut decoder, &[&frame[4..]]), [&frame[4..]]);
        } else {
            assert_eq!(at_fourth, error);
            // For good, and nothing is kept of what follows.
            assert_eq!(decoder.next(&mut &frame[..], LIMIT), error);
            assert_eq!((decoder.buffered(), decoder.body.capacity()), (4, 0));
        }
    }
}

#[test]
fn other_protocols_are_refused_by_their_first_bytes() {
    for hello in [&b"\x16\x03\x01\x02\x00"[..], b"GET / HTTP/1.1", b"SSH-2.0-"] {
        let mut decoder = Decoder::default();
        let got = decoder.next(&mut &hello[..], 65_536);
        assert!(matches!(got, Err(FrameError::TooBig { .. })));
    }
}

#[test]
fn growth_follows_what_has_come_and_not_what_was_announced() {
    let limit = 1_u32 << 30;
    let mut decoder = Decoder::default();
    let mut received = 0;
    assert_eq!(decoder.next(&mut &limit.to_be_bytes()[..], limit), Ok(None));
    assert_eq!(decoder.body.capacity(), 0);
    for size in [1, 10, 100, 1_000, 1_000, 10_000, 3] {
        assert_eq!(decoder.next(&mut &vec![0; size][..], limit), Ok(None));
        received += size;
        assert_eq!(decoder.body.len(), received);
        assert!(decoder.body.capacity() <= 2 * received.max(4));
    }
}

#[test]
fn memory_is_given_back_when_the_frame_is_done() {
    let mut decoder = Decoder::default();
    let frame = [&LIMIT.to_be_bytes()[..], &[0; 1_000]].concat();
    assert_eq!(
        bodies(&mut decoder, &[&frame[..500], &frame[500..]]).len(),
        1
    );
    assert_eq!(decoder.body.capacity(), 0);
}

#[test]
fn memory_is_given_back_when_asked_though_nothing_comes_after() {
    let mut decoder = Decoder::default();
    let frame = [&LIMIT.to_be_bytes()[..], &[0; 1_000]].concat();
    assert_eq!(decoder.next(&mut &frame[..500], LIMIT), Ok(None));
    decoder.give_back();
    assert!(decoder.next(&mut &frame[500..], LIMIT).unwrap().is_some());
    assert!(decoder.body.capacity() > 0);
    decoder.give_back();
    assert_eq!(decoder.body.capacity(), 0);
}

#[test]
fn the_limit_of_the_moment_counts() {
    let mut decoder = Decoder::default();
    let frame = [0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    assert!(decoder.next(&mut &frame[..], 8).is_err());
    let mut decoder = Decoder::default();
    assert!(decoder.next(&mut &frame[..], 9).is_ok());
}
