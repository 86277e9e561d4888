//! The log in memory: it promises what it keeps while the process lives.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll};

use bytes::BytesMut;
use parlance_proto::name::RoomName;
use parlance_proto::server::{Note, Ticket};
use parlance_proto::wire::{Event, Message, decode, encode_frame};

use super::time::LogTime;
use super::{Answer, Log, Proposal, redacted, take_text};
use crate::clock::Clock;

/// What an event costs beside its bytes: its place in the queue and the allocator's share.
const OVERHEAD: usize = 32;
/// Bytes of a frame's length, which is not kept.
const LENGTH: usize = 4;
/// A room that is over its bound is trimmed by a 64th more, so that not every further event trims one.
const SLACK: usize = 64;

/// See the module.
#[derive(Debug)]
pub struct MemoryLog {
    time: LogTime,
    /// The bound of each room, in bytes.
    bound: usize,
    rooms: BTreeMap<RoomName, RoomLog>,
    answers: VecDeque<Answer>,
    /// Where an event is encoded before it is put away in as much memory as it takes.
    scratch: BytesMut,
}

/// The events of a room, encoded, oldest first. Entries are not kept: nothing here folds them a second time.
#[derive(Debug, Default)]
struct RoomLog {
    /// The newest position given.
    pos: u64,
    /// The number of the oldest event kept; meaningless while there is none.
    first: u64,
    events: VecDeque<Box<[u8]>>,
    /// What the events cost together.
    bytes: usize,
}

impl MemoryLog {
    /// The bound of a room where none is said: 64 MiB.
    pub const DEFAULT_BOUND: usize = 64 << 20;

    /// An empty log that keeps at most `bound` bytes of events for each room, and always the newest event.
    #[must_use]
    pub fn new(clock: Clock, bound: usize) -> MemoryLog {
        MemoryLog {
            time: LogTime::new(clock),
            bound,
            rooms: BTreeMap::new(),
            answers: VecDeque::new(),
            scratch: BytesMut::new(),
        }
    }
}

impl Log for MemoryLog {
    fn append(&mut self, batch: &mut Vec<Proposal>) {
        let at = self.time.now_ms();
        for proposal in batch.drain(..) {
            let Proposal {
                room,
                ticket,
                entry,
            } = proposal;
            let log = self.rooms.entry(room.clone()).or_default();
            log.pos += 1;
            self.answers.push_back(Answer::Appended {
                pos: log.pos,
                room,
                at,
                entry,
                ticket: Some(ticket),
            });
        }
    }

    fn made(&mut self, room: &RoomName, _pos: u64, event: Option<Event>) {
        let Some(event) = event else { return };
        let bound = self.bound;
        let log = self.rooms.entry(room.clone()).or_default();
        if let Some(seq) = redacted(&event) {
            log.erase(seq, &mut self.scratch);
        }
        log.push(event, &mut self.scratch);
        if let Some(first) = log.trim(bound) {
            self.answers.push_back(Answer::Trimmed {
                room: room.clone(),
                first,
            });
        }
    }

    fn read(&mut self, room: &RoomName, ticket: Ticket, after: u64, limit: usize) {
        let events = self
            .rooms
            .get(room)
            .map_or_else(Vec::new, |log| log.after(after, limit));
        self.answers.push_back(Answer::History { ticket, events });
    }

    fn pass(&mut self, _room: RoomName, _note: Note) {
        // There is no other reader.
    }

    fn forget(&mut self, room: &RoomName) {
        self.rooms.remove(room);
    }

    fn poll(&mut self) -> Option<Answer> {
        self.answers.pop_front()
    }

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        // Every answer is brought about by a call.
        Poll::Pending
    }
}

impl RoomLog {
    fn push(&mut self, event: Event, scratch: &mut BytesMut) {
        let seq = event.seq();
        let Some(bytes) = encode(event, scratch) else {
            return;
        };
        let next = self.first + self.events.len() as u64;
        if self.events.is_empty() || seq != next {
            debug_assert!(self.events.is_empty(), "event {seq} where {next} is due");
            self.events.clear();
            self.bytes = 0;
            self.first = seq;
        }
        self.bytes += bytes.len() + OVERHEAD;
        self.events.push_back(bytes.into());
    }

