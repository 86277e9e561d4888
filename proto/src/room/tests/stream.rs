//! The encoded stream, to the byte: pieces, what is held, what is dropped, and when two are equal.

use alloc::vec;

use bytes::{Bytes, BytesMut};

use super::*;
use crate::wire::{Message, Said, encode_frame, limits};

/// An event with a text of so many bytes.
pub(super) fn said(seq: u64, text: usize) -> Message {
    Message::Said(Said {
        seq,
        at: 1000,
        member: 1,
        session: 1,
        id: seq,
        name: "alice".to_string(),
        kind: SayKind::Say,
        re: None,
        text: Some("x".repeat(text)),
    })
}

pub(super) fn frame(message: &Message) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode_frame(message, &mut out).unwrap();
    out.to_vec()
}

/// A stream from the event 1 with texts of these lengths, and its frames.
pub(super) fn stream(texts: &[usize]) -> (Stream, Vec<Vec<u8>>) {
    let mut stream = Stream::starting_at(1);
    let mut frames = Vec::new();
    for text in texts {
        let event = said(stream.next(), *text);
        stream.append(&event).unwrap();
        frames.push(frame(&event));
    }
    (stream, frames)
}

/// A stream of which every event was read as it came, so that each is a chunk of its own.
pub(super) fn cut(texts: &[usize]) -> Stream {
    let mut stream = Stream::starting_at(1);
    for text in texts {
        let seq = stream.next();
        stream.append(&said(seq, *text)).unwrap();
        assert_eq!(stream.piece(seq - 1, 1).unwrap().upto, seq);
    }
    stream
}

pub(super) fn bytes_of(frames: &[Vec<u8>]) -> u64 {
    u64::try_from(frames.concat().len()).unwrap()
}

/// All that comes after `seq`, in pieces of at most `max`, with where each ends.
fn read(stream: &mut Stream, mut seq: u64, max: usize) -> (Vec<u8>, Vec<u64>) {
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    while let Some(piece) = stream.piece(seq, max) {
        assert!(piece.upto > seq);
        assert!(!piece.bytes.is_empty());
        bytes.extend_from_slice(&piece.bytes);
        seq = piece.upto;
        ends.push(seq);
    }
    assert_eq!(seq, stream.next() - 1);
    (bytes, ends)
}

pub(super) fn is_shared(a: &Bytes, b: &Bytes) -> bool {
    a.as_ptr() == b.as_ptr() && a.len() == b.len()
}

/// A piece is whole frames: as many as are within the limit, to the byte, and never none.
#[test]
fn a_piece_is_cut_between_frames() {
    let (stream, frames) = stream(&[10, 20, 30]);
    let [a, ab, abc] = [1, 2, 3].map(|n| frames[..n].concat());
    for (seq, max, upto) in [
        (0, 0, 1),
        (0, 1, 1),
        (0, a.len(), 1),
        (0, ab.len() - 1, 1),
        (0, ab.len(), 2),
        (0, abc.len() - 1, 2),
        (0, abc.len(), 3),
        (0, usize::MAX, 3),
        (1, 0, 2),
        (1, frames[1].len(), 2),
        (1, abc.len() - a.len() - 1, 2),
        (1, abc.len() - a.len(), 3),
        (2, 0, 3),
        (2, 65_536, 3),
    ] {
        let piece = stream.clone().piece(seq, max).unwrap();
        assert_eq!(piece.upto, upto, "{seq} {max}");
        let from = usize::try_from(seq).unwrap();
        let to = usize::try_from(upto).unwrap();
        assert_eq!(piece.bytes, frames[from..to].concat(), "{seq} {max}");
    }
    for seq in [3, 4, 1_000, u64::MAX - 1, u64::MAX] {
        assert_eq!(stream.clone().piece(seq, 65_536), None, "{seq}");
    }
    assert_eq!(Stream::starting_at(1).piece(0, 65_536), None);
}

