//! Generators of every wire type and of whole sessions, for property tests (feature `proptest`).
//!
//! Every struct and code of [`wire`](crate::wire) is [`Arbitrary`], within the limits of its
//! fields and with a liking for their ends; the functions here give messages by direction, events,
//! what a correct client sends ([`session`]), and bytes that are nearly right ([`mutated`]).
//!
//! A property of your own, say that what a client may say never overflows a buffer of yours:
//!
//! ```
//! use bytes::BytesMut;
//! use parlance_proto::generators::client_message;
//! use parlance_proto::wire::encode_frame;
//! use proptest::prelude::*;
//! use proptest::test_runner::{Config, TestRunner};
//!
//! let mut runner = TestRunner::new(Config::with_cases(64));
//! let property = runner.run(&client_message(), |message| {
//!     let mut frame = BytesMut::new();
//!     encode_frame(&message, &mut frame).map_err(|e| TestCaseError::fail(e.to_string()))?;
//!     prop_assert!(frame.len() <= 4 + 20 * 1024);
//!     Ok(())
//! });
//! assert!(property.is_ok(), "{property:?}");
//! ```
//!
//! The feature is for tests: with it the crate needs what proptest needs, which is `std`; without
//! it the crate stays `no_std`.

mod bytes;
mod session;
mod values;

use alloc::vec::Vec;

use proptest::arbitrary::Arbitrary;
use proptest::prelude::any;
use proptest::strategy::{BoxedStrategy, Strategy, Union};

use crate::wire::{Event, Joined, Kind, Left, Message, Modded, Renamed, Said, Titled};

pub use self::bytes::{mutated, pieces};
pub use self::session::{Session, session};
pub(crate) use self::values::Generator;

/// Any message of either side; each kind as often as any other.
pub fn message() -> BoxedStrategy<Message> {
    messages(|_| true)
}

/// Any message that a client may send, in whatever phase.
pub fn client_message() -> BoxedStrategy<Message> {
    messages(Kind::is_from_client)
}

/// Any message that a server may send, in whatever phase.
pub fn server_message() -> BoxedStrategy<Message> {
    messages(Kind::is_from_server)
}

/// Any event.
pub fn event() -> BoxedStrategy<Event> {
    Union::new([
        any::<Said>().prop_map(Event::Said).boxed(),
        any::<Joined>().prop_map(Event::Joined).boxed(),
        any::<Left>().prop_map(Event::Left).boxed(),
        any::<Renamed>().prop_map(Event::Renamed).boxed(),
        any::<Titled>().prop_map(Event::Titled).boxed(),
        any::<Modded>().prop_map(Event::Modded).boxed(),
    ])
    .boxed()
}

fn messages(which: fn(Kind) -> bool) -> BoxedStrategy<Message> {
    let kinds = Kind::ALL.iter().filter(|kind| which(**kind));
    let strategies: Vec<_> = kinds.map(|kind| kind.messages()).collect();
    Union::new(strategies).boxed()
}

impl Arbitrary for Message {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        message()
    }
}

impl Arbitrary for Event {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        event()
    }
}
