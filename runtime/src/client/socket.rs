//! A client's socket: TLS over it, if that is the way, and what is left of a piece that it took in part.

use std::io;
use std::net::Shutdown;

use bytes::{Buf, Bytes};
use parlance_proto::client::{Client, Transmit};
use parlance_proto::time::Instant;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::tls::session::{Received, Session};
use crate::tls::taken::Taken;

/// How much is read at once where it still has to be made out.
pub(super) const CIPHER: usize = 16 * 1024;
/// A link that is open.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    tls: Option<Tls>,
    kept: Bytes,
    finishing: bool,
    shut: bool,
    blocked: bool,
}

#[derive(Debug)]
struct Tls {
    session: Session,
    /// What arrives, before it is known what it means.
    buffer: Box<[u8]>,
    /// What it means, as far as nobody has read it.
    said: Vec<u8>,
    /// The server has said that this was all.
    over: bool,
}

impl Tls {
    /// Whether there is something to be told before more is read.
    fn has_news(&self) -> bool {
        self.over || !self.said.is_empty()
    }
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
            tls: None,
            kept: Bytes::new(),
            finishing: false,
            shut: false,
            blocked: false,
        }
    }

    /// A link over which the handshake is done; `said` came right behind it, and `buffer` is read into.
    pub(super) fn secure(
        stream: TcpStream,
        session: Session,
        buffer: Box<[u8]>,
        said: Vec<u8>,
    ) -> Socket {
        let tls = Tls {
            session,
            buffer,
            said,
            over: false,
        };
        Socket {
            tls: Some(tls),
            ..Socket::new(stream)
        }
    }

    /// Waits until there is something to read, or to write if the last write had to stop. Safe to cancel.
    pub async fn ready(&mut self) {
        if self.tls.as_ref().is_some_and(Tls::has_news) {
            return;
        }
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

    /// Reads what is there, as much as `buffer` has room for.
    pub fn read(&mut self, buffer: &mut [u8]) -> Input {
        let Some(tls) = &mut self.tls else {
            return read(&self.stream, buffer);
        };
        if !tls.has_news() {
            let count = match read(&self.stream, &mut tls.buffer) {
                Input::Bytes(count) => count,
                // [TR-4] Not said by the server: whoever is in between can do that.
                Input::Eof => return Input::Reset,
                other => return other,
            };
            let said = &mut tls.said;
            let hand = |piece: &[u8]| said.extend_from_slice(piece);
            match tls.session.receive(&tls.buffer[..count], hand) {
                Ok(received) => tls.over = received == Received::Over,
                Err(_) => return Input::Reset,
            }
        }
        let count = tls.said.len().min(buffer.len());
        buffer[..count].copy_from_slice(&tls.said[..count]);
        tls.said.drain(..count);
        match count {
            0 if tls.over => Input::Eof,
            0 => Input::Nothing,
            count => Input::Bytes(count),
        }
    }

    /// Writes what the machine has, until it has no more or the socket takes no more.
    ///
    /// # Errors
    ///
    /// The link is gone.
    pub fn write(&mut self, client: &mut Client, now: Instant) -> io::Result<()> {
        while !self.blocked {
            let waits =
                |tls: &Option<Tls>| tls.as_ref().is_some_and(|tls| tls.session.wants_write());
            if self.kept.is_empty() && !self.finishing && !waits(&self.tls) {
                match client.poll_transmit(now) {
                    Some(Transmit::Data(piece)) => self.kept = piece,
                    Some(_) => {
                        self.finishing = true;
                        if let Some(tls) = &mut self.tls {
                            tls.session.finish();
                        }
                    }
                    None => return Ok(()),
                }
            }
            if self.kept.is_empty() && !waits(&self.tls) {
                if self.finishing && !self.shut {
                    self.shut = true;
                    SockRef::from(&self.stream).shutdown(Shutdown::Write)?;
                }
                return Ok(());
            }
            match self.write_some() {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Writes once.
    fn write_some(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            self.kept.advance(self.stream.try_write(&self.kept)?);
            return Ok(());
        };
        self.kept.advance(tls.session.send(&self.kept));
        tls.session.write_to(&mut Taken(&self.stream)).map(|_| ())
    }
}

/// Whether a call is only to be made again.
pub(super) fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn read(stream: &TcpStream, buffer: &mut [u8]) -> Input {
    match stream.try_read(buffer) {
        Ok(0) => Input::Eof,
        Ok(count) => Input::Bytes(count),
        Err(error) if is_for_later(&error) => Input::Nothing,
        Err(_) => Input::Reset,
    }
}
