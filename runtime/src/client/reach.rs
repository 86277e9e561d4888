//! Opening a link: looking a name up, reaching an address, and, by TLS, seeing who is there.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::socket::{CIPHER, Socket, is_for_later};
use crate::cli::value::Place;
use crate::tls::ALPN;
use crate::tls::pin::Pin;
use crate::tls::session::Session;
use crate::tls::taken::Taken;
use crate::tls::verifier::{self, OtherKey, is_forged};
use crate::trust::Way;

/// How long the server may take to show who it is.
const HANDSHAKE: Duration = Duration::from_secs(10);
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
    /// The server showed another key than the one that it is known by.
    OtherKey(OtherKey),
    /// The server does not hold the key that it showed.
    Forged,
    /// What answered does not speak TLS as it should.
    Tls(rustls::Error),
    /// It ended the link in the middle of the handshake, or did not finish it.
    NoHandshake(io::Error),
}

impl ConnectError {
    /// Whether the server is not the one that it should be: trying again may lead to the wrong one.
    #[must_use]
    pub fn is_distrust(&self) -> bool {
        matches!(self, ConnectError::OtherKey(_) | ConnectError::Forged)
    }
}

impl From<rustls::Error> for ConnectError {
    fn from(error: rustls::Error) -> ConnectError {
        match OtherKey::in_error(&error) {
            Some(other) => ConnectError::OtherKey(other),
            None if is_forged(&error) => ConnectError::Forged,
            None => ConnectError::Tls(error),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Opens a link to the first address that answers. They are begun one after the other, and a silent one holds the next
/// up only for a moment. By TLS it is open once the server has shown that it holds the key.
///
/// # Errors
///
/// None did, or the server is another.
pub async fn connect(place: Place, way: Way) -> Result<Socket, ConnectError> {
    let config = match way {
        Way::Clear => return reach(&place).await.map(Socket::new),
        Way::Tls { pin, .. } => verifier::known(pin)?,
    };
    let stream = reach(&place).await?;
    timeout(HANDSHAKE, handshake(stream, &place, config))
        .await
        .unwrap_or_else(|_| Err(ConnectError::NoHandshake(io::ErrorKind::TimedOut.into())))
}

/// Looks which key the server at `place` holds, and says nothing to it.
///
/// # Errors
///
/// It cannot be reached, or holds none.
pub async fn look(place: &Place) -> Result<Pin, ConnectError> {
    let seen = Arc::new(OnceLock::new());
    let config = verifier::looking(Arc::clone(&seen))?;
    let stream = reach(place).await?;
    timeout(HANDSHAKE, handshake(stream, place, config))
        .await
        .unwrap_or_else(|_| Err(ConnectError::NoHandshake(io::ErrorKind::TimedOut.into())))?;
    let nothing = || ConnectError::NoHandshake(io::ErrorKind::InvalidData.into());
    seen.get().copied().ok_or_else(nothing)
}

async fn reach(place: &Place) -> Result<TcpStream, ConnectError> {
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

/// Goes through the handshake of TLS.
async fn handshake(
    stream: TcpStream,
    place: &Place,
    config: Arc<ClientConfig>,
) -> Result<Socket, ConnectError> {
    let name = ServerName::try_from(place.host.clone());
    // What is no name and no address has been looked up all the same. The server does not need it.
    let name = name.unwrap_or(ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into()));
    let mut tls = Session::client(config, name)?;
    let mut early = Vec::new();
    let mut buffer = vec![0; CIPHER].into_boxed_slice();
    loop {
        while tls.wants_write() {
            stream.writable().await.map_err(ConnectError::NoHandshake)?;
            match tls.write_to(&mut Taken(&stream)) {
                Err(error) if !is_for_later(&error) => {
                    return Err(ConnectError::NoHandshake(error));
                }
                _ => {}
            }
        }
        if !tls.is_handshaking() {
            break;
        }
        stream.readable().await.map_err(ConnectError::NoHandshake)?;
        let read = match stream.try_read(&mut buffer) {
            Ok(0) => {
                return Err(ConnectError::NoHandshake(
                    io::ErrorKind::UnexpectedEof.into(),
                ));
            }
            Ok(read) => read,
            Err(error) if is_for_later(&error) => continue,
            Err(error) => return Err(ConnectError::NoHandshake(error)),
        };
        let received = tls.receive(&buffer[..read], |said| early.extend_from_slice(said));
        if let Err(error) = received {
            // It is told why, if it still listens.
            let _ = tls.write_to(&mut Taken(&stream));
            return Err(error.into());
        }
    }
    if tls.protocol() != Some(ALPN) {
        return Err(ConnectError::Tls(rustls::Error::NoApplicationProtocol));
    }
    Ok(Socket::secure(stream, tls, buffer, early))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

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
