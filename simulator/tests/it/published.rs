//! The vendor's facts, kept as data.

use serde_json::Value;

/// `data/stability.json`.
pub fn stability() -> Value {
    serde_json::from_str(include_str!("../data/stability.json")).unwrap()
}

/// The strings of a list.
pub fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The names of an object's fields, sorted.
pub fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
