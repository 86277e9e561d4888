//! The seed's wire: the vectors and captures of its programs, and its members in a room of the machine.

mod bytes;
mod client;
mod documented;
mod members;
mod oddities;
mod rig;
