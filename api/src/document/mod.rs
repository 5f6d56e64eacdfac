//! The OpenAPI document: what the operations declare, and what follows from it. poem-openapi makes it from the
//! types of the operations; whatever it cannot say is added here, in one place, before anybody reads it.

mod examples;
mod headers;
mod operations;
mod parameters;
mod requests;
mod responses;
mod schemas;

use poem_openapi::OpenApiService;
use serde_json::{Value, json};

use crate::routes::{self, Routes};

/// The version of the contract is that of the release it comes with.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const INTRODUCTION: &str = include_str!("introduction.md");

/// Every operation, without the middleware around them.
pub fn service() -> OpenApiService<Routes, ()> {
    OpenApiService::new(routes::all(), "Aetherflow", VERSION)
}

/// The document as clients get it.
pub fn document() -> Value {
    let mut document: Value = serde_json::from_str(&service().spec())
        .expect("poem-openapi serialises the document it made");
    introduce(&mut document);
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, methods) in paths {
        for operation in methods.as_object_mut().into_iter().flatten().map(|(_, it)| it) {
            parameters::expand(operation);
            responses::complete(path, operation);
            headers::declare(path, operation);
            operations::describe(operation);
        }
    }
    operations::order(&mut document);
    let components = &mut document["components"];
    components["responses"] = responses::components();
    headers::declare_of_problems(&mut components["responses"]);
    components["headers"] = headers::components();
    schemas::rename_pages(&mut components["schemas"]);
    schemas::tidy(&mut document);
    requests::close(&mut document);
    examples::insert(&mut document["components"]["schemas"]);
    document
}

/// The document as it is committed and served.
pub fn document_text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).expect("a Value serialises");
    text.push('\n');
    text
}

fn introduce(document: &mut Value) {
    // OpenAPI 3.0.3 says the same as 3.0.0, more clearly; tools look at the first two numbers.
    document["openapi"] = "3.0.3".into();
    let info = &mut document["info"];
    info["description"] = INTRODUCTION.into();
    info["contact"] = json!({ "name": "The operators of this server" });
    info["license"] = json!({ "name": "MIT", "url": "https://opensource.org/license/mit" });
    document["servers"] =
        json!([{ "url": "/", "description": "The server that this document comes from" }]);
}
