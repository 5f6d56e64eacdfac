//! The document is what clients are generated from: it is committed, complete and consistent.

use std::{collections::BTreeSet, env, fs, path::Path};

use serde_json::Value;

fn operations() -> Vec<(String, String, Value)> {
    let document = api::document::document();
    let paths = document["paths"].as_object().expect("a document has paths").clone();
    paths
        .into_iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("a path has methods").clone();
            methods.into_iter().map(move |(method, operation)| (method, path.clone(), operation))
        })
        .collect()
}

/// Every object and property of the document, with the way to it.
fn walk<'a>(value: &'a Value, path: &str, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(path, value);
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, it)| walk(it, &format!("{path}/{name}"), visit));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, it)| walk(it, &format!("{path}/{i}"), visit));
        }
        _ => {}
    }
}

/// The object, or what it refers to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(target) => {
            let found = target.strip_prefix('#').and_then(|it| document.pointer(it));
            found.expect("a reference within the document")
        }
        None => value,
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let generated = api::document::document_text();
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, &generated).unwrap();
    }

    let committed = fs::read_to_string(&path).unwrap_or_default();

    assert!(
        committed == generated,
        "openapi.json is not current; run UPDATE_OPENAPI=1 cargo test -p api --test document"
    );
}

/// What operations do. Their ids begin with one of these, after `admin_` where only admins may.
const VERBS: &[&str] = &[
    "cancel", "change", "check", "confirm", "connect", "create", "delete", "download", "end",
    "enrol", "estimate", "explain", "get", "grant", "lift", "list", "login", "logout", "mark",
    "pay", "refresh", "register", "release", "remove", "replace", "reset", "retry", "revoke",
    "ring", "run", "set", "stream", "submit", "sync", "test", "update",
];

#[test]
fn every_operation_has_a_unique_id_that_says_what_it_does_a_tag_and_a_summary() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let (verb, _) = id.trim_start_matches("admin_").split_once('_').unwrap_or((&id, ""));
        let fits =
            VERBS.contains(&verb) && id.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
        assert!(fits, "{method} {path}: begin the operation id {id:?} with a verb (see VERBS)");
        let admins = ["Admin", "Credits"].map(Value::from).contains(&operation["tags"][0]);
        assert_eq!(id.starts_with("admin_"), admins, "{method} {path}: {id}");
        assert!(ids.insert(id.clone()), "{id} is there twice");
        assert!(operation["summary"].is_string(), "{id} has no summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{id} has not one tag");
    }
}

#[test]
fn every_operation_says_who_may_call_it_in_words_and_for_programs() {
    for (method, path, operation) in operations() {
        let description = operation["description"].as_str().unwrap_or_default();
        assert!(description.contains("Needs "), "{method} {path}: {description}");
        assert!(operation["security"].is_array(), "{method} {path}");
    }
}

