//! One end of a TLS connection, without IO of its own.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

/// See the module. Bytes of the network go in by [`receive`](Session::receive) and come out by
/// [`write_to`](Session::write_to); what is meant goes in by [`send`](Session::send) and comes out of `receive`.
pub struct Session {
    tls: Box<Connection>,
}

/// What came of bytes that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The peer may say more.
    Open,
    /// The peer has said that this was all.
    Over,
}

impl Session {
    /// A server's end.
    ///
    /// # Errors
    ///
    /// The configuration contradicts itself.
    pub fn server(config: Arc<ServerConfig>) -> Result<Session, rustls::Error> {
        let tls = ServerConnection::new(config)?;
        Ok(Session {
            tls: Box::new(tls.into()),
        })
    }

    /// A client's end. `host` is what the server is told it is called; it is known by its key.
    ///
    /// # Errors
    ///
    /// The configuration contradicts itself.
    pub fn client(
        config: Arc<ClientConfig>,
        host: ServerName<'static>,
    ) -> Result<Session, rustls::Error> {
        let tls = ClientConnection::new(config, host)?;
        Ok(Session {
            tls: Box::new(tls.into()),
        })
    }

    /// Whether nothing that is meant can be said yet. What is given to [`send`](Self::send) meanwhile waits.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// What both have agreed to speak.
    #[must_use]
    pub fn protocol(&self) -> Option<&[u8]> {
        self.tls.alpn_protocol()
    }

    /// Takes what arrived, and hands out what it says, piece by piece.
    ///
    /// # Errors
    ///
    /// The peer broke the rules of TLS, or is not who it should be. What [`write_to`](Self::write_to) then has are the
    /// last words.
    pub fn receive(
        &mut self,
        mut arrived: &[u8],
        mut hand: impl FnMut(&[u8]),
    ) -> Result<Received, rustls::Error> {
        while !arrived.is_empty() {
            // A slice can always be read; that it takes nothing means that the peer is not to be heard any more.
            if self.tls.read_tls(&mut arrived).unwrap_or(0) == 0 {
                return Ok(Received::Over);
            }
            self.tls.process_new_packets()?;
            if self.hand_out(&mut hand) == Received::Over {
                return Ok(Received::Over);
            }
        }
        Ok(Received::Open)
    }

    fn hand_out(&mut self, hand: &mut impl FnMut(&[u8])) -> Received {
        let mut reader = self.tls.reader();
        loop {
            match reader.fill_buf() {
                Ok([]) => return Received::Over,
                Ok(said) => {
                    hand(said);
                    let length = said.len();
                    reader.consume(length);
                }
                // There is no more for now.
                Err(_) => return Received::Open,
            }
        }
    }

    /// Takes the beginning of what is meant, as much as is held at a time; how many bytes of it.
    pub fn send(&mut self, meant: &[u8]) -> usize {
        // It never fails: what is held is in memory.
        self.tls.writer().write(meant).unwrap_or(0)
    }

    /// Whether there are bytes for the network.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.tls.wants_write()
    }

    /// Writes bytes of the network, as much as one call takes.
    ///
    /// # Errors
    ///
    /// What the socket says.
    pub fn write_to(&mut self, socket: &mut impl Write) -> io::Result<usize> {
        self.tls.write_tls(socket)
    }

    /// Says that this was all: the peer can tell an end from a link that was cut.
    pub fn finish(&mut self) {
        self.tls.send_close_notify();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("handshaking", &self.is_handshaking())
            .finish_non_exhaustive()
    }
}
