//! Stability AI: images under `/v2beta`, the account under `/v1`.
//!
//! What is vendor fact and what is assumed is marked where it is used: **published** (the
//! vendor's specification), **observed** (answers quoted in public issue threads), **assumed**.

mod account;
mod form;
mod generate;
mod language;
mod model;
mod order;
mod refusal;
mod size;

use hyper::body::Incoming;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method, Request};

use crate::body;
use crate::key::{Key, KeyRing};
use crate::reply::{Answer, Reply};
use model::Endpoint;
use refusal::{Refusal, Version};

/// Largest request (published: 10 MiB).
const BODY_MAX: usize = 10 * 1024 * 1024;

/// Answers a request; `path` is what follows `/stability`.
pub async fn answer(keys: &KeyRing, path: &[&str], request: Request<Incoming>) -> Reply {
    let version = if path.first() == Some(&"v1") { Version::V1 } else { Version::V2Beta };
    let key = bearer(request.headers()).and_then(|name| keys.find(name));
    match (request.method(), path) {
        (&Method::POST, ["v2beta", "stable-image", "generate", name]) => {
            match (Endpoint::by_name(name), key) {
                (Some(endpoint), Some(key)) => generate::answer(endpoint, &key, request).await,
                (Some(_), None) => refuse(&Refusal::Unauthorized, version, request).await,
                (None, _) => refuse(&Refusal::NotFound, version, request).await,
            }
        }
        (&Method::GET, ["v1", collection @ ("user" | "engines"), name]) => {
            let page: Option<fn(&Key) -> Answer> = match (*collection, *name) {
                ("user", "balance") => Some(account::balance),
                ("user", "account") => Some(account::account),
                ("engines", "list") => Some(account::engines),
                _ => None,
            };
            match (page, key) {
                (Some(page), Some(key)) => Ok(page(&key)),
                (Some(_), None) => refuse(&Refusal::Unauthorized, version, request).await,
                (None, _) => refuse(&Refusal::NotFound, version, request).await,
            }
        }
        _ => refuse(&Refusal::NotFound, version, request).await,
    }
}

/// Refuses a request without looking at its body.
async fn refuse(refusal: &Refusal, version: Version, request: Request<Incoming>) -> Reply {
    body::read(request.into_body(), 0).await?;
    Ok(refusal.answer(version))
}

/// The key in `Authorization: Bearer sk-…`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
