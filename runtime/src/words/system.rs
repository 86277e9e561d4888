//! What the operating system says.

use std::io::{Error, ErrorKind};

use super::catalogue::{Both, Language, both, say};
use crate::printable::Printable;

/// A system error as people read it: without the number, and in English in the system's own words.
#[must_use]
pub fn cause(error: &Error) -> Printable {
    if Language::current() == Language::Chinese
        && let Some(known) = known(error)
    {
        return say!("{0}", "{0}", known);
    }
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let text = match letters.next() {
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            let text: String = first.to_lowercase().chain(letters).collect();
            Printable::field(&text)
        }
        _ => Printable::field(text),
    };
    say!("{0}", "系统错误：{0}", text)
}

/// The common ones: the rest has only the system's words.
fn known(error: &Error) -> Option<Both> {
    Some(match error.kind() {
        ErrorKind::NotFound => both("no such file or directory", "没有这个文件或目录"),
        ErrorKind::PermissionDenied => both("permission denied", "没有权限"),
        ErrorKind::ConnectionRefused => both("connection refused", "连接被拒绝"),
        ErrorKind::ConnectionReset => both("connection reset", "连接被重置"),
        ErrorKind::HostUnreachable => both("no route to host", "主机不可达"),
        ErrorKind::NetworkUnreachable => both("network is unreachable", "网络不可达"),
        ErrorKind::ConnectionAborted => both("connection aborted", "连接中止"),
        ErrorKind::AddrInUse => both("address in use", "地址已被占用"),
        ErrorKind::AddrNotAvailable => both("address not available", "地址不可用"),
        ErrorKind::BrokenPipe => both("broken pipe", "管道已断开"),
        ErrorKind::AlreadyExists => both("file exists", "文件已存在"),
        ErrorKind::NotADirectory => both("not a directory", "不是目录"),
        ErrorKind::IsADirectory => both("is a directory", "是一个目录"),
        ErrorKind::ReadOnlyFilesystem => both("read-only file system", "文件系统只读"),
        ErrorKind::StorageFull => both("no space left on device", "设备上没有空间了"),
        ErrorKind::TimedOut => both("timed out", "超时"),
        ErrorKind::UnexpectedEof => both("unexpected end", "意外结束"),
        ErrorKind::InvalidData => both("invalid data", "数据无效"),
        ErrorKind::OutOfMemory => both("out of memory", "内存不足"),
        _ => return None,
    })
}

/// The system has no randomness.
#[must_use]
pub fn no_randomness(error: &getrandom::Error) -> Printable {
    let error = Printable::field(&error.to_string());
    say!(
        "the system gives no random bytes: {0}",
        "系统没有给出随机字节：{0}",
        error
    )
}
