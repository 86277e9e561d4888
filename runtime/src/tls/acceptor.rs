//! A server's side: what every connection begins with.

use std::cell::RefCell;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;

use super::pin::Pin;
use super::server_key::{KeyError, KeySource};
use super::session::Session;
use super::{ALPN, provider};

/// Makes the sessions of a server, with a key that can be read again while it runs.
#[derive(Debug)]
pub struct Acceptor {
    source: KeySource,
    with: RefCell<(Arc<ServerConfig>, Pin)>,
}

impl Acceptor {
    /// Reads the key, or makes it.
    ///
    /// # Errors
    ///
    /// There is none, and none can be made.
    pub fn new(source: KeySource) -> Result<Acceptor, KeyError> {
        let with = RefCell::new(load(&source)?);
        Ok(Acceptor { source, with })
    }

    /// Reads the key again. Connections that are there stay.
    ///
    /// # Errors
    ///
    /// There is none: the one before stays in use.
    pub fn reload(&self) -> Result<Pin, KeyError> {
        let loaded = load(&self.source)?;
        let pin = loaded.1;
        *self.with.borrow_mut() = loaded;
        Ok(pin)
    }

    /// Who the server is.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.with.borrow().1
    }

    /// A session for a connection that was just taken.
    ///
    /// # Errors
    ///
    /// None that is known: rustls could refuse its configuration.
    pub fn session(&self) -> Result<Session, rustls::Error> {
        Session::server(Arc::clone(&self.with.borrow().0))
    }
}

fn load(source: &KeySource) -> Result<(Arc<ServerConfig>, Pin), KeyError> {
    let key = source.load()?;
    let config = config(key.certified).map_err(KeyError::Unusable)?;
    Ok((Arc::new(config), key.pin))
}

/// TLS 1.3 alone [TR-1]. Nothing is remembered of a connection that is over: each shows the key anew, and a member costs what
/// it needs while it is here.
pub(super) fn config(key: CertifiedKey) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    // It could be played again.
    config.max_early_data_size = 0;
    Ok(config)
}
