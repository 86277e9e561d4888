//! What a text bears at its end: who sent it, which of his it is, and when.

/// Bytes of a mark.
pub const LENGTH: usize = 16;
/// How many senders can be told apart.
pub const SENDERS: usize = 1 << 12;

/// Characters of a mark are this one and the 63 after it, all of them printable.
const FIRST: u8 = b'0';
/// Bits of a sender's own count; what is above them says which sender.
const TURN_BITS: u32 = 36;
const TURN_MASK: u64 = (1 << TURN_BITS) - 1;
const WORD_MASK: u64 = (1 << 48) - 1;

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The sender, below [`SENDERS`].
    pub sender: usize,
    /// His messages from 0, below 2^36.
    pub turn: u64,
    /// Nanoseconds since the start of the run, below 2^48 (78 hours).
    pub sent: u64,
}

impl Mark {
    /// As it stands at the end of a text.
    #[must_use]
    pub fn write(&self) -> [u8; LENGTH] {
        let mut text = [0; LENGTH];
        let (first, second) = text.split_at_mut(LENGTH / 2);
        first.copy_from_slice(&spread(
            (self.sender as u64) << TURN_BITS | (self.turn & TURN_MASK),
        ));
        second.copy_from_slice(&spread(self.sent & WORD_MASK));
        text
    }

    /// Reads what stands at the end of `text`; none if that is no mark.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Mark> {
        let mark: &[u8; LENGTH] = text.last_chunk()?;
        let (words, _) = mark.as_chunks::<8>();
        let who = gather(words[0])?;
        Some(Mark {
            sender: (who >> TURN_BITS) as usize,
            turn: who & TURN_MASK,
            sent: gather(words[1])?,
        })
    }
}

/// The low 48 bits of `word` as eight characters of six bits.
fn spread(word: u64) -> [u8; 8] {
    let mut shift = 48;
    [(); 8].map(|()| {
        shift -= 6;
        FIRST + (word >> shift & 0x3f) as u8
    })
}

/// The reverse, for each delivery: all eight characters at once.
fn gather(text: [u8; 8]) -> Option<u64> {
    let six = u64::from_be_bytes(text).wrapping_sub(u64::from_be_bytes([FIRST; 8]));
    // A character out of range has left one of the two high bits of its place or of the one above.
    if six & 0xc0c0_c0c0_c0c0_c0c0 != 0 {
        return None;
    }
    let twelve = six & 0x003f_003f_003f_003f | (six & 0x3f00_3f00_3f00_3f00) >> 2;
    let half = twelve & 0x0000_0fff_0000_0fff | (twelve & 0x0fff_0000_0fff_0000) >> 4;
    Some(half & 0x00ff_ffff | (half & 0x00ff_ffff_0000_0000) >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for sender in [0, 1, 63, 64, SENDERS - 1] {
            for turn in [0, 1, 4_095, 1 << 35, TURN_MASK] {
                for sent in [0, 1, 123_456_789_012, WORD_MASK] {
                    let mark = Mark { sender, turn, sent };
                    let mut text = b"whatever stands before ".to_vec();
                    text.extend(mark.write());
                    assert!(text.iter().all(|byte| (b' '..0x7f).contains(byte)));
                    assert_eq!(Mark::read(&text), Some(mark));
                }
            }
        }
    }

    #[test]
    fn another_text_has_no_mark() {
        let mark = Mark {
            sender: 3,
            turn: 70,
            sent: 9_999,
        };
        for place in 0..LENGTH {
            for byte in [0, b' ', b'/', b'p', 0x7f, 0x80, 0xff] {
                let mut text = mark.write();
                text[place] = byte;
                assert_eq!(Mark::read(&text), None, "{byte:#x} at {place}");
            }
        }
        assert_eq!(Mark::read(&mark.write()[1..]), None);
    }
}
