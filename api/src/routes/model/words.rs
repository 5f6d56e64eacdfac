//! The words that the lists of a model consist of.

use std::fmt::Display;

use poem_openapi::registry::MetaSchema;

use crate::extract::string_input;

/// A ratio of width to height, `16:9`; each number from 1 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ratio(String);

/// A name that a provider uses: letters, digits, `.`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

const NAME_CHARS_MAX: usize = 64;
const BYTE: &str = r"(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])";

fn parse_ratio(text: &str) -> Result<Ratio, &'static str> {
    let is_side = |it: &str| matches!(it.parse::<u8>(), Ok(1..)) && !it.starts_with(['+', '0']);
    match text.split_once(':') {
        Some((width, height)) if is_side(width) && is_side(height) => Ok(Ratio(text.to_owned())),
        _ => Err("must be a ratio such as 16:9, each number from 1 to 255"),
    }
}

fn parse_name(text: &str) -> Result<Name, impl Display + use<>> {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b".-_".contains(&it);
    if (1..=NAME_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits) {
        return Ok(Name(text.to_owned()));
    }
    Err(format!("must be 1 to {NAME_CHARS_MAX} letters, digits, `.`, `-` and `_`"))
}

impl Ratio {
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Name {
    pub fn into_string(self) -> String {
        self.0
    }
}

string_input!(
    Ratio,
    parse_ratio,
    |it| it.0.clone(),
    MetaSchema { pattern: Some(format!("^{BYTE}:{BYTE}$")), ..MetaSchema::new("string") }
);

string_input!(
    Name,
    parse_name,
    |it| it.0.clone(),
    MetaSchema {
        min_length: Some(1),
        max_length: Some(NAME_CHARS_MAX),
        pattern: Some("^[A-Za-z0-9._-]+$".to_owned()),
        ..MetaSchema::new("string")
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_two_numbers_from_1_to_255() {
        for text in ["1:1", "16:9", "255:1"] {
            assert!(parse_ratio(text).is_ok(), "{text}");
        }
        for text in ["16x9", "0:1", "+1:1", "01:1", "1:", "999:1", "256:1", "1:1:1", ""] {
            assert!(parse_ratio(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_is_letters_digits_and_three_signs() {
        for text in ["core", "sd3.5-large", "gpt-image-1_mini", "en"] {
            assert!(parse_name(text).is_ok(), "{text}");
        }
        for text in ["", "a/b", "a b", "ä", &"a".repeat(65)] {
            assert!(parse_name(text).is_err(), "{text}");
        }
    }
}
