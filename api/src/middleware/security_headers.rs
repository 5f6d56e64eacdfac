//! Headers that forbid browsers what they should not do with a response.

use poem::http::{HeaderMap, HeaderName, HeaderValue, header};

/// A JSON response needs no other resource.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Sets the headers that the response has not set itself: the documentation page has its own policy.
pub(super) fn set(headers: &mut HeaderMap) {
    set_default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, header::X_FRAME_OPTIONS, "DENY");
    set_default(headers, header::REFERRER_POLICY, "no-referrer");
    set_default(headers, header::CONTENT_SECURITY_POLICY, NOTHING);
    // Responses have balances and tokens in them, which no cache should keep.
    set_default(headers, header::CACHE_CONTROL, "no-store");
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
