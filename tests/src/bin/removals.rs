//! Takes rules out.
fn main() {}
