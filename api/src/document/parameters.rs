//! Query parameters that an operation declares as one struct ([`crate::extract::Parameters`]), written
//! out one by one, as generators of clients and the query check of [`crate::middleware`] expect them.
//! Descriptions are moved from the schemas of parameters to the parameters.

use serde_json::{Value, json};

/// Replaces each object in the query by its properties, and describes every parameter.
pub(super) fn expand(operation: &mut Value) {
    let Some(declared) = operation.get_mut("parameters").and_then(Value::as_array_mut) else {
        return;
    };
    *declared = std::mem::take(declared)
        .into_iter()
        .flat_map(|parameter| match properties(&parameter) {
            Some(properties) => properties,
            None => vec![described(parameter)],
        })
        .collect();
}

fn properties(parameter: &Value) -> Option<Vec<Value>> {
    if parameter["in"] != "query" {
        return None;
    }
    let schema = &parameter["schema"];
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|it| it.contains(&name.into()));
    let properties = schema["properties"].as_object()?;
    Some(properties.iter().map(|(name, schema)| query(name, schema, required(name))).collect())
}

/// The parameter, with the description of its schema if it has none.
fn described(mut parameter: Value) -> Value {
    drop_example(&mut parameter["schema"]);
    if parameter["description"].is_null()
        && let Some(schema) = parameter["schema"].as_object_mut()
        && let Some(description) = schema.shift_remove("description")
    {
        parameter["description"] = description;
    }
    parameter
}

/// A parameter like those that poem-openapi writes.
fn query(name: &str, schema: &Value, required: bool) -> Value {
    let description = schema["description"].clone();
    let mut schema = match schema["allOf"].get(0) {
        Some(referred) => referred.clone(),
        None => schema.clone(),
    };
    if let Some(fields) = schema.as_object_mut() {
        fields.shift_remove("description");
    }
    // A list stands between commas: read as text, a parameter comes once.
    let explode = schema["type"] != "array";
    drop_example(&mut schema);
    json!({
        "name": name,
        "schema": schema,
        "in": "query",
        "description": description,
        "required": required,
        "deprecated": false,
        "explode": explode,
    })
}

/// An example of a parameter is the id of nothing, and a page where one can try requests would send it.
fn drop_example(schema: &mut Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.shift_remove("example");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_in_the_query_becomes_its_properties_and_others_stay() {
        let path = json!({"name": "id", "in": "path", "schema": {"type": "string"}});
        let kind = json!({"allOf": [{"$ref": "#/Kind"}, {"description": "Only these."}],
            "description": "Only these."});
        let limit = json!({"type": "integer", "description": "The most items."});
        let query = json!({"name": "query", "in": "query", "schema": {"type": "object",
            "required": ["kind"], "properties": {"kind": kind, "limit": limit}}});
        let mut operation = json!({"parameters": [path, query]});

        expand(&mut operation);

        let expanded = &operation["parameters"];
        assert_eq!(expanded[0], path);
        let kind = json!({"name": "kind", "schema": {"$ref": "#/Kind"}, "in": "query",
            "description": "Only these.", "required": true, "deprecated": false, "explode": true});
        assert_eq!(expanded[1], kind);
        assert_eq!(
            (&expanded[2]["name"], &expanded[2]["required"]),
            (&"limit".into(), &false.into())
        );
        assert_eq!(expanded[2]["schema"], json!({"type": "integer"}));
        assert_eq!(expanded.as_array().map(Vec::len), Some(3));
    }
}
