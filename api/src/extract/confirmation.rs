//! Something that a client has to confirm.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

const MUST_BE_TRUE: &str = "must be true";

/// `true`, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation;

impl Confirmation {
    fn of(value: bool) -> Result<Self, &'static str> {
        value.then_some(Self).ok_or(MUST_BE_TRUE)
    }
}

impl<'de> Deserialize<'de> for Confirmation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::of(bool::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Type for Confirmation {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "confirmation".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = MetaSchema { enum_items: vec![true.into()], ..MetaSchema::new("boolean") };
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for Confirmation {
    fn to_json(&self) -> Option<Value> {
        Some(Value::Bool(true))
    }
}

impl ParseFromJSON for Confirmation {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let given = value.as_ref().and_then(Value::as_bool).unwrap_or_default();
        Self::of(given).map_err(ParseError::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_true_confirms() {
        assert!(serde_json::from_str::<Confirmation>("true").is_ok());
        for text in ["false", "1", "\"true\"", "null"] {
            assert!(serde_json::from_str::<Confirmation>(text).is_err(), "{text}");
        }
    }
}
