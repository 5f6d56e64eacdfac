//! What is said of every operation: who may call it, in words and for programs; and the order of reading.

use serde_json::{Map, Value, json};

/// Groups in the order of reading: what everybody uses first.
const TAGS: &[&str] =
    &["Identity", "Generation", "Wallet", "Resources", "Operations", "Credits", "Admin"];

/// Says who may call the operation, after what it does.
pub(super) fn describe(operation: &mut Value) {
    let audience = audience(operation);
    if operation["security"].as_array().is_none_or(Vec::is_empty) {
        operation["security"] = json!([]);
    }
    let said = operation["description"].as_str().map(str::trim).filter(|it| !it.is_empty());
    let description = match said {
        Some(said) => format!("{said}\n\n{audience}"),
        None => audience.to_owned(),
    };
    operation["description"] = description.into();
}

fn audience(operation: &Value) -> &'static str {
    let security = operation["security"].as_array().map(Vec::as_slice).unwrap_or_default();
    match security {
        [] => "Needs no access token.",
        all if all.iter().any(|it| it.as_object().is_some_and(Map::is_empty)) => {
            "Needs an access token, or a link."
        }
        _ if ["Admin", "Credits"].map(Value::from).contains(&operation["tags"][0]) => {
            "Needs an access token of an admin."
        }
        _ => "Needs an access token.",
    }
}

/// Puts groups, and paths by their groups, in the order of reading.
pub(super) fn order(document: &mut Value) {
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.sort_by_key(|it| place(it["name"].as_str()));
    }
    if let Some(paths) = document["paths"].as_object_mut() {
        let mut sorted: Vec<_> = std::mem::take(paths).into_iter().collect();
        sorted.sort_by_key(|(_, methods)| {
            let operations = methods.as_object().into_iter().flatten();
            operations.map(|(_, it)| place(it["tags"][0].as_str())).min()
        });
        paths.extend(sorted);
    }
}

fn place(tag: Option<&str>) -> usize {
    TAGS.iter().position(|it| Some(*it) == tag).unwrap_or(TAGS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_of(security: &Value, tag: &str) -> Value {
        let mut operation = json!({"description": "It does.", "security": security, "tags": [tag]});
        describe(&mut operation);
        operation["description"].clone()
    }

    #[test]
    fn an_operation_says_who_may_call_it() {
        let bearer = json!({"bearer": []});
        for (security, tag, audience) in [
            (Value::Null, "Identity", "Needs no access token."),
            (json!([bearer]), "Wallet", "Needs an access token."),
            (json!([bearer]), "Admin", "Needs an access token of an admin."),
            (json!([bearer, {}]), "Generation", "Needs an access token, or a link."),
        ] {
            assert_eq!(said_of(&security, tag), format!("It does.\n\n{audience}"));
        }
    }

    #[test]
    fn what_everybody_uses_comes_first_in_its_own_order() {
        let get = |tag: &str| json!({"get": {"tags": [tag]}});
        let mut document = json!({
            "tags": [{"name": "Admin"}, {"name": "Wallet"}],
            "paths": {"/a": get("Admin"), "/y": get("Wallet"), "/x": get("Wallet"), "/i": get("Identity")},
        });

        order(&mut document);

        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(paths, ["/i", "/y", "/x", "/a"]);
        assert_eq!(document["tags"][0]["name"], "Wallet");
    }
}
