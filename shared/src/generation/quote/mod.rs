//! What a request would cost: from memory, in nanoseconds, whatever the number of hosted keys.
//!
//! A key's cost for a model is price × units, so of all keys of a provider the one with the lowest price
//! is the cheapest for each of its models. A list therefore keeps two prices per provider: the lowest,
//! and the lowest of anybody else, for the owner of the first (whose own key serves them at the fee).

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::lane::KeyGroups;
use crate::ledger::Credits;
use crate::pool::{Catalogue, Model, Policy, ResourceStatus};

/// The cheapest way to serve a request.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The model it is made with.
    pub model: Arc<Model>,
    /// What it costs.
    pub estimate: Credits,
}

/// Why a request cannot be served, as far as the catalogue knows. Busy and cooling keys do serve it,
/// later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteRefusal {
    /// No active key of any provider serves one of the models.
    #[error("no active resource serves this request")]
    NoResource,
    /// Some do, but their provider's policy keeps them from this consumer.
    #[error("the policy of {provider} is {}", policy.as_str())]
    Policy {
        /// The first of them.
        provider: String,
        /// What forbids it.
        policy: Policy,
    },
    /// The cheapest costs more.
    #[error("the cheapest costs {estimate}")]
    CeilingTooLow {
        /// The least that would do.
        estimate: Credits,
    },
}

/// The prices of one catalogue.
#[derive(Debug)]
pub struct PriceList {
    catalogue: Arc<Catalogue>,
    own_fee: Credits,
    providers: HashMap<String, ProviderPrices>,
    owners: HashSet<Uuid>,
    key_groups: KeyGroups,
}

#[derive(Debug, Default)]
struct ProviderPrices {
    /// Per unit, and whose it is.
    lowest: Option<(Credits, Uuid)>,
    /// The lowest of keys that are not the owner's of `lowest`.
    lowest_of_others: Option<Credits>,
    /// Who has an active key.
    owners: HashSet<Uuid>,
}

impl ProviderPrices {
    fn add(&mut self, price: Credits, owner: Uuid) {
        self.owners.insert(owner);
        match self.lowest {
            None => self.lowest = Some((price, owner)),
            Some((lowest, holder)) if price < lowest => {
                if holder != owner {
                    self.lowest_of_others = Some(lowest);
                }
                self.lowest = Some((price, owner));
            }
            Some((_, holder)) if holder != owner => {
                let least = self.lowest_of_others.map_or(price, |it| it.min(price));
                self.lowest_of_others = Some(least);
            }
            Some(_) => {}
        }
    }

    /// The lowest price of keys that are not `user`'s.
    fn lowest_for(&self, user: Uuid) -> Option<Credits> {
        match self.lowest {
            Some((_, holder)) if holder == user => self.lowest_of_others,
            Some((lowest, _)) => Some(lowest),
            None => None,
        }
    }
}

impl PriceList {
    /// Reads the catalogue's prices; `own_fee` is what a task on an own key costs.
    pub fn new(catalogue: Arc<Catalogue>, own_fee: Credits) -> Self {
        let mut providers: HashMap<String, ProviderPrices> = HashMap::new();
        let mut owners = HashSet::new();
        for resource in catalogue.resources() {
            owners.insert(resource.owner_id);
            if resource.status == ResourceStatus::Active {
                providers
                    .entry(resource.provider.clone())
                    .or_default()
                    .add(resource.price_per_unit, resource.owner_id);
            }
        }
        let key_groups = KeyGroups::of_catalogue(&catalogue);
        Self { catalogue, own_fee, providers, owners, key_groups }
    }

    /// What the prices were read from.
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Which providers' keys compete for the same tasks.
    pub const fn key_groups(&self) -> &KeyGroups {
        &self.key_groups
    }

    /// Whether the user hosts keys, in whatever status: their tasks then have a lane of their own.
    pub fn hosts_resources(&self, user: Uuid) -> bool {
        self.owners.contains(&user)
    }

    /// The cheapest of `models` for `user`. `ceiling`: the most the user is willing to pay.
    pub fn quote(
        &self,
        models: &[Arc<Model>],
        user: Uuid,
        ceiling: Option<Credits>,
    ) -> Result<Quote, QuoteRefusal> {
        let mut best: Option<Quote> = None;
        let mut refusal = QuoteRefusal::NoResource;
        for model in models {
            let Some(prices) = self.providers.get(&model.provider) else { continue };
            let policy = self.catalogue.policy(&model.provider);
            let own = prices.owners.contains(&user).then_some(self.own_fee);
            let foreign = prices.lowest_for(user).map(|price| Credits::cost(price, model.units));
            let estimate =
                [own.filter(|_| policy.admits(true)), foreign.filter(|_| policy.admits(false))]
                    .into_iter()
                    .flatten()
                    .min();
            match estimate {
                Some(estimate) if best.as_ref().is_none_or(|it| estimate < it.estimate) => {
                    best = Some(Quote { model: Arc::clone(model), estimate });
                }
                None if refusal == QuoteRefusal::NoResource => {
                    refusal = QuoteRefusal::Policy { provider: model.provider.clone(), policy };
                }
                Some(_) | None => {}
            }
        }
        let quote = best.ok_or(refusal)?;
        match ceiling {
            Some(ceiling) if ceiling < quote.estimate => {
                Err(QuoteRefusal::CeilingTooLow { estimate: quote.estimate })
            }
            _ => Ok(quote),
        }
    }

    /// What the cheapest of `models` costs at its provider's reference price, of those whose provider's policy admits
    /// the user. No owner's price moves it.
    pub fn reference_cost(&self, models: &[Arc<Model>], user: Uuid) -> Option<Credits> {
        let admitted = |model: &&Arc<Model>| {
            let policy = self.catalogue.policy(&model.provider);
            let prices = self.providers.get(&model.provider);
            policy.admits(prices.is_some_and(|it| it.owners.contains(&user)))
        };
        let costs = models.iter().filter(admitted).filter_map(|model| {
            let provider = self.catalogue.providers.get(&model.provider)?;
            Some(Credits::cost(provider.reference_price, model.units))
        });
        costs.min()
    }

    /// How many keys can serve one of `models` for at most `ceiling`. Looks at every key: not for the
    /// hot path.
    pub fn count_resources(&self, models: &[Arc<Model>], user: Uuid, ceiling: Credits) -> usize {
        let admitted: HashSet<Uuid> = self
            .catalogue
            .offers(models, user, self.own_fee)
            .filter(|it| it.cost <= ceiling)
            .filter(|it| self.catalogue.policy(&it.resource.provider).admits(it.own))
            .map(|it| it.resource.id)
            .collect();
        admitted.len()
    }
}
