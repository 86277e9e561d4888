//! TLS 1.3, and who the server is: the one module that knows rustls.
//!
//! A server has one key for as long as it lives, and that is who it is: a client knows it by its [`Pin`](pin::Pin), a digest of
//! the public key, and asks no authority. What a certificate says beside the key (names, times) decides nothing.
//!
//! ```text
//!   server_key ──▶ acceptor ──┐                    pin ──▶ verifier ──┐
//!                             ├─▶ session ◀─▶ sockets ◀─▶ session ◀──┘
//! ```

pub mod acceptor;
pub mod pin;
pub mod server_key;
pub mod session;
pub(crate) mod taken;
#[cfg(test)]
mod tests;
pub mod verifier;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// What both sides name as what they are about to speak (ALPN).
pub const ALPN: &[u8] = b"parlance/1";

/// The one provider of cryptography.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
