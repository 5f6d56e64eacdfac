//! Examples of bodies: `api/examples.json`, by schema. Tests check them against the schemas, and send
//! those of requests to their operations.

use serde_json::{Map, Value, json};

use super::schemas;

/// Puts each example into its schema. A page shows one item, which is the example of the item's schema.
pub(super) fn insert(schemas: &mut Value) {
    let examples = examples();
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        let page = || {
            let item = examples.get(schemas::item_of(name)?)?;
            Some(json!({ "items": [item], "next_cursor": null }))
        };
        let example = examples.get(name).cloned().or_else(page);
        if let Some(example) = example {
            schema["example"] = example;
        }
    }
}

/// The examples, by the name of their schema.
fn examples() -> Map<String, Value> {
    serde_json::from_str(include_str!("../../examples.json")).expect("examples.json is an object")
}
