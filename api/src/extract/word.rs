//! A word of a closed set: how poem-openapi reads, writes and documents a [`Vocabulary`].

use std::{borrow::Cow, fmt::Write, ops::Deref};

use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde::Deserialize;
use serde_json::Value;
use shared::vocabulary::Vocabulary;

/// One word of the closed set `V`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Word<V>(pub V);

impl<V> Word<V> {
    /// The word's value.
    pub fn value(self) -> V {
        self.0
    }
}

impl<V> From<V> for Word<V> {
    fn from(value: V) -> Self {
        Self(value)
    }
}

impl<V> Deref for Word<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.0
    }
}

impl<V: Vocabulary> Type for Word<V> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        V::NAME.into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(V::NAME.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(V::NAME.to_owned(), |_| MetaSchema {
            description: Some(description::<V>().leak()),
            enum_items: V::ALL.iter().map(|it| it.as_str().into()).collect(),
            ..MetaSchema::new("string")
        });
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

/// The meaning of the set, then that of each word. Leaked once per set and document made, which is a few
/// times per process.
fn description<V: Vocabulary>() -> String {
    let mut text = format!("{}\n", V::MEANING);
    for value in V::ALL {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- `{}`: {}", value.as_str(), value.meaning());
    }
    text
}

impl<V: Vocabulary> ToJSON for Word<V> {
    fn to_json(&self) -> Option<Value> {
        Some(self.as_str().into())
    }
}

impl<V: Vocabulary> ParseFromJSON for Word<V> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(word)) => Self::parse_from_parameter(&word),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

impl<V: Vocabulary> ParseFromParameter for Word<V> {
    fn parse_from_parameter(word: &str) -> ParseResult<Self> {
        V::of_word(word).map(Self).map_err(ParseError::custom)
    }
}
