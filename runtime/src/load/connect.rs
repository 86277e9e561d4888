//! Opening the sockets: one after the other, so that no queue of the kernel overflows.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mio::{Interest, Registry, Token};

use super::LoadError;
use super::member::Member;

/// How long one connect may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a member's socket and registers it under its number.
pub(super) fn connect(
    server: SocketAddr,
    number: usize,
    hello: Vec<u8>,
    registry: &Registry,
) -> Result<Member, LoadError> {
    let socket = TcpStream::connect_timeout(&server, PATIENCE)
        .map_err(|error| LoadError::Connect(server, error))?;
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    let mut socket = mio::net::TcpStream::from_std(socket);
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut socket, Token(number), interest)?;
    Ok(Member::new(socket, hello))
}
