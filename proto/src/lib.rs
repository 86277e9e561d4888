#![no_std]
extern crate alloc;

#[cfg(feature = "proptest")]
pub mod generators;
pub mod name;
pub mod text;
pub mod time;
mod unicode;
pub mod wire;
