//! What a request would cost: from memory, in a few comparisons, whatever the number of hosted keys.
//!
//! A listed price is one owner's claim, so nothing here hangs on the lowest alone. A request's *reference cost* is what
//! its cheapest admitted model costs at its provider's reference price. Keys that cost at most that with headroom come
//! before all others; among them those that have delivered lately, and of these the ones that can start now. So neither
//! a key that asks next to nothing nor one that cannot start decides what is held.

mod supply;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::Route;
use super::lane::KeyGroups;
use crate::ledger::Credits;
use crate::pool::hot::HotSnapshot;
use crate::pool::{Catalogue, Model, Policy};

pub use supply::Standing;
use supply::{Costs, ModelSupply, hosted_by_provider};
pub use waiting::{Obstacle, Obstacles, Waiter, WaitingClass};

/// So many fees are left in a wallet by holds that cover the market besides an own key.
const OWN_TASKS_SPARED: i64 = 10;

/// A request, as far as its cost depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// Any of which may be used.
    pub models: &'a [Arc<Model>],
    /// The consumer.
    pub user: Uuid,
    /// Whose keys may serve.
    pub route: Route,
    /// The most the consumer is willing to pay, if they say so.
    pub max_credits: Option<Credits>,
    /// How long it may wait.
    pub deadline_seconds: u32,
}

/// What a request costs, and what is set aside for it.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The model it is made with.
    pub model: Arc<Model>,
    /// What it costs.
    pub estimate: Credits,
    /// The least that a wallet must have: the estimate, or the fee where an own key can serve in time.
    pub amount_min: Credits,
    /// What is held unless the consumer names another amount.
    pub ceiling: Credits,
    /// What that hold leaves in the wallet if it can, so that later tasks on own keys are not refused for it.
    pub spare: Credits,
    /// What the cheapest admitted model costs at its provider's reference price. No owner's price moves it.
    pub reference_cost: Credits,
    /// No key that could serve in time costs as little as the reference cost with headroom.
    pub above_reference: bool,
    /// Some key can serve before the deadline, as far as is known.
    pub available: bool,
}

/// Why a request cannot be served, as far as the market knows. Keys that are busy, cooling or used up do serve it,
/// later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteRefusal {
    /// No active key of any provider serves one of the models.
    #[error("no active resource serves this request")]
    NoResource,
    /// Only own keys may serve it, and none does.
    #[error("no active resource of yours serves this request")]
    NoOwnResource,
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

/// The prices and the supply of one reading of the market.
#[derive(Debug)]
pub struct PriceList {
    catalogue: Arc<Catalogue>,
    own_fee: Credits,
    headroom: Decimal,
    models: HashMap<String, ModelSupply>,
    key_groups: KeyGroups,
}

/// A cost with the model it is for.
type Offered = Option<(Credits, Arc<Model>)>;

/// The best of each kind over the models of a wish.
#[derive(Default)]
struct Found {
    reference_cost: Option<Credits>,
    /// Now, later, dry; each of proven keys and of others.
    now: [Offered; 2],
    later: [Offered; 2],
    dry: [Offered; 2],
    own_now: Option<Arc<Model>>,
    own_later: Option<Arc<Model>>,
    own_dry: Option<Arc<Model>>,
    /// Some model may be made on the keys of others.
    market: bool,
    refusal: Option<QuoteRefusal>,
}

/// What others' keys ask.
struct MarketPick {
    cost: Credits,
    model: Arc<Model>,
    now: bool,
    above_reference: bool,
    available: bool,
}

impl PriceList {
    /// Reads catalogue and counters. `own_fee` is what a task on an own key costs, `headroom` what holds add.
    pub fn new(
        catalogue: Arc<Catalogue>,
        hot: &HotSnapshot,
        own_fee: Credits,
        headroom: Decimal,
    ) -> Self {
        let hosted = hosted_by_provider(&catalogue);
        let models = catalogue.models.iter().filter(|it| it.enabled).filter_map(|model| {
            let resources = hosted.get(model.provider.as_str()).map_or(&[][..], Vec::as_slice);
            let supply = ModelSupply::new(&catalogue, model, resources, hot)?;
            Some((model.id.clone(), supply))
        });
        let models = models.collect();
        drop(hosted);
        let key_groups = KeyGroups::of_catalogue(&catalogue);
        Self { catalogue, own_fee, headroom, models, key_groups }
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
        self.catalogue.hosts_resources(user)
    }

