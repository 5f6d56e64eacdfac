//! A length of time in whole seconds: a number in a body, digits in a query.

use std::{borrow::Cow, fmt};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// The longest: a year.
const SECONDS_MAX: u32 = 366 * 24 * 60 * 60;

/// So many seconds, from 0 to a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub u32);

impl Seconds {
    fn of(number: Option<u64>) -> Result<Self, String> {
        let number = number.and_then(|it| u32::try_from(it).ok()).filter(|it| *it <= SECONDS_MAX);
        number
            .map(Self)
            .ok_or_else(|| format!("must be a whole number of seconds from 0 to {SECONDS_MAX}"))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl de::Visitor<'_> for Number {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number of seconds from 0 to {SECONDS_MAX}")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Seconds, E> {
                Seconds::of(Some(number)).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Seconds, E> {
                Seconds::of(number.try_into().ok()).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seconds, E> {
                Seconds::of(text.parse().ok()).map_err(E::custom)
            }
        }
        from.deserialize_any(Number)
    }
}

impl Type for Seconds {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "seconds".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            minimum: Some(0.0),
            maximum: Some(f64::from(SECONDS_MAX)),
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

impl ToJSON for Seconds {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

impl ParseFromJSON for Seconds {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Self::of(value.and_then(|it| it.as_u64())).map_err(ParseError::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_from_a_query_and_from_a_body_within_their_bounds() {
        let query = |text: &str| serde_urlencoded::from_str::<Vec<(String, Seconds)>>(text);
        let body = |text: &str| serde_json::from_str::<Seconds>(text);

        assert_eq!(query("age=90").unwrap()[0].1, Seconds(90));
        assert_eq!(body("90").unwrap(), Seconds(90));
        for text in ["-1", "1.5", "31622401", "ten", ""] {
            assert!(query(&format!("age={text}")).is_err(), "{text}");
        }
        for text in ["-1", "1.5", "31622401", "null"] {
            assert!(body(text).is_err(), "{text}");
        }
    }
}
