//! Every answer that is not an image: `{"error":{"message","type","param","code"}}` (published).

use hyper::header::RETRY_AFTER;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::call::new_id;
use crate::reply::{self, Answer};

/// Why a request is refused.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

const INVALID: &str = "invalid_request_error";

impl Refusal {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, code: None, param: None, message: message.into() }
    }

    fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID, message)
    }

    fn about(param: &str, code: &'static str, message: String) -> Self {
        Self { param: Some(param.to_owned()), ..Self::bad_request(message).code(code) }
    }

    /// Observed. The key is shown masked, as the vendor does.
    pub fn unknown_key(name: Option<&str>) -> Self {
        let message = match name {
            None => "You didn't provide an API key. You need to provide your API key in an \
                     Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
                .to_owned(),
            Some(name) => {
                let shown: String = name.chars().take(5).collect();
                format!(
                    "Incorrect API key provided: {shown}***. You can find your API key at \
                     https://platform.openai.com/account/api-keys."
                )
            }
        };
        let refusal = Self::new(StatusCode::UNAUTHORIZED, INVALID, message);
        if name.is_some() { refusal.code("invalid_api_key") } else { refusal }
    }

    /// Published: the code, and that it comes with 429.
    pub fn no_credit() -> Self {
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", message)
            .code("credit_balance_exhausted")
    }

    /// Assumed wording.
    pub fn organization_not_verified() -> Self {
        let message = "Your organization must be verified to use this model. Please go to: \
                       https://platform.openai.com/settings/organization/general and click on \
                       Verify Organization.";
        Self::new(StatusCode::FORBIDDEN, INVALID, message)
    }

    /// Published: the code.
    pub fn rate_limited() -> Self {
        let message = "Rate limit reached for images per min. Please try again in 6s.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", message).code("rate_limit_exceeded")
    }

    /// Observed.
    pub fn moderation_blocked() -> Self {
        let message = "Your request was rejected by the safety system. If you believe this is an \
                       error, contact us at help.openai.com. safety_violations=[violence].";
        Self::new(StatusCode::BAD_REQUEST, "image_generation_user_error", message)
            .code("moderation_blocked")
    }

    /// Observed.
    pub fn model_not_found(model: &str) -> Self {
        let message =
            format!("The model '{model}' does not exist or you do not have access to it.");
        Self::new(StatusCode::NOT_FOUND, INVALID, message).code("model_not_found")
    }

    /// Published.
    pub fn server_error() -> Self {
        let message = "The server had an error while processing your request. Sorry about that!";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message).code("server_error")
    }

    /// Assumed.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, INVALID, "The request body is too large.")
    }

    /// Observed.
    pub fn no_such_path(method: &Method, path: &str) -> Self {
        let path = path.strip_prefix("/openai").unwrap_or(path);
        let message = format!("Invalid URL ({method} {path})");
        Self::new(StatusCode::NOT_FOUND, INVALID, message)
    }

    /// Observed.
    pub fn not_json() -> Self {
        Self::bad_request("We could not parse the JSON body of your request.")
    }

    /// Observed.
    pub fn unknown_parameter(name: &str) -> Self {
        Self::about(name, "unknown_parameter", format!("Unknown parameter: '{name}'."))
    }

    /// Observed.
    pub fn missing(name: &str) -> Self {
        let message = format!("Missing required parameter: '{name}'.");
        Self::about(name, "missing_required_parameter", message)
    }

    /// Observed.
    pub fn invalid_type(name: &str, expected: &str) -> Self {
        let message = format!("Invalid type for '{name}': expected {expected}.");
        Self::about(name, "invalid_type", message)
    }

    /// Observed.
    pub fn invalid(name: &str, value: &str, why: &str) -> Self {
        let value: String = value.chars().take(40).collect();
        Self::about(name, "invalid_value", format!("Invalid value: '{value}'. {why}"))
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, kind, code, param, message } = refusal;
        let error = json!({ "message": message, "type": kind, "param": param, "code": code });
        let mut answer = reply::json(status, &json!({ "error": error }));
        if code == Some("rate_limit_exceeded") {
            answer.headers_mut().insert(RETRY_AFTER, 6.into());
        }
        reply::set_id(&mut answer, &format!("req_{}", new_id()));
        answer
    }
}
