//! The log on disk: what it has answered survives the process, the machine, and a torn write.
//!
//! ```text
//!   worker ──commands──▶ thread: Writer ──one transaction──▶ Store ──▶ log.db (SQLite), head
//!      ▲                                                       │
//!      └──────────────answers, once it is synced ◀─────────────┘
//! ```

mod batch;
mod erase;
mod error;
mod facts;
mod files;
mod head;
mod house;
mod open;
mod recover;
mod reserve;
mod restore;
mod retain;
mod schema;
mod seal;
mod search;
mod store;
mod thread;
pub mod tools;
mod writer;

pub use error::{Damage, StoreError};
pub use files::{Files, Folder};
pub use head::Head;
pub use open::Place;
pub use recover::Recovered;
pub use retain::Keep;
pub use search::{Query, search};
pub use store::{Noted, Store};
pub use thread::{DiskLog, Opened, Options};
pub use writer::{Command, Times, Turn, Writer};

#[cfg(test)]
mod tests;
