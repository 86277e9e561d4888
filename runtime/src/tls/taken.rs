//! A socket as [`Session::write_to`](super::session::Session::write_to) writes to it: what it takes now.

use std::io::{self, IoSlice, Write};

use tokio::net::TcpStream;

/// See the module. What the socket does not take now is an error of the kind `WouldBlock`.
pub(crate) struct Taken<'a>(pub(crate) &'a TcpStream);

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
