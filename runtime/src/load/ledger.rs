//! What every member has heard: each message once, each sender's in order, and how long it took.

use hdrhistogram::Histogram;
use parlance_proto::time::Instant;

use super::mark::Mark;

/// Latencies above this count as this, in nanoseconds: a minute.
const LONGEST: u64 = 60_000_000_000;
/// Messages whose deliveries are counted at a time, so as to know the last one of each.
const TRACKED: usize = 1 << 16;

/// See the module.
#[derive(Debug)]
pub struct Ledger {
    clients: usize,
    senders: usize,
    /// What each member is to hear next from each sender.
    next: Vec<u32>,
    /// How many each sender has said.
    said: Vec<u32>,
    /// How many of them he has got back.
    back: Vec<u32>,
    /// Deliveries of each of the newest messages.
    heard: Vec<u32>,
    deliveries: u64,
    by_line: Amiss,
    by_number: Amiss,
    measuring: bool,
    measured: u64,
    each: Histogram<u64>,
    last: Histogram<u64>,
}

/// What is wrong with what the members have heard; all 0 is right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amiss {
    /// Events that a member was not given, or not in their place.
    pub losses: u64,
    /// Events that a member was given again, or too late.
    pub repeats: u64,
}

impl Amiss {
    fn most(self, other: Amiss) -> Amiss {
        Amiss {
            losses: self.losses.max(other.losses),
            repeats: self.repeats.max(other.repeats),
        }
    }
}

impl Ledger {
    pub(super) fn new(clients: usize, senders: usize) -> Ledger {
        let latencies = || {
            Histogram::new_with_bounds(1, LONGEST, 3)
                .unwrap_or_else(|_| unreachable!("bounds that a histogram can have"))
        };
        Ledger {
            clients,
            senders,
            next: vec![0; clients * senders],
            said: vec![0; senders],
            back: vec![0; senders],
            heard: vec![0; TRACKED],
            deliveries: 0,
            by_line: Amiss::default(),
            by_number: Amiss::default(),
            measuring: false,
            measured: 0,
            each: latencies(),
            last: latencies(),
        }
    }

    /// The mark of the next message of `sender`, who says it now.
    pub(super) fn say(&mut self, sender: usize, sent: Instant) -> Mark {
        let turn = u64::from(self.said[sender]);
        self.said[sender] += 1;
        let place = self.place(sender, turn);
        self.heard[place] = 0;
        Mark {
            sender,
            turn,
            sent: nanos(sent),
        }
    }

    /// A member has got a message.
    pub fn heard(&mut self, member: usize, mark: Mark, now: Instant) {
        if mark.sender >= self.senders || mark.turn >= u64::from(self.said[mark.sender]) {
            // Nobody has said that.
            self.by_line.repeats += 1;
            return;
        }
        // Below `said`, which has 32 bits.
        let turn = mark.turn as u32;
        let next = &mut self.next[member * self.senders + mark.sender];
        if turn != *next {
            if turn < *next {
                self.by_line.repeats += 1;
                return;
            }
            self.by_line.losses += u64::from(turn - *next);
        }
        *next = turn + 1;
        if member == mark.sender {
            self.back[member] = turn + 1;
        }
        self.deliveries += 1;
        let place = self.place(mark.sender, mark.turn);
        self.heard[place] += 1;
        if self.measuring {
            let took = nanos(now).saturating_sub(mark.sent).max(1);
            self.measured += 1;
            self.each.saturating_record(took);
            if self.heard[place] as usize == self.clients {
                self.last.saturating_record(took);
            }
        }
    }

    /// A member's number leaps over so many events.
    pub fn leapt(&mut self, events: u64) {
        self.by_number.losses += events;
    }

    /// A member is given an event again by its number.
    pub fn again(&mut self) {
        self.by_number.repeats += 1;
    }

    /// How many messages their senders have not got back.
    pub(super) fn in_flight(&self) -> usize {
        (0..self.senders)
            .map(|sender| self.in_flight_of(sender))
            .sum()
    }

    /// The same for one sender.
    pub(super) fn in_flight_of(&self, sender: usize) -> usize {
        (self.said[sender] - self.back[sender]) as usize
    }

    /// Whether everybody has heard as much as was said.
    pub(super) fn is_settled(&self) -> bool {
        self.deliveries >= self.messages() * self.clients as u64
    }

    /// How many messages were said.
    pub(super) fn messages(&self) -> u64 {
        self.said.iter().map(|&said| u64::from(said)).sum()
    }

