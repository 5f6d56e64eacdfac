//! The first branch of every path: health, control, or a provider's name.

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use crate::control;
use crate::key::KeyRings;
use crate::providers::PROVIDERS;
use crate::reply::{self, Reply};

/// Answers one request to the simulator.
pub async fn answer(rings: &KeyRings, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match *path.as_slice() {
        ["healthz"] if request.method() == Method::GET => {
            Ok(reply::json(StatusCode::OK, &json!({"status": "ok"})))
        }
        ["control", ref rest @ ..] => control::answer(rings, rest, request).await,
        [name, ref rest @ ..] => {
            let provider = PROVIDERS.iter().find(|provider| provider.name() == name);
            match provider.zip(rings.of(name)) {
                Some((provider, keys)) => provider.answer(keys, rest, request).await,
                None => Ok(nothing_here()),
            }
        }
        [] => Ok(nothing_here()),
    }
}

fn nothing_here() -> reply::Answer {
    let providers: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name()).collect();
    let error = "nothing is simulated at this path";
    reply::json(StatusCode::NOT_FOUND, &json!({"error": error, "providers": providers}))
}
