//! The HTTP API. A handler begins a transaction, calls a function of `shared`, commits in a line of its own
//! and answers. What every request goes through is in [`middleware`]; what several handlers share is in
//! [`services`].

pub mod auth;
pub mod config;
pub mod connections;
pub mod console;
pub mod document;
pub mod extract;
pub mod idempotency;
pub mod middleware;
pub mod problem;
pub mod response;
pub mod routes;
pub mod serve;
pub mod services;
pub mod state;
pub mod streams;

use poem::{Endpoint, EndpointExt, Response, Route, endpoint::make_sync, get, http::header};

use middleware::{Middleware, RouteTable};
use state::App;

/// Paths that are not in the document.
const PLAIN: &[&str] = &["/openapi.json", "/docs"];

/// Allows the page's own script and style, which are inline, and nothing else.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; \
                           style-src 'unsafe-inline'; img-src data:; connect-src 'self'; \
                           frame-ancestors 'none'";

/// Every route, behind the middleware.
pub fn app(app: App) -> impl Endpoint<Output = Response> + 'static {
    let text = document::document_text();
    let table = RouteTable::new(&document::document(), PLAIN);
    let page = docs_page(&text);
    let routes = Route::new()
        .at("/openapi.json", get(make_sync(move |_| json(text.clone()))))
        .at("/docs", get(make_sync(move |_| html(page.clone()))))
        .nest_no_strip("/", document::service())
        .data(App::clone(&app));
    Middleware::new(routes.map_to_response(), app, table)
}

/// Swagger UI as a single page that loads nothing from elsewhere.
fn docs_page(document: &str) -> String {
    let service = document::service();
    service.swagger_ui_html().replace(&service.spec(), document)
}

fn json(text: String) -> Response {
    Response::builder().content_type("application/json").body(text)
}

fn html(text: String) -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, DOCS_POLICY)
        .body(text)
}
