//! What the errors of this crate say, and what to do about each.

use std::fmt;

use super::catalogue::{both, say};
use super::{cannot_listen, cause, name_error, no_randomness, room_name_error, text_error};
use crate::cli::value::ValueError;
use crate::client::commands::InputError;
use crate::client::reach::ConnectError;
use crate::client::slot::Unreadable;
use crate::identity::NotExported;
use crate::load::LoadError;
use crate::log::disk::Damage;
use crate::log::disk::StoreError;
use crate::printable::{Printable, Shown, printable};
use crate::server::ServeError;
use crate::state::StateError;
use crate::tls::verifier::OtherKey;

/// These clean what they quote.
mod shown {
    use super::*;

    impl Shown for ConnectError {}
    impl Shown for Damage {}
    impl Shown for InputError {}
    impl Shown for LoadError {}
    impl Shown for NotExported {}
    impl Shown for OtherKey {}
    impl Shown for ServeError {}
    impl Shown for StateError {}
    impl Shown for StoreError {}
    impl Shown for Unreadable {}
    impl Shown for ValueError {}
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            ValueError::Link(error) => return error.fmt(f),
            ValueError::Name(error) => return name_error(error).fmt(f),
            ValueError::Room(error) => return room_name_error(error).fmt(f),
            ValueError::Pin(error) => return error.fmt(f),
            ValueError::Span => both(
                "not a time: write it like 500ms, 30s, 2m or 1h",
                "不是时间：请写成 500ms、30s、2m 或 1h 这样",
            ),
            ValueError::Age => both(
                "not a time like 90m, 12h, 30d",
                "不是 90m、12h、30d 这样的时间",
            ),
            ValueError::AgeRange => both(
                "what is kept is kept for a second at least and 100 years at most",
                "保留的时间至少一秒，最多 100 年",
            ),
            ValueError::Keep => both("a log keeps at least 1MiB", "日志至少保留 1MiB"),
            ValueError::SpanRange => both(
                "a time is above zero and at most 24h",
                "时间要大于零，最多 24h",
            ),
            ValueError::Size => both(
                "not a size: write it like 65536, 64KiB, 4MiB or 1GiB",
                "不是大小：请写成 65536、64KiB、4MiB 或 1GiB 这样",
            ),
            ValueError::Rate => both(
                "not a rate: write a number of messages a second, at most 1000000",
                "不是速率：请写每秒多少条消息，最多 1000000",
            ),
            ValueError::TextSize => both(
                "a text to measure with has 16 to 16384 bytes",
                "用来测量的文本有 16 到 16384 字节",
            ),
            ValueError::Ring => both(
                "at least 64KiB, which is the largest frame",
                "至少 64KiB，这是最大的一帧",
            ),
            ValueError::Place => both(
                "not a server: write it like HOST, HOST:PORT or [IPV6]:PORT",
                "不是服务器：请写成 HOST、HOST:PORT 或 [IPV6]:PORT 这样",
            ),
            ValueError::SeedWidth => both(
                "a body of the seed has 8 or 4 bytes before it",
                "种子程序的正文之前是 8 或 4 个字节",
            ),
            ValueError::Network => both(
                "not addresses: write them like 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32",
                "不是地址：请写成 192.0.2.1、192.0.2.0/24 或 2001:db8::/32 这样",
            ),
        };
        words.fmt(f)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            LoadError::Connect(address, error) => {
                say!(
                    "cannot reach {0}: {1}",
                    "无法连接 {0}：{1}",
                    address,
                    cause(error)
                )
            }
            LoadError::Slow(joined) => say!(
                "only {0} members were let in; is the server overloaded?",
                "只有 {0} 个成员获准进入；服务器过载了吗？",
                joined
            ),
            LoadError::Sent(bye) => say!(
                "sent away by the server: {0}",
                "被服务器送走：{0}",
                super::codes::last_words(bye)
            ),
            LoadError::Closed => say!(
                "the server ended a connection without a word",
                "服务器没说一句就结束了一个连接"
            ),
            LoadError::Refused(text) => say!(
                "the server refused a line: {0}",
                "服务器拒绝了一行：{0}",
                Printable::field(text)
            ),
            LoadError::Foreign => say!(
                "what the server sent is not this protocol",
                "服务器发来的不是这个协议"
            ),
            LoadError::Io(error) => {
                say!(
                    "the load could not be run: {0}",
                    "无法施加负载：{0}",
                    cause(error)
                )
            }
        };
        words.fmt(f)
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            StateError::NoHome => say!(
                "no home folder is known to keep your key in: set HOME or XDG_STATE_HOME",
                "不知道把你的密钥放在哪个主文件夹：请设置 HOME 或 XDG_STATE_HOME"
            ),
            StateError::Io { path, error } => say!(
                "cannot keep your state in {0}: {1}; set XDG_STATE_HOME to a folder that you can write",
                "无法在 {0} 保存你的状态：{1}；请把 XDG_STATE_HOME 设为可写的文件夹",
                Printable::path(path),
                cause(error)
            ),
            StateError::Readable { path, mode } => readable(path, *mode),
            StateError::NotAKey { path } => say!(
                "{0} does not hold a key: move it away for a new one (your names on servers stay with the old)",
                "{0} 里没有密钥：请移走它以生成新的（你在各服务器上的名字仍属于旧的）",
                Printable::path(path)
            ),
            StateError::NoKey => say!(
                "this device has no identity yet: the first join draws one, and identity import takes that of another device",
                "这台设备还没有身份：第一次加入时生成，也可以用 identity import 导入另一台设备的"
            ),
            StateError::OtherKey(fingerprint) => say!(
                "this device has another identity, {0}, which would lose its names here: --replace keeps it beside the new one",
                "这台设备有另一个身份 {0}，它会失去在这里的名字：--replace 会把它保存在新的旁边",
                fingerprint
            ),
            StateError::Random(error) => no_randomness(error),
        };
        words.fmt(f)
    }
}

