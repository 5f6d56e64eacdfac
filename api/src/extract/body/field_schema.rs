//! What the document says of the fields of a body, in words for people.

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The schema of a body.
pub(super) struct FieldSchema {
    registry: Registry,
    root: MetaSchemaRef,
}

impl FieldSchema {
    pub fn of<T: Type>() -> Self {
        let mut registry = Registry::new();
        T::register(&mut registry);
        Self { registry, root: T::schema_ref() }
    }

    /// The fields that a body must have.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        self.resolve(&self.root).into_iter().flat_map(|it| it.required.iter().copied())
    }

    /// A sentence about the value at this path.
    pub fn what_is_wanted(&self, path: &Path) -> String {
        let mut schema = self.resolve(&self.root);
        for segment in path {
            schema = schema.and_then(|schema| match segment {
                Segment::Map { key } => self.property(schema, key),
                Segment::Seq { .. } => schema.items.as_deref().and_then(|it| self.resolve(it)),
                Segment::Enum { .. } | Segment::Unknown => None,
            });
        }
        schema.map_or_else(|| "is not what belongs here".to_owned(), sentence)
    }

    /// The fields, at whatever depth, whose number lies outside of its range, and the range in words.
    pub fn out_of_range(&self, body: &Value) -> Vec<(String, String)> {
        let mut outside = Vec::new();
        if let Some(root) = self.resolve(&self.root) {
            self.push_outside(root, body, "", &mut outside);
        }
        outside
    }

    fn push_outside(
        &self,
        schema: &MetaSchema,
        value: &Value,
        path: &str,
        outside: &mut Vec<(String, String)>,
    ) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let Some(schema) = self.property(schema, name) else { continue };
                    let dot = if path.is_empty() { "" } else { "." };
                    self.push_outside(schema, value, &format!("{path}{dot}{name}"), outside);
                }
            }
            Value::Array(items) => {
                let of_item = schema.items.as_deref().and_then(|it| self.resolve(it));
                for (no, item) in items.iter().enumerate() {
                    let Some(schema) = of_item else { continue };
                    self.push_outside(schema, item, &format!("{path}[{no}]"), outside);
                }
            }
            value => {
                let Some((number, (min, max))) = value.as_f64().zip(range(schema)) else { return };
                if number < min || number > max {
                    outside.push((path.to_owned(), sentence(schema)));
                }
            }
        }
    }

    fn property<'a>(&'a self, schema: &'a MetaSchema, name: &str) -> Option<&'a MetaSchema> {
        let (_, property) = schema.properties.iter().find(|(it, _)| *it == name)?;
        self.resolve(property)
    }

    fn resolve<'a>(&'a self, schema: &'a MetaSchemaRef) -> Option<&'a MetaSchema> {
        match schema {
            // A field with a description of its own refers to its type through `allOf`.
            MetaSchemaRef::Inline(schema) if !schema.all_of.is_empty() => {
                self.resolve(&schema.all_of[0])
            }
            MetaSchemaRef::Inline(schema) => Some(schema),
            MetaSchemaRef::Reference(name) => self.registry.schemas.get(name),
        }
    }
}

fn sentence(schema: &MetaSchema) -> String {
    match schema.ty {
        "integer" => match range(schema) {
            Some((min, max)) => format!("must be a whole number from {min} to {max}"),
            None => "must be a whole number".to_owned(),
        },
        "number" => "must be a number".to_owned(),
        "boolean" => "must be true or false".to_owned(),
        "string" if schema.format == Some("decimal") => {
            "must be a decimal number in quotes, such as \"2.5\"".to_owned()
        }
        "string" => "must be a text".to_owned(),
        "array" => "must be a list".to_owned(),
        "object" => "must be a JSON object".to_owned(),
        _ => "is not what belongs here".to_owned(),
    }
}

fn range(schema: &MetaSchema) -> Option<(f64, f64)> {
    let of_format = match schema.format {
        Some("uint8") => (0.0, f64::from(u8::MAX)),
        Some("uint16") => (0.0, f64::from(u16::MAX)),
        Some("uint32") => (0.0, f64::from(u32::MAX)),
        Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        _ => return Some((schema.minimum?, schema.maximum?)),
    };
    Some((schema.minimum.unwrap_or(of_format.0), schema.maximum.unwrap_or(of_format.1)))
}
