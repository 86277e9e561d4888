//! The words of the program that this one began from, in its form `--name NAME --port PORT`.

use std::net::SocketAddr;

use crate::printable::{Printable, printable};

/// The server listens.
#[must_use]
pub fn listening(port: u16) -> Printable {
    printable!["服务器监听在端口: ", port]
}

/// A connection was taken.
#[must_use]
pub fn accepted(descriptor: i32, from: SocketAddr) -> Printable {
    printable![
        "聊天室: 获取连接 ",
        descriptor,
        " 来自 ('",
        from.ip(),
        "', ",
        from.port(),
        ")"
    ]
}

/// A connection is over.
#[must_use]
pub fn closed(descriptor: i32) -> Printable {
    printable!["聊天室: ", descriptor, " 离开"]
}

/// Ctrl-C at the server.
pub const SHUTTING_DOWN: &str = "关闭服务器...";

/// The client is in.
#[must_use]
pub fn connected(port: u16) -> Printable {
    printable!["连接到聊天室@ port ", port]
}

/// The client cannot connect.
#[must_use]
pub fn not_connected(port: u16) -> Printable {
    printable!["连接聊天室失败 @ port ", port]
}

/// What the client waits with.
#[must_use]
pub fn prompt(name: &Printable, address: &Printable) -> Printable {
    printable!["[", name, "@", address, "]> "]
}

/// Somebody came.
#[must_use]
pub fn joined(count: u64, who: &Printable) -> Printable {
    printable!["\n(新客户端连接: (", count, ") from ", who, ")"]
}

/// Somebody left.
#[must_use]
pub fn left(who: &Printable) -> Printable {
    printable!["\n(客户端离开: ", who, ")"]
}

/// Somebody said something.
#[must_use]
pub fn said(who: &Printable, text: &Printable) -> Printable {
    printable!["\n#[", who, "]>>", text]
}

/// Somebody has another name: the seed had no word for it.
#[must_use]
pub fn renamed(old: &Printable, new: &Printable) -> Printable {
    printable!["\n(", old, " 改名为 ", new, ")"]
}

/// The topic is another: the seed had no word for it.
#[must_use]
pub fn titled(topic: &Printable) -> Printable {
    printable!["\n(话题: ", topic, ")"]
}

/// The server is gone.
pub const CLOSED: &str = "客户端关闭";
/// Ctrl-C at the client.
pub const INTERRUPTED: &str = " 客户端中断 ";

/// A line could not be sent: the seed had no word for it.
#[must_use]
pub fn not_sent(why: &Printable) -> Printable {
    printable!["发送失败: ", why]
}

/// The room did not let us in: the seed had no word for it.
#[must_use]
pub fn refused(why: &Printable) -> Printable {
    printable!["聊天室拒绝: ", why]
}
