//! Schemas as generators of clients read them. What poem-openapi writes is valid, but some generators drop what
//! stands beside it: a reference with a description becomes an `allOf` of two, one of which is no type.

use serde_json::{Map, Value, json};

/// The beginning of a page's name where poem-openapi makes it.
const PAGE_OF: &str = "Page_";

/// Rewrites every schema below `value`.
pub(super) fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            unwrap_reference(fields);
            whole_bounds(fields);
            common_integer(fields);
            if let Some(Value::String(target)) = fields.get_mut("$ref") {
                *target = renamed_reference(target);
            }
            plain_json(fields);
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Gives pages the name of their items: `TaskPage`.
pub(super) fn rename_pages(schemas: &mut Value) {
    let Some(schemas) = schemas.as_object_mut() else { return };
    *schemas = std::mem::take(schemas)
        .into_iter()
        .map(|(name, mut schema)| {
            let name = page_name(&name).unwrap_or(name);
            if schema["title"].is_string() {
                schema["title"] = name.clone().into();
            }
            (name, schema)
        })
        .collect();
}

/// The name of the items of a page, from the page's.
pub(super) fn item_of(page: &str) -> Option<&str> {
    page.strip_suffix("Page")
}

fn page_name(name: &str) -> Option<String> {
    name.strip_prefix(PAGE_OF).map(|item| format!("{item}Page"))
}

fn renamed_reference(target: &str) -> String {
    match target.rsplit_once('/') {
        Some((folder, name)) => {
            let name = page_name(name).unwrap_or_else(|| name.to_owned());
            format!("{folder}/{name}")
        }
        None => target.to_owned(),
    }
}

/// `allOf` with one type, and what is said about it beside: in OpenAPI 3.0 nothing may stand beside `$ref` itself.
fn unwrap_reference(fields: &mut Map<String, Value>) {
    let Some(Value::Array(members)) = fields.get("allOf") else { return };
    let (types, remarks): (Vec<_>, Vec<_>) =
        members.iter().cloned().partition(|it| it.get("$ref").is_some());
    if types.len() != 1 {
        return;
    }
    fields.insert("allOf".to_owned(), Value::Array(types));
    for remark in remarks {
        let Value::Object(remark) = remark else { continue };
        for (name, value) in remark {
            fields.entry(name).or_insert(value);
        }
    }
}

/// The media type of JSON has no parameter: what it is encoded in is always UTF-8.
fn plain_json(fields: &mut Map<String, Value>) {
    if let Some(content) = fields.shift_remove("application/json; charset=utf-8") {
        fields.insert("application/json".to_owned(), content);
    }
}

/// Bounds of integers are integers: `100`, not `100.0`.
fn whole_bounds(fields: &mut Map<String, Value>) {
    if fields.get("type") != Some(&json!("integer")) {
        return;
    }
    for name in ["minimum", "maximum", "default"] {
        if let Some(bound) = fields.get_mut(name)
            && let Some(whole) = bound.as_f64().and_then(whole)
        {
            *bound = whole.into();
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below 2^53 a whole number is exact")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
}

/// OpenAPI knows `int32` and `int64`. What a narrower or an unsigned number cannot be, its bounds say.
fn common_integer(fields: &mut Map<String, Value>) {
    if fields.get("type") != Some(&json!("integer")) {
        return;
    }
    let (format, min, max) = match fields.get("format").and_then(Value::as_str) {
        Some("uint8") => ("int32", json!(0), json!(u8::MAX)),
        Some("uint16") => ("int32", json!(0), json!(u16::MAX)),
        Some("uint32") => ("int64", json!(0), json!(u32::MAX)),
        Some("uint64") => ("int64", json!(0), json!(i64::MAX)),
        Some("int8") => ("int32", json!(i8::MIN), json!(i8::MAX)),
        Some("int16") => ("int32", json!(i16::MIN), json!(i16::MAX)),
        Some("int32") => ("int32", json!(i32::MIN), json!(i32::MAX)),
        _ => return,
    };
    fields.insert("format".to_owned(), format.into());
    fields.entry("minimum").or_insert(min);
    fields.entry("maximum").or_insert(max);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidied(mut value: Value) -> Value {
        tidy(&mut value);
        value
    }

    #[test]
    fn a_described_reference_has_one_type_and_keeps_what_is_said() {
        let written = json!({"description": "Whose.", "allOf": [
            {"$ref": "#/components/schemas/Route"}, {"description": "Whose.", "default": "any"}]});

        assert_eq!(
            tidied(written),
            json!({"description": "Whose.", "default": "any",
                "allOf": [{"$ref": "#/components/schemas/Route"}]})
        );
    }

    #[test]
    fn integers_have_known_formats_and_whole_bounds() {
        assert_eq!(
            tidied(json!({"type": "integer", "format": "uint16", "maximum": 3650.0})),
            json!({"type": "integer", "format": "int32", "maximum": 3650, "minimum": 0})
        );
        assert_eq!(tidied(json!({"type": "number"})), json!({"type": "number"}));
    }

    #[test]
    fn a_page_is_named_after_its_items() {
        let mut schemas = json!({"Page_Task": {"title": "Page_Task"}, "Task": {}});
        rename_pages(&mut schemas);

        assert_eq!(schemas, json!({"TaskPage": {"title": "TaskPage"}, "Task": {}}));
        assert_eq!(
            tidied(json!({"$ref": "#/components/schemas/Page_Task"})),
            json!({"$ref": "#/components/schemas/TaskPage"})
        );
    }
}
