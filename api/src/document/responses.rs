//! What every operation may answer beside its own success: the statuses that follow from what it takes, as problems
//! with an example each. They are written once, as components: sixty operations refer to them.

use serde_json::{Map, Value, json};

use crate::problem::{self, Code, fail_description};

/// Statuses of problems: the name of the response, and the code and the detail of its example.
const PROBLEMS: &[(u16, &str, Code, &str)] = &[
    (400, "BadRequest", Code::RequestInvalid, "prompt: is required"),
    (
        401,
        "Unauthorized",
        Code::AuthInvalidToken,
        "the token is expired, revoked or forged; sign in again",
    ),
    (
        402,
        "PaymentRequired",
        Code::CreditsInsufficient,
        "2.5 credits are needed, and 1.2 are available",
    ),
    (403, "Forbidden", Code::Forbidden, "requires the admin role"),
    (404, "NotFound", Code::NotFound, "this does not exist, or you have no access to it"),
    (
        409,
        "Conflict",
        Code::IdempotencyKeyReused,
        "this Idempotency-Key was used before with another body; use a new one",
    ),
    (
        408,
        "RequestTimeout",
        Code::RequestTimeout,
        "the body did not arrive within 30 s; send it at once",
    ),
    (413, "ContentTooLarge", Code::RequestTooLarge, "a body may have at most 512 KiB"),
    (
        415,
        "UnsupportedMediaType",
        Code::RequestUnsupportedMediaType,
        "send Content-Type: application/json",
    ),
    (
        416,
        "RangeNotSatisfiable",
        Code::RequestRangeNotSatisfiable,
        "the file has 1234567 bytes; ask for a range that begins before",
    ),
    (
        422,
        "UnprocessableContent",
        Code::GenerationModelCannot,
        "stability/core does not take the aspect ratio 7:3",
    ),
    (
        429,
        "TooManyRequests",
        Code::RateLimited,
        "only 600 requests are allowed per window; Retry-After says when to try again",
    ),
    (
        500,
        "InternalServerError",
        Code::Internal,
        "the server failed; mention the request id when you report it",
    ),
    (503, "ServiceUnavailable", Code::Unavailable, "the database does not answer; try again"),
];

const REQUEST_ID: &str = "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d42";

/// Adds the statuses that follow from what an operation takes, and refers to the problems.
pub(super) fn complete(path: &str, operation: &mut Value) {
    let secured = operation["security"].as_array().is_some_and(|it| !it.is_empty());
    let takes_body = operation.get("requestBody").is_some();
    let takes_id = path.contains('{');
    let implied = [
        (400, true),
        (401, secured),
        (403, secured),
        (404, takes_id),
        (408, takes_body),
        (413, takes_body),
        (415, takes_body),
        (429, true),
        (500, true),
        (503, true),
    ];
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        if !response["content"][problem::CONTENT_TYPE].is_null() {
            *response = reference(status);
        }
    }
    for (status, _) in implied.into_iter().filter(|(_, applies)| *applies) {
        let status = status.to_string();
        responses.entry(status.clone()).or_insert_with(|| reference(&status));
    }
    sort(responses);
}

/// The responses that operations refer to.
pub(super) fn components() -> Value {
    PROBLEMS.iter().map(|it| (it.1.to_owned(), problem_response(it))).collect::<Map<_, _>>().into()
}

fn reference(status: &str) -> Value {
    let named = PROBLEMS.iter().find(|it| it.0.to_string() == status);
    let (_, name, ..) = named.expect("every status of a problem has a name here");
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn problem_response((status, _, code, detail): &(u16, &str, Code, &str)) -> Value {
    let mut example = json!({
        "type": format!("urn:aetherflow:problem:{}", code.as_str()),
        "title": code.title(),
        "status": status,
        "code": code.as_str(),
        "detail": detail,
        "request_id": REQUEST_ID,
    });
    match status {
        400 => {
            example["errors"] =
                json!([{ "field": "prompt", "code": "missing", "detail": "is required" }]);
        }
        402 => {
            for (field, amount) in [("required", "2.5"), ("available", "1.2"), ("held", "0")] {
                example[field] = amount.into();
            }
            example["held_by"] = json!([]);
        }
        _ => {}
    }
    json!({
        "description": fail_description(*status),
        "content": { (problem::CONTENT_TYPE): {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "example": example,
        } },
    })
}

fn sort(responses: &mut Map<String, Value>) {
    let mut sorted: Vec<_> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|(one, _), (two, _)| one.cmp(two));
    responses.extend(sorted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_a_status_has_a_code_of_that_status() {
        for (status, name, code, _) in PROBLEMS {
            assert_eq!(code.status().as_u16(), *status, "{name}");
        }
    }
}
