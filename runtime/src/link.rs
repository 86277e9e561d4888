//! The link by which one comes in: `parlance://HOST:PORT/ROOM#pin=PIN&invite=SECRET`.
//!
//! What stands behind the `#` is of no use to whoever carries the link: a browser does not send it. `pin` and `invite`
//! are base64url (RFC 4648, section 5) without padding, in the one form that their bytes have.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parlance_proto::name::RoomName;
use parlance_proto::wire::Proof;
use sha2::{Digest, Sha256};

use crate::cli::value::Place;
use crate::tls::pin::Pin;

/// What a link begins with.
pub const SCHEME: &str = "parlance://";

/// An invitation: 128 bits that nobody guesses. It has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; Self::LEN]);

impl Secret {
    /// Its length in bytes.
    pub const LEN: usize = 16;

    /// The secret of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LEN]) -> Secret {
        Secret(bytes)
    }

    /// A fresh one.
    ///
    /// # Errors
    ///
    /// The system gave no random bytes.
    pub fn draw() -> Result<Secret, getrandom::Error> {
        let mut bytes = [0; Self::LEN];
        getrandom::fill(&mut bytes)?;
        Ok(Secret(bytes))
    }

    /// What a server keeps of it [HS-24]: of 128 random bits a plain hash cannot be undone.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// As `NAME` carries it.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        Proof::new(&self.0)
    }
}

/// Where to go, and what to show there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The room.
    pub room: RoomName,
    /// Whose server it has to be.
    pub pin: Option<Pin>,
    /// What lets one in.
    pub invite: Option<Secret>,
}

impl Link {
    /// The server.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            host: self.host.clone(),
            port: self.port,
        }
    }
}

/// Why a text is no link. `Display` (in `words`) says what is wrong, and shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// It does not begin with `parlance://`.
    Scheme,
    /// The host or the port cannot be.
    Place,
    /// There is no room, or none of that name can be.
    Room,
    /// The pin is not 32 bytes in base64url.
    Pin,
    /// The invitation is not 16 bytes in base64url.
    Invite,
    /// Something else stands behind the `#`, or something stands there twice.
    Unknown,
}

impl std::error::Error for LinkError {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Link, LinkError> {
        let rest = text.strip_prefix(SCHEME).ok_or(LinkError::Scheme)?;
        let (address, fragment) = match rest.split_once('#') {
            Some((address, fragment)) => (address, Some(fragment)),
            None => (rest, None),
        };
        let (authority, room) = address.split_once('/').ok_or(LinkError::Room)?;
        // An IPv6 address stands in brackets here: else nobody can tell its end from a port.
        if !authority.starts_with('[') && authority.matches(':').count() > 1 {
            return Err(LinkError::Place);
        }
        let place: Place = authority.parse().map_err(|_| LinkError::Place)?;
        let mut link = Link {
            host: place.host,
            port: place.port,
            room: RoomName::parse(room).map_err(|_| LinkError::Room)?,
            pin: None,
            invite: None,
        };
        for field in fragment.iter().flat_map(|fragment| fragment.split('&')) {
            link.take(field)?;
        }
        Ok(link)
    }
}

impl Link {
    fn take(&mut self, field: &str) -> Result<(), LinkError> {
        match field.split_once('=') {
            Some(("pin", pin)) if self.pin.is_none() => {
                self.pin = Some(pin.parse().map_err(|_| LinkError::Pin)?);
            }
            Some(("invite", secret)) if self.invite.is_none() => {
                let bytes = URL_SAFE_NO_PAD.decode(secret).ok();
                let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
                self.invite = Some(Secret(bytes.ok_or(LinkError::Invite)?));
            }
            _ => return Err(LinkError::Unknown),
        }
        Ok(())
    }
}

