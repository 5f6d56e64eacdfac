//! The keys a provider knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::RwLock;

use super::Key;
use super::settings::{Change, Settings};
use crate::providers::PROVIDERS;

/// The keys of one provider. A key that was never put here is unknown to the provider.
#[derive(Debug, Default)]
pub struct KeyRing(RwLock<HashMap<String, Arc<Key>>>);

/// Whether a `PUT` made a key or changed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The key is new.
    Created,
    /// The key was there; its counters were kept.
    Changed,
}

impl KeyRing {
    /// The key of this name.
    pub fn find(&self, name: &str) -> Option<Arc<Key>> {
        self.0.read().get(name).cloned()
    }

    /// Changes a key, or makes one.
    pub fn put(&self, name: &str, change: Change) -> (Arc<Key>, Put) {
        let mut keys = self.0.write();
        if let Some(key) = keys.get(name) {
            key.change(change);
            return (Arc::clone(key), Put::Changed);
        }
        let mut settings = Settings::default();
        settings.change(change);
        let key = Arc::new(Key::new(name, settings));
        keys.insert(name.to_owned(), Arc::clone(&key));
        (key, Put::Created)
    }

    /// Forgets a key and its records; calls under way end as they would have.
    pub fn remove(&self, name: &str) -> Option<Arc<Key>> {
        self.0.write().remove(name)
    }

    /// Forgets every key.
    pub fn clear(&self) {
        self.0.write().clear();
    }

    /// Every key, by name.
    pub fn all(&self) -> Vec<Arc<Key>> {
        let mut keys: Vec<_> = self.0.read().values().cloned().collect();
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        keys
    }
}

/// One ring for each provider.
#[derive(Debug)]
pub struct KeyRings(BTreeMap<&'static str, KeyRing>);

impl Default for KeyRings {
    fn default() -> Self {
        Self(PROVIDERS.iter().map(|provider| (provider.name(), KeyRing::default())).collect())
    }
}

impl KeyRings {
    /// The ring of a provider; `None` for one that is not simulated.
    pub fn of(&self, provider: &str) -> Option<&KeyRing> {
        self.0.get(provider)
    }

    /// Forgets every key of every provider.
    pub fn clear(&self) {
        self.0.values().for_each(KeyRing::clear);
    }
}