    /// How many deliveries there were.
    pub(super) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// From now on, or no more, latencies are recorded.
    pub(super) fn measure(&mut self, on: bool) {
        self.measuring = on;
    }

    /// Deliveries while it was measured.
    pub(super) fn measured(&self) -> u64 {
        self.measured
    }

    /// Latency of each delivery, in nanoseconds.
    pub(super) fn each(&self) -> &Histogram<u64> {
        &self.each
    }

    /// Latency of the last delivery of each message.
    pub(super) fn last(&self) -> &Histogram<u64> {
        &self.last
    }

    /// What is amiss, when nothing more will come. An event that is missing is amiss by its number and as a line, and
    /// counts once.
    pub(super) fn finish(&mut self) -> Amiss {
        for member in self.next.chunks_exact(self.senders) {
            for (said, next) in self.said.iter().zip(member) {
                self.by_line.losses += u64::from(said - next);
            }
        }
        self.by_line.most(self.by_number)
    }

    fn place(&self, sender: usize, turn: u64) -> usize {
        (turn as usize)
            .wrapping_mul(self.senders)
            .wrapping_add(sender)
            & (TRACKED - 1)
    }
}

fn nanos(at: Instant) -> u64 {
    u64::try_from(at.since_origin().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MEMBERS: usize = 3;

    fn at(millis: u64) -> Instant {
        Instant::new(Duration::from_millis(millis))
    }

    /// Two senders say ten each; member 2 hears what `changed` makes of them, the others all.
    fn amiss(changed: impl Fn(&mut Vec<Mark>)) -> Amiss {
        let mut ledger = Ledger::new(MEMBERS, 2);
        let marks: Vec<Mark> = (0..20).map(|n| ledger.say(n % 2, at(1))).collect();
        assert_eq!(ledger.in_flight(), 20);
        for member in 0..MEMBERS {
            let mut heard = marks.clone();
            if member == 2 {
                changed(&mut heard);
            }
            for mark in heard {
                ledger.heard(member, mark, at(2));
            }
        }
        assert_eq!(ledger.in_flight(), 0);
        ledger.finish()
    }

    #[test]
    fn what_is_right_is_not_amiss() {
        assert_eq!(amiss(|_| ()), Amiss::default());
        // Two senders' messages have no order of their own: the protocol's number sees to that.
        assert_eq!(amiss(|marks| marks.swap(4, 5)), Amiss::default());
    }

    #[test]
    fn each_message_lost_is_counted_wherever_it_stood() {
        for place in [0, 7, 19] {
            let losses = amiss(|marks| {
                marks.remove(place);
            });
            assert_eq!(
                losses,
                Amiss {
                    losses: 1,
                    repeats: 0
                },
                "{place}"
            );
        }
        assert_eq!(
            amiss(Vec::clear),
            Amiss {
                losses: 20,
                repeats: 0
            }
        );
    }

    #[test]
    fn each_message_repeated_or_out_of_order_is_counted() {
        let once = Amiss {
            losses: 0,
            repeats: 1,
        };
        assert_eq!(amiss(|marks| marks.insert(9, marks[8])), once);
        assert_eq!(amiss(|marks| marks.push(marks[0])), once);
        let both = Amiss {
            losses: 1,
            repeats: 1,
        };
        assert_eq!(amiss(|marks| marks.swap(4, 6)), both);
    }

    #[test]
    fn what_nobody_said_is_counted() {
        let foreign = |sender, turn| {
            amiss(move |marks| {
                marks.push(Mark {
                    sender,
                    turn,
                    sent: 0,
                })
            })
        };
        let once = Amiss {
            losses: 0,
            repeats: 1,
        };
        assert_eq!(foreign(2, 0), once);
        assert_eq!(foreign(0, 10), once);
    }

    #[test]
    fn only_what_is_measured_has_a_latency_and_the_last_delivery_is_known() {
        let mut ledger = Ledger::new(MEMBERS, 1);
        let before = ledger.say(0, at(0));
        ledger.heard(0, before, at(1));
        ledger.measure(true);
        let mark = ledger.say(0, at(10));
        for member in 0..MEMBERS {
            if member > 0 {
                ledger.heard(member, before, at(10));
            }
            ledger.heard(member, mark, at(20 + member as u64));
        }
        assert_eq!(ledger.measured(), 5);
        assert_eq!(ledger.each().len(), 5);
        let last = ledger.last();
        assert_eq!(last.len(), 2);
        assert!((last.max() / 100_000).abs_diff(120) <= 1, "{}", last.max());
        assert!(ledger.is_settled());
    }
}
