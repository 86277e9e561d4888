//! What a server says to whoever runs it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance_proto::name::RoomName;

use super::cause;
use crate::printable::{Printable, printable};

/// The first line of a server.
#[must_use]
pub fn listening(address: SocketAddr) -> Printable {
    printable!["listening on ", address]
}

/// The warning under `--insecure`.
pub const INSECURE_WARNING: &str = "warning: clear text on an address that others can reach (--insecure): anybody on \
     the way reads and changes everything, and anybody may come in";

/// An address that others can reach, without `--insecure`.
#[must_use]
pub fn refuses_clear_text(address: SocketAddr) -> Printable {
    printable![
        address,
        " can be reached by others and would be clear text: leave out --tls off, or say --insecure",
    ]
}

/// The listener could not be had.
#[must_use]
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> Printable {
    if error.kind() == io::ErrorKind::AddrInUse {
        printable![
            address,
            " is taken by another program: choose another with --listen ADDR:PORT (port 0 takes a free one)",
        ]
    } else {
        printable![
            "cannot listen on ",
            address,
            ": ",
            cause(error),
            "; choose another with --listen ADDR:PORT",
        ]
    }
}

/// The two deadlines contradict each other.
pub const DEAD_BEFORE_PING: &str = "--dead-after has to be longer than --ping-after: else whoever is silent is gone before he is asked";

/// A server of the seed knows no TLS either.
pub const SEED_SERVER_IS_CLEAR: &str =
    "--seed-wire is clear text: join a server on loopback, or say --insecure";

/// The seed's wire knows no TLS.
pub const SEED_WIRE_IS_CLEAR: &str = "--seed-wire takes clients that know no TLS: listen on loopback without --tls on, or say --insecure";

/// A fault of ours.
#[must_use]
pub fn not_published(room: &RoomName, seq: u64) -> Printable {
    printable![
        "a fault of this program: event ",
        seq,
        " of ",
        room,
        " could not be written and is missing; please report it",
    ]
}

/// Accepting waits.
#[must_use]
pub fn accept_waits(error: &io::Error, wait: Duration) -> Printable {
    printable![
        "cannot take a connection: ",
        cause(error),
        "; trying again in ",
        wait.as_millis(),
        " ms",
    ]
}

/// A connection that ended otherwise than by a goodbye of the peer.
#[must_use]
pub fn connection_ended(address: SocketAddr, why: &Printable) -> Printable {
    printable![address, ": ", why]
}

/// The server ends.
pub const SHUTTING_DOWN: &str = "shutting down";