/// A file that holds a secret may be read by others.
pub(super) fn readable(path: &std::path::Path, mode: u32) -> Printable {
    say!(
        "{0} may be read by others (mode {1}): say chmod go= {0}",
        "{0} 可能被别人读到（权限 {1}）：请执行 chmod go= {0}",
        Printable::path(path),
        octal(mode)
    )
}

/// Permission bits as chmod(1) takes them.
pub(super) fn octal(mode: u32) -> Printable {
    Printable::field(&format!("{mode:o}"))
}

impl fmt::Display for NotExported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            NotExported::Foreign => both(
                "that is no exported identity: it is one line that begins with parlance-identity-1:",
                "这不是导出的身份：那是一行以 parlance-identity-1: 开头的文本",
            ),
            NotExported::Version => both(
                "that is an identity of another version: this program reads parlance-identity-1:",
                "这是另一个版本的身份：本程序只读 parlance-identity-1:",
            ),
            NotExported::Damaged => both(
                "that identity is damaged, a character is wrong or missing: copy the line again",
                "这个身份损坏了，有字符错了或少了：请重新复制那一行",
            ),
        };
        words.fmt(f)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged => {
                both("damaged, or of another place", "损坏了，或者属于别处").fmt(f)
            }
            Unreadable::Foreign(error) => {
                let error = Printable::field(&error.to_string());
                say!("{0}", "内容不认识（{0}）", error).fmt(f)
            }
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Listen { address, error } => cannot_listen(*address, error).fmt(f),
            ServeError::Random(error) => no_randomness(error).fmt(f),
            ServeError::Key(error) => error.fmt(f),
            ServeError::Log(error) => error.fmt(f),
            ServeError::Access(error) => error.fmt(f),
            ServeError::LogStopped(why) => say!(
                "the log stopped, and so does the server: {0}; what was acknowledged is kept, and clients come back by themselves to the next start",
                "日志停了，服务器也停：{0}；确认过的都保留着，下次启动后客户端会自己回来",
                Printable::field(why)
            )
            .fmt(f),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            ConnectError::Lookup(error) => say!(
                "the name cannot be looked up: {0}",
                "查不到这个主机名：{0}",
                cause(error)
            ),
            ConnectError::NoAddress => say!("the name leads nowhere", "这个主机名没有地址"),
            ConnectError::Addresses(failures) => {
                let mut all = Printable::default();
                for (nth, (address, error)) in failures.iter().enumerate() {
                    if nth > 0 {
                        all.push(both(", ", "，"));
                    }
                    all.push(printable![cause(error), " (", address, ")"]);
                }
                all
            }
            ConnectError::OtherKey(other) => printable![other],
            ConnectError::Forged => say!(
                "it does not hold the key that it shows",
                "它出示的密钥不归它所有"
            ),
            ConnectError::Tls(rustls::Error::InvalidMessage(_)) => say!(
                "what answers does not speak TLS: is it a server in clear text?",
                "应答的一方不说 TLS：它是明文服务器吗？"
            ),
            ConnectError::Tls(error) => {
                // It may quote a certificate.
                let error = Printable::field(&error.to_string());
                say!(
                    "no TLS with what answers: {0}",
                    "无法与应答的一方建立 TLS：{0}",
                    error
                )
            }
            ConnectError::NoHandshake(error) => say!(
                "it did not finish the TLS handshake: {0}",
                "它没有完成 TLS 握手：{0}",
                cause(error)
            ),
        };
        words.fmt(f)
    }
}

impl fmt::Display for OtherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        say!(
            "known by {0}, it showed {1}",
            "已知的是 {0}，它出示的是 {1}",
            self.known,
            self.shown
        )
        .fmt(f)
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            InputError::Unknown(word) => say!(
                "there is no command /{0}: /help lists them, and // sends a slash",
                "没有命令 /{0}：/help 列出命令，// 发送斜线",
                Printable::field(word)
            ),
            InputError::Incomplete(usage) => say!("write it like {0}", "请写成 {0}", usage),
            InputError::Text(error) => text_error(error),
            InputError::Name(error) => name_error(error),
            InputError::Nobody(name) => say!(
                "nobody who is or was here is called {0}: say the number, like #4",
                "在这里或来过的人里没有人叫 {0}：请用编号，如 #4",
                Printable::field(name)
            ),
            InputError::NoLine(name) => say!(
                "no line of {0} was seen here: say the number of the line, like #141 (parlance tail --json shows it)",
                "这里没有见过 {0} 的消息：请用消息的编号，如 #141（parlance tail --json 显示它）",
                Printable::field(name)
            ),
            InputError::NoMember(name) => say!(
                "nobody here is called {0}: /who lists who is",
                "这里没有人叫 {0}：/who 列出谁在",
                Printable::field(name)
            ),
        };
        words.fmt(f)
    }
}