/// Who is far behind gets what was read event by event in larger pieces, and shared again.
#[test]
fn small_chunks_are_joined_for_a_laggard() {
    let texts = [100; 60];
    let (whole, frames) = stream(&texts);
    let mut cut = cut(&texts);
    let ahead = cut.piece(59, 65_536).unwrap();
    assert_eq!(ahead.bytes, frames[59]);
    let joined = cut.piece(0, 65_536).unwrap();
    assert_eq!(
        (joined.upto, joined.bytes.len()),
        (60, frames.concat().len())
    );
    assert_eq!(joined.bytes, frames.concat());
    let again = cut.piece(0, 65_536).unwrap();
    assert!(is_shared(&joined.bytes, &again.bytes));
    assert_eq!(ahead.bytes, frames[59], "the other's is untouched");
    assert_eq!(cut, whole);

    // Never more than the limit, and only whole chunks.
    let mut cut = self::cut(&texts);
    // The last ten are the longest by a few bytes, and no eleven are as short.
    let (bytes, ends) = read(&mut cut, 0, 10 * frames[59].len());
    assert_eq!(bytes, frames.concat());
    assert_eq!(ends, [10, 20, 30, 40, 50, 60]);
    // In the midst of a chunk: the rest of it.
    let (bytes, ends) = read(&mut cut, 5, 65_536);
    assert_eq!(bytes, frames[5..].concat());
    assert_eq!(ends.len(), 1, "{ends:?}");
}

/// A chunk of 4 KiB or more is handed out as it is; one byte less and it is joined.
#[test]
fn large_chunks_stay_as_they_are() {
    let overhead = frame(&said(1, 4_000)).len() - 4_000;
    let large = 4 * 1024 - overhead;
    assert_eq!(frame(&said(1, large)).len(), 4 * 1024);
    let mut exact = cut(&[large, 10, 10]);
    assert_eq!(read(&mut exact, 0, 65_536).1, [1, 3]);
    let mut smaller = cut(&[large - 1, 10, 10]);
    assert_eq!(read(&mut smaller, 0, 65_536).1, [3]);
}

/// However the chunks lie, every reader at every place gets the same bytes.
#[test]
fn every_reader_gets_the_same() {
    let texts = [1, 5_000, 30, 300, 16_384, 2, 2, 2, 4_096, 9, 700];
    let (whole, frames) = stream(&texts);
    for max in [0, 1, 100, 400, 5_000, 9_000, 16_500, 65_536, usize::MAX] {
        for (from, seq) in (0..).take(texts.len()).enumerate() {
            let mut streams = [whole.clone(), cut(&texts), cut(&texts)];
            // One whose first half was joined for another reader before.
            streams[2].piece(2, 1_000);
            for stream in &mut streams {
                let (bytes, ends) = read(stream, seq, max);
                assert_eq!(bytes, frames[from..].concat(), "{seq} {max}");
                if max == 0 {
                    assert_eq!(ends.len(), frames.len() - from);
                }
            }
        }
    }
}

#[test]
fn what_is_held_and_behind() {
    let mut stream = Stream::starting_at(5);
    let state = |s: &Stream| (s.first(), s.next(), s.held(), s.behind(4));
    assert_eq!(state(&stream), (5, 5, 0, 0));
    assert_eq!(Stream::default().next(), 0);
    let frames: Vec<_> = (5..8).map(|seq| frame(&said(seq, 9))).collect();
    let [c, bc, abc] = [2, 1, 0].map(|n| bytes_of(&frames[n..]));
    for seq in 5..8 {
        stream.append(&said(seq, 9)).unwrap();
    }
    assert_eq!(state(&stream), (5, 8, abc, abc));
    for (seq, behind) in [
        (0, abc), // older than what is held: all of it
        (3, abc),
        (4, abc),
        (5, bc),
        (6, c),
        (7, 0),
    ] {
        assert_eq!(stream.behind(seq), behind, "{seq}");
        // Reading changes none of it.
        stream.piece(5, 1);
        assert_eq!(state(&stream), (5, 8, abc, abc));
    }
    assert_eq!(stream.piece(3, 65_536), None, "its next is no longer here");
    assert_eq!(stream.piece(0, 65_536), None);
    assert_eq!(stream.piece(4, 65_536).unwrap().upto, 7);
}

