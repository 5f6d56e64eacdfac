//! What any text from outside must be: PostgreSQL stores no U+0000, and no other control character
//! but line breaks and tabs means anything to anyone.

/// Why a text is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TextError {
    #[error("has {found} characters where at least {min} are needed")]
    TooShort { found: usize, min: usize },
    #[error("has {found} characters where at most {max} are allowed")]
    TooLong { found: usize, max: usize },
    #[error("contains the control character U+{0:04X}")]
    Control(u32),
}

/// Counts characters, not bytes.
pub(super) fn check(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    if let Some(control) = text.chars().find(|it| it.is_control() && !"\n\r\t".contains(*it)) {
        return Err(TextError::Control(u32::from(control)));
    }
    match text.chars().count() {
        found if found < min => Err(TextError::TooShort { found, min }),
        found if found > max => Err(TextError::TooLong { found, max }),
        _ => Ok(()),
    }
}

/// A string schema with bounds.
pub(super) fn schema(min: usize, max: usize) -> poem_openapi::registry::MetaSchema {
    poem_openapi::registry::MetaSchema {
        min_length: Some(min),
        max_length: Some(max),
        ..poem_openapi::registry::MetaSchema::new("string")
    }
}
