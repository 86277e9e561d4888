//! Where the server of a folder is: what the command line puts into a link.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::error::AccessError;
use crate::cli::value::Place;
use crate::link::Pin;
use crate::state::write_secret;

/// The file in the server's folder.
const FILE: &str = "address";

/// How a server is reached. The file is one line: `HOST:PORT`, and its pin behind a space if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host and port.
    pub place: Place,
    /// Whose it is.
    pub pin: Option<Pin>,
}

impl Address {
    /// Of a server that listens there.
    #[must_use]
    pub fn listening(address: SocketAddr, pin: Option<Pin>) -> Address {
        let place = Place {
            host: address.ip().to_canonical().to_string(),
            port: address.port(),
        };
        Address { place, pin }
    }

    /// Whether it is an address that only says *all of this machine's*: no use to anybody else.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        let ip = self.place.host.parse::<IpAddr>();
        ip.is_ok_and(|ip| ip.is_unspecified())
    }

    /// Puts it into the folder, in the place of what was there.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), AccessError> {
        let path = folder.join(FILE);
        let draft = folder.join(format!("{FILE}.new"));
        let pin = self.pin.map(|pin| format!(" {pin}")).unwrap_or_default();
        let line = format!("{}{pin}\n", self.place);
        write_secret(&draft, line.as_bytes())
            .and_then(|()| std::fs::rename(&draft, &path))
            .map_err(AccessError::io(&path))
    }

    /// What the server of the folder has put there.
    ///
    /// # Errors
    ///
    /// There is none, or it is none.
    pub fn read(folder: &Path) -> Result<Address, AccessError> {
        let path = folder.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(AccessError::NoAddress(folder.to_owned()));
            }
            Err(error) => return Err(AccessError::io(&path)(error)),
        };
        Address::parse(&text).ok_or(AccessError::NotAnAddress(path))
    }

    fn parse(text: &str) -> Option<Address> {
        let line = text.strip_suffix('\n')?;
        let (place, pin) = match line.split_once(' ') {
            Some((place, pin)) => (place, Some(pin.parse().ok()?)),
            None => (line, None),
        };
        let place = place.parse().ok()?;
        Some(Address { place, pin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Address::read(folder.path()),
            Err(AccessError::NoAddress(_))
        ));
        for (listen, pin) in [
            ("127.0.0.1:8800", None),
            ("[::1]:9", Some(Pin::new([9; 32]))),
        ] {
            let address = Address::listening(listen.parse().unwrap(), pin);
            address.write(folder.path()).unwrap();
            assert_eq!(Address::read(folder.path()).unwrap(), address);
            assert_eq!(address.place.to_string(), listen);
            assert!(!address.is_unspecified());
        }
        for listen in ["0.0.0.0:1", "[::]:1"] {
            assert!(Address::listening(listen.parse().unwrap(), None).is_unspecified());
        }
        for text in ["", "\n", "h:1", "h:0\n", "h:1 x\n", "h:1\nh:2\n"] {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let refused = Address::read(folder.path());
            assert!(
                matches!(refused, Err(AccessError::NotAnAddress(_))),
                "{text}"
            );
        }
    }
}
