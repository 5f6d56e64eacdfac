//! `OpenAI` Images: `/v1/images/generations`, and `/v1/models`.
//!
//! What is vendor fact and what is assumed is marked where it is used: **published** (the vendor's
//! specification, library and guides), **observed** (answers quoted in public issue threads),
//! **assumed**. Not simulated: edits, streams, and answers with more than one image.

mod generate;
mod model;
mod order;
mod refusal;

use async_trait::async_trait;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{Provider, bearer, unread};
use crate::call;
use crate::key::KeyRing;
use crate::reply::{self, Reply};
use generate::Generations;
use model::MODELS;
use refusal::Refusal;

/// `OpenAI`, REST API `v1`.
pub struct OpenAi;

#[async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    async fn answer(&self, keys: &KeyRing, path: &[&str], request: Request<Incoming>) -> Reply {
        let named = bearer(request.headers());
        let key = named.and_then(|name| keys.find(name));
        match (request.method(), path, key) {
            (&Method::POST, ["v1", "images", "generations"], Some(key)) => {
                call::answer(&Generations, &key, request).await
            }
            (&Method::GET, ["v1", "models"], Some(_)) => Ok(reply::json(StatusCode::OK, &models())),
            (&Method::POST, ["v1", "images", "generations"], None)
            | (&Method::GET, ["v1", "models"], None) => {
                let refusal = Refusal::unknown_key(named);
                unread(request, refusal.into()).await
            }
            (method, ..) => {
                let refusal = Refusal::no_such_path(method, request.uri().path());
                unread(request, refusal.into()).await
            }
        }
    }
}

/// The list of models (published shape), image models only.
fn models() -> Value {
    let data: Vec<_> = MODELS
        .iter()
        .map(|model| {
            json!({
                "id": model.name, "object": "model", "created": 1_765_843_200, "owned_by": "system",
            })
        })
        .collect();
    json!({ "object": "list", "data": data })
}
