//! The words of the program that this one began from, in its form `--name NAME --port PORT`: its own in Chinese, which
//! is what that form speaks unless `--lang en` is said.

use std::net::SocketAddr;

use super::catalogue::{Both, both, say};
use crate::printable::Printable;

/// The server listens.
#[must_use]
pub fn listening(port: u16) -> Printable {
    say!("listening on port: {0}", "服务器监听在端口: {0}", port)
}

/// A connection was taken.
#[must_use]
pub fn accepted(descriptor: i32, from: SocketAddr) -> Printable {
    say!(
        "chat room: connection {0} from ('{1}', {2})",
        "聊天室: 获取连接 {0} 来自 ('{1}', {2})",
        descriptor,
        from.ip(),
        from.port()
    )
}

/// A connection is over.
#[must_use]
pub fn closed(descriptor: i32) -> Printable {
    say!("chat room: {0} left", "聊天室: {0} 离开", descriptor)
}

/// Ctrl-C at the server.
pub const SHUTTING_DOWN: Both = both("shutting down...", "关闭服务器...");

/// The client is in.
#[must_use]
pub fn connected(port: u16) -> Printable {
    say!(
        "connected to the chat room @ port {0}",
        "连接到聊天室@ port {0}",
        port
    )
}

/// The client cannot connect.
#[must_use]
pub fn not_connected(port: u16) -> Printable {
    say!(
        "cannot connect to the chat room @ port {0}",
        "连接聊天室失败 @ port {0}",
        port
    )
}

/// What the client waits with.
#[must_use]
pub fn prompt(name: &Printable, address: &Printable) -> Printable {
    say!("[{0}@{1}]> ", "[{0}@{1}]> ", name, address)
}

/// Somebody came.
#[must_use]
pub fn joined(count: u64, who: &Printable) -> Printable {
    say!(
        "\n(new client: ({0}) from {1})",
        "\n(新客户端连接: ({0}) from {1})",
        count,
        who
    )
}

/// Somebody left.
#[must_use]
pub fn left(who: &Printable) -> Printable {
    say!("\n(client left: {0})", "\n(客户端离开: {0})", who)
}

/// Somebody said something.
#[must_use]
pub fn said(who: &Printable, text: &Printable) -> Printable {
    say!("\n#[{0}]>>{1}", "\n#[{0}]>>{1}", who, text)
}

/// Somebody has another name: the seed had no word for it.
#[must_use]
pub fn renamed(old: &Printable, new: &Printable) -> Printable {
    say!("\n({0} is now {1})", "\n({0} 改名为 {1})", old, new)
}

/// The topic is another: the seed had no word for it.
#[must_use]
pub fn titled(topic: &Printable) -> Printable {
    say!("\n(topic: {0})", "\n(话题: {0})", topic)
}

/// The server is gone.
pub const CLOSED: Both = both("client closed", "客户端关闭");
/// Ctrl-C at the client.
pub const INTERRUPTED: Both = both(" client interrupted ", " 客户端中断 ");

/// A line could not be sent: the seed had no word for it.
#[must_use]
pub fn not_sent(why: &Printable) -> Printable {
    say!("not sent: {0}", "发送失败: {0}", why)
}

/// The room did not let us in: the seed had no word for it.
#[must_use]
pub fn refused(why: &Printable) -> Printable {
    say!("the chat room refuses: {0}", "聊天室拒绝: {0}", why)
}
