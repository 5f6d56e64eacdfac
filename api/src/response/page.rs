//! Lists: `limit`, an opaque `cursor`, newest first.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use poem_openapi::{
    Object,
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{extract::string_input, problem::Problem};

/// Items of a page when the client does not say.
const LIMIT_DEFAULT: u32 = 20;
/// Items of a page at most.
const LIMIT_MAX: u32 = 100;
/// A cursor of ours is far shorter.
const CURSOR_CHARS_MAX: usize = 512;

/// `limit`: 1 to 100, 20 by default.
///
/// `#[oai(default)] limit: Query<Limit>` in an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl Limit {
    /// How many rows to ask for: one more than the page holds tells whether another follows.
    pub fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }

    fn items(self) -> usize {
        self.0 as usize
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

impl ParseFromParameter for Limit {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        match text.parse() {
            Ok(limit @ 1..=LIMIT_MAX) => Ok(Self(limit)),
            _ => Err(ParseError::custom(format!("must be a number from 1 to {LIMIT_MAX}"))),
        }
    }
}

impl ParseFromJSON for Limit {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Self::parse_from_parameter(&value.unwrap_or_default().to_string())
    }
}

/// Where a page ended. Opaque to clients: base64url of the position in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor that leads to what follows `position`.
    pub fn encode<P: Serialize>(position: &P) -> Self {
        let json = serde_json::to_vec(position).expect("positions are ids, numbers and instants");
        Self(BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// The position; 400 for anything this operation did not hand out.
    pub fn decode<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        BASE64_URL_SAFE_NO_PAD
            .decode(&self.0)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| Problem::invalid_field("cursor", "is not one that this list handed out"))
    }

    /// The position of an optional cursor.
    pub fn position<P: DeserializeOwned>(cursor: Option<Self>) -> Result<Option<P>, Problem> {
        cursor.map(|it| it.decode()).transpose()
    }
}

fn parse(text: &str) -> Result<Cursor, &'static str> {
    let fits = (1..=CURSOR_CHARS_MAX).contains(&text.len());
    fits.then(|| Cursor(text.to_owned())).ok_or("is not one that this list handed out")
}

string_input!(Cursor, parse, |it| it.0.clone(), MetaSchema::new("string"));

/// One page of a list.
#[derive(Debug, Object)]
pub struct Page<T: ToJSON + ParseFromJSON> {
    /// Newest first.
    pub items: Vec<T>,
    /// Leads to the next page; null on the last.
    pub next_cursor: NextCursor,
}

impl<T: ToJSON + ParseFromJSON> Page<T> {
    /// A page out of at most [`Limit::rows`] rows; `position` says where a row stands in the list.
    pub fn of<R, P: Serialize>(
        mut rows: Vec<R>,
        limit: Limit,
        position: impl FnOnce(&R) -> P,
        view: impl FnMut(R) -> T,
    ) -> Self {
        let more = rows.len() > limit.items();
        rows.truncate(limit.items());
        let next_cursor = if more { rows.last().map(position) } else { None };
        Self {
            items: rows.into_iter().map(view).collect(),
            next_cursor: NextCursor(next_cursor.map(|it| Cursor::encode(&it))),
        }
    }

    /// A list that is never longer than a page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: NextCursor(None) }
    }
}

/// The one field of the API that is `null` rather than absent, so that a client's loop has a plain end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextCursor(pub Option<Cursor>);

impl Type for NextCursor {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        "next_cursor".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema { nullable: true, ..MetaSchema::new("string") }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for NextCursor {
    fn to_json(&self) -> Option<Value> {
        Some(self.0.as_ref().map_or(Value::Null, |it| Value::String(it.0.clone())))
    }
}

impl ParseFromJSON for NextCursor {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            None | Some(Value::Null) => Ok(Self(None)),
            Some(Value::String(text)) => Ok(Self(Some(Cursor(text)))),
            Some(other) => Err(ParseError::expected_type(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn limit(text: &str) -> Limit {
        Limit::parse_from_parameter(text).unwrap_or_else(|_| panic!("{text} is a limit"))
    }

    #[test]
    fn a_limit_is_between_1_and_100() {
        assert_eq!(Limit::default().items(), 20);
        assert_eq!(limit("100").items(), 100);
        for text in ["0", "101", "-1", "1.5", "", "ten", "99999999999"] {
            assert!(Limit::parse_from_parameter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_page_has_a_cursor_only_if_another_follows() {
        let full = Page::<u32>::of(vec![3, 2, 1], limit("2"), |row| *row, |row| row);
        assert_eq!(full.items, [3, 2]);
        assert_eq!(full.next_cursor.0.unwrap().decode::<u32>().unwrap(), 2);

        let last = Page::<u32>::of(vec![3, 2], limit("2"), |row| *row, |row| row);
        assert_eq!(last.next_cursor.to_json().unwrap(), Value::Null);
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
