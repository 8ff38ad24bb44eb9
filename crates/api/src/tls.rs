//! TLS at the interface: a certificate and its key in PEM files, TLS 1.3 or 1.2.

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use std::{fmt, path::Path, sync::Arc};
use tokio_rustls::TlsAcceptor;

/// A file for TLS cannot be used. Code: `api.tls`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} cannot be used for TLS: {reason}")]
pub struct TlsError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}

impl TlsError {
    pub(crate) fn new(file: &Path, reason: impl fmt::Display) -> Self {
        Self { file: file.display().to_string(), reason: reason.to_string() }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        "api.tls"
    }
}

/// What the interface shows to clients that speak TLS.
#[derive(Clone)]
pub struct TlsServer(pub(crate) TlsAcceptor);

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsServer([redacted])")
    }
}

impl TlsServer {
    /// Reads a chain of certificates, the node's own first, and the key of the first.
    ///
    /// # Errors
    ///
    /// [`TlsError`]: a file cannot be read, or the key is not that of the certificate.
    pub fn read(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_certificates(certificates)?;
        let secret =
            PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::new(key, error))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
            .map_err(|error| TlsError::new(key, error))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// The certificates of a PEM file, one at least.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| TlsError::new(path, error))?;
    if certificates.is_empty() {
        return Err(TlsError::new(path, "it holds no certificate"));
    }
    Ok(certificates)
}
