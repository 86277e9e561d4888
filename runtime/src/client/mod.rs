//! The clients: for people, line by line, and for scripts.

pub mod commands;
pub mod connector;
pub mod json;
pub mod ledger;
pub mod lines;
pub mod moderate;
pub mod moderating;
pub mod namesakes;
pub mod output;
pub mod patience;
pub mod people;
pub mod pipe;
pub mod reach;
pub mod render;
pub mod seed;
pub mod slot;
pub mod socket;
pub mod stdin;
pub mod tail;
pub mod verdict;

use parlance_proto::client::{ClientConfig, Key};
use parlance_proto::name::{Name, RoomName};
use parlance_proto::wire::{Proof, Resume};

use self::slot::{Found, Slot};
use crate::cli::value::Place;
use crate::identity::{self, ServerId};
use crate::link::Secret;
use crate::state::{StateError, StateFolder};
use crate::trust::Way;

/// Who goes where, and from where on events are wanted.
#[derive(Clone, Debug)]
pub struct Login {
    /// The server.
    pub place: Place,
    /// The name asked for.
    pub name: Name,
    /// The room.
    pub room: RoomName,
    /// How many earlier messages are wanted.
    pub history: u64,
    /// Where to go on.
    pub resume: Option<Resume>,
    /// What to show a server that lets in by invitation.
    pub invite: Option<Secret>,
    /// Whether to come back after a lost link.
    pub reconnect: bool,
    /// How the server is spoken to.
    pub way: Way,
}

impl Login {
    /// Whether what is said to the server is heard by it alone: then it may be told secrets.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.server().is_some()
    }

    /// What the machine is told: with an identity and an invitation where nobody else hears it, and else as a guest,
    /// since a secret does not go over a network in clear text [HS-15] [HS-24].
    ///
    /// # Errors
    ///
    /// The master key cannot be had.
    fn config(&self) -> Result<ClientConfig, StateError> {
        let identity = match self.server() {
            Some(server) => {
                let master = StateFolder::open_default()?.master_key()?;
                let key = identity::derive_key(&master, server, self.name.as_str());
                Some(Key::new(key))
            }
            None => None,
        };
        Ok(ClientConfig {
            name: self.name.clone(),
            room: self.room.clone(),
            identity,
            history: self.history,
            resume: self.resume,
            proof: self.proof(),
            agent: Some(concat!("parlance ", env!("CARGO_PKG_VERSION")).to_owned()),
            reconnect: self.reconnect,
        })
    }

    fn proof(&self) -> Option<Proof> {
        let invite = self.invite.as_ref().filter(|_| self.is_private());
        invite.and_then(Secret::proof)
    }

    /// The place in the state folder for this server, room and name, and what is there; `None` where another process
    /// has it.
    ///
    /// # Errors
    ///
    /// The folder cannot be used.
    fn slot(&self) -> Result<Option<(Slot, Found)>, StateError> {
        let state = StateFolder::open_default()?;
        let server = match self.server() {
            Some(server) => server.to_string(),
            None => self.place.to_string().to_lowercase(),
        };
        Slot::open(&state, &server, self.room.as_str(), self.name.as_str())
    }

    /// The server, where no other can be in its place.
    fn server(&self) -> Option<ServerId> {
        match self.way {
            Way::Tls { pin, .. } => Some(ServerId::Key(pin)),
            Way::Clear if self.place.is_loopback() => Some(ServerId::Loopback {
                port: self.place.port,
            }),
            Way::Clear => None,
        }
    }
}
