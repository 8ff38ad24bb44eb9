//! Requests over TLS: HTTP/1.1, a connection for each request.
//!
//! Whom to trust is said by a file of certificates in PEM: authorities, or the very certificates of
//! nodes. It is the file of [`trust`], else that which `SALUS_CA_FILE` names, else that of the
//! operating system.

use super::error::TransportError;
use crate::tls::{TlsError, read_certificates};
use http_body_util::BodyExt as _;
use hyper::{
    client::conn::http1,
    header::{HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use reqwest::{Body, Request, Response, Url};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use std::{
    env,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Names the file of certificates that are trusted.
const VARIABLE: &str = "SALUS_CA_FILE";
/// Longest time to get a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Where Linux keeps its own.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

static TRUSTED: OnceLock<PathBuf> = OnceLock::new();

/// Trusts the certificates of this file, in the whole process. The first call counts.
///
/// # Errors
///
/// [`TlsError`]: it holds no certificates.
pub fn trust(file: &Path) -> Result<(), TlsError> {
    read_certificates(file)?;
    TRUSTED.get_or_init(|| file.to_owned());
    Ok(())
}

/// Connects over TLS; one for the process, so that sessions are resumed.
pub(super) struct Tls(TlsConnector);

impl Tls {
    /// The one of this process.
    pub(super) fn shared() -> Result<&'static Self, TransportError> {
        static SHARED: OnceLock<Result<Tls, TlsError>> = OnceLock::new();
        SHARED.get_or_init(Self::new).as_ref().map_err(TransportError::unconnected)
    }

    fn new() -> Result<Self, TlsError> {
        let file = TRUSTED
            .get()
            .cloned()
            .or_else(|| env::var_os(VARIABLE).map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from(SYSTEM));
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(read_certificates(&file)?);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::new(&file, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Sends a request and reads the head of its answer.
    pub(super) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(answer_max) = request.timeout().copied() else {
            return self.exchange(request).await;
        };
        let late = |_| TransportError::broken("no answer came in time");
        tokio::time::timeout(answer_max, self.exchange(request)).await.map_err(late)?
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let url = request.url().clone();
        let (host, stream) = tokio::time::timeout(CONNECT_MAX, self.connect(&url))
            .await
            .map_err(|_| TransportError::unconnected("no connection in time"))??;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(TransportError::broken)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection over TLS ended early");
            }
        });
        let mut request: hyper::Request<Body> = request.try_into().map_err(TransportError::Http)?;
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        *request.uri_mut() = target.parse().map_err(TransportError::broken)?;
        request.headers_mut().insert(HOST, host);
        let response = sender.send_request(request).await.map_err(TransportError::broken)?;
        Ok(response.map(|body| Body::wrap_stream(body.into_data_stream())).into())
    }

    async fn connect(
        &self,
        url: &Url,
    ) -> Result<(HeaderValue, tokio_rustls::client::TlsStream<TcpStream>), TransportError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let bare = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare.clone()).map_err(TransportError::unconnected)?;
        let stream = TcpStream::connect((bare, port)).await.map_err(TransportError::unconnected)?;
        stream.set_nodelay(true).map_err(TransportError::unconnected)?;
        let stream = self.0.connect(name, stream).await.map_err(TransportError::unconnected)?;
        let header = HeaderValue::from_str(&format!("{host}:{port}"));
        Ok((header.map_err(TransportError::unconnected)?, stream))
    }
}
