//! The small server every binary has beside its work: `/metrics` and the health routes on an
//! address of its own, so that neither ever meets the public one.

use std::io;
use std::net::SocketAddr;

use poem::listener::TcpAcceptor;
use poem::{Route, Server, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::health::{self, Health};
use crate::metrics::Metrics;

/// Serves until it is dropped: a stopping process answers to the very end.
#[must_use = "dropping it ends the server"]
pub struct Listener {
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (AETHERFLOW_METRICS_LISTEN): {source}")]
pub struct ListenError {
    /// The address asked for.
    pub address: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

/// Binds now, so that a taken port ends the start and not a later scrape, and serves in the
/// background. Port 0 takes a free one; the address bound is logged.
pub async fn serve(
    address: SocketAddr,
    metrics: Metrics,
    health: &Health,
) -> Result<Listener, ListenError> {
    let failed = |source| ListenError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let acceptor = TcpAcceptor::from_tokio(listener).map_err(failed)?;
    let routes = health::routes(Route::new().at("/metrics", get(metrics.endpoint())), health);

    tracing::info!(%address, "metrics and health are served");
    let server = tokio::spawn(async move {
        if let Err(error) = Server::new_with_acceptor(acceptor).run(routes).await {
            tracing::error!(%error, "the metrics listener failed");
        }
    });
    Ok(Listener { address, server })
}

impl Listener {
    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use async_trait::async_trait;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::Program;
    use crate::health::{Check, HealthSource};
    use crate::metrics;

    struct Fine;

    #[async_trait]
    impl HealthSource for Fine {
        async fn checks(&self) -> Vec<Check> {
            vec![Check::ok("postgres")]
        }
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: it\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_free_port_serves_metrics_and_health() {
        let metrics = metrics::install(Program::Worker).unwrap();
        let health = Health::new(Fine, CancellationToken::new());
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));

        let listener = serve(any, metrics, &health).await.unwrap();

        let metrics = get(listener.address(), "/metrics").await;
        assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
        assert!(metrics.contains("aetherflow_build_info"));
        for path in ["/health", "/health/live", "/health/ready"] {
            assert!(get(listener.address(), path).await.starts_with("HTTP/1.1 200"), "{path}");
        }
        assert!(get(listener.address(), "/").await.starts_with("HTTP/1.1 404"));
    }

    #[tokio::test]
    async fn a_taken_address_is_reported_with_its_setting() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let metrics = metrics::install(Program::Worker).unwrap();
        let health = Health::new(Fine, CancellationToken::new());

        let error = serve(taken.local_addr().unwrap(), metrics, &health).await.err().unwrap();

        assert!(error.to_string().contains("AETHERFLOW_METRICS_LISTEN"));
    }
}
