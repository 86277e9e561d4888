//! Oracles: functions of bytes that panic where the machines break a rule. Fuzz targets call them with what the fuzzer
//! finds, `cargo test` with the committed corpus.

mod chunks;
mod client;
pub mod corpus;
mod decode;
mod expect;
mod legacy;
mod session;
mod stored;

pub use chunks::check as chunks;
pub use client::check as client;
pub use decode::check as decode;
pub use legacy::check as legacy;
pub use session::check as session;
pub use stored::check as stored;

/// An oracle.
pub type Oracle = fn(&[u8]);

/// Every oracle, by the name of its fuzz target and of the folder of its corpus.
pub const ALL: [(&str, Oracle); 6] = [
    ("decode", decode),
    ("chunks", chunks),
    ("session", session),
    ("client", client),
    ("stored", stored),
    ("legacy", legacy),
];

/// Takes numbers out of bytes; zeros when there are none left.
#[derive(Clone, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `n`, from one byte.
    pub fn below(&mut self, n: u8) -> u8 {
        if n == 0 { 0 } else { self.byte() % n }
    }

    /// The next `n` bytes, or as many as there are.
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        head
    }

    /// Whether all are taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
