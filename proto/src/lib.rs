#![no_std]
extern crate alloc;

pub mod client;
pub mod name;
mod rng;
pub mod text;
pub mod time;
mod unicode;
pub mod wire;
