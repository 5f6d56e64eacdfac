//! The adapters there are. A new one is a folder here, a `mod` line and a place in [`ADAPTERS`].

mod openai;
mod stability;

use std::sync::Arc;

use crate::{ConfigError, ImageProvider, ProviderConfig};

/// Every provider there is an adapter for.
pub(crate) const ADAPTERS: &[Adapter] = &[openai::ADAPTER, stability::ADAPTER];

/// What the registry needs to know of an adapter.
pub(crate) struct Adapter {
    /// The provider's name in tables, models and settings.
    pub(crate) name: &'static str,
    /// Where the provider answers unless configured otherwise.
    pub(crate) base_url: &'static str,
    /// Makes the adapter, with its own connections.
    pub(crate) new: fn(&ProviderConfig) -> Result<Arc<dyn ImageProvider>, ConfigError>,
}
