//! The parlance chat protocol as pure state machines.
#![no_std]
extern crate alloc;

pub mod client;
pub mod close;
pub mod name;
mod rng;
pub mod room;
pub mod server;
pub mod text;
pub mod time;
mod unicode;
pub mod wire;
