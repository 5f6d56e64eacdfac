//! Headers of responses, declared where they are sent. Each is described once, as a component.

use serde_json::{Map, Value, json};

/// Name, component, description, schema. What is always there says so.
const HEADERS: &[(&str, &str, bool)] = &[
    ("X-Request-Id", "The id of the request: yours if you sent one, else a new one.", true),
    (
        "RateLimit-Limit",
        "How many requests a window admits; absent where requests are not limited.",
        false,
    ),
    ("RateLimit-Remaining", "How many more requests the present window admits.", false),
    ("RateLimit-Reset", "In how many seconds the next window begins.", false),
    ("Retry-After", "In how many seconds to try again.", true),
    ("WWW-Authenticate", "How to authenticate: `Bearer`.", true),
    ("Accept-Encoding", "The encodings that a body may have, if yours had another.", false),
    (
        "Idempotency-Replayed",
        "`true` if this is the answer to an earlier request with the same key; otherwise absent.",
        false,
    ),
    ("Location", "The path of the object; absent if it has none.", false),
    (
        "Set-Cookie",
        "The refresh token for a browser, if the request asked for a cookie; otherwise absent.",
        false,
    ),
];

/// Headers of every response; the last three only where requests are counted.
const EVERYWHERE: &[&str] =
    &["X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

/// The headers that responses refer to.
pub(super) fn components() -> Value {
    HEADERS.iter().map(component).collect::<Map<_, _>>().into()
}

fn component((name, description, required): &(&str, &str, bool)) -> (String, Value) {
    let counts = ["Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];
    let schema = match *name {
        "Idempotency-Replayed" => json!({ "type": "string", "enum": ["true"] }),
        name if counts.contains(&name) => {
            json!({ "type": "integer", "format": "int64", "minimum": 0 })
        }
        _ => json!({ "type": "string" }),
    };
    let header = json!({ "description": description, "required": required, "schema": schema });
    ((*name).to_owned(), header)
}

/// Declares what a success of the operation is sent with.
pub(super) fn declare(path: &str, operation: &mut Value) {
    let takes = |name: &str| {
        operation["parameters"].as_array().into_iter().flatten().any(|it| it["name"] == name)
    };
    let mut names = everywhere(path).to_vec();
    if takes("Idempotency-Key") {
        names.push("Idempotency-Replayed");
    }
    if takes("X-Aether-Session") {
        names.push("Set-Cookie");
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for response in responses.values_mut().filter(|it| it["$ref"].is_null()) {
        let mut declared = Map::new();
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            match HEADERS.iter().find(|it| it.0.eq_ignore_ascii_case(name)) {
                Some((known, ..)) => declared.insert((*known).to_owned(), reference(known)),
                None => declared.insert(name.clone(), header.clone()),
            };
        }
        add(&mut declared, &names);
        response["headers"] = declared.into();
    }
}

/// Declares what problems are sent with, by their status.
pub(super) fn declare_of_problems(responses: &mut Value) {
    for response in responses.as_object_mut().into_iter().flatten().map(|(_, it)| it) {
        let own =
            match response["content"]["application/problem+json"]["example"]["status"].as_u64() {
                Some(401) => Some("WWW-Authenticate"),
                Some(415) => Some("Accept-Encoding"),
                Some(429 | 503) => Some("Retry-After"),
                _ => None,
            };
        let mut declared = Map::new();
        add(&mut declared, EVERYWHERE);
        add(&mut declared, own.as_slice());
        response["headers"] = declared.into();
    }
}

/// Health is not counted: a probe that is refused looks like an outage.
fn everywhere(path: &str) -> &'static [&'static str] {
    if path.starts_with("/health") { &EVERYWHERE[..1] } else { EVERYWHERE }
}

fn add(declared: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        declared.entry(*name).or_insert_with(|| reference(name));
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}
