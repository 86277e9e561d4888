//! The memory that a stream holds: shared by readers, and let go with its events.

use bytes::Bytes;

use super::stream::{bytes_of, cut, frame, is_shared, said, stream};
use super::*;

/// `[DL-1]` Readers at one place get one memory; a later reader gets part of what others got.
#[test]
fn readers_share_memory() {
    let (mut stream, frames) = stream(&[10, 20, 30]);
    let first = stream.piece(0, 65_536).unwrap();
    let second = stream.piece(0, 65_536).unwrap();
    assert!(is_shared(&first.bytes, &second.bytes));
    let later = stream.piece(1, 65_536).unwrap();
    assert!(is_shared(
        &later.bytes,
        &first.bytes.slice(frames[0].len()..)
    ));
    // What comes then is another piece, and what was handed out stays as it was.
    stream.append(&said(4, 40)).unwrap();
    assert_eq!(first.bytes, frames.concat());
    let (one, two) = (stream.piece(3, 65_536), stream.piece(3, 65_536));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.upto, &one.bytes[..]), (4, &frame(&said(4, 40))[..]));
    assert!(is_shared(&one.bytes, &two.bytes));
}

/// What is read event by event lies in few blocks of memory: a small chunk does not hold a large
/// block alone.
#[test]
fn chunks_share_blocks() {
    let mut stream = Stream::starting_at(1);
    let pieces: Vec<Bytes> = (1..=1_000)
        .map(|seq| {
            stream.append(&said(seq, 100)).unwrap();
            stream.piece(seq - 1, 65_536).unwrap().bytes
        })
        .collect();
    let is_behind = |pair: &[Bytes]| pair[0].as_ptr_range().end == pair[1].as_ptr();
    let blocks = pieces.windows(2).filter(|pair| !is_behind(pair)).count() + 1;
    let bytes = stream.held();
    assert_eq!(
        u64::try_from(blocks),
        Ok(bytes.div_ceil(15 * 1024)),
        "{bytes}"
    );
}

/// A chunk that holds nothing newer goes with its events: what was handed out is all that is left of it.
#[test]
fn dropped_chunks_are_freed() {
    // So long that each has a block of its own.
    let mut stream = cut(&[15_500, 15_500, 10]);
    let [first, second] = [0, 1].map(|seq| stream.piece(seq, 1).unwrap().bytes);
    assert!(!first.is_unique() && !second.is_unique());
    stream.drop_upto(1);
    assert!(first.is_unique() && !second.is_unique());
    stream.drop_upto(2);
    assert!(second.is_unique());
    // What nobody has read goes as well.
    let (mut unread, _) = super::stream::stream(&[10, 10]);
    unread.drop_upto(2);
    assert_eq!(unread.held(), 0);
    unread.append(&said(3, 1)).unwrap();
    assert_eq!(unread.piece(2, 65_536).unwrap().bytes, frame(&said(3, 1)));
}

/// What waits for a first reader is a chunk once it is 64 KiB, so that it can go piece by piece.
#[test]
fn unread_events_are_cut_into_chunks() {
    let overhead = frame(&said(1, 4_000)).len() - 4_000;
    let (mut stream, frames) = stream(&[4_096 - overhead; 20]);
    assert_eq!(bytes_of(&frames[..16]), 64 * 1024);
    let ends = [0, 16].map(|seq| stream.piece(seq, usize::MAX).unwrap().upto);
    assert_eq!(ends, [16, 20]);
}

/// What nobody reads is not kept for ever: dropping bounds the memory also where all of it waits
/// for a first reader.
#[test]
fn unread_events_are_freed_too() {
    const KEEP: u64 = 64 * 1024;
    let mut stream = Stream::starting_at(1);
    for seq in 1..=2_000 {
        stream.append(&said(seq, 1_000)).unwrap();
        if let Some(gone) = stream.excess(KEEP) {
            stream.drop_upto(gone);
        }
    }
    let (first, held) = (stream.first(), stream.held());
    assert!(held <= KEEP && held > KEEP - 1_100);
    let bytes = stream.piece(first - 1, usize::MAX).unwrap().bytes;
    drop(stream);
    let block = Vec::from(bytes).capacity();
    assert!(u64::try_from(block).unwrap() <= 4 * KEEP, "{block}");
}
