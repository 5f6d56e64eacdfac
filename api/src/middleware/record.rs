//! One line and one histogram sample per request.

use std::{net::IpAddr, time::Duration};

use poem::{Response, http::Method};
use uuid::Uuid;

use crate::problem::Code;

/// What is known about a request after it was answered.
pub(super) struct Answered<'a> {
    pub method: &'a Method,
    /// The template, never the path: ids would make one label per task.
    pub route: &'a str,
    pub client: IpAddr,
    pub user_id: Option<Uuid>,
    pub elapsed: Duration,
}

/// The label of a path that no operation has.
pub(super) const NO_ROUTE: &str = "none";

/// The label of a path that does not begin like an operation's.
pub(super) const CONSOLE: &str = "console";

/// Writes both. Successful health probes are left out of the log.
pub(super) fn record(answered: &Answered<'_>, response: &Response) {
    let status = response.status().as_u16();
    let Answered { method, route, client, user_id, elapsed } = answered;
    metrics::histogram!(
        "aetherflow_http_request_seconds",
        "method" => method_label(method),
        "route" => (*route).to_owned(),
        "status" => status.to_string(),
    )
    .record(elapsed.as_secs_f64());
    if route.starts_with("/health") && status == 200 {
        return;
    }
    let code = response.extensions().get::<Code>().map(|code| code.as_str());
    let user_id = user_id.map(|id| id.to_string());
    tracing::info!(
        %method, route, status, code, %client, user_id,
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// Clients can invent methods; they must not become labels.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
