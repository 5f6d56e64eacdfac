//! The rule for all text from outside: no control characters but line breaks and tabs. PostgreSQL cannot
//! store U+0000, and the others mean nothing.

/// Why a text is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TextError {
    #[error("has {found} characters, but needs at least {min}")]
    TooShort { found: usize, min: usize },
    #[error("has {found} characters, but may have at most {max}")]
    TooLong { found: usize, max: usize },
    #[error("must not contain the control character U+{0:04X}")]
    Control(u32),
}

/// Checks length and characters. The length is in characters, not bytes.
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

/// The schema of a string of this length.
pub(super) fn schema(min: usize, max: usize) -> poem_openapi::registry::MetaSchema {
    poem_openapi::registry::MetaSchema {
        min_length: Some(min),
        max_length: Some(max),
        ..poem_openapi::registry::MetaSchema::new("string")
    }
}
