//! What is said of keys and of who a server is.

use std::fmt;
use std::net::SocketAddr;

use super::catalogue::{both, say};
use super::{cause, server};
use crate::cli::value::Place;
use crate::printable::{Printable, Shown};
use crate::tls::pin::{NotAPin, Pin};
use crate::tls::server_key::KeyError;
use crate::trust::TrustError;

/// Base64url.
impl Shown for Pin {}
/// These clean what they quote.
impl Shown for KeyError {}
impl Shown for TrustError {}

impl fmt::Display for NotAPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        both(
            "not the pin of a server: it is 43 characters of A-Z a-z 0-9 - _",
            "不是服务器的公钥指纹：它是 43 个 A-Z a-z 0-9 - _ 字符",
        )
        .fmt(f)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            KeyError::Io { path, error } => say!(
                "cannot use the server's key: {0}: {1}",
                "无法使用服务器的密钥：{0}：{1}",
                Printable::path(path),
                cause(error)
            ),
            KeyError::Readable { path, mode } => say!(
                "{0} holds a private key and may be read by others (mode {1}): say chmod go= {0}",
                "{0} 里有私钥，可能被别人读到（权限 {1}）：请执行 chmod go= {0}",
                Printable::path(path),
                super::errors::octal(*mode)
            ),
            KeyError::NoKey { path } => say!(
                "{0} holds no private key in PEM",
                "{0} 里没有 PEM 格式的私钥",
                Printable::path(path)
            ),
            KeyError::NoCertificate { path } => say!(
                "{0} holds no certificate in PEM",
                "{0} 里没有 PEM 格式的证书",
                Printable::path(path)
            ),
            KeyError::Unusable(error) => say!(
                "the certificate and the key cannot be used: {0}",
                "证书和密钥无法使用：{0}",
                Printable::field(&error.to_string())
            ),
            KeyError::Make(error) => say!(
                "no key could be made: {0}",
                "无法生成密钥：{0}",
                Printable::field(&error.to_string())
            ),
        };
        words.fmt(f)
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            TrustError::State(error) => return error.fmt(f),
            TrustError::BadLine { path, line } => say!(
                "{0} cannot be read in line {1}: mend or remove that line",
                "{0} 的第 {1} 行无法读取：请改正或删除那一行",
                Printable::path(path),
                line
            ),
            TrustError::NotKnown(place) => not_known(place),
            TrustError::Other {
                place,
                known,
                given,
            } => say!(
                "{0} is known by pin {1}, and the one given is {2}; nothing was sent to it. If whoever runs it says that this is right: parlance trust --replace --pin {2} {0}",
                "{0} 已知的公钥指纹是 {1}，给出的是 {2}；什么都没有发给它。如果管理它的人说这是对的：parlance trust --replace --pin {2} {0}",
                server(place),
                known,
                given
            ),
            TrustError::KnownAndInsecure(place) => say!(
                "{0} is known by its key, so it is not spoken to in clear text: leave out --insecure",
                "{0} 的密钥已知，所以不和它说明文：请去掉 --insecure",
                server(place)
            ),
        };
        words.fmt(f)
    }
}

/// The server's key was read again.
#[must_use]
pub fn key_reloaded(pin: &Pin) -> Printable {
    say!(
        "the key was read again: pin {0}",
        "密钥已重新读取：公钥指纹 {0}",
        pin
    )
}

/// The server's key could not be read again.
#[must_use]
pub fn key_not_reloaded(error: &KeyError) -> Printable {
    say!(
        "the key was not read again, the old one stays: {0}",
        "密钥没有重新读取，仍用旧的：{0}",
        error
    )
}

/// Who the server is.
#[must_use]
pub fn pin_of_server(pin: &Pin) -> Printable {
    say!("TLS, pin {0}", "TLS，公钥指纹 {0}", pin)
}

/// What a connection began with is no TLS.
#[must_use]
pub fn no_tls(address: SocketAddr, error: &Printable) -> Printable {
    say!(
        "{0} was let go: no TLS handshake: {1}",
        "{0} 被放弃：没有 TLS 握手：{1}",
        address,
        error
    )
}

/// A server that is not known is about to be reached over a network.
#[must_use]
pub fn not_known(place: &Place) -> Printable {
    say!(
        "{0} is not known yet: ask whoever runs it for an invitation (parlance://...), or look at its key with: parlance trust {0}",
        "还不认识 {0}：请向管理它的人要一个邀请（parlance://...），或者看看它的密钥：parlance trust {0}",
        server(place),
    )
}

/// The server showed another key than before. Nothing was said to it.
#[must_use]
pub fn other_key(place: &Place, known: &Pin, shown: &Pin) -> Printable {
    say!(
        "{0} is not the server that you know: known by pin {1}, it shows {2}; nothing was sent to it. If whoever runs it says that this is right: parlance trust --replace {0}",
        "{0} 不是你认识的服务器：已知的公钥指纹是 {1}，它出示的是 {2}；什么都没有发给它。如果管理它的人说这是对的：parlance trust --replace {0}",
        server(place),
        known,
        shown,
    )
}

/// What answers shows the right key and does not hold it.
#[must_use]
pub fn forged(place: &Place) -> Printable {
    say!(
        "{0} does not hold the key that it shows: somebody is in between; nothing was sent to it",
        "{0} 出示的密钥不归它所有：中间有人；什么都没有发给它",
        server(place),
    )
}

/// A server is known now.
#[must_use]
pub fn trusted(place: &Place, pin: &Pin) -> Printable {
    say!(
        "{0} is known by pin {1} from now on",
        "从现在起 {0} 以公钥指纹 {1} 为准",
        server(place),
        pin
    )
}

/// A server was known already.
#[must_use]
pub fn trusted_before(place: &Place, pin: &Pin) -> Printable {
    say!(
        "{0} is known by pin {1}",
        "{0} 以公钥指纹 {1} 为准",
        server(place),
        pin
    )
}

/// The pin that was given is not the server's.
#[must_use]
pub fn not_that_pin(place: &Place, shown: &Pin) -> Printable {
    say!(
        "{0} shows pin {1}, which is not the one given: nothing is kept",
        "{0} 出示的公钥指纹是 {1}，不是给出的那个：什么都没有保存",
        server(place),
        shown
    )
}
