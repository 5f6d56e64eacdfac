//! The OpenAPI document: what the operations declare, and what follows from it.

mod examples;
mod parameters;
mod requests;
mod schemas;

use poem_openapi::OpenApiService;
use serde_json::{Map, Value, json};

use crate::{
    problem::{self, fail_description},
    routes::{self, Routes},
};

/// The version of the contract, not of the build.
const VERSION: &str = "1.0.0";

const DESCRIPTION: &str = "An exchange for image generation: consumers pay with credits, and owners \
earn credits by letting others use their provider keys. The terms are explained in docs/glossary.md.\n\n\
Times are RFC 3339 in UTC. Credits, prices, units and limits are decimal numbers in strings. Ids are \
opaque strings. A field without a value is absent, never null.\n\n\
Errors are `application/problem+json` with a `code`; all codes are listed in docs/errors.md. Every \
response has the header `X-Request-Id`. Where requests are limited, it also has `RateLimit-Limit`, \
`RateLimit-Remaining` and `RateLimit-Reset`.";

/// Every operation, without the middleware around them.
pub fn service() -> OpenApiService<Routes, ()> {
    OpenApiService::new(routes::all(), "Aetherflow", VERSION).description(DESCRIPTION).server("/")
}

/// The document as clients get it.
pub fn document() -> Value {
    let mut document: Value = serde_json::from_str(&service().spec())
        .expect("poem-openapi serialises the document it made");
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for operation in operations.as_object_mut().into_iter().flatten().map(|(_, it)| it) {
            parameters::expand(operation);
            complete(path, operation);
        }
    }
    schemas::rename_pages(&mut document["components"]["schemas"]);
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

/// Adds the statuses that follow from what an operation takes.
fn complete(path: &str, operation: &mut Value) {
    let secured = operation["security"].as_array().is_some_and(|it| !it.is_empty());
    let takes_body = operation.get("requestBody").is_some();
    let takes_id = path.contains('{');
    let implied = [
        (400, true),
        (401, secured),
        (403, secured),
        (404, takes_id),
        (413, takes_body),
        (415, takes_body),
        (429, true),
        (500, true),
        (503, true),
    ];
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, _) in implied.into_iter().filter(|(_, applies)| *applies) {
        responses.entry(status.to_string()).or_insert_with(|| problem_response(status));
    }
    sort(responses);
}

fn problem_response(status: u16) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({
        "description": fail_description(status),
        "content": { (problem::CONTENT_TYPE): { "schema": schema } },
    })
}

fn sort(responses: &mut Map<String, Value>) {
    let mut sorted: Vec<_> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|(one, _), (two, _)| one.cmp(two));
    responses.extend(sorted);
}
