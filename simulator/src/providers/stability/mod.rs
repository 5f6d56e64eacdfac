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

use async_trait::async_trait;
use hyper::body::Incoming;
use hyper::{Method, Request};

use super::{Provider, bearer, unread};
use crate::call;
use crate::key::{Key, KeyRing};
use crate::reply::{Answer, Reply};
use model::Endpoint;
use refusal::{Refusal, Version};

/// Stability AI, REST API `v2beta` (images) and `v1` (account).
pub struct Stability;

#[async_trait]
impl Provider for Stability {
    fn name(&self) -> &'static str {
        "stability"
    }

    async fn answer(&self, keys: &KeyRing, path: &[&str], request: Request<Incoming>) -> Reply {
        let version = if path.first() == Some(&"v1") { Version::V1 } else { Version::V2Beta };
        let key = bearer(request.headers()).and_then(|name| keys.find(name));
        match (request.method(), path) {
            (&Method::POST, ["v2beta", "stable-image", "generate", name]) => {
                match (Endpoint::by_name(name), key) {
                    (Some(endpoint), Some(key)) => call::answer(&endpoint, &key, request).await,
                    (Some(_), None) => unread(request, Refusal::Unauthorized.answer(version)).await,
                    (None, _) => unread(request, Refusal::NotFound.answer(version)).await,
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
                    (Some(_), None) => unread(request, Refusal::Unauthorized.answer(version)).await,
                    (None, _) => unread(request, Refusal::NotFound.answer(version)).await,
                }
            }
            _ => unread(request, Refusal::NotFound.answer(version)).await,
        }
    }
}
