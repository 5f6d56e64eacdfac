//! Ids: opaque strings outside, UUIDs inside.

use poem_openapi::registry::MetaSchema;
use uuid::Uuid;

use super::string_input;

/// The id of a user, task, resource, grant or hold. In a path, a text that is no id is a 404.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(pub Uuid);

fn parse(text: &str) -> Result<Id, &'static str> {
    // Only the form that responses have: an opaque id is compared as it stands.
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 && !text.bytes().any(|it| it.is_ascii_uppercase()) => Ok(Id(id)),
        _ => Err("must be an id as it appears in responses"),
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

string_input!(
    Id,
    parse,
    |it| it.0.to_string(),
    MetaSchema {
        example: Some("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e".into()),
        ..MetaSchema::new_with_format("string", "uuid")
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_we_write_is_an_id() {
        let id = Uuid::now_v7();

        assert_eq!(parse(&id.to_string()), Ok(Id(id)));
        for text in [id.simple().to_string(), id.urn().to_string(), id.to_string().to_uppercase()] {
            assert!(parse(&text).is_err(), "{text}");
        }
        assert!(parse("1").is_err());
    }
}
