//! Stability AI, `v2beta/stable-image/generate` and `v1/user/balance`.
//!
//! Sources: the vendor's API description as copied by `tryAGI/StabilityAI` (2026) and the types
//! generated from it by `tadasant/mcp-server-stability-ai` (2025); where those are silent a comment says what is
//! assumed.

mod balance;
mod classify;
mod refusal;
mod request;
mod response;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::HeaderValue;
use rust_decimal::Decimal;
use secrecy::SecretString;
use tokio::time::timeout;
use url::Url;

use crate::{
    Billed, CallError, ConfigError, ErrorClass, Image, ImageProvider, ImageRequest, ProviderConfig,
    http::{HttpClient, SentMark, bearer, endpoint},
};

/// The adapter.
pub(crate) struct Stability {
    http: HttpClient,
    core: Url,
    ultra: Url,
    sd3: Url,
    balance: Url,
}

impl Stability {
    pub(crate) const NAME: &'static str = "stability";

    pub(crate) fn new(config: &ProviderConfig) -> Result<Self, ConfigError> {
        let http = HttpClient::new(Self::NAME, config)?;
        let at = |path| endpoint(&config.base_url, path);
        Ok(Self {
            http,
            core: at("v2beta/stable-image/generate/core"),
            ultra: at("v2beta/stable-image/generate/ultra"),
            sd3: at("v2beta/stable-image/generate/sd3"),
            balance: at("v1/user/balance"),
        })
    }

    pub(crate) fn default_base_url() -> Url {
        Url::parse("https://api.stability.ai").expect("a literal URL parses")
    }
}

#[async_trait]
impl ImageProvider for Stability {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn generate(
        &self,
        key: &SecretString,
        request: &ImageRequest,
        time_max: Duration,
    ) -> Result<Image, CallError> {
        let mut wire_request = self.wire_request(key, request)?;
        let sent = SentMark::put_on(&mut wire_request);

        let exchange = async {
            let response = self.http.send_paid(wire_request, &sent).await?;
            self.image_of(response, request.output_format, key).await
        };
        timeout(time_max, exchange).await.unwrap_or_else(|_| Err(late(&sent)))
    }

    async fn balance(&self, key: &SecretString) -> Result<Option<Decimal>, CallError> {
        self.credits_left(key).await.map(Some)
    }
}

/// Time ran out: before anything was sent, or after.
fn late(sent: &SentMark) -> CallError {
    if sent.is_set() {
        let message = "the provider did not deliver an image in time";
        CallError::new(ErrorClass::Timeout, Billed::Unknown, message)
    } else {
        CallError::not_sent("the provider could not be reached in time")
    }
}

/// The key as a header. Text that cannot be one is refused here as Stability would refuse it.
fn authorization(key: &SecretString) -> Result<HeaderValue, CallError> {
    bearer(key).ok_or_else(|| {
        CallError::new(ErrorClass::KeyInvalid, Billed::No, "the text is not a key of this provider")
    })
}
