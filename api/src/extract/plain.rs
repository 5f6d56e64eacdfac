//! The rule for all text from outside. Control characters mean nothing here, and PostgreSQL cannot store
//! U+0000. Characters that nobody sees are no content. A text of one line also takes no line breaks and nothing
//! that turns the direction of what follows: both let a name pass for another.

/// Why a text is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TextError {
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

/// Checks length and characters. The length is in characters, not bytes.
pub(super) fn check(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    if let Some(control) = text.chars().find(|it| it.is_control() && !"\n\r\t".contains(*it)) {
        return Err(TextError::Control(u32::from(control)));
    }
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

/// The schema of a string of this length.
pub(super) fn schema(min: usize, max: usize) -> poem_openapi::registry::MetaSchema {
    poem_openapi::registry::MetaSchema {
        min_length: Some(min),
        max_length: Some(max),
        ..poem_openapi::registry::MetaSchema::new("string")
    }
}
