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
pub mod streams;

use poem::{Endpoint, EndpointExt, Response};

use middleware::{Middleware, RouteTable};
use state::App;

/// Every route, behind the middleware.
pub fn app(app: App) -> impl Endpoint<Output = Response> + 'static {
    let table = RouteTable::new(&document::document(), docs::PATHS);
    let routes = docs::routes().nest_no_strip("/", document::service()).data(App::clone(&app));
    Middleware::new(routes.map_to_response(), app, table)
}
