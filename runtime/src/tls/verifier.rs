//! A client's side: the server is the one that holds the key behind the pin.

use std::sync::{Arc, OnceLock};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, PeerIncompatible,
    SignatureScheme,
};

use super::pin::Pin;
use super::{ALPN, provider};

/// The server showed another key than the one that it is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherKey {
    /// The one that it is known by.
    pub known: Pin,
    /// The one that it showed.
    pub shown: Pin,
}

impl std::error::Error for OtherKey {}

impl OtherKey {
    /// What is said of it in an error of a session.
    #[must_use]
    pub fn in_error(error: &rustls::Error) -> Option<OtherKey> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                inner.downcast_ref().copied()
            }
            _ => None,
        }
    }
}

/// Whether this error of a session means that the server does not hold the key that it showed: somebody in between
/// copied its certificate.
#[must_use]
pub fn is_forged(error: &rustls::Error) -> bool {
    // What a certificate says is not looked at: all that can be wrong with it is its key and what that signed.
    matches!(error, rustls::Error::InvalidCertificate(_)) && OtherKey::in_error(error).is_none()
}

/// What a client needs to speak with the server of this pin, and with no other.
///
/// # Errors
///
/// None that is known: rustls could refuse its configuration.
pub fn known(pin: Pin) -> Result<Arc<ClientConfig>, rustls::Error> {
    config(Expected::Known(pin))
}

/// What a client needs to see which key a server holds. Nothing may be said to that server.
///
/// # Errors
///
/// As [`known`].
pub fn looking(seen: Arc<OnceLock<Pin>>) -> Result<Arc<ClientConfig>, rustls::Error> {
    config(Expected::Any(seen))
}

fn config(expected: Expected) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = provider();
    let verifier = Verifier {
        expected,
        algorithms: provider.signature_verification_algorithms,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

#[derive(Debug)]
enum Expected {
    Known(Pin),
    Any(Arc<OnceLock<Pin>>),
}

/// Takes the key for who the server is, whatever else the certificate says [TR-2]; that the server holds the key, its
/// signature over the handshake shows.
#[derive(Debug)]
struct Verifier {
    expected: Expected,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _stapled: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Pin::of(certificate)?;
        match &self.expected {
            Expected::Known(known) if !known.is(&shown) => {
                let other = OtherKey {
                    known: *known,
                    shown,
                };
                return Err(CertificateError::Other(OtherError(Arc::new(other))).into());
            }
            Expected::Known(_) => {}
            Expected::Any(seen) => drop(seen.set(shown)),
        }
        Ok(ServerCertVerified::assertion())
    }

    /// Never called: TLS 1.2 is not spoken.
    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