/// The newest event that must go so that so many bytes are held, at each byte around each frame.
#[test]
fn excess_to_the_byte() {
    let (mut stream, frames) = stream(&[10, 20, 30]);
    let [c, bc, abc] = [2, 1, 0].map(|n| bytes_of(&frames[n..]));
    for (keep, excess) in [
        (u64::MAX, None),
        (abc + 1, None),
        (abc, None),
        (abc - 1, Some(1)),
        (bc + 1, Some(1)),
        (bc, Some(1)),
        (bc - 1, Some(2)),
        (c, Some(2)),
        (c - 1, Some(3)),
        (1, Some(3)),
        (0, Some(3)),
    ] {
        assert_eq!(stream.excess(keep), excess, "{keep}");
        let mut dropped = stream.clone();
        dropped.drop_upto(excess.unwrap_or(0));
        assert!(dropped.held() <= keep);
        assert_eq!(dropped.excess(keep), None);
    }
    // The same once something was dropped.
    stream.drop_upto(1);
    assert_eq!(stream.excess(bc), None);
    assert_eq!(stream.excess(bc - 1), Some(2));
    assert_eq!(stream.excess(c), Some(2));
    assert_eq!(stream.excess(0), Some(3));
    assert_eq!(Stream::starting_at(1).excess(0), None);
}

#[test]
fn dropping_keeps_the_rest() {
    let texts = [10, 20, 30];
    let (whole, frames) = stream(&texts);
    for mut stream in [whole, cut(&texts)] {
        let held = bytes_of(&frames);
        stream.drop_upto(0);
        assert_eq!((stream.first(), stream.held()), (1, held));
        stream.drop_upto(1);
        stream.drop_upto(1);
        let rest = bytes_of(&frames[1..]);
        assert_eq!((stream.first(), stream.next()), (2, 4));
        assert_eq!((stream.held(), stream.behind(0)), (rest, rest));
        assert_eq!(stream.piece(0, 65_536), None);
        assert_eq!(read(&mut stream.clone(), 1, 0).1, [2, 3]);
        assert_eq!(read(&mut stream.clone(), 1, 65_536).0, frames[1..].concat());
        stream.drop_upto(3);
        assert_eq!((stream.first(), stream.next(), stream.held()), (4, 4, 0));
        assert_eq!(stream.piece(3, 65_536), None);
        stream.drop_upto(9);
        assert_eq!(
            (stream.first(), stream.next()),
            (4, 4),
            "it drops what there is"
        );
        // And it goes on.
        stream.append(&said(4, 5)).unwrap();
        let piece = stream.piece(3, 65_536).unwrap();
        assert_eq!((piece.upto, &piece.bytes[..]), (4, &frame(&said(4, 5))[..]));
        assert_eq!(stream.held(), bytes_of(&[frame(&said(4, 5))]));
    }
}

/// Two streams are equal by what they hold, not by how it was read.
#[test]
fn equality_ignores_how_it_is_cut() {
    let texts = [10, 20, 4_500, 30];
    let (whole, _) = stream(&texts);
    let mut pieces = cut(&texts);
    let mut joined = pieces.clone();
    joined.piece(0, 65_536);
    let mut read_once = whole.clone();
    read_once.piece(0, 65_536);
    for other in [&mut pieces, &mut joined, &mut read_once] {
        assert_eq!(*other, whole);
        assert_eq!(hash_of(other), hash_of(&whole));
        let (mut one, mut two) = (other.clone(), whole.clone());
        for stream in [&mut one, &mut two] {
            stream.append(&said(5, 7)).unwrap();
            stream.drop_upto(2);
        }
        assert_eq!(one, two);
        assert_eq!(hash_of(&one), hash_of(&two));
    }

    // Other frames, fewer, more, in another order, or other numbers: all of these differ.
    let mut shorter = whole.clone();
    shorter.drop_upto(1);
    let mut longer = whole.clone();
    longer.append(&said(5, 1)).unwrap();
    let mut others = vec![
        shorter,
        longer,
        stream(&[10, 20, 4_500]).0,
        stream(&[20, 10, 4_500, 30]).0,
        stream(&[11, 20, 4_500, 30]).0,
        stream(&[10, 20, 4_500, 31]).0,
        Stream::starting_at(1),
        Stream::starting_at(2),
    ];
    // One byte of one frame, of the same length; near the start of a word and in the odd bytes at
    // the end of a frame.
    for change in ["y", "z"] {
        for at in [0, 7, 9] {
            let mut text = "x".repeat(10);
            text.replace_range(at..=at, change);
            let Message::Said(mut event) = said(1, 10) else {
                panic!();
            };
            event.text = Some(text);
            let mut other = Stream::starting_at(1);
            other.append(&Message::Said(event)).unwrap();
            for seq in 2..=4 {
                let text = texts[usize::try_from(seq).unwrap() - 1];
                other.append(&said(seq, text)).unwrap();
            }
            others.push(other);
        }
    }
    for (n, one) in others.iter().enumerate() {
        assert_ne!(*one, whole, "{n}");
        assert_ne!(hash_of(one), hash_of(&whole), "{n}");
        for two in &others[..n] {
            assert_ne!(one, two, "{n}");
        }
    }
}

