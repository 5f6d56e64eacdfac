//! The control API: which keys exist, how they behave, and what they were used for.

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::body::{self, Body};
use crate::key::{Change, Detail, KeyRing, KeyRings, Put};
use crate::reply::{self, Answer, Reply};

/// Bytes of a control request; a key with every fault set takes a few hundred.
const BODY_MAX: usize = 64 * 1024;

/// The answer to `GET /control/{provider}/keys`.
#[derive(Serialize)]
struct List {
    items: Vec<Box<RawValue>>,
}

/// Answers a request under `/control`; `path` is what follows it.
pub async fn answer(rings: &KeyRings, path: &[&str], request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    let Body::Whole(body) = body::read(body, BODY_MAX).await? else {
        return Ok(refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 64 KiB"));
    };
    Ok(match *path {
        ["reset"] => match head.method {
            Method::POST => {
                rings.clear();
                reply::empty(StatusCode::NO_CONTENT)
            }
            _ => wrong_method("POST"),
        },
        [provider, "keys", ref rest @ ..] => match (rings.of(provider), rest) {
            (None, _) => refuse(StatusCode::NOT_FOUND, "this provider is not simulated"),
            (Some(keys), []) => list(keys, &head.method),
            (Some(keys), [name]) => one(keys, name, &head.method, &body),
            _ => no_such_path(),
        },
        _ => no_such_path(),
    })
}

fn list(keys: &KeyRing, method: &Method) -> Answer {
    if method != Method::GET {
        return wrong_method("GET");
    }
    let items = keys.all().iter().map(|key| key.view(Detail::Counters)).collect();
    reply::json(StatusCode::OK, &List { items })
}

fn one(keys: &KeyRing, name: &str, method: &Method, body: &[u8]) -> Answer {
    let Ok(name) = percent_decode_str(name).decode_utf8() else {
        return refuse(StatusCode::BAD_REQUEST, "the key is not UTF-8");
    };
    match *method {
        Method::GET => keys
            .find(&name)
            .map_or_else(no_such_key, |key| reply::json(StatusCode::OK, &key.view(Detail::Images))),
        Method::PUT => put(keys, &name, body),
        Method::DELETE => {
            keys.remove(&name).map_or_else(no_such_key, |_| reply::empty(StatusCode::NO_CONTENT))
        }
        _ => wrong_method("GET, PUT and DELETE"),
    }
}

fn put(keys: &KeyRing, name: &str, body: &[u8]) -> Answer {
    let body = if body.is_empty() { b"{}".as_slice() } else { body };
    let change: Change = match serde_json::from_slice(body) {
        Ok(change) => change,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let (key, put) = keys.put(name, change);
    let status = if put == Put::Created { StatusCode::CREATED } else { StatusCode::OK };
    reply::json(status, &key.view(Detail::Counters))
}

fn no_such_key() -> Answer {
    refuse(StatusCode::NOT_FOUND, "this key was never put here")
}

fn no_such_path() -> Answer {
    refuse(StatusCode::NOT_FOUND, "the control API has no such path")
}

fn wrong_method(allowed: &str) -> Answer {
    refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("this path takes {allowed}"))
}

fn refuse(status: StatusCode, error: &str) -> Answer {
    reply::json(status, &json!({ "error": error }))
}
