//! `/metrics` over HTTP.

use poem::http::header;
use poem::{Endpoint, Request, Response};

use super::Metrics;

/// The version of the text form is part of its media type.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

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
