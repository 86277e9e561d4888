//! A second, independent reading and writing of the CBOR that the wire uses, so that tests can
//! change any part of a message and write it in forms that the codec never would.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Null,
    /// Bytes put in as they are.
    Raw(Vec<u8>),
}

impl Item {
    pub(super) fn parse(mut bytes: &[u8]) -> Self {
        let item = Self::take(&mut bytes);
        assert!(bytes.is_empty());
        item
    }

    fn take(bytes: &mut &[u8]) -> Self {
        let head = bytes[0];
        *bytes = &bytes[1..];
        if head == 0xf6 {
            return Self::Null;
        }
        let n = match head & 0x1f {
            n @ 0..24 => u64::from(n),
            n => {
                let (argument, rest) = bytes.split_at(1 << (n - 24));
                *bytes = rest;
                argument.iter().fold(0, |n, b| n << 8 | u64::from(*b))
            }
        };
        let length = usize::try_from(n).unwrap();
        match head >> 5 {
            0 => Self::Uint(n),
            2 => Self::Bytes(Self::octets(bytes, length)),
            3 => Self::Text(String::from_utf8(Self::octets(bytes, length)).unwrap()),
            4 => Self::Array((0..length).map(|_| Self::take(bytes)).collect()),
            major => panic!("major type {major}"),
        }
    }

    fn octets(bytes: &mut &[u8], length: usize) -> Vec<u8> {
        let (octets, rest) = bytes.split_at(length);
        *bytes = rest;
        octets.to_vec()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        match self {
            Self::Uint(n) => head(0, *n, 0),
            Self::Bytes(b) => [head(2, len(b), 0), b.clone()].concat(),
            Self::Text(t) => [head(3, len(t.as_bytes()), 0), t.as_bytes().to_vec()].concat(),
            Self::Array(items) => {
                let mut out = head(4, len(items), 0);
                items.iter().for_each(|item| out.extend(item.write()));
                out
            }
            Self::Null => vec![0xf6],
            Self::Raw(bytes) => bytes.clone(),
        }
    }

    /// The same value, its head in the next `wider` longer forms, where it has them.
    pub(super) fn widened(&self, wider: usize) -> Option<Vec<u8>> {
        let (major, n) = match self {
            Self::Uint(n) => (0, *n),
            Self::Bytes(b) => (2, len(b)),
            Self::Text(t) => (3, len(t.as_bytes())),
            Self::Array(items) => (4, len(items)),
            Self::Null | Self::Raw(_) => return None,
        };
        let short = head(major, n, 0).len();
        let wide = head(major, n, wider);
        (wide.len() > short).then(|| [wide, self.write()[short..].to_vec()].concat())
    }

    /// Every place in this item, as a path of array positions; its own is the empty one.
    pub(super) fn places(&self) -> Vec<Vec<usize>> {
        let mut places = vec![vec![]];
        if let Self::Array(items) = self {
            for (i, item) in items.iter().enumerate() {
                places.extend(
                    item.places()
                        .into_iter()
                        .map(|rest| [vec![i], rest].concat()),
                );
            }
        }
        places
    }

    pub(super) fn at(&self, place: &[usize]) -> &Self {
        match (place, self) {
            ([], item) => item,
            ([first, rest @ ..], Self::Array(items)) => items[*first].at(rest),
            _ => panic!("no array at {place:?}"),
        }
    }

    /// This item with another one at `place`.
    pub(super) fn with(&self, place: &[usize], item: Self) -> Self {
        match (place, self) {
            ([], _) => item,
            ([first, rest @ ..], Self::Array(items)) => {
                let mut items = items.clone();
                items[*first] = items[*first].with(rest, item);
                Self::Array(items)
            }
            _ => panic!("no array at {place:?}"),
        }
    }
}

fn len<T>(slice: &[T]) -> u64 {
    u64::try_from(slice.len()).unwrap()
}

/// A head of the shortest form, or of one that is `wider` steps longer.
fn head(major: u8, n: u64, wider: usize) -> Vec<u8> {
    let form = match n {
        0..24 => 0,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 3,
        _ => 4,
    };
    let bytes = n.to_be_bytes();
    match (form + wider).min(4) {
        0 => vec![major << 5 | bytes[7]],
        1 => vec![major << 5 | 24, bytes[7]],
        2 => [&[major << 5 | 25], &bytes[6..]].concat(),
        3 => [&[major << 5 | 26], &bytes[4..]].concat(),
        _ => [&[major << 5 | 27], &bytes[..]].concat(),
    }
}
