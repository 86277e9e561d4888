//! Bytes that are nearly a message, and cuts of a stream.

use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::strategy::{BoxedStrategy, Strategy, Union};

use crate::wire::encode;

use super::message;

/// A body (a frame without its length) of a message in which a few bytes were changed, put in or
/// taken out: what a decoder must refuse or understand exactly, and never more.
pub fn mutated() -> BoxedStrategy<Vec<u8>> {
    (message(), vec(change(), 1..4))
        .prop_map(|(message, changes)| {
            let body = encode(&message).unwrap_or_default();
            changes.into_iter().fold(body, Change::of)
        })
        .boxed()
}

/// `bytes` in pieces, however a network may cut them; empty pieces too.
pub fn pieces(bytes: Vec<u8>) -> BoxedStrategy<Vec<Vec<u8>>> {
    vec(any::<Index>(), 0..12)
        .prop_map(move |cuts| {
            let end = bytes.len().saturating_add(1);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(end)).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let mut from = 0;
            let piece = |to| {
                let piece = bytes.get(from..to).unwrap_or_default().to_vec();
                from = to;
                piece
            };
            cuts.into_iter().map(piece).collect()
        })
        .boxed()
}

#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    /// Where a head may stand: its major type stays, its argument is another.
    Argument(Index, u8),
    Cut(Index),
    /// A part once more.
    Double(Index, Index),
}

fn change() -> BoxedStrategy<Change> {
    use Change::{Argument, Cut, Double, Flip, Insert, Remove, Set};
    let at = || any::<Index>();
    Union::new([
        (at(), 0_u8..8).prop_map(|(i, bit)| Flip(i, bit)).boxed(),
        (at(), any::<u8>())
            .prop_map(|(i, byte)| Set(i, byte))
            .boxed(),
        (at(), any::<u8>())
            .prop_map(|(i, byte)| Insert(i, byte))
            .boxed(),
        at().prop_map(Remove).boxed(),
        (at(), 0_u8..32).prop_map(|(i, n)| Argument(i, n)).boxed(),
        at().prop_map(Cut).boxed(),
        (at(), at()).prop_map(|(i, j)| Double(i, j)).boxed(),
    ])
    .boxed()
}

impl Change {
    /// `body`, changed.
    fn of(mut body: Vec<u8>, change: Self) -> Vec<u8> {
        if body.is_empty() {
            return body;
        }
        let place = |index: Index| index.index(body.len());
        match change {
            Self::Flip(i, bit) => {
                let i = place(i);
                set(&mut body, i, |byte| byte ^ 1_u8.rotate_left(bit.into()));
            }
            Self::Set(i, new) => {
                let i = place(i);
                set(&mut body, i, |_| new);
            }
            Self::Insert(i, new) => body.insert(place(i), new),
            Self::Remove(i) => {
                body.remove(place(i));
            }
            Self::Argument(i, n) => {
                let i = place(i);
                set(&mut body, i, |byte| byte & 0xe0 | n);
            }
            Self::Cut(i) => body.truncate(place(i)),
            Self::Double(i, j) => {
                let (i, j) = (place(i), place(j));
                body.extend_from_within(i.min(j)..i.max(j));
            }
        }
        body
    }
}

fn set(body: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = body.get_mut(at) {
        *byte = new(*byte);
    }
}
