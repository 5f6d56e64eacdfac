//! Errors. Each is sent as `application/problem+json` (RFC 9457), also those of the framework.

mod code;
mod details;
mod domain;
mod fail;
mod framework;

use std::time::Duration;

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, Method, header},
};
use poem_openapi::types::ToJSON;

pub use code::Code;
pub use details::{FieldError, FieldFault, HeldByView, ProblemDetails, Shortfall};
pub use fail::{Fail, description as fail_description};
pub use framework::{as_problem, as_problem_after_panic};

use crate::middleware::request_id;

/// The media type of every error.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// How long a client should wait after a 429 or 503 if nothing better is known.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// The detail of every fault of the server: its cause is only logged.
pub(crate) const INTERNAL: &str = "the server failed; mention the request id when you report it";

/// An error to be sent. It reveals nothing of the server's inside.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    allow: Vec<Method>,
    uncompressed_only: bool,
    file_bytes: Option<u64>,
    shortfall: Option<Box<Shortfall>>,
}

impl Problem {
    /// `detail` is a sentence for people about what happened this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            allow: Vec::new(),
            uncompressed_only: false,
            file_bytes: None,
            shortfall: None,
        }
    }

    /// 400, naming the fields.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.field, one.detail),
            several => format!("{} fields or parameters are not valid", several.len()),
        };
        Self { errors, ..Self::new(Code::RequestInvalid, detail) }
    }

    /// 400 for one field.
    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, FieldFault::Invalid, detail)])
    }

    /// An error of one field that is not about its form.
    pub fn of_field(code: Code, field: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldError::new(field, FieldFault::Invalid, detail.clone())];
        Self { errors, ..Self::new(code, format!("{field}: {detail}")) }
    }

    /// 404. What belongs to somebody else looks like what does not exist.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "this does not exist, or you have no access to it")
    }

    /// 404 where the address itself is wrong, in other words than for an object that is missing.
    pub fn unknown_path() -> Self {
        Self::new(Code::NotFound, "there is nothing at this path; GET /docs lists what there is")
    }

    /// 403 for a missing role.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, detail)
    }

    /// 500. Logs the error once, with the request id; the client gets only the latter.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %chain(error), "a request failed");
        Self::new(Code::Internal, INTERNAL)
    }

    /// Sets `Retry-After`; 429 and 503 carry a default otherwise.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Says what the wallet has, for a 402.
    #[must_use]
    pub fn shortfall(self, shortfall: Shortfall) -> Self {
        Self { shortfall: Some(Box::new(shortfall)), ..self }
    }

    /// Sets `Allow`, for a 405.
    #[must_use]
    pub fn allow(self, methods: Vec<Method>) -> Self {
        Self { allow: methods, ..self }
    }

    /// Says that a body is read only uncompressed (RFC 9110 §12.5.3: in a response, `Accept-Encoding` says what a
    /// request may use).
    #[must_use]
    pub fn uncompressed_only(self) -> Self {
        Self { uncompressed_only: true, ..self }
    }

    /// 416: the file has only so many bytes.
    pub fn range_not_satisfiable(file_bytes: u64) -> Self {
        let detail = format!("the file has {file_bytes} bytes; ask for a range that begins before");
        let problem = Self::new(Code::RequestRangeNotSatisfiable, detail);
        Self { file_bytes: Some(file_bytes), ..problem }
    }

    /// The code of the error.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened this time, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The fields and parameters that are not valid.
    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// The body of the response.
    pub(crate) fn details(&self) -> ProblemDetails {
        ProblemDetails {
            r#type: format!("urn:aetherflow:problem:{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.into(),
            detail: self.detail.clone(),
            request_id: request_id::current(),
            errors: (!self.errors.is_empty()).then(|| self.errors.clone()),
            required: self.shortfall.as_ref().map(|it| it.required.into()),
            available: self.shortfall.as_ref().map(|it| it.available.into()),
            held: self.shortfall.as_ref().map(|it| it.held.into()),
            held_by: self
                .shortfall
                .as_ref()
                .map(|it| it.held_by.iter().map(HeldByView::of).collect()),
        }
    }

    /// Seconds for `Retry-After`, rounded up: never too early.
    fn retry_after_seconds(&self) -> Option<u64> {
        use poem::http::StatusCode as S;
        let asks_to_retry =
            matches!(self.code.status(), S::TOO_MANY_REQUESTS | S::SERVICE_UNAVAILABLE);
        self.retry_after
            .or(asks_to_retry.then_some(RETRY_AFTER_DEFAULT))
            .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response =
            Response::builder().status(self.code.status()).body(self.details().to_json_string());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        if self.uncompressed_only {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if let Some(bytes) = self.file_bytes {
            let value = HeaderValue::from_str(&format!("bytes */{bytes}"));
            headers.insert(header::CONTENT_RANGE, value.expect("digits are visible ASCII"));
        }
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code.status() == poem::http::StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if !self.allow.is_empty() {
            let methods: Vec<_> = self.allow.iter().map(Method::as_str).collect();
            let value = HeaderValue::from_str(&methods.join(", "));
            headers.insert(header::ALLOW, value.expect("names of methods are visible ASCII"));
        }
        response.extensions_mut().insert(self.code);
        response
    }
}

