//! Stability AI, `v2beta/stable-image/generate` and `v1/user/balance`.
//!
//! Sources: the vendor's API description as copied by `tryAGI/StabilityAI` (2026) and the types
//! generated from it by `tadasant/mcp-server-stability-ai` (2025); where those are silent a comment
//! says what is assumed.

mod balance;
mod dialect;
mod request;
mod response;
mod seed;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rust_decimal::Decimal;
use secrecy::SecretString;
use url::Url;

use super::Adapter;
use crate::{
    CallError, ConfigError, Image, ImageProvider, ImageRequest, ProviderConfig,
    http::{HttpClient, endpoint},
};

pub(super) const ADAPTER: Adapter = Adapter {
    name: "stability",
    base_url: "https://api.stability.ai",
    new: |config| Ok(Arc::new(Stability::new(config)?)),
};

struct Stability {
    http: HttpClient,
    core: Url,
    ultra: Url,
    sd3: Url,
    balance: Url,
}

impl Stability {
    fn new(config: &ProviderConfig) -> Result<Self, ConfigError> {
        let at = |path| endpoint(&config.base_url, path);
        Ok(Self {
            http: HttpClient::new(ADAPTER.name, config)?,
            core: at("v2beta/stable-image/generate/core"),
            ultra: at("v2beta/stable-image/generate/ultra"),
            sd3: at("v2beta/stable-image/generate/sd3"),
            balance: at("v1/user/balance"),
        })
    }
}

#[async_trait]
impl ImageProvider for Stability {
    fn name(&self) -> &'static str {
        ADAPTER.name
    }

    async fn generate(
        &self,
        key: &SecretString,
        request: &ImageRequest,
        time_max: Duration,
    ) -> Result<Image, CallError> {
        let wire_request = self.wire_request(key, request)?;
        let read = |response| self.image_in(response, request, key);
        self.http.buy(wire_request, time_max, read).await
    }

    async fn balance(&self, key: &SecretString) -> Result<Option<Decimal>, CallError> {
        self.credits_left(key).await.map(Some)
    }
}
