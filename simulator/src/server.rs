//! The socket: accepts connections, serves each until it ends, stops on request.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::key::KeyRings;
use crate::providers::PROVIDERS;
use crate::route;

/// How long accepting rests after the system refused a connection (no free descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running simulator. Dropping it stops it; [`Handle::shutdown`] also waits for the end.
#[derive(Debug)]
pub struct Handle {
    url: String,
    stop: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Handle {
    /// Where it listens, `http://ADDR` without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL to give an adapter in place of the provider's own.
    pub fn base_url(&self, provider: &str) -> String {
        format!("{}/{provider}", self.url)
    }

    /// Stops listening and cuts every open connection; returns when all of that is done.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(serving) = self.serving.take() {
            // It can only fail by a panic, and that has been reported where it happened.
            let _ = serving.await;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The names of the providers simulated.
pub fn providers() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name())
}

/// Starts a simulator without keys on `listen`; port 0 picks a free one.
pub async fn start(listen: SocketAddr) -> io::Result<Handle> {
    start_on(TcpListener::bind(listen).await?)
}

/// Starts a simulator without keys on a socket that listens already.
pub fn start_on(listener: TcpListener) -> io::Result<Handle> {
    let url = format!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, stop.clone()));
    Ok(Handle { url, stop, serving: Some(serving) })
}

async fn serve(listener: TcpListener, stop: CancellationToken) {
    let rings = Arc::new(KeyRings::default());
    // Dropping the set aborts what it holds: stopping cuts connections, hanging ones too.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, Arc::clone(&rings)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    pause().await;
                }
            },
        }
    }
}

async fn serve_connection(stream: TcpStream, rings: Arc<KeyRings>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection stays without TCP_NODELAY");
    }
    let service = service_fn(move |request| {
        let rings = Arc::clone(&rings);
        async move { route::answer(&rings, request).await }
    });
    // A service that fails makes hyper drop the socket without an answer: that is how cuts are
    // made. A client that leaves makes it drop the service: that is how `in_flight` falls.
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing reports that a descriptor is free again")]
async fn pause() {
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