    /// Takes the text out of event number `seq`, if that is a line and still kept.
    fn erase(&mut self, seq: u64, scratch: &mut BytesMut) {
        let place = seq
            .checked_sub(self.first)
            .and_then(|place| usize::try_from(place).ok());
        let Some(stored) = place.and_then(|place| self.events.get_mut(place)) else {
            return;
        };
        if let Some(mut event) = event_of(stored)
            && take_text(&mut event)
            && let Some(bytes) = encode(event, scratch)
        {
            self.bytes -= stored.len() - bytes.len();
            *stored = bytes.into();
        }
    }

    /// Drops the oldest where the room is over its bound; the oldest then kept, if any was dropped.
    fn trim(&mut self, bound: usize) -> Option<u64> {
        if self.bytes <= bound {
            return None;
        }
        let goal = bound - bound / SLACK;
        let before = self.first;
        while self.bytes > goal && self.events.len() > 1 {
            if let Some(oldest) = self.events.pop_front() {
                self.bytes -= oldest.len() + OVERHEAD;
                self.first += 1;
            }
        }
        (self.first > before).then_some(self.first)
    }

    fn after(&self, after: u64, limit: usize) -> Vec<Event> {
        let skip = (after + 1).saturating_sub(self.first);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let mut left = limit;
        let mut events = Vec::new();
        for bytes in self.events.iter().skip(skip) {
            if bytes.len() > left && !events.is_empty() {
                break;
            }
            left = left.saturating_sub(bytes.len());
            let Some(event) = event_of(bytes) else {
                break;
            };
            events.push(event);
        }
        events
    }
}

fn encode(event: Event, scratch: &mut BytesMut) -> Option<&[u8]> {
    scratch.clear();
    let encoded = encode_frame(&Message::from(event), scratch);
    // The server has encoded the same event to send it: it cannot be too large here and not there.
    debug_assert!(encoded.is_ok(), "an event that cannot be encoded");
    encoded.ok().and_then(|()| scratch.get(LENGTH..))
}

