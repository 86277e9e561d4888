//! Parlance, a chat room in one command: the drivers of the machines of [`parlance_proto`] over tokio, and the binary
//! `parlance`.
//!
//! [`server`] runs a [`Server`](parlance_proto::server::Server) over a [`log`], [`client`] a
//! [`Client`](parlance_proto::client::Client) for people and for scripts. [`clock`] alone reads clocks, [`words`] holds
//! every word that people see, [`printable`] is between these and what others wrote, and [`cli`] is the command line.

pub mod cli;
pub mod client;
pub mod clock;
pub mod exit;
pub mod files;
pub mod identity;
pub mod invites;
pub mod link;
pub mod load;
pub mod log;
pub mod logging;
pub mod printable;
pub mod server;
pub mod signals;
pub mod state;
pub mod tls;
pub mod trust;
pub mod words;
