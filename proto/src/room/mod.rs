//! A room: the entries that make it, the fold over them, and the encoded stream of its events.
//!
//! A room is an ordered log. [`Room`] is the pure fold of the log's entries: every replica that
//! applies the same entries in the same order holds an equal value and has made the same events.
//! [`Stream`] holds those events encoded, once for everybody.

mod acts;
mod checkpoint;
mod codec;
pub mod entry;
pub mod fold;
mod lines;
mod logins;
mod members;
mod moderation;
mod presence;
mod sessions;
pub mod stream;
mod values;

pub use codec::{FOLD_VERSION, StoredError};
pub use entry::{
    Deed, Entry, KeyHash, LeaveEntry, Line, LoginEntry, Moderating, Owner, SessionKey, Settings,
};
pub use fold::{Denial, LoginRefusal, Made, Outcome, Room};
pub use logins::Logins;
pub use members::{Login, Member};
pub use moderation::{MODERATED, SPOKE};
pub use sessions::Session;
pub use stream::{Piece, Stream};

#[cfg(test)]
mod tests;
