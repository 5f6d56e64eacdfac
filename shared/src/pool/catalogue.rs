//! What can be bought: providers, models and hosted keys, as a snapshot in memory. Cold facts only;
//! counters and health are [`super::hot`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

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
    pub key_ciphertext: Vec<u8>,
    pub data_key_wrapped: Vec<u8>,
    pub master_key_id: String,
    pub deleted: bool,
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
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub providers: HashMap<String, Arc<Provider>>,
    /// Every model that is not deleted, sorted by id.
    pub models: Vec<Arc<Model>>,
    /// Every hosted key that is not deleted.
    resources: HashMap<Uuid, Arc<Resource>>,
    /// How many of them each owner hosts: asked for every task that is placed.
    hosted: HashMap<Uuid, usize>,
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

    /// Every pairing of an active key with one of `models`, whatever the policy says.
    pub fn offers<'a>(
        &'a self,
        models: &'a [Arc<Model>],
        user: Uuid,
        own_fee: Credits,
    ) -> impl Iterator<Item = Offer> + 'a {
        self.resources.values().filter(|it| it.status == ResourceStatus::Active).flat_map(
            move |resource| {
                let own = resource.owner_id == user;
                models.iter().filter(|it| it.provider == resource.provider).map(move |model| {
                    Offer {
                        cost: if own {
                            own_fee
                        } else {
                            Credits::cost(resource.price_per_unit, model.units)
                        },
                        resource: Arc::clone(resource),
                        model: Arc::clone(model),
                        own,
                    }
                })
            },
        )
    }
}
