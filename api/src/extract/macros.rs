//! poem-openapi's traits for types that are strings in JSON. What differs between such types takes six
//! lines; the other sixty are here.

/// `Type` and `ToJSON` of a type that is a string in JSON: `string_output!(Type, |it| text, schema)`.
macro_rules! string_output {
    ($type:ty, |$it:ident| $text:expr, $schema:expr) => {
        impl poem_openapi::types::Type for $type {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_ref() -> poem_openapi::registry::MetaSchemaRef {
                poem_openapi::registry::MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(std::iter::once(self))
            }
        }

        impl poem_openapi::types::ToJSON for $type {
            fn to_json(&self) -> Option<serde_json::Value> {
                let $it = self;
                Some(serde_json::Value::String($text))
            }
        }
    };
}

/// The same, and `Deserialize`, `ParseFromJSON` and `ParseFromParameter` through `$parse`, a function
/// from `&str` to `Result<Self, impl Display>`.
macro_rules! string_input {
    ($type:ty, $parse:expr, |$it:ident| $text:expr, $schema:expr) => {
        $crate::extract::string_output!($type, |$it| $text, $schema);

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                $parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl poem_openapi::types::ParseFromJSON for $type {
            fn parse_from_json(
                value: Option<serde_json::Value>,
            ) -> poem_openapi::types::ParseResult<Self> {
                match value {
                    Some(serde_json::Value::String(text)) => {
                        $parse(&text).map_err(poem_openapi::types::ParseError::custom)
                    }
                    other => Err(poem_openapi::types::ParseError::expected_type(
                        other.unwrap_or_default(),
                    )),
                }
            }
        }

        impl poem_openapi::types::ParseFromParameter for $type {
            fn parse_from_parameter(text: &str) -> poem_openapi::types::ParseResult<Self> {
                $parse(text).map_err(poem_openapi::types::ParseError::custom)
            }
        }
    };
}

pub(crate) use {string_input, string_output};
