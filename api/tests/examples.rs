//! Every body of a request and a response has an example, the example is what its schema says, and all
//! examples together tell one story. (`edge.rs` sends those of requests to their operations.)

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

fn examples() -> Map<String, Value> {
    serde_json::from_str(include_str!("../examples.json")).unwrap()
}

/// The names of the schemas that requests and responses consist of.
fn bodies(document: &Value) -> BTreeSet<String> {
    let operations = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|methods| methods.as_object().unwrap().values());
    let contents = operations.flat_map(|operation| {
        let responses = operation["responses"].as_object().unwrap().values();
        responses.chain(operation.get("requestBody")).map(|it| &it["content"])
    });
    contents
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(|it| it["schema"]["$ref"].as_str()?.rsplit('/').next())
        .map(str::to_owned)
        .collect()
}

/// What is wrong with a value, by the keywords that the document uses. A field that no schema names is
/// wrong too, which JSON Schema itself would allow.
fn faults(document: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str().or(schema["allOf"][0]["$ref"].as_str()) {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    };
    let fault = |what: &str| vec![format!("{path} is {what}: {value}")];
    match (schema["type"].as_str(), value) {
        (Some(_), Value::Null) if schema["nullable"] == true => vec![],
        (Some("object"), Value::Object(fields)) => object_faults(document, schema, fields, path),
        (Some("array"), Value::Array(items)) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(i, it)| faults(document, &schema["items"], it, &format!("{path}[{i}]")))
                .collect()
        }
        (Some("string"), Value::String(text)) => {
            let words = schema["enum"].as_array();
            let (min, max) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
            let length = text.chars().count() as u64;
            match () {
                () if words.is_some_and(|it| !it.contains(value)) => fault("none of the words"),
                () if min.is_some_and(|it| length < it) => fault("too short"),
                () if max.is_some_and(|it| length > it) => fault("too long"),
                () if !fits_format(schema["format"].as_str(), text) => fault("of another format"),
                () => vec![],
            }
        }
        (Some("integer" | "number"), Value::Number(number)) => {
            let number = number.as_f64().unwrap();
            let within = schema["minimum"].as_f64().is_none_or(|it| number >= it)
                && schema["maximum"].as_f64().is_none_or(|it| number <= it);
            let whole = schema["type"] == "number" || number.fract() == 0.0;
            if within && whole { vec![] } else { fault("out of range") }
        }
        (Some("boolean"), Value::Bool(_)) | (None, _) => vec![],
        _ => fault("of another type"),
    }
}

fn object_faults(
    document: &Value,
    schema: &Value,
    fields: &Map<String, Value>,
    path: &str,
) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing =
        required.filter(|it| !fields.contains_key(*it)).map(|it| format!("{path}.{it} is missing"));
    let others = &schema["additionalProperties"];
    let known = fields.iter().flat_map(|(name, value)| match &schema["properties"][name] {
        Value::Null if others.is_null() => vec![format!("{path}.{name} is not in the schema")],
        Value::Null => faults(document, others, value, &format!("{path}.{name}")),
        schema => faults(document, schema, value, &format!("{path}.{name}")),
    });
    missing.chain(known).collect()
}

fn fits_format(format: Option<&str>, text: &str) -> bool {
    match format {
        Some("uuid") => text.parse::<Uuid>().is_ok(),
        Some("date-time") => DateTime::parse_from_rfc3339(text).is_ok(),
        Some("decimal") => text.parse::<Decimal>().is_ok(),
        Some("email") => text.contains('@'),
        _ => true,
    }
}

