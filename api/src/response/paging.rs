//! Which page of a list is wanted: at most `limit` items, after an opaque `cursor`.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use poem_openapi::{
    Object,
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type},
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned, de::Error};
use serde_json::Value;

use crate::{extract::string_input, problem::Problem};

/// Items of a page if the client does not say.
const LIMIT_DEFAULT: u32 = 20;
/// Items of a page at most.
const LIMIT_MAX: u32 = 100;
/// Every cursor handed out is far shorter.
const CURSOR_CHARS_MAX: usize = 512;

/// Which page of a list to return: `Parameters(paging): Parameters<Paging>` in an operation.
#[derive(Debug, Object, Deserialize)]
pub struct Paging {
    /// The most items to return, from 1 to 100.
    #[oai(default)]
    #[serde(default)]
    limit: Limit,
    /// The `next_cursor` of the page before; leave it out for the first page.
    cursor: Option<Cursor>,
}

impl Paging {
    /// The longest page there is, from `cursor` on.
    pub(super) const fn longest(cursor: Option<Cursor>) -> Self {
        Self { limit: Limit(LIMIT_MAX), cursor }
    }

    /// A page of so many items, from `cursor` on.
    #[cfg(test)]
    pub(super) const fn of(items: u32, cursor: Option<Cursor>) -> Self {
        Self { limit: Limit(items), cursor }
    }

    /// The position after which the page begins; 400 for a cursor that this list did not hand out.
    pub fn position<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        self.cursor.as_ref().map(Cursor::decode).transpose()
    }

    /// The most items of the page.
    pub(super) const fn items(&self) -> usize {
        self.limit.0 as usize
    }

    /// How many rows to ask for: one more than the page holds shows whether another page follows.
    pub fn rows(&self) -> i64 {
        i64::from(self.limit.0) + 1
    }
}

/// How many items a page may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    fn of(number: Option<u32>) -> Result<Self, String> {
        match number {
            Some(limit @ 1..=LIMIT_MAX) => Ok(Self(limit)),
            _ => Err(format!("must be a whole number from 1 to {LIMIT_MAX}")),
        }
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(from)?;
        // `parse` also reads `+5` and `05`, which is not how JSON writes a number.
        let number = text.parse().ok().filter(|_| !text.starts_with(['0', '+']));
        Self::of(number).map_err(D::Error::custom)
    }
}

impl Type for Limit {
    const IS_REQUIRED: bool = false;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "limit".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            minimum: Some(1.0),
            maximum: Some(f64::from(LIMIT_MAX)),
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

impl ToJSON for Limit {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.into())
    }
}

impl ParseFromJSON for Limit {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        let number = value.and_then(|it| it.as_u64()?.try_into().ok());
        Self::of(number).map_err(ParseError::custom)
    }
}

/// Where a page ended. Opaque to clients: the position as JSON, in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor that leads to what follows `position`.
    pub fn encode<P: Serialize>(position: &P) -> Self {
        let json = serde_json::to_vec(position).expect("positions are ids, numbers and instants");
        Self(BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// As a client sent it.
    pub(super) const fn received(text: String) -> Self {
        Self(text)
    }

    /// As it is sent.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn decode<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        BASE64_URL_SAFE_NO_PAD
            .decode(&self.0)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| Problem::invalid_field("cursor", NOT_A_CURSOR))
    }
}

const NOT_A_CURSOR: &str = "must be a next_cursor that this list returned";

fn parse(text: &str) -> Result<Cursor, &'static str> {
    let fits = (1..=CURSOR_CHARS_MAX).contains(&text.len());
    let plain = text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
    (fits && plain).then(|| Cursor(text.to_owned())).ok_or(NOT_A_CURSOR)
}

string_input!(
    Cursor,
    parse,
    |it| it.0.clone(),
    MetaSchema {
        min_length: Some(1),
        max_length: Some(CURSOR_CHARS_MAX),
        pattern: Some("^[A-Za-z0-9_-]+$".to_owned()),
        ..MetaSchema::new("string")
    }
);

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_limit_is_between_1_and_100() {
        let read = |query: &str| serde_urlencoded::from_str::<Paging>(query).map(|it| it.limit.0);

        assert_eq!(read("").unwrap(), 20);
        assert_eq!(read("limit=100").unwrap(), 100);
        for text in ["0", "101", "-1", "+5", "05", "1.5", "", "ten", "99999999999"] {
            assert!(read(&format!("limit={text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn what_no_cursor_looks_like_is_refused_wherever_one_may_be_sent() {
        for text in ["", "a b", "a+b", "a=", "é", "a/b"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse("WyJhLWIiXQ").is_ok());
    }

    #[test]
    fn a_cursor_reads_back_and_a_foreign_one_is_refused() {
        let position = (Uuid::now_v7(), 7_i64);
        assert_eq!(Cursor::encode(&position).decode::<(Uuid, i64)>().unwrap(), position);

        for text in ["x", "%%%", "bnVsbA", &Cursor::encode(&"text").0] {
            assert!(Cursor(text.to_owned()).decode::<(Uuid, i64)>().is_err(), "{text}");
        }
    }
}
