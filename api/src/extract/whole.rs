//! A whole number in the query.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Type for Whole<MIN, MAX> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("whole_{MIN}_{MAX}").into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            minimum: Some(MIN.into()),
            maximum: Some(MAX.into()),
            ..MetaSchema::new_with_format("integer", "int32")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const MIN: u32, const MAX: u32> ToJSON for Whole<MIN, MAX> {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

impl<const MIN: u32, const MAX: u32> ParseFromParameter for Whole<MIN, MAX> {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        // `parse` also reads `+5` and `05`, which is not how JSON writes a number.
        let plain = text == "0" || !text.starts_with(['0', '+']);
        match text.parse() {
            Ok(number) if plain && (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(ParseError::custom(format!("must be a whole number from {MIN} to {MAX}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_the_query_is_written_as_in_json_and_within_its_range() {
        let read = |text: &str| Whole::<0, 60>::parse_from_parameter(text).map(|it| it.0);

        assert_eq!((read("0").unwrap(), read("60").unwrap()), (0, 60));
        for text in ["61", "-1", "+5", "05", "1.5", "", " 1", "ten", "99999999999"] {
            let refused = read(text).unwrap_err().into_message();
            assert!(refused.contains("must be a whole number from 0 to 60"), "{text}: {refused}");
        }
    }
}
