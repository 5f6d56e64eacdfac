//! Free text with bounds, of several lines or of one.

use std::{borrow::Cow, ops::Deref, str::FromStr};

use poem_openapi::{
    registry::MetaSchemaRef,
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use super::plain::{self, TextError};

/// Text of `MIN` to `MAX` characters, without blanks around it and without control characters; where `ONE_LINE`,
/// also without line breaks and without characters that turn the direction of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainText<const MIN: usize, const MAX: usize, const ONE_LINE: bool>(String);

/// Text that may have several lines: a prompt, a reason.
pub type Text<const MIN: usize, const MAX: usize> = PlainText<MIN, MAX, false>;

/// Text on one line: a name.
pub type Line<const MIN: usize, const MAX: usize> = PlainText<MIN, MAX, true>;

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> PlainText<MIN, MAX, ONE_LINE> {
    fn parse(text: &str) -> Result<Self, TextError> {
        // Before blanks are taken away: to Rust some control characters are blanks.
        plain::check_controls(text)?;
        if ONE_LINE {
            plain::check_line(text)?;
        }
        let text = text.trim();
        plain::check(text, MIN, MAX)?;
        plain::check_seen(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> FromStr
    for PlainText<MIN, MAX, ONE_LINE>
{
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::parse(text)
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> Deref
    for PlainText<MIN, MAX, ONE_LINE>
{
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de, const MIN: usize, const MAX: usize, const ONE_LINE: bool> Deserialize<'de>
    for PlainText<MIN, MAX, ONE_LINE>
{
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<'de, str>::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> Type
    for PlainText<MIN, MAX, ONE_LINE>
{
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        format!("text_{MIN}_{MAX}_{ONE_LINE}").into()
    }

    fn schema_ref() -> MetaSchemaRef {
        let schema = if ONE_LINE { plain::line_schema } else { plain::schema };
        MetaSchemaRef::Inline(Box::new(schema(MIN, MAX)))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> ToJSON
    for PlainText<MIN, MAX, ONE_LINE>
{
    fn to_json(&self) -> Option<Value> {
        Some(Value::String(self.0.clone()))
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> ParseFromJSON
    for PlainText<MIN, MAX, ONE_LINE>
{
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        match value {
            Some(Value::String(text)) => Self::parse(&text).map_err(ParseError::custom),
            other => Err(ParseError::expected_type(other.unwrap_or_default())),
        }
    }
}

impl<const MIN: usize, const MAX: usize, const ONE_LINE: bool> ParseFromParameter
    for PlainText<MIN, MAX, ONE_LINE>
{
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        Self::parse(text).map_err(ParseError::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes_and_blanks_around_do_not_count() {
        assert_eq!(&*Text::<1, 2>::parse(" 图像 ").unwrap(), "图像");
        assert!(Text::<1, 2>::parse("图像图").is_err());
        assert!(Text::<1, 2>::parse("   ").is_err());
    }

    #[test]
    fn control_characters_are_refused_but_line_breaks_are_text() {
        assert!(Text::<1, 20>::parse("two\nlines\t").is_ok());
        for text in ["a\0b", "a\u{1b}[31m", "a\u{7f}b"] {
            assert!(Text::<1, 20>::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_nobody_sees_is_no_content() {
        for text in
            ["\u{200B}\u{2060}\u{FEFF}", " \u{200B} ", "\u{3164}", "\u{E0041}", "\u{2800}\u{2800}"]
        {
            assert_eq!(Text::<1, 20>::parse(text), Err(TextError::Invisible), "{text:?}");
        }
        assert_eq!(
            Text::<2, 20>::parse("a\u{200B}"),
            Err(TextError::TooShort { found: 1, min: 2 }),
            "an unseen character does not lengthen a text"
        );
        assert!(Text::<1, 20>::parse("👩\u{200D}🚀").is_ok(), "a joiner within a sign is fine");
        assert!(Text::<0, 20>::parse("").is_ok());
    }

    #[test]
    fn a_name_is_one_line_that_reads_in_one_direction() {
        for text in ["abc\u{202E}def", "a\nb", "a\u{2028}b", "\u{2066}a", "a\tb"] {
            assert!(
                matches!(Line::<1, 20>::parse(text), Err(TextError::NotOneLine(_))),
                "{text:?}"
            );
        }
        for text in ["мой ключ", "مفتاحي", "key 1"] {
            assert!(Line::<1, 20>::parse(text).is_ok(), "{text:?}");
        }
    }
}
