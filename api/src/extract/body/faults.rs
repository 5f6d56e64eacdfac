//! The second look at a body that could not be read at once: it goes on after each fault, so that a client learns
//! of all of them from one response.

use std::collections::HashSet;

use poem_openapi::types::Type;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value};
use serde_path_to_error::{Path, Segment};

use super::field_schema::FieldSchema;
use crate::problem::{FieldError, FieldFault, Problem};

/// A client that has so many faults in one body has seen enough.
const FAULTS_MAX: usize = 32;

/// Reads a body that is known to be a JSON object; names every fault otherwise.
pub(super) fn read_closely<T: Type + DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let schema = FieldSchema::of::<T>();
    let mut faults = Faults::default();
    if let Some(duplicate) = duplicate::<T>(bytes) {
        faults.add(duplicate);
    }
    let mut body: Value =
        serde_json::from_slice(bytes).map_err(|error| super::unreadable(&error.to_string()))?;
    whole_numbers(&mut body);
    remove_nulls(&mut body, "", &mut faults);
    let value = loop {
        let mut unknown = Vec::new();
        match attempt::<T>(&body, &mut unknown) {
            Ok(value) => {
                faults.extend(unknown);
                break Some(value);
            }
            Err(error) if missing(error.inner()).is_none() && faults.len() < FAULTS_MAX => {
                let fault = invalid(error.path(), error.inner(), &schema);
                let removed = remove(&mut body, error.path());
                faults.add(fault);
                if !removed {
                    break None;
                }
            }
            Err(error) => {
                faults.extend(unknown);
                let present = body.as_object().map(|it| it.keys().cloned().collect::<HashSet<_>>());
                let top = schema.required().filter(|name| {
                    !present.as_ref().is_some_and(|present| present.contains(*name))
                });
                let names = top.map(str::to_owned).chain(absent(error.path(), error.inner()));
                for name in names {
                    faults.add(FieldError::new(name, FieldFault::Missing, "is required"));
                }
                break None;
            }
        }
    };
    let more = FAULTS_MAX.saturating_sub(faults.len());
    for (name, range) in schema.out_of_range(&body).into_iter().take(more) {
        faults.add(FieldError::new(name, FieldFault::Invalid, range));
    }
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Problem::invalid(faults.into_errors())),
    }
}

/// Each field once: a value that was refused is also missing afterwards.
#[derive(Default)]
struct Faults {
    errors: Vec<FieldError>,
    fields: HashSet<String>,
}

impl Faults {
    fn add(&mut self, error: FieldError) {
        if self.fields.insert(error.field.clone()) {
            self.errors.push(error);
        }
    }

    fn extend(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            self.add(error);
        }
    }

    fn len(&self) -> usize {
        self.errors.len()
    }

    fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }
}

fn attempt<T: DeserializeOwned>(
    body: &Value,
    unknown: &mut Vec<FieldError>,
) -> Result<T, serde_path_to_error::Error<serde_json::Error>> {
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(body, &mut track);
    let read = serde_ignored::deserialize(tracked, |path| {
        let field = bracketed(&path.to_string());
        unknown.push(FieldError::new(field, FieldFault::Unknown, "there is no field of this name"));
    });
    read.map_err(|error| serde_path_to_error::Error::new(track.path(), error))
}

/// A field that is there twice: only the text knows.
fn duplicate<T: DeserializeOwned>(bytes: &[u8]) -> Option<FieldError> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let error = serde_path_to_error::deserialize::<_, T>(&mut source).err()?;
    let sentence = error.inner().to_string();
    let name = quoted(&sentence, "duplicate field ")?;
    let path = error.path().to_string();
    let field = match path.as_str() {
        "." => name.to_owned(),
        path if path.ends_with(name) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    Some(FieldError::new(field, FieldFault::Duplicate, "may be given only once"))
}

/// `60.0` is the integer 60 to JSON Schema.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = whole;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[expect(clippy::cast_possible_truncation, reason = "below 2^53 a whole number is exact")]
fn whole(number: f64) -> Option<Number> {
    let exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    exact.then(|| Number::from(number as i64))
}

fn remove_nulls(value: &mut Value, path: &str, faults: &mut Faults) {
    match value {
        Value::Object(fields) => fields.retain(|name, value| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if value.is_null() {
                let detail = "must not be null; leave the field out instead";
                faults.add(FieldError::new(path, FieldFault::Invalid, detail));
                return false;
            }
            remove_nulls(value, &path, faults);
            true
        }),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                remove_nulls(item, &format!("{path}[{index}]"), faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Takes the refused value out, with the list around it, so that the next attempt comes further.
fn remove(body: &mut Value, path: &Path) -> bool {
    let segments: Vec<_> = path.iter().collect();
    let Some(last) = segments.iter().rposition(|it| matches!(it, Segment::Map { .. })) else {
        return false;
    };
    let mut value = body;
    for segment in &segments[..last] {
        let inner = match segment {
            Segment::Map { key } => value.get_mut(key),
            Segment::Seq { index } => value.get_mut(*index),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(inner) = inner else { return false };
        value = inner;
    }
    let Segment::Map { key } = segments[last] else { return false };
    value.as_object_mut().is_some_and(|it| it.remove(key).is_some())
}

fn invalid(path: &Path, error: &serde_json::Error, schema: &FieldSchema) -> FieldError {
    let sentence = error.to_string();
    // serde's own sentences speak of Rust's types.
    let by_serde = ["invalid type", "invalid value", "invalid length"];
    let detail = if by_serde.iter().any(|it| sentence.starts_with(it)) {
        schema.what_is_wanted(path)
    } else {
        sentence
    };
    let field = path.to_string();
    FieldError::new(
        if field == "." { "body".to_owned() } else { field },
        FieldFault::Invalid,
        detail,
    )
}

fn missing(error: &serde_json::Error) -> Option<String> {
    quoted(&error.to_string(), "missing field ").map(str::to_owned)
}

fn absent(path: &Path, error: &serde_json::Error) -> Option<String> {
    let name = missing(error)?;
    let parent = path.to_string();
    Some(if parent == "." { name } else { format!("{parent}.{name}") })
}

fn quoted<'a>(sentence: &'a str, beginning: &str) -> Option<&'a str> {
    let rest = sentence.strip_prefix(beginning)?.strip_prefix('`')?;
    rest.split_once('`').map(|(name, _)| name)
}

/// Turns `parts.1.?.size`, as `serde_ignored` writes a path, into `parts[1].size`, as
/// `serde_path_to_error` does.
fn bracketed(path: &str) -> String {
    path.split('.').filter(|segment| *segment != "?").fold(String::new(), |mut path, segment| {
        if segment.bytes().all(|it| it.is_ascii_digit()) {
            path.extend(["[", segment, "]"]);
        } else {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(segment);
        }
        path
    })
}
