//! What a server says to whoever runs it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use parlance_proto::name::RoomName;

use super::catalogue::{Both, both, say};
use super::cause;
use crate::printable::Printable;

/// The first line of a server.
#[must_use]
pub fn listening(address: SocketAddr) -> Printable {
    say!("listening on {0}", "监听在 {0}", address)
}

/// The warning under `--insecure`.
pub const INSECURE_WARNING: Both = both(
    "warning: clear text on an address that others can reach (--insecure): anybody on \
     the way reads and changes everything, and anybody may come in",
    "警告：在别人够得着的地址上用明文（--insecure）：路上的任何人都能读取和改动一切，任何人都能进来",
);

/// An address that others can reach, without `--insecure`.
#[must_use]
pub fn refuses_clear_text(address: SocketAddr) -> Printable {
    say!(
        "{0} can be reached by others and would be clear text: leave out --tls off, or say --insecure",
        "别人够得着 {0}，而它会是明文：请去掉 --tls off，或者加上 --insecure",
        address,
    )
}

/// The listener could not be had.
#[must_use]
pub fn cannot_listen(address: SocketAddr, error: &io::Error) -> Printable {
    if error.kind() == io::ErrorKind::AddrInUse {
        say!(
            "{0} is taken by another program: choose another with --listen ADDR:PORT (port 0 takes a free one)",
            "{0} 被另一个程序占用：请用 --listen ADDR:PORT 换一个（端口 0 取一个空闲的）",
            address,
        )
    } else {
        say!(
            "cannot listen on {0}: {1}; choose another with --listen ADDR:PORT",
            "无法监听 {0}：{1}；请用 --listen ADDR:PORT 换一个",
            address,
            cause(error),
        )
    }
}

/// The two deadlines contradict each other.
pub const DEAD_BEFORE_PING: Both = both(
    "--dead-after has to be longer than --ping-after: else whoever is silent is gone before he is asked",
    "--dead-after 要比 --ping-after 长：否则沉默的人还没被询问就没了",
);

/// A server of the seed knows no TLS either.
pub const SEED_SERVER_IS_CLEAR: Both = both(
    "--seed-wire is clear text: join a server on loopback, or say --insecure",
    "--seed-wire 使用明文：请加入回环地址上的服务器，或加上 --insecure",
);

/// The seed's wire knows no TLS.
pub const SEED_WIRE_IS_CLEAR: Both = both(
    "--seed-wire takes clients that know no TLS: listen on loopback without --tls on, or say --insecure",
    "--seed-wire 接受不会 TLS 的客户端：请在回环地址上监听且不加 --tls on，或加上 --insecure",
);

/// A fault of ours.
#[must_use]
pub fn not_published(room: &RoomName, seq: u64) -> Printable {
    say!(
        "a fault of this program: event {0} of {1} could not be written and is missing; please report it",
        "本程序的错误：{1} 的事件 {0} 无法写出，缺了；请报告",
        seq,
        room,
    )
}

/// Accepting waits.
#[must_use]
pub fn accept_waits(error: &io::Error, wait: Duration) -> Printable {
    say!(
        "cannot take a connection: {0}; trying again in {1} ms",
        "无法接受连接：{0}；{1} 毫秒后重试",
        cause(error),
        wait.as_millis(),
    )
}

/// A connection was taken.
#[must_use]
pub fn connection_taken(address: SocketAddr) -> Printable {
    say!("{0}: connected", "{0}：已连接", address)
}

/// A connection is over, and nothing was amiss.
#[must_use]
pub fn connection_over(address: SocketAddr) -> Printable {
    say!("{0}: disconnected", "{0}：已断开", address)
}

/// A connection that ended otherwise than by a goodbye of the peer.
#[must_use]
pub fn connection_ended(address: SocketAddr, why: &Printable) -> Printable {
    say!("{0}: {1}", "{0}：{1}", address, why)
}

/// The server ends.
pub const SHUTTING_DOWN: Both = both("shutting down", "正在关闭");
