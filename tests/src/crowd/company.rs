//! What the members say and hear: SPEC.md as the load generator speaks it, with texts of any length, and with a count of
//! those who were heard to come or go.

use std::cell::Cell;
use std::ops::RangeInclusive;

use parlance::load::ledger::Ledger;
use parlance::load::{Dialect, LoadError, Spec};
use parlance_proto::name::RoomName;
use parlance_proto::time::Instant;

use super::RUN;
use crate::sim::rng::Rng;

/// Bytes of the longest text.
pub(super) const LONGEST: usize = 1_000;

/// Bytes of a length.
const LENGTH: usize = 4;

/// How often somebody was heard to come or go, while it is counted.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Whether it is counted.
    pub(super) counting: Cell<bool>,
    /// How often.
    pub(super) heard: Cell<u64>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Company<'a> {
    spec: Spec,
    sizes: RangeInclusive<usize>,
    rng: Rng,
    presence: &'a Presence,
}

impl<'a> Company<'a> {
    /// Members of the lobby whose texts have so many bytes, at most [`LONGEST`].
    pub(super) fn new(
        members: usize,
        sizes: RangeInclusive<usize>,
        presence: &'a Presence,
    ) -> Self {
        Company {
            spec: Spec::new(RoomName::lobby(), RUN, members),
            sizes,
            rng: Rng::new(1),
            presence,
        }
    }
}

impl Dialect for Company<'_> {
    fn hello(&mut self, member: usize) -> Vec<u8> {
        self.spec.hello(member)
    }

    fn joined(&self) -> usize {
        self.spec.joined()
    }

    /// The end of the text, where its mark is.
    fn say(&mut self, sender: usize, text: &[u8], out: &mut Vec<u8>) {
        let (least, most) = (*self.sizes.start(), *self.sizes.end());
        let size = least + self.rng.below((most - least) as u64 + 1) as usize;
        self.spec.say(sender, &text[text.len() - size..], out);
    }

    fn take(
        &mut self,
        member: usize,
        bytes: &[u8],
        now: Instant,
        ledger: &mut Ledger,
        out: &mut Vec<u8>,
    ) -> Result<usize, LoadError> {
        let taken = self.spec.take(member, bytes, now, ledger, out)?;
        if self.presence.counting.get() {
            let heard = self.presence.heard.get() + presences(&bytes[..taken]);
            self.presence.heard.set(heard);
        }
        Ok(taken)
    }

    fn finish(&mut self, ledger: &mut Ledger) {
        self.spec.finish(ledger);
    }
}

/// How many of these whole frames tell of somebody who came or went.
fn presences(mut frames: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((length, rest)) = frames.split_first_chunk::<LENGTH>() {
        let Some((body, rest)) = rest.split_at_checked(u32::from_be_bytes(*length) as usize) else {
            break;
        };
        // Behind the head of the array and that of the text.
        let tag = body.get(2..).unwrap_or_default();
        count += u64::from(tag.starts_with(b"JOINED") || tag.starts_with(b"LEFT"));
        frames = rest;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use parlance_proto::wire::{Joined, Left, Message, Ping, encode_frame};

    #[test]
    fn who_comes_and_goes_is_counted() {
        let joined = Message::Joined(Joined {
            seq: 1,
            at: 1,
            member: 1,
            session: 1,
            id: 0,
            name: "a".to_owned(),
            host: None,
            members: 1,
        });
        let left = Message::Left(Left {
            seq: 2,
            at: 1,
            member: 1,
            session: 1,
            id: 0,
            name: "a".to_owned(),
            host: None,
            members: 0,
            why: None,
        });
        let mut frames = BytesMut::new();
        for message in [&joined, &Message::Ping(Ping { nonce: 1 }), &left] {
            encode_frame(message, &mut frames).unwrap();
        }
        assert_eq!(presences(&frames), 2);
        assert_eq!(presences(&frames[..frames.len() - 1]), 1);
    }
}
