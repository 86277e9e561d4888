//! The sums by which a changed row is noticed: a database does not look at what it was given to keep.

use crc32c::{crc32c, crc32c_append};

/// The sum of an entry: of its number, its time, its room and itself, so that none of these can be exchanged.
pub(super) fn entry(n: u64, at: u64, room: u64, body: &[u8]) -> u32 {
    of(&[n, at, room], body)
}

/// The sum of all entries up to one, from that of all before it: none can be dropped or put in.
pub(super) fn chain(before: u32, entry: u32) -> u32 {
    crc32c_append(crc32c(&before.to_le_bytes()), &entry.to_le_bytes())
}

/// The sum of an event.
pub(super) fn event(room: u64, seq: u64, pos: u64, body: &[u8]) -> u32 {
    of(&[room, seq, pos], body)
}

/// The sum of a checkpoint.
pub(super) fn checkpoint(room: u64, pos: u64, body: &[u8]) -> u32 {
    of(&[room, pos], body)
}

/// The sum of what is known of an entry that was redacted: its numbers, what is left to be done, its time and its sum.
pub(super) fn erasure(numbers: [u64; 6]) -> u32 {
    of(&numbers, b"erasure")
}

/// The sum of a room's row.
pub(super) fn room(id: u64, kept: u64, name: &str) -> u32 {
    of(&[id, kept], name.as_bytes())
}

/// The sum of a fact about the log.
pub(super) fn fact(key: &str, value: u64) -> u32 {
    of(&[value], key.as_bytes())
}

fn of(numbers: &[u64], body: &[u8]) -> u32 {
    let sum = numbers
        .iter()
        .fold(0, |sum, number| crc32c_append(sum, &number.to_le_bytes()));
    crc32c_append(sum, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let sum = entry(7, 1_000, 1, b"hi");
        for other in [
            entry(8, 1_000, 1, b"hi"),
            entry(7, 1_001, 1, b"hi"),
            entry(7, 1_000, 2, b"hi"),
            entry(7, 1_000, 1, b"ho"),
        ] {
            assert_ne!(sum, other);
        }
        assert_ne!(chain(1, 2), chain(2, 1));
        assert_ne!(event(1, 1, 2, b""), event(1, 2, 1, b""));
        assert_ne!(checkpoint(1, 1, b"x"), checkpoint(1, 2, b"x"));
        assert_ne!(room(1, 2, "a"), room(2, 1, "a"));
        assert_ne!(fact("node", 1), fact("nodf", 1));
    }

    /// Folders are read by later programs, so the sums never change: the published check value of CRC-32C.
    #[test]
    fn it_is_crc_32c() {
        assert_eq!(of(&[], b"123456789"), 0xe306_9283);
    }
}
