//! What bodies may hold: the fields they name, and no others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Says of every object that a body consists of that unknown fields are refused.
pub(super) fn close(document: &mut Value) {
    let mut names = BTreeSet::new();
    let bodies = document["paths"].as_object().into_iter().flatten();
    let operations = bodies.flat_map(|(_, it)| it.as_object().into_iter().flatten());
    for (_, operation) in operations {
        collect(&operation["requestBody"]["content"], &document["components"], &mut names);
    }
    for name in names {
        close_objects(&mut document["components"]["schemas"][name]);
    }
}

/// The names of the schemas that `value` refers to, at any depth.
fn collect(value: &Value, components: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str).and_then(name_of)
                && names.insert(name.to_owned())
            {
                collect(&components["schemas"][name], components, names);
            }
            fields.values().for_each(|it| collect(it, components, names));
        }
        Value::Array(items) => items.iter().for_each(|it| collect(it, components, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn name_of(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/components/schemas/")
}

fn close_objects(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if fields.contains_key("properties") {
        fields.entry("additionalProperties").or_insert(json!(false));
    }
    let properties = fields.get_mut("properties").and_then(Value::as_object_mut);
    for (_, property) in properties.into_iter().flatten() {
        close_objects(property);
    }
    if let Some(items) = fields.get_mut("items") {
        close_objects(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_bodies_take_no_other_fields_and_those_of_responses_may_grow() {
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let mut document = json!({
            "paths": {"/a": {"post": {
                "requestBody": {"content": {"application/json": {"schema": reference("Order")}}},
                "responses": {"200": {"content": {"application/json": {"schema": reference("Bill")}}}},
            }}},
            "components": {"schemas": {
                "Order": {"properties": {"parts": {"type": "array", "items": reference("Part")}}},
                "Part": {"properties": {"size": {"type": "integer"}}},
                "Bill": {"properties": {"sum": {"type": "string"}}},
            }},
        });

        close(&mut document);

        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Order"]["additionalProperties"], false);
        assert_eq!(schemas["Part"]["additionalProperties"], false);
        assert!(schemas["Bill"].get("additionalProperties").is_none());
    }
}
