//! The body of an error.

use poem_openapi::Object;

use super::Code;
use crate::extract::Word;

/// An error, in the form of RFC 9457, with a code and the id of the request.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none)]
pub struct ProblemDetails {
    /// The code as a URI: `urn:aetherflow:problem:` followed by `code`.
    pub r#type: String,
    /// A short name of the error, the same for every error with this code.
    pub title: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// Why the request failed, for programs.
    pub code: Word<Code>,
    /// What went wrong this time, for people.
    pub detail: String,
    /// The id of the request, also in the header `X-Request-Id`. Mention it when you report a problem.
    pub request_id: String,
    /// The fields and parameters that are not valid; absent if the error is about none in particular.
    pub errors: Option<Vec<FieldError>>,
}

/// A field or parameter that is not valid.
#[derive(Debug, Clone, Object)]
pub struct FieldError {
    /// The path of a field in the body, such as `params.size` or `tags[2]`, or the name of a parameter or
    /// header.
    pub field: String,
    /// What is wrong with it, for programs.
    pub code: Word<FieldFault>,
    /// What is wrong with it, for people.
    pub detail: String,
}

shared::vocabulary! {
    /// What is wrong with a field or parameter.
    pub enum FieldFault {
        /// It is required, and was not sent.
        Missing = "missing",
        /// There is no field or parameter of this name.
        Unknown = "unknown",
        /// It was sent more than once.
        Duplicate = "duplicate",
        /// Its value is not valid.
        Invalid = "invalid",
    }
}

impl FieldError {
    /// An error of a field, for programs and for people.
    pub fn new(field: impl Into<String>, code: FieldFault, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code: Word(code), detail: detail.into() }
    }
}
