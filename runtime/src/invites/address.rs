//! Where the server of a folder is: what the command line puts into a link.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use parlance_proto::name::RoomName;

use super::error::AccessError;
use super::store::Store;
use crate::cli::value::Place;
use crate::clock::Clock;
use crate::link::Link;
use crate::state::write_secret;
use crate::tls::pin::Pin;

/// How long the invitation holds that a server shows at its start.
const FIRST: Duration = Duration::from_secs(24 * 60 * 60);
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

    /// Of a server that listens there, and is reached by `host` if that is given. Where it listens on every address of
    /// the machine, and nobody has said by which it is reached, it is that by which the machine reaches others.
    #[must_use]
    pub fn of(host: Option<Place>, listening: SocketAddr, pin: Option<Pin>) -> Address {
        let mut address = Address::listening(listening, pin);
        if let Some(place) = host {
            address.place = place;
        } else if address.is_unspecified()
            && let Some(ip) = outward(listening)
        {
            address.place.host = ip.to_string();
        }
        address
    }

    /// An invitation for one person, to the lobby, for a day: the one that a server shows at its start.
    ///
    /// # Errors
    ///
    /// The store of the folder cannot be used, or is full.
    pub fn invitation(&self, folder: &Path, clock: Clock) -> Result<Link, AccessError> {
        let room = RoomName::lobby();
        let mut store = Store::open(folder)?;
        let (secret, _) = store.make(1, FIRST, &room, clock.wall_ms())?;
        Ok(Link {
            host: self.place.host.clone(),
            port: self.place.port,
            room,
            pin: self.pin,
            invite: Some(secret),
        })
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

/// The address by which this machine would reach others. No packet is sent for that.
fn outward(listening: SocketAddr) -> Option<IpAddr> {
    let far: (&str, &str) = if listening.is_ipv4() {
        ("0.0.0.0:0", "192.0.2.1:9")
    } else {
        ("[::]:0", "[2001:db8::1]:9")
    };
    let socket = UdpSocket::bind(far.0).ok()?;
    socket.connect(far.1).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
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
