//! The rule for all text from outside. Control characters mean nothing here, and PostgreSQL cannot store
//! U+0000. Characters that nobody sees are no content. A text of one line also takes no line breaks and nothing
//! that turns the direction of what follows: both let a name pass for another.

use poem_openapi::registry::MetaSchema;

/// Why a text is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TextError {
    #[error("has {found} characters, but needs at least {min}")]
    TooShort { found: usize, min: usize },
    #[error("has {found} characters, but may have at most {max}")]
    TooLong { found: usize, max: usize },
    #[error("has only characters that cannot be seen")]
    Invisible,
    #[error("must not contain the control character U+{0:04X}")]
    Control(u32),
    #[error("must be one line, without U+{0:04X}")]
    NotOneLine(u32),
}

/// Checks that there are no control characters but those of texts.
pub(super) fn check_controls(text: &str) -> Result<(), TextError> {
    match text.chars().find(|it| it.is_control() && !"\n\r\t".contains(*it)) {
        Some(control) => Err(TextError::Control(u32::from(control))),
        None => Ok(()),
    }
}

/// Checks length and characters. The length is in characters, not bytes.
pub(super) fn check(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    check_controls(text)?;
    let found = text.chars().count();
    if found > max {
        return Err(TextError::TooLong { found, max });
    }
    match text.chars().filter(|it| is_visible(*it)).count() {
        0 if found > 0 => Err(TextError::Invisible),
        seen if seen < min => Err(TextError::TooShort { found: seen, min }),
        _ => Ok(()),
    }
}

/// Checks that something is to be seen, if there is anything.
pub(super) fn check_seen(text: &str) -> Result<(), TextError> {
    let seen = text.is_empty() || text.chars().any(|it| is_visible(it) && !it.is_whitespace());
    if seen { Ok(()) } else { Err(TextError::Invisible) }
}

/// Checks what else is asked of a text that is shown on one line, such as a name.
pub(super) fn check_line(text: &str) -> Result<(), TextError> {
    match text.chars().find(|it| breaks_the_line(*it) || turns_direction(*it)) {
        Some(found) => Err(TextError::NotOneLine(u32::from(found))),
        None => Ok(()),
    }
}

fn breaks_the_line(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// The embeddings, overrides and isolates of the bidirectional algorithm (UAX #9).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a reader sees it. Blanks count inside a text, where something else is seen; what is left out here are the
/// characters that Unicode calls default-ignorable, and three that fonts leave empty.
fn is_visible(c: char) -> bool {
    !matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// What [`is_visible`] leaves out, up to U+FFFF: beyond, the dialects of patterns differ.
const UNSEEN: &str = r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb";
/// Control characters other than the three of texts.
const CONTROLS: &str = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f";
/// What a text of one line does not take either.
const NOT_ON_A_LINE: &str = r"\t\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069";

/// The schema of a text of this length: what [`check`] and [`check_seen`] say, as a pattern.
pub(super) fn schema(min: usize, max: usize) -> MetaSchema {
    let empty = if min == 0 { format!(r"\s*[{UNSEEN}]") } else { String::new() };
    with_pattern(min, max, &format!(r"^(?!{empty}[\s{UNSEEN}]*$)[^{CONTROLS}]*$"))
}

/// The schema of a text of one line.
pub(super) fn line_schema(min: usize, max: usize) -> MetaSchema {
    with_pattern(min, max, &format!(r"^(?![\s{UNSEEN}]*$)[^{CONTROLS}{NOT_ON_A_LINE}]*$"))
}

/// The schema of a secret, in which a blank is a character like any other.
pub(super) fn secret_schema(min: usize, max: usize) -> MetaSchema {
    let pattern = match min {
        1 => format!("^(?![{UNSEEN}]*$)[^{CONTROLS}]*$"),
        _ => format!("^(?:[{UNSEEN}]*[^{CONTROLS}{UNSEEN}]){{{min}}}[^{CONTROLS}]*$"),
    };
    with_pattern(min, max, &pattern)
}

fn with_pattern(min: usize, max: usize, pattern: &str) -> MetaSchema {
    MetaSchema {
        min_length: Some(min),
        max_length: Some(max),
        pattern: Some(pattern.to_owned()),
        ..MetaSchema::new("string")
    }
}

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;
    use proptest::prelude::*;

    use super::super::{EmailAddress, Line, PositiveAmount, SecretText, Text};

    /// Whether the schema of a type and its reader agree about a text.
    fn agrees<T: poem_openapi::types::Type + serde::de::DeserializeOwned>(text: &str) -> bool {
        let poem_openapi::registry::MetaSchemaRef::Inline(schema) = T::schema_ref() else {
            panic!("texts have schemas of their own")
        };
        let length = text.chars().count();
        let said = Regex::new(schema.pattern.as_ref().unwrap()).unwrap().is_match(text).unwrap()
            && schema.min_length.is_none_or(|it| length >= it)
            && schema.max_length.is_none_or(|it| length <= it);
        // Blanks around a text do not count for the reader; a schema cannot say so.
        let trimmed = text.trim().chars().count() < length;
        let done = serde_json::from_value::<T>(text.into()).is_ok();
        said == done || (trimmed && done)
    }

    fn all_agree(text: &str) {
        assert!(agrees::<Text<0, 20>>(text), "optional text {text:?}");
        assert!(agrees::<Text<1, 20>>(text), "text {text:?}");
        assert!(agrees::<Line<1, 20>>(text), "line {text:?}");
        assert!(agrees::<SecretText<1, 20>>(text), "secret {text:?}");
        assert!(agrees::<SecretText<12, 20>>(text), "password {text:?}");
        assert!(agrees::<PositiveAmount>(text), "amount {text:?}");
        assert!(agrees::<EmailAddress>(text), "e-mail {text:?}");
    }

    #[test]
    fn schemas_and_readers_agree_about_texts_with_edges() {
        for text in [
            "",
            " ",
            "a",
            " a ",
            "\n",
            "a\n",
            "\u{200B}",
            "\u{200B} \u{200B}",
            "a\u{200B}",
            "\u{B}",
            "\u{B}a",
            "\u{1c}a",
            "\u{85}",
            "\0",
            "a\u{202E}b",
            "a\u{2028}b",
            "\u{FEFF}",
            "\u{3000}",
            "twelve chars",
            "eleven char\u{200B}",
            "0",
            "0.0",
            "0.000001",
            "2.5",
            "02.5",
            "2.5\n",
            "1000000000",
            "1000000000.0",
            "1000000000.1",
            "999999999.999999",
            "0.0000001",
            "-1",
            "+1",
            "1e3",
            "a@b.c",
            "a@b",
            ".a@b.c",
            "a..b@c.d",
            "a@-b.c",
            "a@b-.c",
            "a@b.c-d",
            "o'neil@x-y.io",
            "a b@c.d",
            "a@b.c ",
        ] {
            all_agree(text);
        }
    }

    proptest! {
        #[test]
        fn schemas_and_readers_agree_about_any_text(
            text in prop_oneof!["[0-9.+e-]{0,24}", "[ab@.-]{0,12}", "\\PC{0,22}", "[ \t\na\u{200B}\u{2028}\u{202E}]{0,22}"]
        ) {
            all_agree(&text);
        }
    }
}
