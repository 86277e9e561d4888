//! One direction of a link: bytes in order, cut anywhere, late, or never.

use std::collections::VecDeque;

use bytes::Bytes;
use parlance_proto::time::Instant;

/// How a direction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After all bytes: the end of the stream.
    Eof,
    /// At once: what is under way is lost.
    Reset,
}

/// What a machine wants written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// The end of the stream.
    Shutdown,
}

/// A bounded FIFO of bytes between a writer and a reader.
///
/// The writer's socket holds one piece at a time (`hand`) and moves it into the wire as there is room, as a real
/// driver does with a partial write.
#[derive(Debug)]
pub struct Pipe {
    hand: Bytes,
    wire: VecDeque<u8>,
    capacity: usize,
    end: Option<End>,
    ended: bool,
    /// The machine behind has, as far as is known, more to write.
    pub more: bool,
    /// A read of this direction is scheduled.
    pub scheduled: bool,
    /// The reader does not read before this instant.
    pub stalled: Option<Instant>,
    /// All bytes that were ever read.
    pub read: u64,
}

/// What a reader got.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// The end, once.
    End(End),
    /// Nothing now.
    Nothing,
}

impl Pipe {
    /// An open pipe that has room for `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Pipe {
        Pipe {
            hand: Bytes::new(),
            wire: VecDeque::new(),
            capacity: capacity.max(1),
            end: None,
            ended: false,
            more: false,
            scheduled: false,
            stalled: None,
            read: 0,
        }
    }

    /// Whether the writer's hand is empty and the direction open: it may ask its machine for a piece.
    #[must_use]
    pub fn wants_piece(&self) -> bool {
        self.hand.is_empty() && self.end.is_none() && self.wire.len() < self.capacity
    }

    /// The writer takes a piece in hand; what fits goes at once.
    pub fn write(&mut self, piece: Bytes) {
        debug_assert!(self.hand.is_empty(), "a piece was taken over one in hand");
        self.hand = piece;
        self.settle();
    }

    /// Moves from the hand to the wire what fits; true if some bytes of the hand went.
    pub fn settle(&mut self) -> bool {
        let room = self.capacity.saturating_sub(self.wire.len());
        let n = room.min(self.hand.len());
        self.wire.extend(self.hand.split_to(n));
        n > 0
    }

    /// Ends the direction; the first end counts, but a reset overtakes an end of stream.
    pub fn finish(&mut self, end: End) {
        if end == End::Reset {
            self.hand = Bytes::new();
            self.wire.clear();
            self.end = Some(End::Reset);
        } else if self.end.is_none() {
            self.end = Some(end);
        }
    }

    /// The writer is gone: the piece in its hand goes with it.
    pub fn drop_hand(&mut self) {
        self.hand = Bytes::new();
    }

    /// Whether an end was said.
    #[must_use]
    pub fn finished(&self) -> bool {
        self.end.is_some()
    }

    /// Whether a read would give something.
    #[must_use]
    pub fn readable(&self) -> bool {
        !self.wire.is_empty() || (self.end.is_some() && self.hand.is_empty() && !self.ended)
    }

    /// Whether bytes wait to be read or written.
    #[must_use]
    pub fn busy(&self) -> bool {
        !self.wire.is_empty() || !self.hand.is_empty()
    }

    /// Whether some of a piece has found no place yet.
    #[must_use]
    pub fn has_piece_in_hand(&self) -> bool {
        !self.hand.is_empty()
    }

    /// Takes at most `most` bytes, or the end.
    pub fn take(&mut self, most: usize) -> Got {
        if !self.wire.is_empty() {
            let n = most.max(1).min(self.wire.len());
            self.read += n as u64;
            return Got::Bytes(self.wire.drain(..n).collect());
        }
        match self.end {
            Some(end) if !self.ended && self.hand.is_empty() => {
                self.ended = true;
                Got::End(end)
            }
            _ => Got::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_order_through_a_narrow_pipe() {
        let mut pipe = Pipe::new(3);
        pipe.write(Bytes::from_static(b"abcdefg"));
        pipe.finish(End::Eof);
        let mut all = Vec::new();
        let mut ends = 0;
        for _ in 0..20 {
            match pipe.take(2) {
                Got::Bytes(b) => all.extend(b),
                Got::End(_) => ends += 1,
                Got::Nothing => break,
            }
            pipe.settle();
        }
        assert_eq!((all.as_slice(), ends), (b"abcdefg".as_slice(), 1));
    }

    #[test]
    fn a_reset_overtakes_what_is_under_way() {
        let mut pipe = Pipe::new(9);
        pipe.write(Bytes::from_static(b"abc"));
        pipe.finish(End::Reset);
        assert_eq!(pipe.take(9), Got::End(End::Reset));
        assert_eq!(pipe.take(9), Got::Nothing);
    }
}
