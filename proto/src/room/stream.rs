//! The encoded stream of a room: each event once, for every reader.
//!
//! A reader is a cursor, the number of the newest event it was given. What it is handed are shared
//! slices of the stream, cut between two frames.

use alloc::collections::VecDeque;
use core::hash::{Hash, Hasher};

use bytes::{Bytes, BytesMut};

use crate::wire::{EncodeError, Message, decode, encode_frame};

/// Room for the frames that arrive between two transmissions; several chunks share one block.
const BLOCK: usize = 16 * 1024;

/// With less than this left of a block the next one is begun.
const SPARE: usize = 1024;

/// What no reader came for is one chunk once it is this long, so that it can go piece by piece.
const CHUNK: usize = 64 * 1024;

/// A chunk below this is joined with its successors when somebody far behind reads it.
const SMALL: usize = 4 * 1024;

/// Bytes of a frame's length.
const LENGTH: usize = 4;

/// The newest events of a room, encoded, and where each frame ends. Serves `[DL-1]`.
///
/// Two streams are equal when they hold the same frames, however these are cut into chunks.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The number of the oldest frame held, when any is.
    first: u64,
    /// The absolute offset at which that frame begins.
    base: u64,
    /// Where each frame held ends, as an absolute offset.
    ends: VecDeque<u64>,
    chunks: VecDeque<Chunk>,
    /// What no reader was handed yet, to be frozen into one chunk.
    tail: BytesMut,
    digest: u64,
}

#[derive(Clone, Debug)]
struct Chunk {
    start: u64,
    bytes: Bytes,
}

/// A slice of the stream: whole frames.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Piece {
    /// The frames, shared with every other reader.
    pub bytes: Bytes,
    /// The number of the last event in it.
    pub upto: u64,
}

impl Stream {
    /// A stream whose next event is `first`.
    #[must_use]
    pub fn starting_at(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// Appends the event numbered [`next`](Self::next), encoded here and nowhere else.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] where the message breaks a limit of the wire; the stream is unchanged.
    pub fn append(&mut self, event: &Message) -> Result<(), EncodeError> {
        let before = self.tail.len();
        if self.tail.capacity().saturating_sub(before) < SPARE {
            self.tail.reserve(BLOCK);
        }
        if let Err(error) = encode_frame(event, &mut self.tail) {
            self.tail.truncate(before);
            return Err(error);
        }
        let frame = self.tail.get(before..).unwrap_or_default();
        self.digest = digest(self.digest, frame);
        self.ends
            .push_back(self.end().saturating_add(len(frame.len())));
        if self.tail.len() >= CHUNK {
            self.freeze();
        }
        Ok(())
    }

    /// The number of the oldest event held; where none is, the number of the next one.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next event will have.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.first.saturating_add(len(self.ends.len()))
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.end().saturating_sub(self.base)
    }

    /// How many bytes of the stream come after the event `seq`; all that is held if it is older.
    #[must_use]
    pub fn behind(&self, seq: u64) -> u64 {
        self.end()
            .saturating_sub(self.start_after(seq).unwrap_or(self.base))
    }

    /// Whole frames from the one after `seq`, at most `max` bytes of them but at least one frame;
    /// none if there is no such frame here.
    pub fn piece(&mut self, seq: u64, max: usize) -> Option<Piece> {
        let start = self.start_after(seq).filter(|start| *start < self.end())?;
        if start >= self.tail_start() {
            self.freeze();
        }
        let mut index = self.chunk_at(start);
        if self.chunks.get(index)?.bytes.len() < SMALL {
            index = self.join(index, max);
        }
        let chunk = self.chunks.get(index)?;
        let limit = start.saturating_add(len(max)).min(chunk.end());
        // The last frame that ends within the limit; a frame over it goes alone.
        let (last, end) = if limit == self.end() {
            // The reader keeps pace: it takes all there is, and nothing is searched for.
            (self.ends.len().saturating_sub(1), limit)
        } else {
            let skipped = index_of(seq.saturating_add(1).saturating_sub(self.first));
            let fits = self
                .ends
                .partition_point(|end| *end <= limit)
                .max(skipped.saturating_add(1));
            let last = fits.saturating_sub(1);
            (last, *self.ends.get(last)?)
        };
        let from = index_of(start.saturating_sub(chunk.start));
        let to = index_of(end.saturating_sub(chunk.start));
        let upto = self.first.saturating_add(len(last));
        Some(Piece {
            bytes: chunk.bytes.slice(from..to),
            upto,
        })
    }

    /// The chunk in which the byte at `start` is: most often the newest.
    fn chunk_at(&self, start: u64) -> usize {
        match self.chunks.back() {
            Some(chunk) if chunk.start <= start => self.chunks.len().saturating_sub(1),
            _ => self.chunks.partition_point(|chunk| chunk.end() <= start),
        }
    }

    /// The number of the newest event that must go so that at most `keep` bytes are held; none if
    /// none must.
    #[must_use]
    pub fn excess(&self, keep: u64) -> Option<u64> {
        let cut = self.end().saturating_sub(keep);
        if cut <= self.base {
            return None;
        }
        let gone = self.ends.partition_point(|end| *end < cut);
        Some(self.first.saturating_add(len(gone)))
    }

