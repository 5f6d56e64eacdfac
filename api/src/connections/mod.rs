//! Accepts connections, and ends those that waste them: a head that does not arrive, a client that is silent. An
//! honest client meets none of these limits.

mod places;
mod refusal;
mod watch;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Addr, Endpoint, Request, Response,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::middleware::{
    client_address::Network,
    malformed::{HEAD_BYTES_MAX, Malformed},
};
use places::Places;
use watch::{Watch, Watched};

/// What connections may take of the server.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// How long the head of a request may take from its first byte, and the first byte from the connection's begin.
    pub head: Duration,
    /// How long nothing may move between two requests, or in a response.
    pub idle: Duration,
    /// The most connections in total.
    pub in_all: usize,
    /// The most connections of one IPv4 address or IPv6 /64. Trusted proxies stand for many clients and have no such
    /// limit.
    pub per_network: usize,
    /// The proxies.
    pub trusted: Vec<Network>,
}

impl ConnectionLimits {
    /// The limits of a server. `?wait` and streams are requests under way, so none of them is cut off.
    pub fn new(trusted: Vec<Network>) -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(2),
            in_all: 16_384,
            per_network: 1_024,
            trusted,
        }
    }
}

/// The most headers of a request.
const HEADERS_MAX: usize = 100;
/// How long nothing may move in an answer while the server stops.
const LAST_IDLE: Duration = Duration::from_secs(1);
/// How long to wait when no connection can be accepted, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stopping`. Requests that are under way then have `grace` to finish; connections without one end at
/// once.
pub async fn serve<E>(
    socket: TcpListener,
    endpoint: E,
    limits: ConnectionLimits,
    stopping: CancellationToken,
    grace: Duration,
) where
    E: Endpoint<Output = Response> + 'static,
{
    let server = Arc::new(Server {
        endpoint,
        places: Places::new(limits.in_all, limits.per_network, limits.trusted.clone()),
        last_limits: ConnectionLimits { idle: limits.idle.min(LAST_IDLE), ..limits.clone() },
        limits,
        stopping: stopping.clone(),
        grace_is_over: CancellationToken::new(),
    });
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let server = Arc::clone(&server);
                connections.spawn(async move { server.connection(stream, peer).await });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // The end of the process is what this waits for, at most so long.
                let _ = timeout(ACCEPT_PAUSE, stopping.cancelled()).await;
            }
        }
    }
    drop(socket);
    connections.close();
    if timeout(grace, connections.wait()).await.is_err() {
        server.grace_is_over.cancel();
        connections.wait().await;
    }
}

struct Server<E> {
    endpoint: E,
    places: Places,
    limits: ConnectionLimits,
    /// While the server stops: who does not read an answer must not delay it.
    last_limits: ConnectionLimits,
    stopping: CancellationToken,
    grace_is_over: CancellationToken,
}

impl<E: Endpoint<Output = Response> + 'static> Server<E> {
    async fn connection(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(_place) = self.places.take(peer.ip()) else {
            ended("too_many");
            return;
        };
        let Ok(local) = stream.local_addr() else { return };
        // Answers are written whole; waiting to fill a segment only delays them.
        let _ = stream.set_nodelay(true);
        let watch = Arc::new(Watch::new());
        let io = TokioIo::new(Watched::new(stream, Arc::clone(&watch)));
        let service = service_fn(|request: hyper::Request<Incoming>| {
            let running = watch.request_began();
            async move {
                let answer = self.answer(request, local, peer).await;
                if answer.data::<BodyLeft>().is_some() {
                    running.leaves_body_unread();
                }
                drop(running);
                Ok::<hyper::Response<_>, std::convert::Infallible>(answer.into())
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Its own deadline would also end connections that rest between two requests.
            .header_read_timeout(None)
            // It stops reading a head between this and twice as much.
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEADERS_MAX);
        let mut connection = std::pin::pin!(http.serve_connection(io, service));
        let mut draining = false;
        loop {
            let limits = if draining { &self.last_limits } else { &self.limits };
            let deadline = watch.deadline(limits);
            tokio::select! {
                // An error is the client's: it left, or did not speak HTTP and was told so.
                _ = &mut connection => return,
                () = self.grace_is_over.cancelled() => return,
                () = self.stopping.cancelled(), if !draining => {
                    draining = true;
                    if watch.waits_for_head() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(deadline) => {
                    if let Some(reason) = watch.overdue(limits) {
                        ended(reason);
                        return;
                    }
                }
            }
        }
    }

    async fn answer(
        &self,
        mut request: hyper::Request<Incoming>,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Response {
        if let Some(malformed) = Malformed::of(&request) {
            request.extensions_mut().insert(malformed);
        }
        let (local, peer) =
            (LocalAddr(Addr::SocketAddr(local)), RemoteAddr(Addr::SocketAddr(peer)));
        self.endpoint.get_response(Request::from((request, local, peer, Scheme::HTTP))).await
    }
}

/// Marks the answer to a request whose body may still be coming.
#[derive(Debug, Clone, Copy)]
pub struct BodyLeft;

fn ended(reason: &'static str) {
    metrics::counter!("aetherflow_connections_ended_total", "reason" => reason).increment(1);
}
