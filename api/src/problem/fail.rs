//! The error side of an operation, with the statuses that only this operation can answer.

use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{CONTENT_TYPE, Problem, ProblemDetails};

/// The error of a handler: any [`Problem`], documented with the statuses given (0: none).
///
/// The statuses every operation of a kind can answer (400, 401, 403 where it takes a token, 404 where
/// it takes an id, 413 and 415 where it takes a body, 429, 500, 503) are added to the document by
/// [`crate::document`]; name only the others here: `Result<Reply<TaskView, 202>, Fail<402, 422>>`.
#[derive(Debug)]
pub struct Fail<const A: u16 = 0, const B: u16 = 0, const C: u16 = 0, const D: u16 = 0>(Problem);

impl<E: Into<Problem>, const A: u16, const B: u16, const C: u16, const D: u16> From<E>
    for Fail<A, B, C, D>
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> From<Fail<A, B, C, D>>
    for poem::Error
{
    fn from(fail: Fail<A, B, C, D>) -> Self {
        fail.0.into()
    }
}

impl<const A: u16, const B: u16, const C: u16, const D: u16> ApiResponse for Fail<A, B, C, D> {
    fn meta() -> MetaResponses {
        let declared = [A, B, C, D].into_iter().filter(|status| *status != 0);
        MetaResponses { responses: declared.map(response).collect() }
    }

    fn register(registry: &mut Registry) {
        ProblemDetails::register(registry);
    }
}

fn response(status: u16) -> MetaResponse {
    MetaResponse {
        description: description(status),
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: CONTENT_TYPE,
            schema: ProblemDetails::schema_ref(),
        }],
        headers: vec![],
    }
}

/// What a status means, for the document.
pub const fn description(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be understood, or a field or parameter is not valid",
        401 => "The access token is missing or not valid",
        402 => "Not enough credits",
        403 => "You are signed in, but may not do this",
        404 => "It does not exist, or you have no access to it",
        405 => "The path exists, but not with this method",
        408 => "The body did not arrive in time",
        409 => {
            "The request conflicts with the present state, or with an earlier use of the Idempotency-Key"
        }
        413 => "The body is larger than 512 KiB",
        415 => "The body has the wrong media type",
        416 => "The Range begins behind the end of the file",
        422 => "The request is well-formed, but cannot be carried out",
        429 => "Too many requests; Retry-After says when to try again",
        503 => "Not available right now; Retry-After says when to try again",
        _ => "The server failed; mention the request id when you report it",
    }
}
