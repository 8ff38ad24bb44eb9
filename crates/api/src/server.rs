//! Serving a router on a socket: connections bounded in number, headers in size and time.

use crate::{rate::ClientAddress, tls::TlsServer};
use axum::Router;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tower::ServiceExt as _;

/// Most connections at once; more wait in the operating system's queue.
pub const CONNECTIONS_MAX: usize = 2048;
/// Most headers of a request; more get 431.
pub const HEADERS_MAX: usize = 64;
/// Most bytes of a request's head; more get 431.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Longest time for a request's head to arrive, and for a connection to stay idle.
const HEAD_TIME_MAX: Duration = Duration::from_mins(1);
/// Longest time for the greeting of TLS.
const GREETING_TIME_MAX: Duration = Duration::from_secs(10);
/// How long answers that are under way may take after the shutdown began.
pub const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);

/// Serves until `shutdown` ends, then lets answers under way finish for [`DRAIN_TIME_MAX`].
///
/// HTTP/1.1, without TLS: on loopback, or behind the organisation's own terminator. [`serve_with`] ends
/// TLS itself.
///
/// # Errors
///
/// The listener has no local address, which means that it is not bound.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    serve_with(listener, None, router, shutdown).await
}

/// As [`serve`], over TLS where it is given.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_with(
    listener: TcpListener,
    tls: Option<TlsServer>,
    router: Router,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "serving the API");
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (socket, address, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        let address = ClientAddress(address.ip());
        let service = router.clone().map_request(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(address);
            request
        });
        let service = TowerToHyperService::new(service);
        let (watcher, tls) = (graceful.watcher(), tls.clone());
        connections.spawn(async move {
            let ended = match tls {
                None => watcher.watch(http().serve_connection(TokioIo::new(socket), service)).await,
                Some(TlsServer(acceptor)) => {
                    // A client that does not greet does not keep its place for long.
                    match tokio::time::timeout(GREETING_TIME_MAX, acceptor.accept(socket)).await {
                        Ok(Ok(socket)) => {
                            let socket = TokioIo::new(socket);
                            watcher.watch(http().serve_connection(socket, service)).await
                        }
                        Ok(Err(error)) => {
                            tracing::debug!(%error, "a client could not be greeted over TLS");
                            Ok(())
                        }
                        Err(_) => Ok(()),
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_TIME_MAX, graceful.shutdown()).await;
    if drained.is_err() {
        tracing::debug!("ended connections that were still open, such as event streams");
    }
    connections.shutdown().await;
    Ok(())
}

fn http() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed, so there is always a permit in the end.
    let place = Arc::clone(places).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((socket, address)) => {
                // Small answers must not wait for more bytes to send along.
                if let Err(error) = socket.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY was refused");
                }
                return (socket, address, place);
            }
            Err(error) => {
                // Out of descriptors, or the peer has gone: others must still be served.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