    /// Drops the events up to `seq`. Chunks that hold nothing newer go with them.
    pub fn drop_upto(&mut self, seq: u64) {
        while self.first <= seq {
            let Some(end) = self.ends.pop_front() else {
                break;
            };
            self.base = end;
            self.first = self.first.saturating_add(1);
        }
        // What no reader came for goes as well, once all of its chunk is too old.
        if self.tail_start() < self.base {
            self.freeze();
        }
        while self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.end() <= self.base)
        {
            self.chunks.pop_front();
        }
    }

    /// Takes the text out of the line numbered `seq`, if that is a line and still here: whoever is given it from now on
    /// is given it as erased. Whether there was one. Serves `[RM-25]`.
    pub fn erase(&mut self, seq: u64) -> bool {
        let frame = |this: &Self| {
            let start = this.start_after(seq.checked_sub(1)?)?;
            Some((start, this.start_after(seq)?))
        };
        let Some((start, end)) = frame(self).filter(|_| self.first <= seq) else {
            return false;
        };
        if end > self.tail_start() {
            self.freeze();
        }
        let index = self.chunk_at(start);
        let Some(chunk) = self.chunks.get_mut(index) else {
            return false;
        };
        let from = index_of(start.saturating_sub(chunk.start));
        let to = index_of(end.saturating_sub(chunk.start));
        let Some(erased) = chunk.bytes.get(from..to).and_then(without_text) else {
            return false;
        };
        let mut bytes = BytesMut::with_capacity(chunk.bytes.len());
        bytes.extend_from_slice(chunk.bytes.get(..from).unwrap_or_default());
        bytes.extend_from_slice(&erased);
        bytes.extend_from_slice(chunk.bytes.get(to..).unwrap_or_default());
        let shorter = len(chunk.bytes.len().saturating_sub(bytes.len()));
        chunk.bytes = bytes.freeze();
        for later in self.chunks.iter_mut().skip(index.saturating_add(1)) {
            later.start = later.start.saturating_sub(shorter);
        }
        let before = index_of(seq.saturating_sub(self.first));
        for later in self.ends.iter_mut().skip(before) {
            *later = later.saturating_sub(shorter);
        }
        self.digest = digest(self.digest, &erased);
        true
    }

    fn end(&self) -> u64 {
        self.ends.back().copied().unwrap_or(self.base)
    }

    fn tail_start(&self) -> u64 {
        self.end().saturating_sub(len(self.tail.len()))
    }

    /// Where the frame after `seq` begins; none if it is no longer (or not yet) here.
    fn start_after(&self, seq: u64) -> Option<u64> {
        match seq.saturating_add(1).checked_sub(self.first)? {
            0 => Some(self.base),
            n => self.ends.get(index_of(n.saturating_sub(1))).copied(),
        }
    }

    fn freeze(&mut self) {
        if !self.tail.is_empty() {
            let start = self.tail_start();
            let bytes = self.tail.split().freeze();
            self.chunks.push_back(Chunk { start, bytes });
        }
    }

    /// Joins small chunks into one, so that a reader far behind is not served event by event.
    /// Gives the index at which the joined chunk stands.
    fn join(&mut self, index: usize, max: usize) -> usize {
        let mut total = 0_usize;
        let run = self.chunks.iter().skip(index).take_while(|chunk| {
            total = total.saturating_add(chunk.bytes.len());
            total <= max
        });
        let run = run.count();
        if run < 2 {
            return index;
        }
        let end = index.saturating_add(run);
        let mut joined = BytesMut::with_capacity(total.min(max));
        for chunk in self.chunks.range(index..end) {
            joined.extend_from_slice(&chunk.bytes);
        }
        let start = self
            .chunks
            .get(index)
            .map_or(self.base, |chunk| chunk.start);
        self.chunks.drain(index..end);
        self.chunks.insert(
            index,
            Chunk {
                start,
                bytes: joined.freeze(),
            },
        );
        index
    }
}

impl Chunk {
    fn end(&self) -> u64 {
        self.start.saturating_add(len(self.bytes.len()))
    }
}

impl PartialEq for Stream {
    fn eq(&self, other: &Self) -> bool {
        (self.first, self.next(), self.digest) == (other.first, other.next(), other.digest)
    }
}

impl Eq for Stream {}

impl Hash for Stream {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.first, self.next(), self.digest).hash(state);
    }
}

/// The frame of a line without its text; none of anything else, or of one that is erased already.
fn without_text(frame: &[u8]) -> Option<BytesMut> {
    let Ok(Message::Said(mut said)) = decode(frame.get(LENGTH..)?) else {
        return None;
    };
    said.text.take()?;
    let mut erased = BytesMut::new();
    encode_frame(&Message::Said(said), &mut erased).ok()?;
    Some(erased)
}

/// A running digest of all frames ever appended: FNV-1a over words of eight bytes. It tells streams
/// of one program apart; it is no protection against anybody.
fn digest(seed: u64, frame: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let (words, rest) = frame.as_chunks::<8>();
    let mut hash = seed ^ 0xcbf2_9ce4_8422_2325;
    for word in words {
        hash = (hash ^ u64::from_le_bytes(*word))
            .wrapping_mul(PRIME)
            .rotate_left(23);
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    hash
}

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn index_of(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
