//! `/metrics` over HTTP.

use poem::error::NotFoundError;
use poem::http::{HeaderMap, header};
use poem::{Addr, Endpoint, Request, Response};

use super::Metrics;

/// The version of the text form is part of its media type.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// A proxy on this machine makes strangers look local; it says so in one of these.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Answers with the metrics.
pub struct MetricsEndpoint {
    pub(super) metrics: Metrics,
}

impl Endpoint for MetricsEndpoint {
    type Output = Response;

    async fn call(&self, _request: Request) -> poem::Result<Response> {
        let response = Response::builder()
            .header(header::CONTENT_TYPE, CONTENT_TYPE)
            .header(header::CACHE_CONTROL, "no-store");
        Ok(response.body(self.metrics.render()))
    }
}

/// Answers callers on this machine; to others the path does not exist.
pub struct LocalEndpoint {
    pub(super) metrics: MetricsEndpoint,
}

impl Endpoint for LocalEndpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if !is_local(request.remote_addr(), request.headers()) {
            return Err(NotFoundError.into());
        }
        self.metrics.call(request).await
    }
}

fn is_local(peer: &Addr, headers: &HeaderMap) -> bool {
    let forwarded = FORWARDED.iter().any(|it| headers.contains_key(*it));
    !forwarded && peer.as_socket_addr().is_some_and(|it| it.ip().to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;

    fn peer(address: &str) -> Addr {
        Addr::from(address.parse::<SocketAddr>().unwrap())
    }

    #[test]
    fn only_callers_on_this_machine_are_local() {
        let headers = HeaderMap::new();
        for address in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(is_local(&peer(address), &headers), "{address}");
        }
        for address in ["10.0.0.1:1", "192.168.1.1:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"] {
            assert!(!is_local(&peer(address), &headers), "{address}");
        }
        assert!(!is_local(&Addr::default(), &headers));
    }

    #[test]
    fn what_a_local_proxy_forwards_is_not_local() {
        let mut headers = HeaderMap::new();
        headers.insert("X-Forwarded-For", "127.0.0.1".parse().unwrap());

        assert!(!is_local(&peer("127.0.0.1:1"), &headers));
    }
}
