//! What can be bought: providers, models and hosted keys, as a snapshot in memory. Cold facts only;
//! counters and health are [`super::hot`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Model, Policy, Provider};
use crate::ledger::Credits;

crate::vocabulary! {
    /// Whether a hosted key may serve tasks.
    pub enum ResourceStatus {
        /// It serves tasks.
        Active = "active",
        /// Its owner paused it: it starts no new calls.
        Paused = "paused",
        /// An admin disabled it: it starts no new calls, and only an admin can change that.
        Disabled = "disabled",
        /// The provider refuses the key, or what is stored of it cannot be opened. It serves again once the
        /// provider accepts it, or its owner makes it active.
        Error = "error",
    }
}

/// A hosted key, its secret still sealed.
#[derive(Clone, sqlx::FromRow)]
pub struct Resource {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub provider: String,
    pub name: String,
    pub status: ResourceStatus,
    pub price_per_unit: Credits,
    /// The owner's limits in units, to order by; the claim judges the exact ones.
    pub daily_limit: f64,
    pub monthly_limit: f64,
    pub concurrency_limit: i32,
    /// Empty, as the next, in a catalogue without sealed keys.
    pub key_ciphertext: Vec<u8>,
    pub data_key_wrapped: Vec<u8>,
    pub master_key_id: String,
    pub deleted: bool,
}

impl Resource {
    /// Whether its owner's limits allow one image of this model.
    pub fn fits(&self, model: &Model) -> bool {
        let units = f64::try_from(model.units).unwrap_or(f64::MAX);
        // The limits were made binary by the database, the units here: the last bit may differ.
        units <= self.daily_limit.min(self.monthly_limit) * (1.0 + 1e-12)
    }
}

impl std::fmt::Debug for Resource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resource")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// One consistent view; replaced as a whole when anything changes.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Keys dearer than so many times the reference price of their provider offer nothing.
    price_max_factor: Decimal,
    pub providers: HashMap<String, Arc<Provider>>,
    /// Every model that is not deleted, sorted by id.
    pub models: Vec<Arc<Model>>,
    /// Every hosted key that is not deleted.
    resources: HashMap<Uuid, Arc<Resource>>,
    /// How many of them each owner hosts: asked for every task that is placed.
    hosted: HashMap<Uuid, usize>,
}

impl Default for Catalogue {
    /// Empty, with the cap on prices that is the default.
    fn default() -> Self {
        Self::new(Decimal::from(5))
    }
}

/// A way to serve a request: this key with this model, at this cost.
#[derive(Clone, Debug)]
pub struct Offer {
    pub resource: Arc<Resource>,
    pub model: Arc<Model>,
    /// What the consumer pays: round(price × units, 6), or the fee on an own key.
    pub cost: Credits,
    pub own: bool,
}

impl Catalogue {
    /// An empty one.
    pub fn new(price_max_factor: Decimal) -> Self {
        Self {
            price_max_factor,
            providers: HashMap::new(),
            models: Vec::new(),
            resources: HashMap::new(),
            hosted: HashMap::new(),
        }
    }

    /// The most an owner may ask for one unit of the provider.
    pub fn price_max(&self, provider: &Provider) -> Credits {
        Credits::cost(provider.reference_price, self.price_max_factor)
    }

    /// Whether its price is within the cap.
    pub fn is_priced_fairly(&self, resource: &Resource) -> bool {
        let provider = self.providers.get(&resource.provider);
        provider.is_some_and(|it| resource.price_per_unit <= self.price_max(it))
    }

    /// The enabled models of a provider.
    pub fn models_of<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a Arc<Model>> {
        self.models.iter().filter(move |it| it.enabled && it.provider == provider)
    }

    pub fn model(&self, id: &str) -> Option<&Arc<Model>> {
        self.models.iter().find(|it| it.id == id)
    }

    pub fn policy(&self, provider: &str) -> Policy {
        self.providers.get(provider).map_or(Policy::Denied, |it| it.policy)
    }

    pub fn resource(&self, id: Uuid) -> Option<&Arc<Resource>> {
        self.resources.get(&id)
    }

    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// Adds a hosted key, or replaces what was known of it; one that is deleted leaves.
    pub fn put(&mut self, resource: Arc<Resource>) {
        let (id, owner, deleted) = (resource.id, resource.owner_id, resource.deleted);
        let known = if deleted {
            self.resources.remove(&id)
        } else {
            *self.hosted.entry(owner).or_default() += 1;
            self.resources.insert(id, resource)
        };
        let Some(known) = known else { return };
        if let Entry::Occupied(mut hosted) = self.hosted.entry(known.owner_id) {
            *hosted.get_mut() -= 1;
            if *hosted.get() == 0 {
                hosted.remove();
            }
        }
    }

    pub fn hosts_resources(&self, user: Uuid) -> bool {
        self.hosted.contains_key(&user)
    }

    /// Every pairing of an active key with one of `models` that its owner's limits allow at all, whatever the policy
    /// says. A key whose price is above the cap has none.
    pub fn offers<'a>(
        &'a self,
        models: &'a [Arc<Model>],
        user: Uuid,
        own_fee: Credits,
    ) -> impl Iterator<Item = Offer> + 'a {
        let active = self.resources.values().filter(|it| it.status == ResourceStatus::Active);
        active.filter(|it| self.is_priced_fairly(it)).flat_map(move |resource| {
            let own = resource.owner_id == user;
            let serves =
                move |it: &&Arc<Model>| it.provider == resource.provider && resource.fits(it);
            models.iter().filter(serves).map(move |model| Offer {
                cost: if own {
                    own_fee
                } else {
                    Credits::cost(resource.price_per_unit, model.units)
                },
                resource: Arc::clone(resource),
                model: Arc::clone(model),
                own,
            })
        })
    }
}