impl From<Problem> for poem::Error {
    fn from(problem: Problem) -> Self {
        let code = problem.code;
        let mut error = Self::from_response(problem.into_response());
        // An error replaces the extensions of its response.
        error.set_data(code);
        error
    }
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // A wrapper whose own text ends with its cause would repeat it.
        let own = error.to_string();
        if !text.ends_with(&own) {
            text.push_str(": ");
            text.push_str(&own);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn rendered(problem: Problem) -> (Response, serde_json::Value) {
        let mut response = problem.into_response();
        let body = response.take_body().into_string().await.unwrap();
        (response, serde_json::from_str(&body).unwrap())
    }

    #[tokio::test]
    async fn a_problem_says_everything_the_contract_asks_for() {
        let (response, body) = rendered(Problem::not_found()).await;

        assert_eq!(response.status().as_u16(), 404);
        assert_eq!(response.content_type(), Some(CONTENT_TYPE));
        assert_eq!(body["type"], "urn:aetherflow:problem:not_found");
        assert_eq!(body["status"], 404);
        assert_eq!(body["code"], "not_found");
        for field in ["title", "detail", "request_id"] {
            assert!(body[field].is_string(), "{field}");
        }
        assert!(body.get("errors").is_none(), "absent, never null");
    }

    #[tokio::test]
    async fn a_refused_field_is_named() {
        let (_, body) = rendered(Problem::invalid_field("email", "not an e-mail address")).await;

        assert_eq!(body["errors"][0]["field"], "email");
        assert_eq!(body["errors"][0]["code"], "invalid");
        assert_eq!(body["detail"], "email: not an e-mail address");
    }

    #[tokio::test]
    async fn retry_after_is_always_there_on_429_and_503_and_never_too_early() {
        let (plain, _) = rendered(Problem::new(Code::Unavailable, "")).await;
        assert_eq!(plain.headers()[header::RETRY_AFTER], "1");

        let wait = Duration::from_millis(2_100);
        let (given, _) = rendered(Problem::new(Code::RateLimited, "").retry_after(wait)).await;
        assert_eq!(given.headers()[header::RETRY_AFTER], "3");
    }

    #[tokio::test]
    async fn an_internal_problem_hides_its_cause() {
        let secret = std::io::Error::other("password=hunter2");
        let (response, body) = rendered(Problem::internal(&secret)).await;

        assert_eq!(response.status().as_u16(), 500);
        assert!(!body.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn a_401_names_the_scheme_and_a_405_the_methods() {
        let (unauthorized, _) = rendered(Problem::new(Code::AuthRequired, "")).await;
        assert_eq!(unauthorized.headers()[header::WWW_AUTHENTICATE], "Bearer");

        let refused = Problem::new(Code::RequestMethodNotAllowed, "");
        let (refused, _) = rendered(refused.allow(vec![Method::GET, Method::PUT])).await;
        assert_eq!(refused.headers()[header::ALLOW], "GET, PUT");
    }
}
