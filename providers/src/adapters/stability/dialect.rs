//! How Stability words its errors.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    ErrorClass,
    http::{ApiError, Dialect},
};

pub(super) const DIALECT: Dialect = Dialect {
    api_error,
    class: |status, error| match (status, error.code.as_str()) {
        (400 | 403 | 422, "content_moderation" | "public_figure") => {
            Some(ErrorClass::ContentBlocked)
        }
        _ => None,
    },
    // Documented; no `Retry-After` is sent with it.
    lock_out: Some(Duration::from_mins(1)),
};

/// `{"id","name","errors":[..]}`, in v1 `{"id","name","message"}`.
fn api_error(body: &[u8]) -> Option<ApiError> {
    #[derive(Deserialize)]
    struct Body {
        name: String,
        #[serde(default)]
        errors: Vec<String>,
        message: Option<String>,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let text = body.message.unwrap_or_else(|| body.errors.join("; "));
    Some(ApiError { code: body.name, kind: String::new(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_an_error_are_read_and_nothing_else() {
        let error = |code: &str, text: &str| {
            Some(ApiError { code: code.into(), kind: String::new(), text: text.into() })
        };

        for (body, expected) in [
            (
                r#"{"id":"a","name":"bad_request","errors":["x: y","z"]}"#,
                error("bad_request", "x: y; z"),
            ),
            (
                r#"{"id":"a","name":"permission_denied","message":"no"}"#,
                error("permission_denied", "no"),
            ),
            (r#"{"name":"internal_error"}"#, error("internal_error", "")),
            (r#"{"detail":"x"}"#, None),
            (r#"{"name":"bad_request","errors":["#, None),
            ("\n <!DOCTYPE html><html>", None),
            ("", None),
        ] {
            assert_eq!(api_error(body.as_bytes()), expected, "{body}");
        }
    }
}
