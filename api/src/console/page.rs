//! The one page of the console, and what takes its place in a build without it.

use poem::{
    Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};

/// The page, in the folder of the console.
pub(super) const FILE: &str = "index.html";

/// No inline script or style, nothing from elsewhere, and only Vue may turn text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types vue";

/// The console asks for none of them.
const FEATURES: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

const MISSING: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Aetherflow without its console</title>
<h1>The API runs, but this build has no console</h1>
<p>To build one: <code>cargo xtask console</code>. Then start the api with
<code>AETHERFLOW_CONSOLE_DIR=console/dist</code>, or compile it with <code>--release</code>, which puts the console
inside. <code>cargo xtask up</code> does all of it.
<p>The operations of the API: <a href=\"/docs\">/docs</a>.
</html>
";

/// Whether the client could show a page. One that asks for JSON and nothing else is told the truth: no operation has
/// this path.
pub(super) fn is_acceptable(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    accepted.peek().is_none()
        || accepted.any(|it| {
            let accepted = it.to_str().unwrap_or_default();
            ["text/html", "text/*", "*/*"].iter().any(|it| accepted.contains(it))
        })
}

/// Adds what the page, other than a JSON response, needs and must not do.
pub(super) fn protect(headers: &mut HeaderMap) {
    let all = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), FEATURES),
    ];
    for (name, value) in all {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// How to build a console, for people; clients that do not ask for a page get the usual 404.
pub(super) fn missing(headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok())?;
    accepted.contains("text/html").then(|| {
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .content_type("text/html; charset=utf-8")
            .body(MISSING)
    })
}