/// All of it, the secret too: a link is made to be handed on.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.place(), self.room)?;
        let mut mark = '#';
        if let Some(pin) = &self.pin {
            write!(f, "{mark}pin={pin}")?;
            mark = '&';
        }
        if let Some(Secret(bytes)) = &self.invite {
            write!(f, "{mark}invite={}", URL_SAFE_NO_PAD.encode(bytes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";
    const SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBw";

    fn link() -> Link {
        Link {
            host: "chat.example.org".to_owned(),
            port: 8800,
            room: RoomName::lobby(),
            pin: Some(Pin::new([9; 32])),
            invite: Some(Secret::new([7; 16])),
        }
    }

    #[test]
    fn a_link_is_read_as_it_is_printed() {
        let text = format!("parlance://chat.example.org:8800/lobby#pin={PIN}&invite={SECRET}");
        assert_eq!(link().to_string(), text);
        assert_eq!(text.parse(), Ok(link()));
        let without = |pin, invite| Link {
            pin,
            invite,
            host: "::1".to_owned(),
            ..link()
        };
        for (link, text) in [
            (
                without(None, None),
                "parlance://[::1]:8800/lobby".to_owned(),
            ),
            (
                without(link().pin, None),
                format!("parlance://[::1]:8800/lobby#pin={PIN}"),
            ),
            (
                without(None, link().invite),
                format!("parlance://[::1]:8800/lobby#invite={SECRET}"),
            ),
        ] {
            assert_eq!(link.to_string(), text);
            assert_eq!(text.parse(), Ok(link));
        }
    }

    #[test]
    fn the_port_may_be_left_out_and_the_order_does_not_matter() {
        let text = format!("parlance://chat.example.org/lobby#invite={SECRET}&pin={PIN}");
        assert_eq!(text.parse(), Ok(link()));
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, error) in [
            ("chat.example.org:8800", LinkError::Scheme),
            ("Parlance://h/lobby", LinkError::Scheme),
            ("parlance:/h/lobby", LinkError::Scheme),
            (" parlance://h/lobby", LinkError::Scheme),
            ("parlance://h", LinkError::Room),
            ("parlance://h/", LinkError::Room),
            ("parlance://h/Lobby", LinkError::Room),
            ("parlance://h/lobby/", LinkError::Room),
            ("parlance://h/lobby?x", LinkError::Room),
            ("parlance://h/lobby ", LinkError::Room),
            ("parlance:///lobby", LinkError::Place),
            ("parlance://h:0/lobby", LinkError::Place),
            ("parlance://h:/lobby", LinkError::Place),
            ("parlance://::1/lobby", LinkError::Place),
            ("parlance://alice@h/lobby", LinkError::Place),
            ("parlance://h/lobby#", LinkError::Unknown),
            ("parlance://h/lobby#pin", LinkError::Unknown),
            ("parlance://h/lobby#x=1", LinkError::Unknown),
            ("parlance://h/lobby#pin=", LinkError::Pin),
            ("parlance://h/lobby#pin=CQkJ", LinkError::Pin),
            ("parlance://h/lobby#invite=", LinkError::Invite),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBw==",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBx",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHB",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBwcH",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHB+/HBw",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBw#",
                LinkError::Invite,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBw&",
                LinkError::Unknown,
            ),
            (
                "parlance://h/lobby#invite=BwcHBwcHBwcHBwcHBwcHBw&invite=BwcHBwcHBwcHBwcHBwcHBw",
                LinkError::Unknown,
            ),
        ] {
            assert_eq!(text.parse::<Link>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", link());
        assert!(shown.contains("Secret(hidden)"), "{shown}");
        assert!(
            !shown.contains("BwcH") && !shown.contains("7, 7"),
            "{shown}"
        );
    }

    #[test]
    fn the_hash_is_sha_256_and_two_secrets_are_two() {
        // printf '\0%.0s' 1..16 | sha256sum
        let hash: String = Secret::new([0; 16])
            .hash()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hash,
            "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb"
        );
        assert_ne!(Secret::draw().unwrap(), Secret::draw().unwrap());
    }
}
