//! How `OpenAI` words its errors: `{"error":{"message","type","param","code"}}`.

use serde::Deserialize;

use crate::{
    ErrorClass,
    http::{ApiError, Dialect},
};

pub(super) const DIALECT: Dialect = Dialect {
    api_error,
    class,
    // Each limited answer says when to come back.
    lock_out: None,
};

/// Words for an account that cannot pay, with 429 as a rule: waiting does not help, unlike with a
/// rate limit.
const NO_CREDIT: [&str; 7] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
    "billing_not_active",
];

/// Where the status does not say it: a 429 may be about money, a 400 about content or money, and a
/// 401 about the address a key is used from.
fn class(status: u16, error: &ApiError) -> Option<ErrorClass> {
    let says = |words: &[&str]| words.iter().any(|&it| error.code == it || error.kind == it);
    match status {
        400 | 402 | 403 | 429 if says(&NO_CREDIT) => Some(ErrorClass::KeyNoCredit),
        400 | 403 if says(&["moderation_blocked", "content_policy_violation"]) => {
            Some(ErrorClass::ContentBlocked)
        }
        401 if says(&["ip_not_authorized"]) || error.text.contains("IP not authorized") => {
            Some(ErrorClass::KeyForbidden)
        }
        _ => None,
    }
}

/// A restricted key without the permission that the probe needs.
pub(super) fn may_not_list_models(error: &ApiError) -> bool {
    error.text.contains("api.model.read")
}

fn api_error(body: &[u8]) -> Option<ApiError> {
    #[derive(Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(Deserialize)]
    struct Error {
        message: Option<String>,
        r#type: Option<String>,
        code: Option<String>,
    }
    let Error { message, r#type, code } = serde_json::from_slice::<Body>(body).ok()?.error;
    Some(ApiError {
        code: code.unwrap_or_default(),
        kind: r#type.unwrap_or_default(),
        text: message.unwrap_or_default(),
    })
}
