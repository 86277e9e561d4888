//! Vectors and captures, byte for byte, whole and in pieces.

use parlance_proto::legacy::{
    BODY, BodyRefused, FrameRefused, Kind, Reader, TEXT, Width, pickle, write_frame,
};
use parlance_tests::requirement;

use crate::rig::{capture, captures, fixture, texts, unhex};

/// The limit that the vectors were made with.
const LIMIT: usize = 65_536;

#[test]
fn every_vector_is_accepted_or_refused_as_it_says() {
    requirement!("LG-3");
    let (mut accepted, mut refused) = (0, 0);
    for line in fixture("vectors.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let fields: Vec<&str> = line.split('\t').collect();
        let [verdict, kind, what, text, body] = fields[..] else {
            panic!("five fields: {line}");
        };
        let read = pickle::read(&unhex(body), LIMIT);
        if verdict == "reject" {
            assert!(read.is_err(), "{what}: {read:?}");
            refused += 1;
            continue;
        }
        let kind = match kind {
            "str2" => Kind::Str,
            "unicode" => Kind::Unicode,
            "bytes3" => Kind::Bytes,
            other => panic!("a kind: {other}"),
        };
        let text = String::from_utf8(unhex(text)).expect("a text");
        assert_eq!(read, Ok((kind, text.clone())), "{what}");
        if what == "2.7.18 cPickle protocol 0" && kind == Kind::Str {
            assert_eq!(pickle::write(&text, kind), unhex(body), "{text}");
        }
        accepted += 1;
    }
    assert_eq!((accepted, refused), (283, 56));
}

/// A body is a straight line: whatever is cut off it, added to it or put before it is refused.
#[test]
fn nothing_less_and_nothing_more_than_a_body_is_one() {
    requirement!("LG-3");
    for line in fixture("vectors.tsv")
        .lines()
        .filter(|line| line.starts_with("accept"))
    {
        let body = unhex(line.rsplit('\t').next().expect("a body"));
        if body.len() > 200 {
            continue;
        }
        for cut in 0..body.len() {
            assert!(pickle::read(&body[..cut], LIMIT).is_err(), "{line}: {cut}");
        }
        for more in [b'.', b'0', b't', 0] {
            assert!(pickle::read(&[&body[..], &[more]].concat(), LIMIT).is_err());
            assert!(pickle::read(&[&[more], &body[..]].concat(), LIMIT).is_err());
        }
    }
}

#[test]
fn captures_are_read_and_written_byte_for_byte_in_both_directions() {
    requirement!("LG-6");
    let all = captures();
    assert_eq!(all.len(), 34);
    let mut frames = 0;
    for (name, bytes) in &all {
        let read = texts(bytes, Width::Wide);
        assert!(!read.is_empty(), "{name}");
        frames += read.len();
        if name.starts_with("py3") {
            assert!(
                read.iter().all(|(kind, _)| *kind == Kind::Unicode),
                "{name}"
            );
            continue;
        }
        let mut again = Vec::new();
        for (kind, text) in &read {
            assert_eq!(*kind, Kind::Str, "{name}");
            write_frame(text, Width::Wide, *kind, &mut again);
        }
        assert_eq!(again, *bytes, "{name}");
    }
    assert_eq!(frames, 90);
}

#[test]
fn a_frame_is_a_frame_wherever_it_is_cut() {
    requirement!("LG-2");
    for name in ["session_alice_c2s", "session_bob_s2c", "py3_p4_alice_s2c"] {
        let bytes = capture(name);
        let whole = texts(&bytes, Width::Wide);
        for cut in 0..=bytes.len() {
            let mut reader = Reader::default();
            let mut heard = Vec::new();
            for mut piece in [&bytes[..cut], &bytes[cut..]] {
                while let Some(body) = reader.next(&mut piece, BODY).expect("a header") {
                    heard.push(pickle::read(&body, TEXT + 64).expect("a text"));
                }
            }
            assert_eq!(heard, whole, "{name} at {cut}");
        }
        let mut reader = Reader::default();
        let mut heard = Vec::new();
        // Bytes one at a time: the one that tells the width is looked at and left.
        let mut waiting: Vec<u8> = Vec::new();
        for byte in &bytes {
            waiting.push(*byte);
            let mut input = &waiting[..];
            if let Some(body) = reader.next(&mut input, BODY).expect("a header") {
                heard.push(pickle::read(&body, TEXT + 64).expect("a text"));
            }
            waiting = input.to_vec();
        }
        assert_eq!(heard, whole, "{name} in bytes");
    }
}

#[test]
fn the_width_is_told_by_the_fifth_byte_and_fixed() {
    requirement!("LG-1", "LG-2");
    let narrow = |body: &[u8]| [&24_u32.to_be_bytes(), body].concat();
    for (first, width) in [
        (b'(', Width::Narrow),
        (0x80, Width::Narrow),
        (0, Width::Wide),
    ] {
        let mut reader = Reader::default();
        assert_eq!(reader.next(&mut &narrow(&[])[..], BODY), Ok(None));
        assert_eq!(reader.width(), None);
        assert_eq!(reader.next(&mut &[first][..], BODY), Ok(None));
        assert_eq!(reader.width(), Some(width));
    }
    for first in [1, b'S', b'.', 0x89, 0xff] {
        let refused = Reader::default().next(&mut &narrow(&[first])[..], BODY);
        assert_eq!(refused, Err(FrameRefused::Stranger), "{first}");
    }
    // Once wide, always wide, and its four bytes stay zero.
    let mut stream = capture("06_chat_hello_c2s");
    let again = stream.clone();
    stream.extend_from_slice(&again);
    stream[again.len() + 6] = 1;
    let (mut reader, mut input) = (Reader::default(), &stream[..]);
    assert!(matches!(reader.next(&mut input, BODY), Ok(Some(_))));
    assert_eq!(reader.next(&mut input, BODY), Err(FrameRefused::Upper));
}

#[test]
fn a_length_is_judged_before_anything_is_held_and_memory_follows_what_came() {
    requirement!("LG-2");
    for len in [0, BODY + 1, 1 << 31, u32::MAX] {
        let mut reader = Reader::of_width(Width::Narrow);
        let refused = reader.next(&mut &len.to_be_bytes()[..], BODY);
        assert_eq!(refused, Err(FrameRefused::Length { len, limit: BODY }));
    }
    let mut reader = Reader::default();
    let mut input = &[0, 0, 0xff, 0, 0, 0, 0, 0, b'('][..];
    assert_eq!(reader.next(&mut input, BODY), Ok(None));
    assert_eq!(reader.buffered(), 9, "and not 65,280");
}

#[test]
fn texts_of_every_length_to_the_limit_and_none_past_it() {
    requirement!("LG-2");
    for kind in [Kind::Str, Kind::Unicode] {
        for len in [0, 1, 2, 255, 256, 5_000, TEXT] {
            let text = "x".repeat(len);
            let body = pickle::write(&text, kind);
            assert_eq!(pickle::read(&body, TEXT), Ok((kind, text)), "{len}");
        }
        let past = pickle::write(&"x".repeat(TEXT + 1), kind);
        assert_eq!(pickle::read(&past, TEXT), Err(BodyRefused::TooLong));
    }
    // Each byte may cost four: the limit of a body has room for that.
    let costly = pickle::write(&"\u{1}".repeat(TEXT), Kind::Str);
    assert!(costly.len() <= BODY as usize);
    assert!(pickle::read(&costly, TEXT).is_ok());
}
