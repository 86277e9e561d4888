//! A client's socket: opening one, and what is left of a piece that it took in part.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use bytes::{Buf, Bytes};
use parlance_proto::client::{Client, Transmit};
use parlance_proto::time::Instant;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpStream, lookup_host};

use crate::cli::value::Place;

/// How long each address may take: short enough that a second one has its turn within the usual patience.
const EACH_ADDRESS: Duration = Duration::from_secs(3);

/// Why no link could be opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name could not be looked up.
    Lookup(io::Error),
    /// The name leads nowhere; or `localhost` leads to another machine, which is not followed.
    NoAddress,
    /// Every address was tried.
    Addresses(Vec<(SocketAddr, io::Error)>),
}

impl std::error::Error for ConnectError {}

/// Opens a link: every address in turn until one answers.
///
/// # Errors
///
/// None did.
pub async fn connect(place: Place) -> Result<TcpStream, ConnectError> {
    let found = lookup_host((place.host.as_str(), place.port))
        .await
        .map_err(ConnectError::Lookup)?;
    // Who asked for this machine is known to it by a secret, which must not leave it.
    let local = place.is_loopback();
    let addresses: Vec<_> = found
        .filter(|address| !local || address.ip().to_canonical().is_loopback())
        .collect();
    let mut failures = Vec::new();
    for address in addresses {
        let attempt = tokio::time::timeout(EACH_ADDRESS, TcpStream::connect(address)).await;
        match attempt.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                // It only costs speed.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failures.push((address, error)),
        }
    }
    if failures.is_empty() {
        return Err(ConnectError::NoAddress);
    }
    Err(ConnectError::Addresses(failures))
}

/// A link that is open.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    kept: Bytes,
    finishing: bool,
    blocked: bool,
}

/// What came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// So many bytes.
    Bytes(usize),
    /// Nothing now.
    Nothing,
    /// The end of the stream.
    Eof,
    /// The link is gone.
    Reset,
}

impl Socket {
    /// A fresh link.
    #[must_use]
    pub fn new(stream: TcpStream) -> Socket {
        Socket {
            stream,
            kept: Bytes::new(),
            finishing: false,
            blocked: false,
        }
    }

    /// Waits until there is something to read, or to write if the last write had to stop. Safe to cancel.
    pub async fn ready(&mut self) {
        let interest = if self.blocked {
            Interest::READABLE | Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        // An error shows at the next read.
        if let Ok(ready) = self.stream.ready(interest).await
            && ready.is_writable()
        {
            self.blocked = false;
        }
    }

    /// Reads what is there.
    pub fn read(&mut self, buffer: &mut [u8]) -> Input {
        match self.stream.try_read(buffer) {
            Ok(0) => Input::Eof,
            Ok(count) => Input::Bytes(count),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Input::Nothing
            }
            Err(_) => Input::Reset,
        }
    }

    /// Writes what the machine has, until it has no more or the socket takes no more.
    ///
    /// # Errors
    ///
    /// The link is gone.
    pub fn write(&mut self, client: &mut Client, now: Instant) -> io::Result<()> {
        while !self.blocked {
            if self.kept.is_empty() && !self.finishing {
                match client.poll_transmit(now) {
                    Some(Transmit::Data(piece)) => self.kept = piece,
                    Some(_) => {
                        self.finishing = true;
                        SockRef::from(&self.stream).shutdown(Shutdown::Write)?;
                    }
                    None => return Ok(()),
                }
            }
            if self.kept.is_empty() {
                return Ok(());
            }
            match self.stream.try_write(&self.kept) {
                Ok(count) => self.kept.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
