//! What a client is told at the start.

use alloc::string::String;
use core::fmt;

use crate::name::{Name, RoomName};
use crate::wire::{Proof, Resume, UINT_END, limits};

/// The secret that says who one is to this server; it owns the name [HS-15]. `Debug` does not show it [HS-16].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret itself.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What a client wants: who it is, which room, from where on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientConfig {
    /// The name asked for. Where the key is a member already it is only a wish [HS-8].
    pub name: Name,
    /// The room to join.
    pub room: RoomName,
    /// Who one is; `None` is a guest, who cannot take up his session again [HS-14].
    pub identity: Option<Key>,
    /// How many earlier messages are wanted where there is no good cursor; a server gives 1,000 at most [HS-18].
    pub history: u64,
    /// From where on events are wanted, `epoch` 0 meaning whichever the room has. One that the wire cannot carry (a
    /// number of 2^63 or more) is taken for none.
    pub resume: Option<Resume>,
    /// An invitation, for a server that asks for one [HS-23]. A secret like the key: where that is not to be sent, nor is
    /// this [HS-24].
    pub proof: Option<Proof>,
    /// What program this is, at most [`limits::AGENT`] bytes; a longer one is not sent.
    pub agent: Option<String>,
    /// Whether to come back by itself; if not, the first lost link is the end.
    pub reconnect: bool,
}

impl ClientConfig {
    /// A guest who comes back by himself, without history.
    #[must_use]
    pub const fn new(name: Name, room: RoomName) -> Self {
        Self {
            name,
            room,
            identity: None,
            history: 0,
            resume: None,
            proof: None,
            agent: None,
            reconnect: true,
        }
    }

    /// The same without what the wire could not carry [FR-11].
    pub(super) fn within_limits(mut self) -> Self {
        self.history = self.history.min(UINT_END.saturating_sub(1));
        self.agent = self.agent.filter(|agent| agent.len() <= limits::AGENT);
        self.resume = self
            .resume
            .filter(|resume| resume.epoch < UINT_END && resume.since < UINT_END);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Key;
    use alloc::format;

    #[test]
    fn a_key_does_not_show_itself() {
        assert_eq!(format!("{:?}", Key::new([0x55; 32])), "Key(..)");
    }
}