#[test]
fn every_body_has_an_example_and_every_example_is_as_its_schema_says() {
    let document = api::document::document();
    let (bodies, examples) = (bodies(&document), examples());
    let shown = |name: &String| !document["components"]["schemas"][name]["example"].is_null();
    let missing: Vec<_> = bodies.iter().filter(|it| !shown(it)).collect();
    assert!(missing.is_empty(), "add examples to api/examples.json: {missing:?}");

    for (name, example) in &examples {
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is no schema");
        let faults = faults(&document, schema, example, name);
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn every_error_has_an_example_and_it_is_what_the_schema_says() {
    let document = api::document::document();
    let responses = document["components"]["responses"].as_object().unwrap();
    for (name, response) in responses {
        let content = &response["content"]["application/problem+json"];
        let faults = faults(&document, &content["schema"], &content["example"], name);
        assert!(faults.is_empty(), "{faults:#?}");
    }
    assert!(responses.len() >= 12, "{}", responses.len());
}

#[test]
fn a_value_that_is_not_as_its_schema_says_is_found() {
    let document = api::document::document();
    let schema = &document["components"]["schemas"]["Grant"];
    let mut grant = examples()["Grant"].clone();
    grant["id"] = "7".into();
    grant["source"] = "heaven".into();
    grant["amount"] = 100.into();
    grant["colour"] = "red".into();
    grant.as_object_mut().unwrap().remove("priority");

    let found = faults(&document, schema, &grant, "grant");

    assert_eq!(found.len(), 5, "{found:#?}");
}

/// Calls `visit` with every object of a value.
fn objects<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(fields);
            fields.values().for_each(|it| objects(it, visit));
        }
        Value::Array(items) => items.iter().for_each(|it| objects(it, visit)),
        _ => {}
    }
}

/// What an id names: its field says so, or the schema whose `id` it is.
fn kind_of(schema: &str, field: &str) -> Option<&'static str> {
    Some(match (field, schema) {
        ("user_id" | "owner_id" | "actor_id", _) | ("id", "User" | "AdminUser") => "user",
        ("task_id" | "related_task_id" | "reference", _) | ("id", "Task" | "Job") => "task",
        ("resource_id", _) | ("id", "Resource" | "AdminResource") => "resource",
        ("id", "Grant" | "RevokedGrant") => "grant",
        ("id", "Worker") => "worker",
        ("attempt_id", _) => "attempt",
        ("request_id", _) => "request",
        _ => return None,
    })
}

#[test]
fn an_id_names_one_thing_in_all_examples() {
    let examples = examples();
    let mut kinds = BTreeMap::new();
    for (schema, example) in &examples {
        // An `id` further inside may be that of something else.
        let own = example["id"].as_str().map(|it| ("id", it)).into_iter();
        let mut named = Vec::new();
        objects(example, &mut |fields| {
            let ids = fields.iter().filter(|(name, _)| *name != "id");
            named.extend(ids.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))));
        });
        for (field, id) in own.chain(named) {
            let Some(kind) = kind_of(schema, field) else { continue };
            let before = kinds.insert(id, kind);
            assert!(
                before.is_none_or(|it| it == kind),
                "{schema}.{field} {id} is a {kind} and {before:?}"
            );
        }
    }
    assert!(kinds.len() >= 8, "{kinds:?}");
}

#[test]
fn nothing_in_the_examples_happens_before_it_began() {
    let times = |fields: &Map<String, Value>, names: &[&str]| -> Vec<String> {
        names.iter().filter_map(|it| Some(fields.get(*it)?.as_str()?.to_owned())).collect()
    };
    let mut compared = 0;
    for example in examples().values() {
        objects(example, &mut |fields| {
            for order in [
                &["created_at", "started_at", "completed_at", "deadline"][..],
                &["created_at", "completed_at", "image_expires_at"],
                &["created_at", "payable_at"],
                &["created_at", "expires_at"],
                &["created_at", "last_sync_at"],
                &["started_at", "beat_at", "ended_at"],
                &["started_at", "ended_at"],
                &["from", "to"],
            ] {
                // One form, in UTC: the order of the texts is that of the times.
                let times = times(fields, order);
                compared += times.len().saturating_sub(1);
                assert!(times.is_sorted(), "{order:?}: {times:?}");
            }
        });
    }
    assert!(compared >= 20, "{compared}");
}
