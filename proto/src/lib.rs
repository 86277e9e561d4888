#![no_std]
extern crate alloc;

pub mod name;
pub mod text;
pub mod time;
mod unicode;
pub mod wire;
