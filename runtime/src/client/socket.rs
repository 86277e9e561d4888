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
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cli::value::Place;

/// How long each address may take.
const EACH_ADDRESS: Duration = Duration::from_secs(5);
/// How long one that does not answer may keep the next one waiting; as RFC 8305 has it.
const STAGGER: Duration = Duration::from_millis(250);

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

/// Opens a link to the first address that answers. They are begun one after the other, and a silent one holds the next
/// up only for a moment.
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
    first_of(addresses).await
}

async fn first_of(addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectError> {
    let mut waiting = addresses.into_iter();
    let mut begun = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            begun.spawn(try_one(address));
        }
        let ended = tokio::select! {
            ended = begun.join_next() => ended,
            () = sleep(STAGGER), if waiting.len() > 0 => continue,
        };
        match ended {
            Some(Ok((_, Ok(stream)))) => {
                // It only costs speed.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Some(Ok((address, Err(error)))) => failures.push((address, error)),
            // A task that nobody ended and that cannot panic.
            Some(Err(_)) => {}
            None if failures.is_empty() => return Err(ConnectError::NoAddress),
            None => return Err(ConnectError::Addresses(failures)),
        }
    }
}

async fn try_one(address: SocketAddr) -> (SocketAddr, io::Result<TcpStream>) {
    let opened = timeout(EACH_ADDRESS, TcpStream::connect(address)).await;
    let opened = opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    (address, opened)
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use socket2::{Domain, Socket as Raw, Type};

    use super::*;
    use crate::clock::Clock;

    fn free() -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    /// An address that never answers: its backlog is full, so the system drops who knocks.
    fn silent() -> (SocketAddr, Raw, Vec<std::net::TcpStream>) {
        let socket = Raw::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&free().into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let patience = Duration::from_millis(200);
        let mut kept = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, patience) {
            kept.push(stream);
            assert!(kept.len() < 64, "the backlog is never full");
        }
        (address, socket, kept)
    }

    /// An address at which nobody listens.
    fn refusing() -> SocketAddr {
        TcpListener::bind(free()).unwrap().local_addr().unwrap()
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_silent_address_holds_the_next_up_only_for_a_moment() {
        let (silent, _socket, _kept) = silent();
        let listener = TcpListener::bind(free()).unwrap();
        let good = listener.local_addr().unwrap();
        let (stream, took) = block_on(async {
            let clock = Clock::start();
            let addresses = vec![silent, refusing(), silent, good];
            (
                first_of(addresses).await.unwrap(),
                clock.now().since_origin(),
            )
        });
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(took >= STAGGER, "one after the other: {took:?}");
        assert!(took < Duration::from_secs(3), "{took:?}");
    }

    #[test]
    fn the_first_of_good_ones_is_taken() {
        let listeners = [(); 2].map(|()| TcpListener::bind(free()).unwrap());
        let addresses = listeners.iter().map(|l| l.local_addr().unwrap()).collect();
        let stream = block_on(first_of(addresses)).unwrap();
        assert_eq!(
            stream.peer_addr().unwrap(),
            listeners[0].local_addr().unwrap()
        );
    }

    #[test]
    fn every_address_is_named_where_none_answers() {
        let (silent, _socket, _kept) = silent();
        let addresses = vec![silent, refusing(), refusing()];
        let Err(ConnectError::Addresses(failures)) = block_on(first_of(addresses)) else {
            panic!("nobody listens");
        };
        assert_eq!(failures.len(), 3);
        let kinds: Vec<_> = failures.iter().map(|(_, error)| error.kind()).collect();
        let refused = io::ErrorKind::ConnectionRefused;
        assert_eq!(kinds, [refused, refused, io::ErrorKind::TimedOut]);
        let none = block_on(first_of(Vec::new()));
        assert!(matches!(none, Err(ConnectError::NoAddress)));
    }
}
