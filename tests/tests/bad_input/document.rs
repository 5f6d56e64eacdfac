//! What we promise, read from the committed files: operations with their schemas and statuses, and the
//! codes of `docs/errors.md`.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Map, Value};

const OPENAPI: &str = include_str!("../../../openapi.json");
const ERRORS: &str = include_str!("../../../docs/errors.md");

/// The document.
pub struct Document {
    pub operations: Vec<Operation>,
    /// Each code's status.
    pub codes: BTreeMap<String, u16>,
}

/// One operation; schemas are whole, without references.
pub struct Operation {
    pub method: Method,
    /// With its `{parameters}`.
    pub path: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<Value>,
    pub statuses: BTreeSet<u16>,
    pub access: Access,
}

/// Who may call an operation at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anybody,
    /// A token is taken but not needed.
    Perhaps,
    SignedIn,
    Admin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub schema: Value,
}

impl Operation {
    /// Whether it changes nothing, whatever it answers.
    pub fn is_safe(&self) -> bool {
        self.method == Method::GET
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Reads both files.
pub fn read() -> Document {
    let document: Value = serde_json::from_str(OPENAPI).expect("the document is JSON");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("it has paths") {
        for (method, declared) in methods.as_object().expect("a path has methods") {
            operations.push(operation(&document, path, method, declared));
        }
    }
    // What admins do changes what the others may: it comes last.
    operations.sort_by_key(|it| it.access == Access::Admin);
    let codes = ERRORS.lines().filter_map(code).collect();
    Document { operations, codes }
}

fn operation(document: &Value, path: &str, method: &str, declared: &Value) -> Operation {
    let schema = |at: &Value| whole(document, at);
    let parameters = declared["parameters"].as_array().into_iter().flatten();
    let security = declared["security"].as_array().map(Vec::as_slice).unwrap_or_default();
    let admins = path.starts_with("/api/admin/") || path.starts_with("/api/credits/");
    let access = match (security.len(), admins) {
        (0, _) => Access::Anybody,
        (1, true) => Access::Admin,
        (1, false) => Access::SignedIn,
        _ => Access::Perhaps,
    };
    let body = &declared["requestBody"]["content"]["application/json"]["schema"];
    let statuses = declared["responses"].as_object().expect("it answers").keys();
    Operation {
        method: method.to_uppercase().parse().expect("a method"),
        path: path.to_owned(),
        parameters: parameters
            .map(|it| Parameter {
                name: it["name"].as_str().expect("a name").to_owned(),
                place: match it["in"].as_str() {
                    Some("path") => Place::Path,
                    Some("query") => Place::Query,
                    _ => Place::Header,
                },
                required: it["required"] == true,
                schema: schema(&it["schema"]),
            })
            .collect(),
        body: (!body.is_null()).then(|| schema(body)),
        statuses: statuses.map(|it| it.parse().expect("a status is a number")).collect(),
        access,
    }
}

/// The schema with every `$ref` and `allOf` replaced by what it stands for.
fn whole(document: &Value, schema: &Value) -> Value {
    let mut merged = Map::new();
    for (name, value) in schema.as_object().into_iter().flatten() {
        match name.as_str() {
            "$ref" => {
                let name = value.as_str().and_then(|it| it.rsplit('/').next()).expect("a name");
                let target = &document["components"]["schemas"][name];
                merged.extend(whole(document, target).as_object().expect("a schema").clone());
            }
            "allOf" => {
                for part in value.as_array().into_iter().flatten() {
                    merged.extend(whole(document, part).as_object().expect("a schema").clone());
                }
            }
            "properties" => {
                let fields = value.as_object().into_iter().flatten();
                let fields = fields.map(|(name, it)| (name.clone(), whole(document, it)));
                merged.insert(name.clone(), Value::Object(fields.collect()));
            }
            "items" => {
                merged.insert(name.clone(), whole(document, value));
            }
            _ => {
                merged.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(merged)
}

/// A row of the table: | `code` | status | meaning |
fn code(line: &str) -> Option<(String, u16)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let code = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    Some((code.to_owned(), cells.next()?.parse().ok()?))
}

#[test]
fn the_document_is_read_as_it_is_written() {
    let document = read();

    assert!(document.operations.len() >= 54, "{}", document.operations.len());
    assert_eq!(document.codes["not_found"], 404);
    assert!(document.codes.len() >= 30, "{:?}", document.codes);
    let find = |name: &str| document.operations.iter().find(|it| it.name() == name).unwrap();
    let submit = find("POST /api/generate/text-to-image");
    assert_eq!(submit.access, Access::SignedIn);
    assert!(submit.statuses.contains(&402) && submit.statuses.contains(&202));
    assert_eq!(submit.body.as_ref().unwrap()["properties"]["prompt"]["maxLength"], 10_000);
    let update = find("PUT /api/admin/users/{id}/status");
    assert_eq!(update.access, Access::Admin);
    let status = &update.body.as_ref().unwrap()["properties"]["status"];
    assert_eq!(status["enum"], serde_json::json!(["active", "suspended"]));
}
