//! The adapters against real sockets: what they send, how they read every answer, and what they
//! know when a connection fails at each point.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod connection;
mod images;
mod openai;
mod scripted;
mod secrets;
mod simulated;
mod stability;

use std::time::Duration;

use providers::{
    BodyBudget, CallError, Image, ImageProvider, ImageRequest, OutputFormat, ProviderConfig,
    Registry,
};
use secrecy::SecretString;
use std::sync::Arc;
use uuid::Uuid;

/// Long enough that only a test of a limit ever meets it.
const AMPLE: Duration = Duration::from_secs(30);

const KEY: &str = "sk-TheSecretOfTheOwner0123456789";

fn key() -> SecretString {
    SecretString::from(KEY)
}

fn config(base_url: &str) -> ProviderConfig {
    ProviderConfig::new(base_url.parse().unwrap(), BodyBudget::default())
}

/// An adapter by the name of its provider.
fn adapter(name: &str, config: ProviderConfig) -> Arc<dyn ImageProvider> {
    let registry = Registry::new([(name.to_owned(), config)]).unwrap();
    registry.get(name).unwrap()
}

/// What is the same for every provider is tested with this one.
fn stability(config: ProviderConfig) -> Arc<dyn ImageProvider> {
    adapter("stability", config)
}

fn request() -> ImageRequest {
    ImageRequest {
        attempt_id: Uuid::now_v7(),
        model: "core".to_owned(),
        prompt: "a lighthouse".to_owned(),
        negative_prompt: None,
        aspect_ratio: "1:1".to_owned(),
        seed: None,
        output_format: OutputFormat::Png,
        style_preset: None,
        end_user: None,
    }
}

async fn generate_at(base_url: &str) -> Result<Image, CallError> {
    stability(config(base_url)).generate(&key(), &request(), AMPLE).await
}