    /// What the wish costs, or why it cannot be served.
    pub fn quote(&self, wish: &Wish<'_>) -> Result<Quote, QuoteRefusal> {
        let found = self.find(wish);
        let Some(reference_cost) = found.reference_cost else { return Err(found.refused(wish)) };
        let market = found.market_pick(reference_cost.with_headroom(self.headroom));
        let own = found.own_pick(market.as_ref());
        let own_in_time = found.own_now.is_some() || found.own_later.is_some();

        let Some(least) = self.least(&found, own_in_time) else { return Err(found.refused(wish)) };
        if let Some(ceiling) = wish.max_credits
            && ceiling < least
        {
            return Err(QuoteRefusal::CeilingTooLow { estimate: least });
        }
        // Own keys cost the fee and nothing else; what others' keys may cost is added where they may serve.
        let ceiling = if found.market {
            let estimate = market.as_ref().map_or(Credits::ZERO, |it| it.cost);
            estimate.max(reference_cost).max(self.own_fee).with_headroom(self.headroom)
        } else {
            self.own_fee
        };
        let available = own_in_time || market.as_ref().is_some_and(|it| it.available);
        let (model, estimate, above_reference) = match (own, market) {
            (Some(model), _) => (model, self.own_fee, false),
            (None, Some(it)) => (it.model, it.cost, it.above_reference),
            (None, None) => return Err(found.refused(wish)),
        };
        let amount_min = if own_in_time { estimate.min(self.own_fee) } else { estimate };
        let spare = if own_in_time { self.own_fee } else { Credits::ZERO };
        let spare = Credits::cost(spare, Decimal::from(OWN_TASKS_SPARED));
        Ok(Quote {
            model,
            estimate,
            amount_min,
            ceiling,
            spare,
            reference_cost,
            above_reference,
            available,
        })
    }

    /// The cheapest key at all: of those that can serve in time, else of the others.
    fn least(&self, found: &Found, own_in_time: bool) -> Option<Credits> {
        let cost = |it: &Offered| it.as_ref().map(|(cost, _)| *cost);
        let in_time = found.now.iter().chain(&found.later).filter_map(cost);
        let dry = found.dry.iter().filter_map(cost);
        let own = own_in_time.then_some(self.own_fee);
        let own_dry = found.own_dry.is_some().then_some(self.own_fee);
        in_time.chain(own).min().or_else(|| dry.chain(own_dry).min())
    }

    fn find(&self, wish: &Wish<'_>) -> Found {
        let deadline = f64::from(wish.deadline_seconds);
        let mut found = Found::default();
        for model in wish.models {
            let Some(supply) = self.models.get(&model.id) else { continue };
            let own = supply.own(wish.user).filter(|_| wish.route != Route::Market);
            let market = wish.route != Route::Own;
            let own_admitted = own.filter(|_| supply.policy.admits(true));
            let market_admitted = market && supply.policy.admits(false);
            if own_admitted.is_none() && !market_admitted {
                let some = own.is_some() || (market && !supply.keys.is_empty());
                if some && found.refusal.is_none() {
                    found.refusal = Some(QuoteRefusal::Policy {
                        provider: model.provider.clone(),
                        policy: supply.policy,
                    });
                }
                continue;
            }
            let least = found
                .reference_cost
                .map_or(supply.reference_cost, |it| it.min(supply.reference_cost));
            found.reference_cost = Some(least);
            found.add_own(model, own_admitted.unwrap_or_default(), deadline);
            if market_admitted {
                found.market = true;
                found.add_market(0, model, supply.proven(wish.user, deadline));
                found.add_market(1, model, supply.unproven(wish.user, deadline));
            }
        }
        found
    }

    /// How many keys can serve the wish for at most `ceiling` before its deadline, and how many of them at once. Looks
    /// at every key: not for the hot path.
    pub fn count_resources(&self, wish: &Wish<'_>, ceiling: Credits) -> ResourceCount {
        let (mut free, mut all) = (HashSet::new(), HashSet::new());
        self.each_key(wish, |key| {
            if key.admitted
                && key.cost <= ceiling
                && key.standing.is_within(f64::from(wish.deadline_seconds))
            {
                all.insert(key.resource);
                if key.standing == Standing::Now {
                    free.insert(key.resource);
                }
            }
        });
        ResourceCount { free: free.len(), all: all.len() }
    }

