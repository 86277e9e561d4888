//! End to end: the program as people start it, in processes of its own, over TCP and terminals.
//!
//! Every test has a server of its own on a port that the system chose, and homes of its own in a folder that goes with
//! it. Waits end with what is waited for; their limits are only there so that a fault does not hang.

#![allow(
    clippy::disallowed_methods,
    reason = "these tests are about a running system, and look at its clock"
)]

#[path = "../../../tests/src/requirement.rs"]
mod requirement;

mod abuse;
mod bots;
mod catalogue;
mod cli;
mod documented;
mod door;
mod durable;
mod failing_disk;
mod flood;
mod harms;
mod harness;
mod hostile;
mod identity;
mod invites;
mod json;
mod kept;
mod language;
mod links;
mod log_tools;
mod looks;
mod moderation;
mod peer;
mod pipe;
mod process;
mod proxy;
mod readme;
mod redacted;
mod returns;
mod room;
mod scripts;
mod seed;
mod seed_faults;
mod seed_wire;
mod signals;
mod slow_reader;
mod terminal;
mod tls;
mod tls_foreign;
mod tls_members;
mod way;
