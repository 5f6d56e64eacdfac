//! CORS: browsers let pages of the configured origins call the API, and no others.

use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

/// Headers a page may send.
const ALLOWED_HEADERS: &str = "authorization, content-type, idempotency-key, if-none-match, if-range, last-event-id, range, x-request-id";
/// Headers a page may read.
const EXPOSED_HEADERS: &str = "accept-ranges, content-range, etag, location, retry-after, x-request-id, idempotency-replayed, \
                               ratelimit-limit, ratelimit-remaining, ratelimit-reset";
/// How long a browser remembers what is allowed.
const MAX_AGE_SECONDS: &str = "600";

/// The origins whose pages may call.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    origins: Vec<String>,
}

impl Cors {
    /// Origins as browsers write them: `https://console.example.com`, without a slash at the end.
    pub fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// The origin of the request, if it is one of the configured ones.
    pub(super) fn allowed_origin(&self, request: &Request) -> Option<HeaderValue> {
        let origin = request.headers().get(header::ORIGIN)?;
        self.origins.iter().any(|own| own.as_bytes() == origin.as_bytes()).then(|| origin.clone())
    }

    /// Whether responses differ by origin, which caches must know.
    pub(super) fn varies(&self) -> bool {
        !self.origins.is_empty()
    }
}

/// The response to a preflight request.
pub(super) fn preflight(methods: &[Method]) -> Response {
    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ALLOW, methods.join(", "))
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, methods.join(", "))
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS)
        .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS)
        .finish()
}

/// Lets the page read the response.
pub(super) fn grant(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers
        .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(origin: &str) -> bool {
        let cors = Cors::new(vec!["https://console.example.com".to_owned()]);
        let request = Request::builder().header(header::ORIGIN, origin).finish();
        cors.allowed_origin(&request).is_some()
    }

    #[test]
    fn only_the_exact_origin_is_allowed() {
        assert!(allowed("https://console.example.com"));
        for origin in [
            "https://console.example.com.evil.example",
            "http://console.example.com",
            "https://console.example.com:8443",
            "null",
        ] {
            assert!(!allowed(origin), "{origin}");
        }
    }
}