    /// Every pairing of a key with a model of the wish that its route allows, as its consumer sees it.
    fn each_key<'a>(&'a self, wish: &Wish<'a>, mut look: impl FnMut(SeenKey<'a>)) {
        for model in wish.models {
            let Some(supply) = self.models.get(&model.id) else { continue };
            for key in &supply.keys {
                let own = key.owner == wish.user;
                if wish.route == if own { Route::Market } else { Route::Own } {
                    continue;
                }
                look(SeenKey {
                    resource: key.resource,
                    provider: &model.provider,
                    cost: if own { self.own_fee } else { key.cost },
                    standing: key.standing,
                    admitted: supply.policy.admits(own),
                });
            }
        }
    }
}

/// Keys that can serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceCount {
    /// At once.
    pub free: usize,
    /// Before its deadline.
    pub all: usize,
}

/// A key as one consumer sees it.
struct SeenKey<'a> {
    resource: Uuid,
    provider: &'a str,
    cost: Credits,
    standing: Standing,
    admitted: bool,
}

impl Found {
    fn add_own(&mut self, model: &Arc<Model>, own: &[Standing], deadline_seconds: f64) {
        for standing in own {
            let place = match standing {
                Standing::Now => &mut self.own_now,
                it if it.is_within(deadline_seconds) => &mut self.own_later,
                _ => &mut self.own_dry,
            };
            place.get_or_insert_with(|| Arc::clone(model));
        }
    }

    /// `kind`: 0 for proven keys, 1 for others.
    fn add_market(&mut self, kind: usize, model: &Arc<Model>, costs: Costs) {
        let lower = |place: &mut Offered, cost: Option<Credits>| {
            let Some(cost) = cost else { return };
            if place.as_ref().is_none_or(|(lowest, _)| cost < *lowest) {
                *place = Some((cost, Arc::clone(model)));
            }
        };
        lower(&mut self.now[kind], costs.now);
        lower(&mut self.later[kind], costs.later);
        lower(&mut self.dry[kind], costs.dry);
    }

    /// The key of others that decides the estimate. At most `bound`: proven keys that can start now, else later; then
    /// the unproven. Above it the cheapest, of proven keys if there are any: preferring those that can start now would
    /// let one dear idle key raise what everybody holds.
    fn market_pick(&self, bound: Credits) -> Option<MarketPick> {
        let cost = |it: &Offered| it.as_ref().map(|(cost, _)| *cost);
        let pick = |it: &Offered, now, available| {
            let (cost, model) = it.clone()?;
            Some(MarketPick { cost, model, now, above_reference: cost > bound, available })
        };
        let fits = |it: &&Offered| cost(it).is_some_and(|cost| cost <= bound);
        for kind in [0, 1] {
            for (offered, now) in [(&self.now[kind], true), (&self.later[kind], false)] {
                if fits(&offered) {
                    return pick(offered, now, true);
                }
            }
        }
        for kind in [0, 1] {
            let (now, later) = (&self.now[kind], &self.later[kind]);
            let is_now = match (cost(now), cost(later)) {
                (Some(now), Some(later)) => now <= later,
                (now, _) => now.is_some(),
            };
            if let Some(picked) = pick(if is_now { now } else { later }, is_now, true) {
                return Some(picked);
            }
        }
        let dry = self.dry.iter().filter(|it| it.is_some()).min_by_key(|it| cost(it));
        dry.and_then(|it| pick(it, false, false))
    }

    /// The own key that decides the estimate: one that can start now; or one that can in time, or may perhaps, where
    /// others' keys are no better.
    fn own_pick(&self, market: Option<&MarketPick>) -> Option<Arc<Model>> {
        let market_now = market.is_some_and(|it| it.now && !it.above_reference);
        let market_in_time = market.is_some_and(|it| it.available);
        let later = self.own_later.as_ref().filter(|_| !market_now);
        let dry = self.own_dry.as_ref().filter(|_| !market_in_time);
        self.own_now.as_ref().or(later).or(dry).cloned()
    }

    fn refused(self, wish: &Wish<'_>) -> QuoteRefusal {
        self.refusal.unwrap_or(match wish.route {
            Route::Own => QuoteRefusal::NoOwnResource,
            Route::Any | Route::Market => QuoteRefusal::NoResource,
        })
    }
}
