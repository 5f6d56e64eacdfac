//! What a handler hands back: a response, or the order to cut the connection.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// A response with its whole body in memory; pictures are a few KB.
pub type Answer = Response<Full<Bytes>>;

/// What every handler returns.
pub type Reply = Result<Answer, Cut>;

/// The connection is closed without a response, or the client has left.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub struct Cut;

/// A response with a JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).expect("replies hold only strings, numbers and lists");
    with_body(status, HeaderValue::from_static("application/json"), body)
}

/// A response of any content type.
pub fn with_body(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// Gives an answer the provider's own name for the call.
pub fn set_id(answer: &mut Answer, id: &str) {
    let id = HeaderValue::from_str(id).expect("our ids are letters and digits");
    answer.headers_mut().insert("x-request-id", id);
}

/// A response without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}
