//! The body of an error.

use poem_openapi::Object;

use shared::ledger::{Credits, wallet::HeldByTask};

use super::Code;
use crate::extract::{Amount, Id, Word};

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
    /// Credits that were needed; only where there are too few.
    pub required: Option<Amount>,
    /// Credits that the wallet could spend; only where there are too few.
    pub available: Option<Amount>,
    /// Credits that are set aside for tasks that have not ended; only where there are too few.
    pub held: Option<Amount>,
    /// The tasks that hold the most, five at most; only where there are too few credits.
    pub held_by: Option<Vec<HeldByView>>,
}

/// What the wallet has, where it has too little.
#[derive(Debug, Clone)]
pub struct Shortfall {
    /// Credits that were needed.
    pub required: Credits,
    /// Credits that can be spent.
    pub available: Credits,
    /// Credits that are set aside.
    pub held: Credits,
    /// The tasks that hold the most.
    pub held_by: Vec<HeldByTask>,
}

/// Credits that a task has set aside.
#[derive(Debug, Clone, Object)]
#[oai(rename = "HeldByTask")]
pub struct HeldByView {
    /// The id of the task.
    pub task_id: Id,
    /// Credits that it has set aside.
    pub amount: Amount,
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

impl HeldByView {
    /// As clients see it.
    pub fn of(held: &HeldByTask) -> Self {
        Self { task_id: Id(held.task_id), amount: held.amount.into() }
    }
}
