//! An answer without an image, and who speaks in it.

use std::time::Duration;

use reqwest::{Response, header::RETRY_AFTER};
use serde::Deserialize;

use crate::http::read_text;

/// An answer other than 200.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Seconds from `Retry-After`; Stability documents none, proxies before it send it.
    pub(super) retry_after: Option<Duration>,
    pub(super) words: Words,
}

/// What the body says. Who speaks matters as much as the status: a 403 of the API is about the key,
/// a 403 of a firewall before it is about our address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The API itself: `{"id","name","errors":[..]}`, in v1 `{"id","name","message"}`.
    Api { name: String, text: String },
    /// An HTML page: something between us and the API.
    Page,
    /// Whole, but neither.
    Other,
    /// The body was cut or endless.
    Lost,
}

impl Refusal {
    pub(super) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|it| it.to_str().ok())
            .and_then(|it| it.trim().parse().ok())
            .map(Duration::from_secs);
        let words = read_text(response).await.map_or(Words::Lost, |it| Words::in_body(&it));
        Self { status, retry_after, words }
    }
}

impl Words {
    fn in_body(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct ApiError {
            name: String,
            #[serde(default)]
            errors: Vec<String>,
            message: Option<String>,
        }

        match serde_json::from_slice::<ApiError>(body) {
            Ok(it) => Self::Api {
                name: it.name,
                text: it.message.unwrap_or_else(|| it.errors.join("; ")),
            },
            Err(_) if body.trim_ascii_start().starts_with(b"<") => Self::Page,
            Err(_) => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_is_seen_in_the_body() {
        let api = |name: &str, text: &str| Words::Api { name: name.into(), text: text.into() };

        for (body, expected) in [
            (
                r#"{"id":"a","name":"bad_request","errors":["x: y","z"]}"#,
                api("bad_request", "x: y; z"),
            ),
            (
                r#"{"id":"a","name":"permission_denied","message":"no"}"#,
                api("permission_denied", "no"),
            ),
            (r#"{"name":"internal_error"}"#, api("internal_error", "")),
            (r#"{"detail":"x"}"#, Words::Other),
            (r#"{"name":"bad_request","errors":["#, Words::Other),
            ("\n <!DOCTYPE html><html>", Words::Page),
            ("", Words::Other),
        ] {
            assert_eq!(Words::in_body(body.as_bytes()), expected, "{body}");
        }
    }
}
