//! What is said of those who are not let in.

use std::net::SocketAddr;

use crate::server::{HeaderFault, TurnedAway};

/// To one who found the server full.
pub const SERVER_FULL: &str = "this server has as many connections as it may; try again later";
/// To one whose address has too many connections.
pub const ADDRESS_FULL: &str =
    "there are too many connections from your address; try again in some minutes";

/// A connection was turned away, and others were since this was last said.
#[must_use]
pub fn turned_away(address: SocketAddr, why: TurnedAway, others: u64) -> String {
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
        0 => format!("{address}: turned away: {why}"),
        1 => format!("{address}: turned away, and one other: {why}"),
        others => format!("{address}: turned away, and {others} others: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_those_sent_away_fits_into_a_goodbye() {
        for text in [SERVER_FULL, ADDRESS_FULL] {
            assert!(text.len() <= parlance_proto::wire::limits::WHY);
        }
    }

    #[test]
    fn it_is_said_how_many_there_were() {
        let address = "192.0.2.1:5".parse().unwrap();
        let said = |others| turned_away(address, TurnedAway::ServerFull, others);
        let why = "the server is full (--connections)";
        assert_eq!(said(0), format!("192.0.2.1:5: turned away: {why}"));
        assert_eq!(
            said(1),
            format!("192.0.2.1:5: turned away, and one other: {why}")
        );
        assert_eq!(
            said(9),
            format!("192.0.2.1:5: turned away, and 9 others: {why}")
        );
    }
}
