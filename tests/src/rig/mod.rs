//! The machines on a bench: a server over a log that answers when it is told to, and a client of a server that is made
//! up of messages. Time passes only when a test says so.
//!
//! [`Room`] and [`Bench`] are for tests of one rule; chats at random, over links that break, are the business of
//! [`sim`](crate::sim).

mod client;
mod server;
mod words;

pub use client::{Bench, settled, welcome};
pub use server::{Heard, Logged, Proposal, Room};
pub use words::{
    brief, guest, login, moderate, named, nick, said, say, tell, topic, unpinged, who,
};
