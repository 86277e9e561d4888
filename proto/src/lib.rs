//! The parlance chat protocol as pure state machines: no IO, no clock, no randomness, no logging.
//!
//! A room is an ordered log. A server is a set of cursors over it; a client is a cursor with an
//! outbox. [`Server`] and [`Client`] are plain values that consume bytes and events and emit
//! actions; whatever owns sockets, clocks and disks drives them. SPEC.md is the protocol, and ids
//! in brackets, such as `[HS-6]`, name its requirements.
//!
//! ```text
//!            bytes, now                                        bytes, now
//!   socket ─────────────▶ ┌────────┐ Append ▶ ┌─────┐    ┌────────┐ ◀───────────── socket
//!          ◀───────────── │ Server │          │ log │    │ Client │ ─────────────▶
//!          poll_transmit  └────────┘ ◀ appended└─────┘    └────────┘  poll_transmit
//!                          │  ▲                             │   ▲
//!                     poll ▼  │ handle_timeout         poll ▼   │ say, quit, handle_timeout
//! ```
//!
//! # Driving a machine: five rules
//!
//! 1. **Feed** it in any order: [`accept`](Server::accept), [`receive`](Server::receive),
//!    [`appended`](Server::appended) and so on; for a client [`connected`](Client::connected),
//!    [`say`](Client::say) and so on. `now` is an argument of every input. Nothing blocks, and
//!    nothing that a peer sends makes a call fail or panic.
//! 2. **Drain** `poll` until it is `None`, after every input. There is one `poll` and no order to
//!    remember.
//! 3. **Write** when a socket can take it: `poll_transmit` until it is `None`. The last item is
//!    `Shutdown`, which means half-close. Last words travel in-band and cannot be forgotten.
//! 4. **Sleep** until `poll_timeout`, then call `handle_timeout`. Early or twice is harmless; a
//!    deadline that was handled is never still due.
//! 5. **Let go** of a server's socket on [`Closed`](server::Action::Closed), which comes exactly
//!    once, and of a client's on [`Close`](client::Action::Close).
//!
//! # Two clients talk through a server
//!
//! ```
//! use parlance_proto::client::{self, Client, ClientConfig};
//! use parlance_proto::server::{self, Config, Origin, Server};
//! use parlance_proto::{name::Name, name::RoomName, text::Text, time::Instant, wire::SayKind};
//!
//! let now = Instant::ZERO;
//! let mut server = Server::new(Config::default(), 1);
//! let mut clients = ["alice", "bob"].map(|name| {
//!     let name = Name::parse(name).unwrap();
//!     Client::new(ClientConfig::new(name, RoomName::lobby()), 2, now)
//! });
//! let conns = [(); 2].map(|()| server.accept(Origin::default(), now));
//! let (mut heard, mut log) = (Vec::new(), 0);
//! for round in 0..10 {
//!     for (client, conn) in clients.iter_mut().zip(conns) {
//!         while let Some(action) = client.poll() {
//!             match action {
//!                 client::Action::Connect => client.connected(now),
//!                 client::Action::Event(event) => heard.push(event),
//!                 _ => {}
//!             }
//!         }
//!         while let Some(client::Transmit::Data(bytes)) = client.poll_transmit(now) {
//!             server.receive(conn, &bytes, now);
//!         }
//!         while let Some(action) = server.poll() {
//!             if let server::Action::Append { room, ticket, entry } = action {
//!                 log += 1; // Here the log is memory: it has the entry at once.
//!                 server.appended(&room, log, 0, &entry, Some(ticket), now);
//!             }
//!         }
//!         while let Some(server::Transmit::Data(bytes)) = server.poll_transmit(conn, now) {
//!             client.receive(&bytes, now);
//!         }
//!     }
//!     if round == 3 {
//!         clients[0].say(SayKind::Say, None, Text::parse("hi")?, now)?;
//!     }
//! }
//! // Both were told of it, alice too: her own message coming back is her acknowledgement.
//! let said = heard.iter().filter(|event| matches!(event, parlance_proto::wire::Event::Said(_)));
//! assert_eq!(said.count(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Panics and errors
//!
//! A panic is a fault of this crate and never reachable from bytes. Errors are three families by
//! blame: [`close::Violation`] (the peer broke the rules), [`close::Refusal`] (the server declines)
//! and one small enum for each method that a caller can misuse, which leaves the state unchanged.
//!
//! # Features
//!
//! None by default, and the crate is `no_std` with `alloc`. `proptest` adds `generators`:
//! strategies for every wire type and for whole sessions, for property tests of your own. `legacy` adds
//! the wire of the program that this project began from, for whoever turns it on.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
#[cfg(feature = "proptest")]
extern crate std;

pub mod client;
pub mod close;
#[cfg(feature = "proptest")]
pub mod generators;
#[cfg(feature = "legacy")]
pub mod legacy;
pub mod name;
mod rng;
pub mod room;
pub mod server;
pub mod text;
pub mod time;
mod transmit;
mod unicode;
pub mod wire;

pub use client::Client;
pub use server::Server;
pub use transmit::Transmit;
