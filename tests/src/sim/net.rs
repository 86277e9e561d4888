//! The links: who writes what into which pipe, who reads it in which chunks, and how links end.

use super::pipe::{End, Got, Piece};
use super::world::{Far, Job, Link, Side, World, trace};

use parlance_proto::wire::{Decoder, decode};

impl World {
    /// The writer of a pipe fills it from its machine.
    pub(super) fn write(&mut self, at: usize, side: Side) {
        for _ in 0..1000 {
            let link = &mut self.links[at];
            if !link.pipe(side).more || !link.pipe(side).wants_piece() {
                break;
            }
            let piece = match side {
                Side::Up => self.piece_of_person(at),
                Side::Down => self.piece_of_worker(at),
            };
            if self.tracing {
                trace!(self, "link {at} {side:?}: writes {}", spell(piece.as_ref()));
            }
            let pipe = self.links[at].pipe(side);
            match piece {
                Some(Piece::Bytes(bytes)) => {
                    pipe.write(bytes);
                    self.note_blocked(at, side);
                }
                Some(Piece::Shutdown) => pipe.finish(End::Eof),
                None => pipe.more = false,
            }
        }
        self.plan_read(at, side);
    }

    /// Has the reader of a pipe read, if there is something to read.
    pub(super) fn plan_read(&mut self, at: usize, side: Side) {
        let now = self.now;
        let link = &mut self.links[at];
        let dark = link.dark;
        let pipe = link.pipe(side);
        if pipe.scheduled || dark || !pipe.readable() {
            return;
        }
        pipe.scheduled = true;
        let stalled = pipe.stalled.filter(|until| *until > now);
        match stalled {
            Some(until) => self.at(until, Job::Read { link: at, side }),
            None => self.soon(self.plan.delay, Job::Read { link: at, side }),
        }
    }

    /// The reader of a pipe reads a chunk.
    pub(super) fn read(&mut self, at: usize, side: Side) {
        let now = self.now;
        let most = self.links[at].chunk;
        let most = if self.rng.chance(70) {
            most
        } else {
            self.rng.between(1, most)
        };
        let link = &mut self.links[at];
        let open = match side {
            Side::Up => link.far_open,
            Side::Down => link.near_open,
        };
        let pipe = link.pipe(side);
        pipe.scheduled = false;
        if pipe.stalled.is_some_and(|until| until > now) && open {
            self.plan_read(at, side);
            return;
        }
        if self.links[at].dark || (side == Side::Up && open && !self.worker_reads(at)) {
            return;
        }
        let got = self.links[at].pipe(side).take(most as usize);
        if got == Got::Nothing {
            return;
        }
        self.note_read(at, side, &got);
        if open {
            self.hand_over(at, side, got);
        } else {
            self.throw_away(at, side, &got);
        }
        self.after_read(at, side);
    }

    /// The socket has room again: the piece in hand goes on, and the next one follows.
    fn after_read(&mut self, at: usize, side: Side) {
        let link = &mut self.links[at];
        let moved = link.pipe(side).settle();
        if moved {
            self.note_blocked(at, side);
        }
        if moved && side == Side::Down && self.links[at].far_open {
            self.progress(at);
        }
        self.write(at, side);
    }

    fn note_blocked(&mut self, at: usize, side: Side) {
        let now = self.now;
        let link = &mut self.links[at];
        if side == Side::Down {
            link.blocked = link.down.has_piece_in_hand().then_some(now);
        }
    }

    fn hand_over(&mut self, at: usize, side: Side, got: Got) {
        let now = self.now;
        match (side, self.links[at].far) {
            (Side::Up, _) => self.worker_receives(at, got),
            (Side::Down, Far::Person(person)) => self.person_receives(person, at, got, now),
            (Side::Down, Far::Stranger) => {
                if matches!(got, Got::End(_)) {
                    self.hang_up(at, End::Eof);
                }
            }
        }
    }

    /// Nobody reads this any more. A peer that has gone answers bytes with a reset.
    fn throw_away(&mut self, at: usize, side: Side, got: &Got) {
        if matches!(got, Got::Bytes(_)) && self.rng.chance(50) {
            let back = if side == Side::Up {
                Side::Down
            } else {
                Side::Up
            };
            let link = &mut self.links[at];
            link.pipe(back).finish(End::Reset);
            self.plan_read(at, back);
        }
    }

    /// The client lets its socket go.
    pub(super) fn hang_up(&mut self, at: usize, how: End) {
        trace!(self, "link {at}: the client hangs up, {how:?}");
        let link = &mut self.links[at];
        link.near_open = false;
        link.up.more = false;
        link.up.drop_hand();
        link.up.finish(how);
        link.down.stalled = None;
        self.plan_read(at, Side::Up);
        self.plan_read(at, Side::Down);
    }

    /// The worker lets its socket go, or its process has died.
    pub(super) fn let_go(&mut self, at: usize, how: End) {
        let link = &mut self.links[at];
        link.far_open = false;
        link.down.more = false;
        link.down.drop_hand();
        link.down.finish(how);
        self.plan_read(at, Side::Down);
        self.plan_read(at, Side::Up);
    }

    /// The network breaks a link: both ends find out, each in its time.
    pub(super) fn cut(&mut self, at: usize) {
        trace!(self, "link {at}: cut");
        self.stats.cuts += 1;
        for side in [Side::Up, Side::Down] {
            let link = &mut self.links[at];
            link.pipe(side).stalled = None;
            link.pipe(side).finish(End::Reset);
            self.plan_read(at, side);
        }
    }

    /// Links that some end still holds and that carry something.
    pub(super) fn living_links(&self) -> Vec<usize> {
        let living = |link: &Link| (link.near_open || link.far_open) && !link.dark;
        (0..self.links.len())
            .filter(|at| living(&self.links[*at]))
            .collect()
    }

    fn note_read(&mut self, at: usize, side: Side, got: &Got) {
        let mut sum = at as u64 * 2 + u64::from(side == Side::Up);
        if let Got::Bytes(bytes) = got {
            for b in bytes {
                sum = (sum ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        self.note(sum);
        trace!(
            self,
            "link {at} {side:?}: {}",
            match got {
                Got::Bytes(bytes) => format!("{} bytes", bytes.len()),
                other => format!("{other:?}"),
            }
        );
    }
}

/// The messages of a piece, for the trace.
fn spell(piece: Option<&Piece>) -> String {
    let bytes = match piece {
        Some(Piece::Bytes(bytes)) => bytes,
        Some(Piece::Shutdown) => return "the end".into(),
        None => return "no more".into(),
    };
    let mut decoder = Decoder::default();
    let mut input: &[u8] = bytes;
    let mut all = Vec::new();
    while let Ok(Some(body)) = decoder.next(&mut input, u32::MAX) {
        let mut words =
            decode(body).map_or_else(|error| error.to_string(), |message| format!("{message:?}"));
        words.truncate(300);
        all.push(words);
    }
    all.join(" | ")
}
