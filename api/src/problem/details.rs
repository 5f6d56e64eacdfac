//! The body of an error.

use poem_openapi::{Enum, Object};

/// An error, as RFC 9457 spells it, with a code and the request's id.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none)]
pub struct ProblemDetails {
    /// Identifies the kind of error: `urn:aetherflow:problem:` and the code.
    pub r#type: String,
    /// A few words, the same for every error of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// `area.reason`; all are listed in docs/errors.md.
    pub code: String,
    /// What happened this time, for people.
    pub detail: String,
    /// Finds the request in our logs.
    pub request_id: String,
    /// The fields that are to blame.
    pub errors: Option<Vec<FieldError>>,
}

/// One field that is to blame.
#[derive(Debug, Clone, Object)]
pub struct FieldError {
    /// Path of a body field (`params.size`, `tags[2]`), or name of a parameter or header.
    pub field: String,
    /// What is wrong with it.
    pub code: FieldFault,
    /// For people.
    pub detail: String,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum FieldFault {
    /// It must be there and is not.
    Missing,
    /// There is no such field.
    Unknown,
    /// It is there more than once.
    Duplicate,
    /// Its value is not one of those it takes.
    Invalid,
}

impl FieldError {
    /// All three.
    pub fn new(field: impl Into<String>, code: FieldFault, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}
