//! Values of fields, made from the same codecs that read and write them, so that a limit stands
//! in one place.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use proptest::arbitrary::{Arbitrary, any};
use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy, Union};

use crate::wire::fields::{Bytes, List, Maybe, OneWord, Text, Uint, Word};
use crate::wire::record::Nested;
use crate::wire::{Act, ByeCode, ErrorCode, GapWhy, Kind, SayKind};

/// A codec that can make the values it takes.
pub(crate) trait Generator<T> {
    fn values() -> BoxedStrategy<T>;
}

impl<const MIN: u64, const MAX: u64> Generator<u64> for Uint<MIN, MAX> {
    fn values() -> BoxedStrategy<u64> {
        // Where the head of a CBOR integer grows, and where the range ends.
        let edges = [23, 24, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 1 << 32];
        let inside = edges.into_iter().filter(|n| (MIN..=MAX).contains(n));
        let edges: Vec<u64> = inside.chain([MIN, MAX]).collect();
        let small = MIN..=MAX.min(MIN.saturating_add(30));
        Union::new([select(edges).boxed(), small.boxed(), (MIN..=MAX).boxed()]).boxed()
    }
}

impl<const MIN: usize, const MAX: usize> Generator<String> for Text<MIN, MAX> {
    fn values() -> BoxedStrategy<String> {
        let any_text = (lengths(MIN, MAX), any::<char>());
        let any_text = any_text.prop_map(|(length, char)| filled("", char, length));
        let mixed = (
            vec(any::<char>(), 0..12),
            MIN..=MAX.min(MIN.saturating_add(40)),
        )
            .prop_map(|(chars, length)| {
                filled(&chars.into_iter().collect::<String>(), 'a', length)
            });
        Union::new([any_text.boxed(), mixed.boxed()]).boxed()
    }
}

impl<const MIN: usize, const MAX: usize> Generator<Vec<u8>> for Bytes<MIN, MAX> {
    fn values() -> BoxedStrategy<Vec<u8>> {
        lengths(MIN, MAX)
            .prop_flat_map(|length| vec(any::<u8>(), length))
            .boxed()
    }
}

impl<const N: usize> Generator<[u8; N]> for Bytes<N, N> {
    fn values() -> BoxedStrategy<[u8; N]> {
        any::<[u8; N]>().boxed()
    }
}

impl<C: Generator<T>, T: Clone + core::fmt::Debug + 'static> Generator<Option<T>> for Maybe<C> {
    fn values() -> BoxedStrategy<Option<T>> {
        Union::new([Just(None).boxed(), C::values().prop_map(Some).boxed()]).boxed()
    }
}

impl<C, T, const MIN: usize, const MAX: usize> Generator<Vec<T>> for List<C, MIN, MAX>
where
    C: Generator<T>,
    T: core::fmt::Debug + 'static,
{
    fn values() -> BoxedStrategy<Vec<T>> {
        let few = vec(C::values(), MIN..=MAX.min(MIN.saturating_add(4)));
        let full = vec(C::values(), MAX);
        Union::new_weighted([(15, few.boxed()), (1, full.boxed())].into()).boxed()
    }
}

impl<T: Arbitrary + 'static> Generator<T> for Nested {
    fn values() -> BoxedStrategy<T> {
        any::<T>().boxed()
    }
}

impl<T: Word + Arbitrary + 'static> Generator<T> for OneWord {
    fn values() -> BoxedStrategy<T> {
        any::<T>().boxed()
    }
}

/// Lengths in a range: mostly short ones, sometimes an end, or where the head of a CBOR text
/// grows.
fn lengths(min: usize, max: usize) -> BoxedStrategy<usize> {
    let edges = [23, 24, 255, 256, 4_095, 4_096, 4_097];
    let inside = edges.into_iter().filter(|n| (min..=max).contains(n));
    let edges: Vec<usize> = inside.chain([min, max]).collect();
    let short = min..=max.min(min.saturating_add(40));
    Union::new_weighted([(3, short.boxed()), (1, select(edges).boxed())].into()).boxed()
}

/// `start`, then `char`s, then `a`s: exactly `length` bytes.
fn filled(start: &str, char: char, length: usize) -> String {
    let mut text = start.to_owned();
    while text.len() > length {
        text.pop();
    }
    while text.len().saturating_add(char.len_utf8()) <= length {
        text.push(char);
    }
    while text.len() < length {
        text.push('a');
    }
    text
}

macro_rules! any_word {
    ($($name:ident),+) => { $(
        impl Arbitrary for $name {
            type Parameters = ();
            type Strategy = BoxedStrategy<Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                select(Self::ALL).boxed()
            }
        }
    )+ };
}

any_word!(Act, ErrorCode, GapWhy, Kind, SayKind);

/// A known code, or one of a later version.
impl Arbitrary for ByeCode {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let letters: Vec<char> = ('a'..='z').chain(['-']).collect();
        let word = vec(select(letters), 1..=crate::wire::limits::CODE);
        let later = word.prop_filter_map("a code of BYE", |letters| {
            Self::new(&letters.into_iter().collect::<String>())
        });
        Union::new([select(Self::ALL).boxed(), later.boxed()]).boxed()
    }
}
