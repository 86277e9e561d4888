//! What is said of those who are not let in.

use std::net::SocketAddr;

use crate::printable::{Printable, printable};
use crate::server::{HeaderFault, TurnedAway};

/// A connection was turned away, and others were since this was last said.
#[must_use]
pub fn turned_away(address: SocketAddr, why: TurnedAway, others: u64) -> Printable {
    let why = match why {
        TurnedAway::ServerFull => "the server is full (--connections)",
        TurnedAway::AddressFull => {
            "too many connections from this address (--per-address, --new-per-address)"
        }
        TurnedAway::Strangers => "too many connections that have not logged in (--before-login)",
        TurnedAway::Header(HeaderFault::Late) => "no PROXY header in time (--proxy-from)",
        TurnedAway::Header(HeaderFault::Ended) => {
            "the end in place of a PROXY header (--proxy-from)"
        }
        TurnedAway::Header(HeaderFault::Garbage) => "it begins with no PROXY header (--proxy-from)",
    };
    match others {
        0 => printable![address, ": turned away: ", why],
        1 => printable![address, ": turned away, and one other: ", why],
        others => printable![address, ": turned away, and ", others, " others: ", why],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_how_many_there_were() {
        let address = "192.0.2.1:5".parse().unwrap();
        let said = |others| turned_away(address, TurnedAway::ServerFull, others);
        let why = "the server is full (--connections)";
        assert_eq!(said(0).as_str(), format!("192.0.2.1:5: turned away: {why}"));
        assert_eq!(
            said(1).as_str(),
            format!("192.0.2.1:5: turned away, and one other: {why}")
        );
        assert_eq!(
            said(9).as_str(),
            format!("192.0.2.1:5: turned away, and 9 others: {why}")
        );
    }
}
