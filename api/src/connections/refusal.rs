//! What is said to a client whose bytes are no HTTP request.

use poem_openapi::types::ToJSON;

use crate::{
    middleware::request_id,
    problem::{CONTENT_TYPE, Code, Problem},
};

/// The response, whole, in place of the one that the HTTP library began with `by_library`.
pub(super) fn response(by_library: &[u8]) -> Vec<u8> {
    request_id::scope_of_none(|id| written(by_library, id))
}

fn written(by_library: &[u8], id: &str) -> Vec<u8> {
    let (status, problem) = match by_library.get(9..12) {
        // 414: the target is too long, which is part of the head.
        Some(b"431" | b"414") => (
            "431 Request Header Fields Too Large",
            Problem::new(Code::RequestHeadTooLarge, "the head of the request is too large"),
        ),
        _ => ("400 Bad Request", Problem::new(Code::RequestInvalid, "this is no HTTP/1.1 request")),
    };
    let body = problem.details().to_json_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\n\
         x-request-id: {id}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
