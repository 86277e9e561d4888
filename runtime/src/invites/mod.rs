//! Who may come into a server that is not open: invitations, and the keys that were let in.
//!
//! A [`Store`] is a database in a folder of the server, which the running server and the command line use at the same
//! time. A [`Doorman`] is the server's side of it: on a thread of its own, since it waits for the disk, and slower to
//! those who try many wrong invitations. [`Address`] is how the command line learns what to put into a link.

mod address;
mod doorman;
mod error;
mod store;
mod throttle;

pub use address::Address;
pub use doorman::{Answer, Doorman, Question};
pub use error::AccessError;
pub use store::{Checked, INVITATIONS, Invitation, KEYS, Store};
pub use throttle::{FREE, LONGEST, WITHIN};

use std::path::PathBuf;

use crate::state::{StateError, StateFolder};

/// The folder for what a server without `--data` keeps: in the state folder of the person who runs it.
///
/// # Errors
///
/// It cannot be made, or others may read it.
pub fn default_folder() -> Result<PathBuf, StateError> {
    let folder = StateFolder::open_default()?.path().join("server");
    Ok(StateFolder::open(&folder)?.path().to_owned())
}
