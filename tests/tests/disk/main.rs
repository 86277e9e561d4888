//! The log on disk over a simulated disk: the power goes, calls fail, there is no space, bits flip.

mod again;
mod bench;
mod bits;
mod calls;
mod erase;
mod full;
mod lost;
mod power;
mod story;