/// What the wire refuses leaves nothing behind.
#[test]
fn a_refused_append_changes_nothing() {
    let (mut stream, frames) = stream(&[10, 20]);
    let before = stream.clone();
    let refused = said(3, limits::TEXT + 1);
    assert!(stream.append(&refused).is_err());
    assert_eq!(stream, before);
    assert_eq!(
        (stream.next(), stream.held()),
        (3, bytes_of(&frames)),
        "neither number nor bytes"
    );
    stream.append(&said(3, limits::TEXT)).unwrap();
    let expected = [frames.concat(), frame(&said(3, limits::TEXT))].concat();
    assert_eq!(read(&mut stream, 0, 65_536).0, expected);
    let mut empty = Stream::starting_at(1);
    assert!(empty.append(&refused).is_err());
    assert_eq!(empty, Stream::starting_at(1));
    assert_eq!(empty.piece(0, 65_536), None);
}

/// `[RM-25]` A line is erased wherever its frame lies: first, last, alone in a chunk, among others, not yet handed out; all
/// others stay as they were, to the byte.
#[test]
fn an_erased_line_has_no_text_and_all_else_stays() {
    let texts = [10, 2_000, 30, 0xffff / 8, 50];
    for at in 1..=5_u64 {
        for read_first in [false, true] {
            let (whole, mut frames) = stream(&texts);
            let mut stream = if read_first { cut(&texts) } else { whole };
            let untouched = stream.clone();
            assert!(stream.erase(at));
            assert!(!stream.erase(at), "there is no text any more");
            let index = usize::try_from(at - 1).unwrap();
            let Message::Said(mut erased) = said(at, 0) else {
                panic!()
            };
            erased.text = None;
            frames[index] = frame(&Message::Said(erased));
            let want = frames.concat();
            assert_eq!(stream.held(), bytes_of(&frames));
            for max in [1, 100, 2_500, usize::MAX] {
                assert_eq!(read(&mut stream.clone(), 0, max).0, want, "{at} {max}");
            }
            // It goes on, and what is old goes.
            let next = said(6, 7);
            stream.append(&next).unwrap();
            frames.push(frame(&next));
            assert_eq!(read(&mut stream, 0, 64).0, frames.concat());
            stream.drop_upto(at);
            let left = frames.get(index + 1..).unwrap().concat();
            assert_eq!(read(&mut stream, at, usize::MAX).0, left);
            assert_ne!(stream, untouched);
        }
    }
}

#[test]
fn what_is_no_line_or_not_here_is_not_erased() {
    let (mut some, frames) = stream(&[10, 20]);
    for seq in [0, 3, u64::MAX] {
        assert!(!some.erase(seq), "{seq}");
    }
    some.drop_upto(1);
    assert!(!some.erase(1));
    let mut other = Stream::starting_at(3);
    let left = Event::Left(Left {
        seq: 3,
        at: 1,
        member: 1,
        session: 1,
        id: 0,
        name: "bob".into(),
        host: None,
        members: 1,
        why: Some("bye".into()),
    });
    other.append(&Message::from(left)).unwrap();
    assert!(!other.erase(3));
    assert_eq!(read(&mut some, 1, 1_000).0, frames[1]);
}
