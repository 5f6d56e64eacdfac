//! What happens to every request before and after its handler: identity, limits, the query check, problems
//! for whatever failed, headers, one log line.

mod arrival;
pub mod client_address;
pub(crate) mod compression;
pub mod cors;
pub mod credential;
pub mod malformed;
mod query;
pub mod rate_limit;
mod record;
pub mod request_id;
mod security_headers;
mod table;

use std::{borrow::Cow, net::IpAddr, time::Instant};

use futures::FutureExt;
use poem::{
    Endpoint, IntoResponse, Request, Response,
    http::{HeaderValue, Method, header},
};
use shared::identity::session::Device;
use tracing::Instrument;
use uuid::Uuid;

use credential::Credential;
use malformed::Malformed;
use rate_limit::Verdict;
use record::{Answered, CONSOLE, NO_ROUTE};
pub use table::RouteTable;
use table::{Lookup, Operation};

use crate::{
    connections::BodyLeft,
    problem::{Code, Problem, as_problem, as_problem_after_panic},
    state::App,
};

/// Paths that answer like others and are not in the document: (alias, canonical).
const ALIASES: &[(&str, &str)] = &[
    ("/api/credits/balance", "/api/wallet/balance"),
    ("/api/credits/transactions", "/api/wallet/transactions"),
    ("/api/credits/transactions/export.csv", "/api/wallet/transactions/export.csv"),
];

/// Where a request comes from, for handlers: `Data<&Client>`.
#[derive(Debug, Clone)]
pub struct Client(pub Device);

/// The outermost endpoint.
pub struct Middleware<E> {
    inner: E,
    app: App,
    table: RouteTable,
}

impl<E> Middleware<E> {
    /// Wraps the routes of `table`.
    pub fn new(inner: E, app: App, table: RouteTable) -> Self {
        Self { inner, app, table }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Middleware<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let id = request_id::of(&request);
        let span = tracing::info_span!("request", request_id = %id);
        let served = self.serve(request).instrument(span);
        let mut response = request_id::scope(id.clone(), served).await;
        // The id was checked or made by `request_id::of`, so it is visible ASCII.
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(&request_id::X_REQUEST_ID, id);
        }
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Middleware<E> {
    async fn serve(&self, mut request: Request) -> Response {
        let began = Instant::now();
        resolve_alias(&mut request);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let lookup = self.table.find(&method, &path);
        let client = client_address::client_address(&request, &self.app.config.trusted_proxies);
        let credential = Credential::of(
            &request,
            &self.app.access_tokens,
            &self.app.access,
            self.app.config.admin_totp_required,
        );
        let user_id = credential.principal().map(|it| it.user_id);
        let origin = self.app.cors.allowed_origin(&request);

        // A health probe that is refused looks like an outage, and answering it costs nothing.
        let counted = method != Method::OPTIONS && !path.starts_with("/health");
        let verdict = if counted { self.count(client, user_id) } else { None };
        let agent = request.headers().get(header::USER_AGENT).and_then(|it| it.to_str().ok());
        request.set_data(Client(Device::new(client, agent)));
        let asked = request.headers().clone();
        request.set_data(credential);
        let arrived = arrival::read_body(&mut request, &self.app.stopping).await;
        let malformed = request.data::<Malformed>().copied();
        let is_whole = arrived.is_ok();
        let mut response = match (arrived, verdict.filter(|it| !it.admitted)) {
            (_, Some(refused)) => too_many(&refused).into_response(),

            (Err(problem), None) => problem.into_response(),
            (Ok(()), None) => match malformed {
                Some(malformed) => Problem::from(malformed).into_response(),
                None => self.route(request, &lookup).await,
            },
        };

        if !is_whole {
            response.set_data(BodyLeft);
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let headers = response.headers_mut();
        security_headers::set(headers);
        if let Some(verdict) = &verdict {
            rate_limit::set_headers(headers, verdict);
        }
        if let Some(origin) = origin {
            cors::grant(headers, origin);
        }
        if self.app.cors.varies() {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if method != Method::HEAD {
            response = compression::compress(&path, &asked, response).await;
        }
        let route = match &lookup {
            Lookup::Found(operation) => {
                warn_if_undeclared(operation, &response);
                &operation.template
            }
            Lookup::OtherMethods(_) | Lookup::Unknown => NO_ROUTE,
            Lookup::Foreign => CONSOLE,
        };
        let answered =
            Answered { method: &method, route, client, user_id, elapsed: began.elapsed() };
        record::record(&answered, &response);
        response
    }

    /// Counts the request for its address and for its user, if it has one; returns the tighter result.
    fn count(&self, client: IpAddr, user_id: Option<Uuid>) -> Option<Verdict> {
        let (limits, now) = (&self.app.limits, rate_limit::unix_time());
        let by_address = limits.admit_address(client, now);
        let by_user = user_id.and_then(|user_id| limits.admit_user(user_id, now));
        [by_address, by_user].into_iter().flatten().min_by_key(|it| (it.admitted, it.remaining))
    }

    async fn route(&self, request: Request, lookup: &Lookup<'_>) -> Response {
        match lookup {
            Lookup::Foreign if matches!(*request.method(), Method::GET | Method::HEAD) => {
                self.app.console.answer(&request).await
            }
            Lookup::Unknown | Lookup::Foreign => Problem::unknown_path().into_response(),
            Lookup::OtherMethods(methods) if request.method() == Method::OPTIONS => {
                cors::preflight(methods)
            }
            Lookup::OtherMethods(methods) => {
                Problem::new(Code::RequestMethodNotAllowed, "this path does not have this method")
                    .allow(methods.clone())
                    .into_response()
            }
            Lookup::Found(operation) => match check(&request, operation) {
                Ok(()) => self.handle(request).await,
                Err(problem) => problem.into_response(),
            },
        }
    }

    async fn handle(&self, request: Request) -> Response {
        let handled = std::panic::AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        match handled.await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => as_problem(error),
            Err(payload) => as_problem_after_panic(payload),
        }
    }
}

/// Refuses what no handler needs to look at.
fn check(request: &Request, operation: &Operation) -> Result<(), Problem> {
    let query = request.uri().query().unwrap_or_default();
    let query: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        url::form_urlencoded::parse(query.as_bytes()).collect();
    query::check(operation, &query)
}

fn too_many(verdict: &Verdict) -> Problem {
    let detail = format!(
        "only {} requests are allowed per window; Retry-After says when to try again",
        verdict.limit
    );
    Problem::new(Code::RateLimited, detail).retry_after(verdict.reset)
}

fn resolve_alias(request: &mut Request) {
    let path = request.uri().path();
    let Some((_, canonical)) = ALIASES.iter().find(|(alias, _)| *alias == path) else { return };
    let target = match request.uri().query() {
        Some(query) => format!("{canonical}?{query}"),
        None => (*canonical).to_owned(),
    };
    // A fixed path and a query that was valid before are a valid target.
    if let Ok(uri) = target.parse() {
        *request.uri_mut() = uri;
    }
}

/// The document lists every status of an operation. A response with another one is a bug to be found.
fn warn_if_undeclared(operation: &Operation, response: &Response) {
    let status = response.status().as_u16();
    if !operation.statuses.contains(&status) {
        metrics::counter!("aetherflow_http_undeclared_total", "route" => operation.template.clone())
            .increment(1);
        tracing::error!(route = operation.template, status, "the document does not declare this");
    }
}
