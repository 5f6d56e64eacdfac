//! The HTTP API. A handler begins a transaction, calls a function of `shared`, commits in a line of its own
//! and answers. What every request goes through is in [`middleware`]; what several handlers share is in
//! [`services`].

pub mod auth;
pub mod config;
pub mod connections;
pub mod console;
mod docs;
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

use poem::{Endpoint, EndpointExt, Response, get};

use middleware::{Middleware, RouteTable};
use state::App;

/// Paths that are not in the document, besides those of [`docs`].
const PLAIN: &[&str] = &["/metrics"];

/// Every route, behind the middleware.
pub fn app(app: App) -> impl Endpoint<Output = Response> + 'static {
    let table = RouteTable::new(&document::document(), &[PLAIN, docs::PATHS].concat());
    let routes = docs::routes()
        .at("/metrics", get(app.metrics.local_endpoint()))
        .nest_no_strip("/", document::service())
        .data(App::clone(&app));
    Middleware::new(routes.map_to_response(), app, table)
}
