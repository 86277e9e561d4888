//! What is to be written to a socket.

use bytes::Bytes;

/// What `poll_transmit` of either machine yields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transmit {
    /// Bytes to write, at most 64 KiB of a room's stream at a time. They end at the end of a frame,
    /// and are shared with other connections where they can be.
    Data(Bytes),
    /// Half-close: nothing follows. Where the driver is about to drop the socket, that does as well.
    Shutdown,
}
