//! A member's socket.

use std::io::{self, Read, Write};

use mio::net::TcpStream;

/// See the module.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) socket: TcpStream,
    /// The beginning of a frame whose end has not come.
    carry: Vec<u8>,
    /// What is to be sent.
    pub(super) out: Vec<u8>,
    /// It stands in the list of those that have something to send.
    pub(super) queued: bool,
}

impl Member {
    pub(super) fn new(socket: TcpStream, hello: Vec<u8>) -> Member {
        Member {
            socket,
            carry: Vec::new(),
            out: hello,
            queued: false,
        }
    }

    /// Reads behind what was left of the last time. Gives how much of `buffer` is to be looked at and whether there
    /// may be more; none if nothing came.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<(usize, bool)>> {
        let kept = self.carry.len();
        buffer[..kept].copy_from_slice(&self.carry);
        loop {
            match self.socket.read(&mut buffer[kept..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.carry.clear();
                    let filled = kept + count;
                    return Ok(Some((filled, filled == buffer.len())));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps what is no whole frame yet.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.carry.extend_from_slice(bytes);
    }

    /// Sends what the socket takes; the rest when it is writable again.
    pub(super) fn write(&mut self) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.out.len() {
            match self.socket.write(&self.out[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.drain(..sent);
        Ok(())
    }
}
