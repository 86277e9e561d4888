//! What may be shown as it is.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use parlance_proto::name::RoomName;

use super::Printable;

/// A value whose `Display` a terminal shows and does nothing else with: nothing in it was written by another, or it has
/// been cleaned.
///
/// A `String` is none, nor is a `&str` that does not stand in the program. An error is one where its `Display` cleans
/// whatever it quotes.
pub trait Shown: fmt::Display {}

impl<T: Shown + ?Sized> Shown for &T {}

impl Shown for Printable {}
/// What stands in the program itself.
impl Shown for &'static str {}

macro_rules! shown {
    ($($kind:ty),+ $(,)?) => {$( impl Shown for $kind {} )+};
}

// Digits, and what is made of them.
shown!(i32, u16, u32, u64, u128, usize, IpAddr, SocketAddr);
// ASCII letters, digits and `-_.` by their only constructor.
shown!(RoomName);
// The errors and codes of the protocol are none: their words are English, and `words` has those of a person's language.
