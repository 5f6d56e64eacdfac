//! Text that is never shown: passwords, keys, tokens.

use std::borrow::Cow;

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use super::plain::{self, TextError};

/// What is written in place of a secret.
const SHOWN: &str = "(hidden)";

/// A secret of `MIN` to `MAX` characters, taken as it is: a blank in a password is a character like any
/// other.
#[derive(Debug, Clone)]
pub struct SecretText<const MIN: usize, const MAX: usize>(SecretString);

impl<const MIN: usize, const MAX: usize> SecretText<MIN, MAX> {
    fn parse(text: &str) -> Result<Self, TextError> {
        plain::check(text, MIN, MAX)?;
        Ok(Self(SecretString::from(text)))
    }

    /// The secret, still wrapped.
    pub fn into_secret(self) -> SecretString {
        self.0
    }

    /// The secret, for the moment it is needed.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for SecretText<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<'de, str>::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize> Type for SecretText<MIN, MAX> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("secret_{MIN}_{MAX}").into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = MetaSchema {
            format: Some("password"),
            write_only: true,
            ..plain::secret_schema(MIN, MAX)
        };
        MetaSchemaRef::Inline(Box::new(schema))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const MIN: usize, const MAX: usize> ToJSON for SecretText<MIN, MAX> {
    /// Never the secret: secrets are only received.
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(SHOWN.to_owned()))
    }
}

impl<const MIN: usize, const MAX: usize> ParseFromJSON for SecretText<MIN, MAX> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(text)) => Self::parse(&text).map_err(ParseError::custom),
            // The value itself must not reach a message.
            _ => Err(ParseError::custom("expected a string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_as_it_is_and_never_shown() {
        let secret = SecretText::<1, 20>::parse(" two words ").unwrap();

        assert_eq!(secret.expose(), " two words ");
        assert_eq!(secret.to_json().unwrap(), SHOWN);
        assert!(!format!("{secret:?}").contains("two words"));
    }

    #[test]
    fn a_value_of_another_type_is_not_quoted_in_the_refusal() {
        let refused = SecretText::<1, 20>::parse_from_json(Some(serde_json::json!(["hunter2"])));

        assert!(!refused.unwrap_err().into_message().contains("hunter2"));
    }
}
