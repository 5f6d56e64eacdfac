//! The OpenAPI document: what the operations declare, and what every operation can answer besides.

use poem_openapi::OpenApiService;
use serde_json::{Map, Value, json};

use crate::{
    problem::{self, fail_description},
    response::drop_nulls,
    routes::{self, Routes},
};

/// Of the contract, not of the build: it changes when the contract does.
const VERSION: &str = "1.0.0";

const DESCRIPTION: &str = "Credits, hosted keys and images, exchanged. Times are RFC 3339 UTC; \
credits, prices, units and limits are decimal strings; ids are opaque. Errors are \
`application/problem+json` with a `code`, all listed in docs/errors.md. Every answer carries \
`X-Request-Id` and, where limits are on, `RateLimit-Limit`, `RateLimit-Remaining` and \
`RateLimit-Reset`.";

/// The service: every operation, without the edge around it.
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
            complete(path, operation);
        }
    }
    // Examples follow the rule of the answers.
    drop_nulls(&mut document["components"]);
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
