#![no_std]
extern crate alloc;

pub mod name;
mod unicode;