/// What was encoded here decodes to an event: the queue holds nothing else.
fn event_of(bytes: &[u8]) -> Option<Event> {
    let event = decode(bytes)
        .ok()
        .and_then(|message| Event::try_from(message).ok());
    debug_assert!(event.is_some(), "a stored event that cannot be decoded");
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlance_proto::wire::{Act, Modded, Said, SayKind};

    fn event(seq: u64, length: usize) -> Event {
        Event::Said(Said {
            seq,
            at: 1,
            member: 1,
            session: 1,
            id: seq,
            name: "alice".to_owned(),
            kind: SayKind::Say,
            re: None,
            text: Some("x".repeat(length)),
        })
    }

    fn filled(count: u64, length: usize, bound: usize) -> RoomLog {
        let mut log = RoomLog::default();
        for seq in 1..=count {
            log.push(event(seq, length), &mut BytesMut::new());
            log.trim(bound);
            let cost: usize = log.events.iter().map(|bytes| bytes.len() + OVERHEAD).sum();
            assert_eq!(log.bytes, cost);
            assert!(cost <= bound || log.events.len() == 1);
        }
        log
    }

    fn numbers(events: &[Event]) -> Vec<u64> {
        events.iter().map(Event::seq).collect()
    }

    #[test]
    fn what_was_noted_is_read_back_in_order() {
        let log = filled(5, 10, 1 << 20);
        assert_eq!(numbers(&log.after(0, 1 << 20)), [1, 2, 3, 4, 5]);
        assert_eq!(numbers(&log.after(3, 1 << 20)), [4, 5]);
        assert_eq!(log.after(3, 1 << 20)[0], event(4, 10));
        assert!(log.after(5, 1 << 20).is_empty());
        assert!(log.after(900, 1 << 20).is_empty());
        assert!(RoomLog::default().after(0, 1 << 20).is_empty());
    }

    #[test]
    fn a_page_ends_at_the_limit_and_is_never_empty_while_there_is_more() {
        let log = filled(5, 1000, 1 << 20);
        assert_eq!(numbers(&log.after(0, 2_500)), [1, 2]);
        assert_eq!(numbers(&log.after(0, 1)), [1]);
    }

    #[test]
    fn the_oldest_go_and_the_first_kept_is_told() {
        let bound = 100_000;
        let log = filled(1_000, 1_000, bound);
        assert!(log.first > 800, "{}", log.first);
        assert!(log.bytes > bound / 2, "no more is dropped than must be");
        let kept = log.after(0, 1 << 30);
        assert_eq!(kept[0].seq(), log.first);
        assert_eq!(kept.last().map(Event::seq), Some(1_000));
        assert_eq!(kept.len() as u64, 1_000 - log.first + 1);
    }

    #[test]
    fn the_newest_stays_whatever_the_bound() {
        let log = filled(3, 1_000, 10);
        assert_eq!(numbers(&log.after(0, 1 << 20)), [3]);
    }

    fn redact(seq: u64, who: u64) -> Event {
        Event::Modded(Modded {
            seq,
            at: 1,
            member: 1,
            session: 1,
            id: seq,
            act: Act::Redact,
            who: Some(who),
            secs: None,
            why: None,
        })
    }

    #[test]
    fn a_redacted_line_is_read_without_its_text_and_costs_less() {
        let mut log = MemoryLog::new(Clock::start(), 1 << 20);
        let room = RoomName::lobby();
        for seq in 1..=3 {
            log.made(&room, seq, Some(event(seq, 1_000)));
        }
        // The line, an event that is none, the same again, and numbers that nothing has (yet).
        for (seq, who) in [(4, 2), (5, 4), (6, 2), (7, 0), (8, 8), (9, u64::MAX >> 1)] {
            log.made(&room, seq, Some(redact(seq, who)));
            let log = &log.rooms[&room];
            let cost: usize = log.events.iter().map(|bytes| bytes.len() + OVERHEAD).sum();
            assert_eq!(log.bytes, cost);
        }
        let kept = log.rooms[&room].after(0, 1 << 20);
        let mut erased = event(2, 1_000);
        assert!(take_text(&mut erased));
        assert_eq!(kept[..3], [event(1, 1_000), erased, event(3, 1_000)]);
        assert_eq!(kept[3..5], [redact(4, 2), redact(5, 4)]);
        assert_eq!(kept.len(), 9);
        assert!(log.rooms[&room].bytes < 3_000);

        // Of another room, or trimmed.
        let attic = RoomName::parse("attic").unwrap();
        log.made(&attic, 1, Some(event(1, 10)));
        log.made(&attic, 2, Some(redact(2, 1)));
        assert_eq!(log.rooms[&room].after(0, 1 << 20), kept);
        let mut small = MemoryLog::new(Clock::start(), 10);
        small.made(&room, 1, Some(event(1, 10)));
        small.made(&room, 2, Some(event(2, 10)));
        small.made(&room, 3, Some(redact(3, 1)));
        assert_eq!(small.rooms[&room].after(0, 100), [redact(3, 1)]);
    }

    #[test]
    fn trimming_is_told_once_for_many() {
        let mut log = MemoryLog::new(Clock::start(), 100_000);
        let room = RoomName::lobby();
        let mut told = Vec::new();
        for seq in 1..=1_000 {
            log.made(&room, seq, Some(event(seq, 100)));
            while let Some(answer) = log.poll() {
                match answer {
                    Answer::Trimmed { first, .. } => told.push(first),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(
            told.is_sorted() && !told.is_empty() && told.len() < 100,
            "{told:?}"
        );
        log.forget(&room);
        assert!(log.rooms.is_empty());
    }
}
