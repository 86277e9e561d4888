#![no_std]
extern crate alloc;

pub mod name;
pub mod text;
mod unicode;
