//! A client's socket: TLS over it, if that is the way, and what is left of a piece that it took in part.

use std::io::{self, IoSlice, Write};
use std::net::Shutdown;

use bytes::{Buf, Bytes};
use parlance_proto::client::{Client, Transmit};
use parlance_proto::time::Instant;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::tls::session::{Received, Session};

/// How much is read at once where it still has to be made out.
pub(super) const CIPHER: usize = 16 * 1024;
/// The room that [`Socket::read`] needs: what arrives at once, and what of one record has arrived before.
pub const ROOM: usize = 64 * 1024;
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
    /// What was said before it could be read.
    early: Vec<u8>,
    /// The server has said that this was all.
    over: bool,
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

    /// A link over which the handshake is done; `early` was said right behind it, and `buffer` is read into.
    pub(super) fn secure(
        stream: TcpStream,
        session: Session,
        buffer: Box<[u8]>,
        early: Vec<u8>,
    ) -> Socket {
        let tls = Tls {
            session,
            buffer,
            early,
            over: false,
        };
        Socket {
            tls: Some(tls),
            ..Socket::new(stream)
        }
    }

    /// Waits until there is something to read, or to write if the last write had to stop. Safe to cancel.
    pub async fn ready(&mut self) {
        if self
            .tls
            .as_ref()
            .is_some_and(|tls| tls.over || !tls.early.is_empty())
        {
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

    /// Reads what is there into `buffer`, which has room for [`ROOM`] bytes at least.
    pub fn read(&mut self, buffer: &mut [u8]) -> Input {
        let Some(tls) = &mut self.tls else {
            return read(&self.stream, buffer);
        };
        if !tls.early.is_empty() {
            let early = std::mem::take(&mut tls.early);
            buffer[..early.len()].copy_from_slice(&early);
            return Input::Bytes(early.len());
        }
        if tls.over {
            return Input::Eof;
        }
        let count = match read(&self.stream, &mut tls.buffer) {
            Input::Bytes(count) => count,
            // [TR-4] Not said by the server: whoever is in between can do that.
            Input::Eof => return Input::Reset,
            other => return other,
        };
        let mut filled = 0;
        let received = tls.session.receive(&tls.buffer[..count], |said| {
            buffer[filled..filled + said.len()].copy_from_slice(said);
            filled += said.len();
        });
        match received {
            Ok(received) => tls.over = received == Received::Over,
            Err(_) => return Input::Reset,
        }
        match filled {
            0 if tls.over => Input::Eof,
            0 => Input::Nothing,
            filled => Input::Bytes(filled),
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

/// Writes what the socket takes now.
pub(super) struct Taken<'a>(pub(super) &'a TcpStream);

impl Write for Taken<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
