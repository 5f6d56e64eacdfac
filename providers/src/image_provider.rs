//! What every adapter can do.

use std::time::Duration;

use async_trait::async_trait;
use rust_decimal::Decimal;
use secrecy::SecretString;

use crate::{CallError, Image, ImageRequest};

/// An image service. One call is one attempt: nothing is retried, and a dropped future ends it
/// (which a service that already works on it does not notice, and bills).
#[async_trait]
pub trait ImageProvider: Send + Sync {
    /// Its name in tables, models and settings: `stability`.
    fn name(&self) -> &'static str;

    /// Makes one image, in at most `time_max` from first byte to last, waiting for a connection and
    /// for room in the body budget included.
    async fn generate(
        &self,
        key: &SecretString,
        request: &ImageRequest,
        time_max: Duration,
    ) -> Result<Image, CallError>;

    /// The free probe: proves that the key is accepted and reads the units left on its account,
    /// `None` where the provider does not say. Takes 15 s at most; its errors are never billed.
    async fn balance(&self, key: &SecretString) -> Result<Option<Decimal>, CallError>;
}
