//! The document and the page that shows it. The page is Scalar's, from its own crate: nothing is loaded from
//! elsewhere. It may not run any other script, and the only server it may ask is this one.

use std::sync::{Arc, LazyLock};

use poem::{
    Request, Response, Route, get, handler,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{document, middleware::compression::gzip};

/// Paths that are not in the document.
pub(crate) const PATHS: &[&str] =
    &["/openapi.json", "/docs", "/docs/styles.js", "/docs/scalar.js", "/docs/start.js"];

/// How the page is set up: our document, no fonts, requests or reports to anybody else, one way to sign in.
const START: &str = include_str!("start.js");

/// A text that is the same until the next release.
struct Page {
    content_type: &'static str,
    plain: Vec<u8>,
    gzip: Vec<u8>,
    etag: HeaderValue,
}

impl Page {
    fn new(content_type: &'static str, plain: Vec<u8>) -> Arc<Self> {
        // Weak, as the compressed form has the same.
        let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&plain)[..16]));
        let etag = HeaderValue::try_from(etag).expect("hex digits and quotes are visible ASCII");
        Arc::new(Self { content_type, gzip: gzip(&plain), plain, etag })
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
        let etag = self.etag.to_str().unwrap_or_default();
        let fresh = known.is_some_and(|it| it.split(',').any(|it| it.trim() == etag));
        let mut response = Response::builder()
            .header(header::ETAG, self.etag.clone())
            .header(header::VARY, "Accept-Encoding")
            .header(header::CACHE_CONTROL, "no-cache");
        if fresh {
            return response.status(StatusCode::NOT_MODIFIED).finish();
        }
        response = response.content_type(self.content_type);
        if crate::middleware::compression::is_accepted(asked) {
            return response.header(header::CONTENT_ENCODING, "gzip").body(self.gzip.clone());
        }
        response.body(self.plain.clone())
    }
}

static DOCUMENT: LazyLock<Arc<Page>> =
    LazyLock::new(|| Page::new("application/json", document::document_text().into_bytes()));
static SCRIPT: LazyLock<Arc<Page>> = LazyLock::new(|| {
    let script = scalar_api_reference::get_asset("scalar.js");
    Page::new("text/javascript; charset=utf-8", script.expect("the crate has its script"))
});
static STARTER: LazyLock<Arc<Page>> =
    LazyLock::new(|| Page::new("text/javascript; charset=utf-8", START.into()));

static STYLES: LazyLock<Arc<Page>> =
    LazyLock::new(|| Page::new("text/javascript; charset=utf-8", include_str!("styles.js").into()));

/// The routes of [`PATHS`].
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/openapi.json", get(show_openapi))
        .at("/docs", get(show_page))
        .at("/docs/styles.js", get(show_styles))
        .at("/docs/scalar.js", get(show_script))
        .at("/docs/start.js", get(show_starter))
}

/// The first answer compresses some megabytes.
async fn answer(page: &'static LazyLock<Arc<Page>>, request: &Request) -> Response {
    match spawn_blocking(|| Arc::clone(page)).await {
        Ok(page) => page.answer(request.headers()),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
    }
}

#[handler]
async fn show_openapi(request: &Request) -> Response {
    answer(&DOCUMENT, request).await
}

#[handler]
async fn show_script(request: &Request) -> Response {
    answer(&SCRIPT, request).await
}

#[handler]
async fn show_styles(request: &Request) -> Response {
    answer(&STYLES, request).await
}

#[handler]
async fn show_starter(request: &Request) -> Response {
    answer(&STARTER, request).await
}

#[handler]
fn show_page() -> Response {
    let nonce = Uuid::new_v4().simple();
    // Images that an operation answers with are shown from memory.
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src-elem 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="csp-nonce" content="{nonce}" nonce="{nonce}">
<link rel="icon" href="data:,">
<title>Aetherflow API</title>
</head>
<body>
<div id="app"></div>
<noscript>The description of the API for programs is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/styles.js"></script>
<script src="docs/scalar.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"#
    );
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::CACHE_CONTROL, "no-cache")
        .body(page)
}
