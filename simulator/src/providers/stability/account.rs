//! `/v1`: what a key can ask about itself. All shapes are published. Faults do not apply here;
//! to have a key refused everywhere, delete it.

use hyper::StatusCode;
use serde_json::json;

use crate::key::Key;
use crate::reply::{self, Answer};

/// `GET /v1/user/balance`.
pub fn balance(key: &Key) -> Answer {
    reply::json(StatusCode::OK, &json!({ "credits": key.balance() }))
}

/// `GET /v1/user/account`; every key belongs to the same invented person.
pub fn account(_key: &Key) -> Answer {
    let organisation = json!({
        "id": "org-simulator", "name": "Simulator", "role": "OWNER", "is_default": true,
    });
    let account = json!({
        "id": "user-simulator", "email": "key@simulator.example",
        "organizations": [organisation],
    });
    reply::json(StatusCode::OK, &account)
}

/// `GET /v1/engines/list`.
pub fn engines(_key: &Key) -> Answer {
    let engine = json!({
        "id": "stable-diffusion-xl-1024-v1-0", "name": "Stable Diffusion XL v1.0",
        "description": "Stability-AI Stable Diffusion XL v1.0", "type": "PICTURE",
    });
    reply::json(StatusCode::OK, &json!([engine]))
}
