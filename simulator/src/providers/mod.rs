//! The providers simulated. A new one is a folder here, a `mod` line and a place in [`PROVIDERS`].

mod openai;
mod stability;

use async_trait::async_trait;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Request, body::Incoming};

use crate::body;
use crate::key::KeyRing;
use crate::reply::{Answer, Reply};

/// Every provider simulated.
pub static PROVIDERS: [&dyn Provider; 2] = [&openai::OpenAi, &stability::Stability];

/// An image service this simulator speaks for.
#[async_trait]
pub trait Provider: Sync {
    /// The path prefix, and the name in `/control/{provider}`.
    fn name(&self) -> &'static str;

    /// Answers a request to this provider; `path` is what follows the prefix.
    async fn answer(&self, keys: &KeyRing, path: &[&str], request: Request<Incoming>) -> Reply;
}

/// Answers without looking at the request's body.
async fn unread(request: Request<Incoming>, answer: Answer) -> Reply {
    body::read(request.into_body(), 0).await?;
    Ok(answer)
}

/// The key in `Authorization: Bearer sk-…`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
