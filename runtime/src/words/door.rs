//! What is said of those who are not let in.

use std::net::SocketAddr;

use super::catalogue::{both, say};
use crate::printable::Printable;
use crate::server::{HeaderFault, TurnedAway};

/// A connection was turned away, and others were since this was last said.
#[must_use]
pub fn turned_away(address: SocketAddr, why: TurnedAway, others: u64) -> Printable {
    let why = match why {
        TurnedAway::ServerFull => both(
            "the server is full (--connections)",
            "服务器满员（--connections）",
        ),
        TurnedAway::AddressFull => both(
            "too many connections from this address (--per-address, --new-per-address)",
            "来自这个地址的连接太多（--per-address、--new-per-address）",
        ),
        TurnedAway::Strangers => both(
            "too many connections that have not logged in (--before-login)",
            "尚未登录的连接太多（--before-login）",
        ),
        TurnedAway::Header(HeaderFault::Late) => both(
            "no PROXY header in time (--proxy-from)",
            "PROXY 头没有及时到（--proxy-from）",
        ),
        TurnedAway::Header(HeaderFault::Ended) => both(
            "the end in place of a PROXY header (--proxy-from)",
            "没有 PROXY 头就结束了（--proxy-from）",
        ),
        TurnedAway::Header(HeaderFault::Garbage) => both(
            "it begins with no PROXY header (--proxy-from)",
            "开头不是 PROXY 头（--proxy-from）",
        ),
    };
    match others {
        0 => say!("{0}: turned away: {1}", "{0}：被拒绝：{1}", address, why),
        1 => say!(
            "{0}: turned away, and one other: {1}",
            "{0}：被拒绝，另有一个：{1}",
            address,
            why
        ),
        others => say!(
            "{0}: turned away, and {1} others: {2}",
            "{0}：被拒绝，另有 {1} 个：{2}",
            address,
            others,
            why
        ),
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