#[test]
fn every_response_declares_the_headers_it_is_sent_with() {
    let document = api::document::document();
    for (method, path, operation) in operations() {
        let keyed = operation["parameters"].as_array().into_iter().flatten();
        let keyed = keyed.into_iter().any(|it| it["name"] == "Idempotency-Key");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let headers = &resolved(&document, response)["headers"];
            let mut expected = vec!["X-Request-Id"];
            match status.as_str() {
                "201" => expected.push("Location"),
                "401" => expected.push("WWW-Authenticate"),
                "429" | "503" if !path.starts_with("/health") => expected.push("Retry-After"),
                _ => {}
            }
            if keyed && status.starts_with('2') {
                expected.push("Idempotency-Replayed");
            }
            if !path.starts_with("/health") {
                expected.extend(["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]);
            }
            for name in expected {
                let header = resolved(&document, &headers[name]);
                assert!(header["description"].is_string(), "{method} {path} {status}: {name}");
            }
        }
    }
}

#[test]
fn bodies_are_closed_and_what_they_refer_to_is_too() {
    let document = api::document::document();
    let mut bodies = 0;
    for (method, path, operation) in operations() {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() {
            let schema = resolved(&document, body);
            assert_eq!(schema["additionalProperties"], false, "{method} {path}");
            bodies += 1;
        }
    }
    assert!(bodies >= 15, "{bodies}");
}

#[test]
fn every_operation_declares_its_errors_as_problems() {
    let document = api::document::document();
    for (method, path, operation) in operations() {
        let responses = operation["responses"].as_object().unwrap();
        let mut expected = vec!["400", "429", "500", "503"];
        if operation["security"].as_array().is_some_and(|it| !it.is_empty()) {
            expected.extend(["401", "403"]);
        }
        if path.contains('{') {
            expected.push("404");
        }
        if operation.get("requestBody").is_some() {
            expected.extend(["413", "415"]);
        }
        for status in expected {
            assert!(responses.contains_key(status), "{method} {path} lacks {status}");
        }
        let errors = responses.iter().filter(|(status, _)| status.as_str() >= "400");
        for (status, response) in errors.filter(|_| !path.starts_with("/health")) {
            let response = resolved(&document, response);
            let example = &response["content"]["application/problem+json"]["example"]["status"];
            assert_eq!(example.to_string(), *status, "{method} {path} has another example");
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
    }
}

#[test]
fn nothing_is_a_float_and_only_a_page_ends_with_null() {
    let document = api::document::document();
    walk(&document, "", &mut |path, value| {
        let float = value["type"] == "number" || value["format"] == "double";
        // Ratios and milliseconds may be numbers; what can be added up to money may not.
        let measured = ["success_rate", "latency_ms", "elapsed_ms"];
        assert!(!float || measured.iter().any(|name| path.contains(name)), "{path} is a float");
        if value["nullable"] == true || value.is_null() {
            assert!(path.ends_with("/next_cursor"), "{path} is nullable");
        }
    });
}

#[test]
fn every_operation_parameter_and_property_is_described_in_three_words_or_more() {
    let terse = |value: &Value| {
        value.as_str().is_none_or(|it| it.split_whitespace().count() < 3 || !it.ends_with('.'))
    };
    for (method, path, operation) in operations() {
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(summary.split_whitespace().count() >= 3, "{method} {path}: {summary:?}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, description) = (&parameter["name"], &parameter["description"]);
            assert!(!terse(description), "{method} {path}, {name}: {description}");
        }
    }
    let document = api::document::document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let properties = schema["properties"].as_object();
        for (property, schema) in properties.into_iter().flatten() {
            let description = &schema["description"];
            assert!(!terse(description), "{name}.{property}: {description}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = api::document::document();
    walk(&document, "", &mut |path, value| {
        if let Some(target) = value["$ref"].as_str() {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{path} refers to {target}");
        }
    });
}

#[test]
fn every_list_takes_a_limit_and_a_cursor_and_answers_with_items_and_the_next() {
    let document = api::document::document();
    let mut lists = 0;
    for (method, path, operation) in operations() {
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) else {
            continue;
        };
        let properties = &document["components"]["schemas"][name]["properties"];
        let id = operation["operationId"].as_str().unwrap_or_default();
        let is_list = id.contains("list_");
        assert_eq!(is_list, properties["items"]["type"] == "array", "{id} answers with {name}");
        assert_eq!(is_list, properties.get("next_cursor").is_some(), "{id} answers with {name}");
        if is_list {
            let parameters = operation["parameters"].as_array().expect("a list has parameters");
            for expected in ["limit", "cursor"] {
                let found = parameters.iter().any(|it| it["name"] == expected);
                assert!(found, "{method} {path} lacks {expected}");
            }
            lists += 1;
        }
    }
    assert!(lists >= 10, "{lists}");
}

#[test]
fn a_type_is_never_composed_of_something_that_only_describes_it() {
    let document = api::document::document();
    walk(&document, "", &mut |path, value| {
        let members = value["allOf"].as_array().into_iter().flatten();
        let described = members.into_iter().find(|it| it["$ref"].is_null() && it["type"].is_null());
        assert!(described.is_none(), "{path}: {described:?}");
    });
}

#[test]
fn every_property_of_a_named_schema_is_named_in_snake_case() {
    let document = api::document::document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let properties = schema["properties"].as_object();
        for property in properties.into_iter().flat_map(|it| it.keys()) {
            let fits = property
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
            assert!(fits, "{name}.{property}");
        }
    }
}
