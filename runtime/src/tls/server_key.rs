//! The key of a server and the certificate around it: made at the first start, or given.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::pin::Pin;
use super::provider;
use crate::state::{OTHERS, write_secret};

/// The file that holds both, in the server's folder.
const OWN: &str = "server.pem";
/// More than any chain of certificates takes.
const MOST: u64 = 1 << 20;

/// Where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In this folder, made there if they are not.
    Own(PathBuf),
    /// In these files, in PEM.
    Given {
        /// The certificate, and those behind it.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Why there is no key. `Display` says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// A file could not be read or made.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others than the owner may read the private key.
    Readable {
        /// Where it is.
        path: PathBuf,
        /// The file's permission bits.
        mode: u32,
    },
    /// There is no private key in the file.
    NoKey {
        /// Which.
        path: PathBuf,
    },
    /// There is no certificate in the file.
    NoCertificate {
        /// Which.
        path: PathBuf,
    },
    /// The certificate is not that of the key, or neither can be used.
    Unusable(rustls::Error),
    /// No key could be made.
    Make(rcgen::Error),
}

impl std::error::Error for KeyError {}

/// A key that is ready to be used, and who it makes the server.
pub(super) struct ServerKey {
    pub(super) certified: CertifiedKey,
    pub(super) pin: Pin,
}

impl KeySource {
    /// Reads both; makes them where they are the server's own and not there.
    pub(super) fn load(&self) -> Result<ServerKey, KeyError> {
        let (certificates, key) = match self {
            KeySource::Own(folder) => own(folder)?,
            KeySource::Given { certificate, key } => (read(certificate)?.0, secret(key)?),
        };
        let path = match self {
            KeySource::Own(folder) => folder.join(OWN),
            KeySource::Given { certificate, .. } => certificate.clone(),
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&certificates)
            .collect::<Result<_, _>>()
            .map_err(|_| KeyError::NoCertificate { path: path.clone() })?;
        let first = chain.first().ok_or(KeyError::NoCertificate { path })?;
        let pin = Pin::of(first).map_err(KeyError::Unusable)?;
        let key_path = match self {
            KeySource::Own(folder) => folder.join(OWN),
            KeySource::Given { key, .. } => key.clone(),
        };
        let key =
            PrivateKeyDer::from_pem_slice(&key).map_err(|_| KeyError::NoKey { path: key_path })?;
        // It looks whether the two belong together.
        let certified =
            CertifiedKey::from_der(chain, key, &provider()).map_err(KeyError::Unusable)?;
        Ok(ServerKey { certified, pin })
    }
}

/// The file with both, drawn at the first use. Two processes that need it at once get the same.
fn own(folder: &Path) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
    let path = folder.join(OWN);
    if !path.exists() {
        draw(folder, &path)?;
    }
    let both = secret(&path)?;
    Ok((both.clone(), both))
}

fn draw(folder: &Path, path: &Path) -> Result<(), KeyError> {
    let key = KeyPair::generate().map_err(KeyError::Make)?;
    // The name decides nothing.
    let certificate = CertificateParams::new(vec!["parlance".to_owned()])
        .and_then(|params| params.self_signed(&key))
        .map_err(KeyError::Make)?;
    let both = format!("{}{}", certificate.pem(), key.serialize_pem());
    let draft = folder.join(format!("{OWN}.{}", std::process::id()));
    let written = write_secret(&draft, both.as_bytes()).and_then(|()| {
        match std::fs::hard_link(&draft, path) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    // It has done its work or failed; that it may stay behind hurts nobody.
    let _ = std::fs::remove_file(&draft);
    written.map_err(|error| KeyError::Io {
        path: path.to_owned(),
        error,
    })
}

fn secret(path: &Path) -> Result<Vec<u8>, KeyError> {
    let (bytes, mode) = read(path)?;
    if mode & OTHERS != 0 {
        return Err(KeyError::Readable {
            path: path.to_owned(),
            mode: mode & 0o777,
        });
    }
    Ok(bytes)
}

fn read(path: &Path) -> Result<(Vec<u8>, u32), KeyError> {
    let read = || {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode();
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        Ok((bytes, mode))
    };
    read().map_err(|error| KeyError::Io {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn given(folder: &Path, certificate: &str, key: &str) -> KeySource {
        let source = KeySource::Given {
            certificate: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        };
        write(folder.join("cert.pem"), certificate).unwrap();
        write_secret(&folder.join("key.pem"), key.as_bytes()).unwrap();
        source
    }

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["example.org".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn it_is_made_once_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let source = KeySource::Own(folder.path().to_owned());
        let first = source.load().unwrap().pin;
        assert_eq!(source.load().unwrap().pin, first);
        let path = folder.path().join(OWN);
        draw(folder.path(), &path).unwrap();
        assert_eq!(source.load().unwrap().pin, first, "made by two at once");
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let other = tempfile::tempdir().unwrap();
        let other = KeySource::Own(other.path().to_owned());
        assert_ne!(other.load().unwrap().pin, first);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let own = KeySource::Own(folder.path().to_owned());
        own.load().unwrap();
        let (certificate, key) = made();
        let given = given(folder.path(), &certificate, &key);
        given.load().unwrap();
        for (source, file) in [(own, OWN), (given, "key.pem")] {
            let path = folder.path().join(file);
            for mode in [0o640, 0o604] {
                set_permissions(&path, Permissions::from_mode(mode)).unwrap();
                let refused = source.load().map(|_| ());
                let Err(KeyError::Readable {
                    path: told,
                    mode: is,
                }) = refused
                else {
                    panic!("{file}: {refused:?}");
                };
                assert_eq!((told, is), (path.clone(), mode));
            }
        }
    }

    #[test]
    fn what_is_no_pair_is_refused_with_the_file_at_fault() {
        let folder = tempfile::tempdir().unwrap();
        let ((certificate, key), (_, other)) = (made(), made());
        let load = |certificate: &str, key: &str| {
            given(folder.path(), certificate, key)
                .load()
                .map(|key| key.pin)
        };
        assert!(load(&certificate, &key).is_ok());
        assert!(matches!(
            load(&certificate, &other),
            Err(KeyError::Unusable(_))
        ));
        assert!(
            matches!(load("", &key), Err(KeyError::NoCertificate { path }) if path.ends_with("cert.pem"))
        );
        assert!(
            matches!(load(&certificate, ""), Err(KeyError::NoKey { path }) if path.ends_with("key.pem"))
        );
        assert!(matches!(
            load(&certificate, &certificate),
            Err(KeyError::NoKey { .. })
        ));
        let missing = KeySource::Given {
            certificate: folder.path().join("none.pem"),
            key: folder.path().join("key.pem"),
        };
        assert!(
            matches!(missing.load(), Err(KeyError::Io { path, .. }) if path.ends_with("none.pem"))
        );
    }
}
