//! What browsers are told never to do with our answers.

use poem::http::{HeaderMap, HeaderName, HeaderValue, header};

/// JSON needs nothing from anywhere.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Sets what the answer has not set itself: the documentation page brings its own policy.
pub(super) fn set(headers: &mut HeaderMap) {
    set_default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, header::X_FRAME_OPTIONS, "DENY");
    set_default(headers, header::REFERRER_POLICY, "no-referrer");
    set_default(headers, header::CONTENT_SECURITY_POLICY, NOTHING);
    // Balances and tokens: kept by nobody on the way.
    set_default(headers, header::CACHE_CONTROL, "no-store");
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
