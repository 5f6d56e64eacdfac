//! Every answer that is not an image, in the vendor's words.

use hyper::StatusCode;
use serde_json::json;

use crate::call::new_id;
use crate::reply::{self, Answer};

/// Which interface speaks: they differ in the shape of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `{id, name, message}`.
    V1,
    /// `{id, name, errors: […]}`.
    V2Beta,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request breaks the schema; one message for each field (published).
    BadRequest(Vec<String>),
    /// No key, or an unknown one (published for `v1`; the shape under `v2beta` is assumed).
    Unauthorized,
    /// The balance does not suffice (observed).
    PaymentRequired,
    /// The key lacks a permission (published for `v1`; the shape under `v2beta` is assumed).
    PermissionDenied,
    /// The prompt was flagged (published).
    ContentModeration,
    /// Nothing here, or the model is gone (published for `v1`).
    NotFound,
    /// The body is too long (published).
    PayloadTooLarge,
    /// The prompt is not English (published).
    InvalidLanguage,
    /// Too many requests (published, the id included).
    RateLimitExceeded,
    /// The provider failed (published).
    InternalError,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
            Self::PermissionDenied | Self::ContentModeration => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InvalidLanguage => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimitExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::PaymentRequired => "payment_required",
            Self::PermissionDenied => "permission_denied",
            Self::ContentModeration => "content_moderation",
            Self::NotFound => "not_found",
            Self::PayloadTooLarge => "payload_too_large",
            Self::InvalidLanguage => "invalid_language",
            Self::RateLimitExceeded => "rate_limit_exceeded",
            Self::InternalError => "internal_error",
        }
    }

    fn messages(&self) -> Vec<&str> {
        let message = match self {
            Self::BadRequest(messages) => return messages.iter().map(String::as_str).collect(),
            Self::Unauthorized => "API key missing or invalid",
            Self::PaymentRequired => {
                "You lack sufficient credits to make this request. Please purchase more credits \
                 at https://platform.stability.ai/account/credits and try again."
            }
            Self::PermissionDenied => "You lack the necessary permissions to perform this action",
            Self::ContentModeration => {
                "Your request was flagged by our content moderation system, as a result your \
                 request was denied and you were not charged."
            }
            Self::NotFound => "The requested resource/engine was not found",
            Self::PayloadTooLarge => "body: payloads cannot be larger than 10MiB in size",
            Self::InvalidLanguage => "English is the only supported language for this service.",
            Self::RateLimitExceeded => {
                "You have exceeded the rate limit of 150 requests within a 10 second period, and \
                 have been timed out for 60 seconds."
            }
            Self::InternalError => {
                "An unexpected server error has occurred, please try again later."
            }
        };
        vec![message]
    }

    /// The response.
    pub fn answer(&self, version: Version) -> Answer {
        let (name, messages) = (self.name(), self.messages());
        let id = match self {
            Self::RateLimitExceeded => name.to_owned(),
            _ => new_id(),
        };
        let body = match version {
            Version::V1 => json!({ "id": id, "name": name, "message": messages.join("; ") }),
            Version::V2Beta => json!({ "id": id, "name": name, "errors": messages }),
        };
        reply::json(self.status(), &body)
    }
}

impl From<Refusal> for Answer {
    /// How images are refused.
    fn from(refusal: Refusal) -> Self {
        refusal.answer(Version::V2Beta)
    }
}
