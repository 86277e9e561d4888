//! What a server is known by: a digest of its public key.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The SHA-256 of a server's public key, as `SubjectPublicKeyInfo` in DER; written in base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; Self::LEN]);

impl Pin {
    /// Its length in bytes.
    pub const LEN: usize = 32;

    /// A pin from its bytes.
    #[must_use]
    pub fn new(bytes: [u8; Self::LEN]) -> Pin {
        Pin(bytes)
    }

    /// The pin of the key in a certificate.
    ///
    /// # Errors
    ///
    /// It is no certificate of X.509 version 3.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Pin, rustls::Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        Ok(Pin(Sha256::digest(&key).into()))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Whether they are the same, in a time that tells nothing.
    #[must_use]
    pub fn is(&self, other: &Pin) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

/// What was written is no pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPin;

impl std::error::Error for NotAPin {}

impl FromStr for Pin {
    type Err = NotAPin;

    fn from_str(text: &str) -> Result<Pin, NotAPin> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAPin)?;
        Ok(Pin(bytes.try_into().map_err(|_| NotAPin)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_of_the_public_key_and_of_nothing_else() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = |name: &str| {
            let names = vec![name.to_owned()];
            let params = rcgen::CertificateParams::new(names).unwrap();
            params.self_signed(&key).unwrap()
        };
        let expected =
            Pin::new(Sha256::digest(rcgen::PublicKeyData::subject_public_key_info(&key)).into());
        for name in ["parlance", "example.org"] {
            assert_eq!(Pin::of(certificate(name).der()).unwrap(), expected);
        }
        let other = rcgen::generate_simple_self_signed(vec!["parlance".to_owned()]).unwrap();
        let other = Pin::of(other.cert.der()).unwrap();
        assert_ne!(other, expected);
        assert!(expected.is(&expected) && !expected.is(&other));
        assert!(Pin::of(&CertificateDer::from(&b"no certificate"[..])).is_err());
    }

    #[test]
    fn it_reads_what_it_writes_and_nothing_else() {
        let pin = Pin::new(std::array::from_fn(|at| 0xff - at as u8));
        let text = pin.to_string();
        assert_eq!(text, "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA");
        assert_eq!(text.parse(), Ok(pin));
        for text in [
            "",
            "AAAA",
            &format!("{text}A"),
            &format!("{text}="),
            &text.replace('_', "/"),
            &text[1..],
        ] {
            assert_eq!(text.parse::<Pin>(), Err(NotAPin), "{text}");
        }
    }
}
