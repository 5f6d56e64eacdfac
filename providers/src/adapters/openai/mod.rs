//! `OpenAI`, `v1/images/generations`, and `v1/models` as the free probe.
//!
//! Sources: the vendor's API description (`openai/openai-openapi`, 2026-08), its Python library
//! (3.54), its guide to error codes, and errors quoted in public issue threads. What none of them
//! says is marked as assumed.

mod dialect;
mod probe;
mod request;
mod response;

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
    name: "openai",
    base_url: "https://api.openai.com",
    new: |config| Ok(Arc::new(OpenAi::new(config)?)),
};

struct OpenAi {
    http: HttpClient,
    images: Url,
    models: Url,
}

impl OpenAi {
    fn new(config: &ProviderConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            http: HttpClient::new(ADAPTER.name, config)?,
            images: endpoint(&config.base_url, "v1/images/generations"),
            models: endpoint(&config.base_url, "v1/models"),
        })
    }
}

#[async_trait]
impl ImageProvider for OpenAi {
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
        let read = |response| self.image_in(response, request.output_format, key);
        self.http.buy(wire_request, time_max, read).await
    }

    /// `None`: a key that makes images can ask for no balance, the vendor shows it to people only.
    async fn balance(&self, key: &SecretString) -> Result<Option<Decimal>, CallError> {
        self.check(key).await.map(|()| None)
    }
}
