//! Two sessions in memory: who gets through to whom.

use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;

use super::acceptor::config;
use super::pin::Pin;
use super::session::{Received, Session};
use super::verifier::{OtherKey, is_forged, known, looking};
use super::{ALPN, provider};

/// A certificate with its key, and one for whom it is not.
struct Owner {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl Owner {
    fn new(algorithm: &'static rcgen::SignatureAlgorithm, years: (i32, i32)) -> Owner {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut params = CertificateParams::new(vec!["parlance".to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        Owner { key, certificate }
    }

    fn plain() -> Owner {
        Owner::new(&rcgen::PKCS_ECDSA_P256_SHA256, (2020, 2120))
    }

    fn pin(&self) -> Pin {
        Pin::of(self.certificate.der()).unwrap()
    }

    /// A server that shows this certificate, and signs with the key of `signer`.
    fn server(&self, signer: &Owner) -> Session {
        let key = PrivateKeyDer::try_from(signer.key.serialize_der()).unwrap();
        let key = provider().key_provider.load_private_key(key).unwrap();
        // `CertifiedKey::from_der` would notice.
        let certified = CertifiedKey::new(vec![self.certificate.der().clone()], key);
        Session::server(Arc::new(config(certified).unwrap())).unwrap()
    }
}

fn client(config: Arc<rustls::ClientConfig>) -> Session {
    Session::client(config, ServerName::try_from("localhost").unwrap()).unwrap()
}

/// Carries what one has for the other; what the other made of it.
fn carry(
    from: &mut Session,
    to: &mut Session,
    said: &mut Vec<u8>,
) -> Result<Received, rustls::Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_to(&mut bytes).unwrap();
    }
    to.receive(&bytes, |piece| said.extend_from_slice(piece))
}

/// Until nobody has anything to say; what each heard.
fn talk(client: &mut Session, server: &mut Session) -> Result<(Vec<u8>, Vec<u8>), rustls::Error> {
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        if !client.wants_write() && !server.wants_write() {
            break;
        }
        carry(client, server, &mut to_server)?;
        carry(server, client, &mut to_client)?;
    }
    Ok((to_client, to_server))
}

#[test]
fn a_client_that_knows_the_pin_is_heard() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let owner = Owner::new(algorithm, (2020, 2120));
        let (mut server, mut client) = (owner.server(&owner), client(known(owner.pin()).unwrap()));
        // Given before it can be said: it waits.
        assert_eq!((client.send(b"NAME"), server.send(b"CLIENT")), (4, 6));
        let heard = talk(&mut client, &mut server).unwrap();
        assert_eq!(heard, (b"CLIENT".to_vec(), b"NAME".to_vec()));
        assert!(!client.is_handshaking() && !server.is_handshaking());
        assert_eq!(
            (client.protocol(), server.protocol()),
            (Some(ALPN), Some(ALPN))
        );
    }
}

#[test]
fn an_expired_certificate_is_as_good_as_another() {
    for years in [(1990, 1991), (2100, 2101)] {
        let owner = Owner::new(&rcgen::PKCS_ECDSA_P256_SHA256, years);
        let (mut server, mut client) = (owner.server(&owner), client(known(owner.pin()).unwrap()));
        talk(&mut client, &mut server).unwrap();
        assert!(!client.is_handshaking());
    }
}

#[test]
fn another_key_is_refused_before_anything_is_said() {
    let (owner, other) = (Owner::plain(), Owner::plain());
    let (mut server, mut client) = (other.server(&other), client(known(owner.pin()).unwrap()));
    client.send(b"NAME");
    let mut heard = Vec::new();
    carry(&mut client, &mut server, &mut heard).unwrap();
    let error = carry(&mut server, &mut client, &mut Vec::new()).unwrap_err();
    let expected = OtherKey {
        known: owner.pin(),
        shown: other.pin(),
    };
    assert_eq!(OtherKey::in_error(&error), Some(expected));
    assert!(!is_forged(&error));
    // All that goes out are the last words of TLS.
    carry(&mut client, &mut server, &mut heard).unwrap_err();
    assert!(heard.is_empty(), "{heard:?}");
}

/// Whoever copies a certificate has not got its key.
#[test]
fn the_pinned_certificate_without_its_key_is_refused() {
    let owner = Owner::plain();
    for thief in [
        Owner::plain(),
        Owner::new(&rcgen::PKCS_ED25519, (2020, 2120)),
        Owner::new(&rcgen::PKCS_RSA_SHA256, (2020, 2120)),
    ] {
        for config in [
            known(owner.pin()).unwrap(),
            looking(Arc::default()).unwrap(),
        ] {
            let (mut server, mut client) = (owner.server(&thief), client(config));
            client.send(b"NAME");
            let mut heard = Vec::new();
            carry(&mut client, &mut server, &mut heard).unwrap();
            let error = carry(&mut server, &mut client, &mut Vec::new()).unwrap_err();
            assert!(is_forged(&error), "{error:?}");
            carry(&mut client, &mut server, &mut heard).unwrap_err();
            assert!(heard.is_empty(), "{heard:?}");
        }
    }
}

#[test]
fn one_who_looks_sees_the_pin() {
    let owner = Owner::plain();
    let seen = Arc::new(OnceLock::new());
    let mut client = client(looking(Arc::clone(&seen)).unwrap());
    talk(&mut client, &mut owner.server(&owner)).unwrap();
    assert_eq!(seen.get(), Some(&owner.pin()));
}

#[test]
fn an_end_that_was_said_is_told_from_a_link_that_was_cut() {
    let owner = Owner::plain();
    let (mut server, mut client) = (owner.server(&owner), client(known(owner.pin()).unwrap()));
    talk(&mut client, &mut server).unwrap();
    server.send(b"BYE");
    server.finish();
    let mut heard = Vec::new();
    let received = carry(&mut server, &mut client, &mut heard);
    assert_eq!((received, &*heard), (Ok(Received::Over), &b"BYE"[..]));
    // What comes behind it is not heard.
    assert_eq!(
        client.receive(b"more", |_| panic!("heard")),
        Ok(Received::Over)
    );
}

#[test]
fn what_arrives_may_be_cut_anywhere() {
    let owner = Owner::plain();
    let (mut server, mut client) = (owner.server(&owner), client(known(owner.pin()).unwrap()));
    talk(&mut client, &mut server).unwrap();
    let text: Vec<u8> = (0..=255).cycle().take(40_000).collect();
    assert_eq!(client.send(&text), text.len());
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_to(&mut bytes).unwrap();
    }
    let mut heard = Vec::new();
    for piece in bytes.chunks(7) {
        let received = server.receive(piece, |said| heard.extend_from_slice(said));
        assert_eq!(received, Ok(Received::Open));
    }
    assert!(heard == text);
}

#[test]
fn what_is_no_tls_is_refused_at_once() {
    let owner = Owner::plain();
    for junk in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\x00\x00\x1a\x89dNAME\x81\x01ealice",
    ] {
        let mut server = owner.server(&owner);
        server.receive(junk, |_| panic!("heard")).unwrap_err();
    }
}
