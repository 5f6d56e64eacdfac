//! The adapters of this process, by name.

use std::{collections::BTreeMap, fmt, sync::Arc};

use url::Url;

use crate::{
    ConfigError, ImageProvider, ProviderConfig,
    adapters::{ADAPTERS, Adapter},
};

/// The adapters of this process, by name. Cheap to clone; clones share connections.
#[derive(Clone, Default)]
pub struct Registry {
    providers: Arc<BTreeMap<&'static str, Arc<dyn ImageProvider>>>,
}

impl Registry {
    /// Every provider there is an adapter for.
    pub const NAMES: &'static [&'static str] = &{
        let mut names = [""; ADAPTERS.len()];
        let mut n = 0;
        while n < names.len() {
            names[n] = ADAPTERS[n].name;
            n += 1;
        }
        names
    };

    /// Makes an adapter, with its own connections, for each named configuration.
    pub fn new<I>(configs: I) -> Result<Self, ConfigError>
    where
        I: IntoIterator<Item = (String, ProviderConfig)>,
    {
        let providers = configs.into_iter().map(|(name, config)| {
            let adapter = adapter(&name).ok_or(ConfigError::UnknownProvider { name })?;
            (adapter.new)(&config)
        });
        Ok(Self::from_providers(providers.collect::<Result<Vec<_>, _>>()?))
    }

    /// From adapters that were made elsewhere; of two with one name the last wins.
    pub fn from_providers(providers: impl IntoIterator<Item = Arc<dyn ImageProvider>>) -> Self {
        Self { providers: Arc::new(providers.into_iter().map(|it| (it.name(), it)).collect()) }
    }

    /// Where a provider answers unless configured otherwise; `None` for one without an adapter.
    pub fn default_base_url(name: &str) -> Option<Url> {
        adapter(name).map(|it| Url::parse(it.base_url).expect("a literal URL parses"))
    }

    /// The adapter of this name, if it is configured.
    pub fn get(&self, name: &str) -> Option<Arc<dyn ImageProvider>> {
        self.providers.get(name).cloned()
    }

    /// The configured names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.providers.keys().copied()
    }
}

fn adapter(name: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|it| it.name == name)
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BodyBudget;

    #[test]
    fn every_known_provider_can_be_configured_and_found() {
        let configs = Registry::NAMES.iter().map(|it| {
            let url = Registry::default_base_url(it).unwrap();
            ((*it).to_owned(), ProviderConfig::new(url, BodyBudget::default()))
        });

        let registry = Registry::new(configs).unwrap();

        for name in Registry::NAMES {
            assert_eq!(registry.get(name).unwrap().name(), *name);
        }
        assert!(registry.get("nobody").is_none());
        assert!(registry.names().eq(Registry::NAMES.iter().copied()));
    }

    #[test]
    fn an_unknown_provider_is_an_error_of_configuration() {
        let url: Url = "https://a.b".parse().unwrap();
        let config = ProviderConfig::new(url, BodyBudget::default());

        let result = Registry::new([("midjourney".to_owned(), config)]);

        assert!(
            matches!(result, Err(ConfigError::UnknownProvider { name }) if name == "midjourney")
        );
    }
}
