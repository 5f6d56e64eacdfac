//! What each model can be had for: every key that serves it, and in which state. Made once for each reading of the
//! market, so that a quote is a few comparisons.

use std::collections::HashMap;

use uuid::Uuid;

use crate::ledger::Credits;
use crate::pool::hot::{HotSnapshot, HotState, Readiness};
use crate::pool::{Catalogue, Model, Policy, Resource, ResourceStatus};

/// Whether a key can start one image of a model, as far as the snapshot knows. A provider's rate is not in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// At once.
    Now,
    /// When a call of its own ends.
    Busy,
    /// When its cooling ends, in so many seconds.
    Cooling(f64),
    /// Not before the provider, or its owner's limit of the day or month, gives it more units: nobody knows whether that
    /// is in time.
    Dry,
}

impl Standing {
    fn of(resource: &Resource, state: Option<&HotState>, units: f64) -> Self {
        // Connected after the counters were read: it is there, but nothing says that it can start.
        let Some(state) = state else { return Self::Busy };
        let left = [
            state.available_units.unwrap_or(f64::MAX),
            resource.daily_limit - state.day_units,
            resource.monthly_limit - state.month_units,
        ];
        if state.readiness == Readiness::Exhausted || left.into_iter().any(|it| it < units) {
            return Self::Dry;
        }
        let one_at_a_time = !state.proven && state.in_flight > 0;
        match state.readiness {
            Readiness::Cooling => Self::Cooling(state.cooling_seconds),
            Readiness::Recovering => Self::Busy,
            _ if one_at_a_time || state.in_flight >= resource.concurrency_limit => Self::Busy,
            _ => Self::Now,
        }
    }

    /// Whether it may start before so many seconds have passed.
    pub(super) fn is_within(self, deadline_seconds: f64) -> bool {
        match self {
            Self::Now | Self::Busy => true,
            Self::Cooling(seconds) => seconds < deadline_seconds,
            Self::Dry => false,
        }
    }
}

/// A key, as a consumer who does not host it sees it for one model.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub resource: Uuid,
    pub owner: Uuid,
    pub cost: Credits,
    pub standing: Standing,
    pub proven: bool,
}

/// The lowest cost of some keys, and the lowest of anybody else's: what the owner of the first would pay.
#[derive(Clone, Copy, Debug, Default)]
struct Lowest {
    first: Option<(Credits, Uuid)>,
    of_others: Option<Credits>,
}

impl Lowest {
    /// Keys come with ascending cost.
    fn add(&mut self, key: &Listed) {
        match self.first {
            None => self.first = Some((key.cost, key.owner)),
            Some((_, owner)) if owner != key.owner && self.of_others.is_none() => {
                self.of_others = Some(key.cost);
            }
            Some(_) => {}
        }
    }

    fn for_user(&self, user: Uuid) -> Option<Credits> {
        match self.first {
            Some((_, owner)) if owner == user => self.of_others,
            first => first.map(|(cost, _)| cost),
        }
    }
}

/// The lowest costs of keys of one kind (proven or not), by when they can start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Costs {
    pub now: Option<Credits>,
    pub later: Option<Credits>,
    pub dry: Option<Credits>,
}

#[derive(Debug, Default)]
struct Kind {
    now: Lowest,
    busy: Lowest,
    dry: Lowest,
    /// By ascending cost.
    cooling: Vec<Listed>,
}

impl Kind {
    fn add(&mut self, key: &Listed) {
        match key.standing {
            Standing::Now => self.now.add(key),
            Standing::Busy => self.busy.add(key),
            Standing::Dry => self.dry.add(key),
            Standing::Cooling(_) => self.cooling.push(key.clone()),
        }
    }

    fn costs(&self, user: Uuid, deadline_seconds: f64) -> Costs {
        let cooling = self
            .cooling
            .iter()
            .find(|it| it.owner != user && it.standing.is_within(deadline_seconds))
            .map(|it| it.cost);
        let busy = self.busy.for_user(user);
        Costs {
            now: self.now.for_user(user),
            later: [busy, cooling].into_iter().flatten().min(),
            dry: self.dry.for_user(user),
        }
    }
}

/// Everything about one model.
#[derive(Debug)]
pub(super) struct ModelSupply {
    pub policy: Policy,
    /// Units × the provider's reference price.
    pub reference_cost: Credits,
    /// Every key that serves the model, by ascending cost.
    pub keys: Vec<Listed>,
    proven: Kind,
    unproven: Kind,
    own: HashMap<Uuid, Vec<Standing>>,
}

impl ModelSupply {
    pub fn new(
        catalogue: &Catalogue,
        model: &Model,
        resources: &[&Resource],
        hot: &HotSnapshot,
    ) -> Option<Self> {
        let provider = catalogue.providers.get(&model.provider)?;
        let units = f64::try_from(model.units).unwrap_or(f64::MAX);
        let mut keys: Vec<Listed> = resources
            .iter()
            .filter(|it| it.fits(model))
            .map(|resource| {
                let state = hot.states.get(&resource.id);
                Listed {
                    resource: resource.id,
                    owner: resource.owner_id,
                    cost: Credits::cost(resource.price_per_unit, model.units),
                    standing: Standing::of(resource, state, units),
                    proven: state.is_some_and(|it| it.proven),
                }
            })
            .collect();
        keys.sort_unstable_by_key(|it| (it.cost, it.resource));
        let (mut proven, mut unproven) = (Kind::default(), Kind::default());
        let mut own: HashMap<Uuid, Vec<Standing>> = HashMap::new();
        for key in &keys {
            if key.proven {
                proven.add(key);
            } else {
                unproven.add(key);
            }
            own.entry(key.owner).or_default().push(key.standing);
        }
        let reference_cost = Credits::cost(provider.reference_price, model.units);
        Some(Self { policy: provider.policy, reference_cost, keys, proven, unproven, own })
    }

    /// How the user's own keys stand; `None`: they host none that serves the model.
    pub fn own(&self, user: Uuid) -> Option<&[Standing]> {
        self.own.get(&user).map(Vec::as_slice)
    }

    /// The lowest costs of other owners' proven keys.
    pub fn proven(&self, user: Uuid, deadline_seconds: f64) -> Costs {
        self.proven.costs(user, deadline_seconds)
    }

    /// The lowest costs of other owners' keys without a recent delivery.
    pub fn unproven(&self, user: Uuid, deadline_seconds: f64) -> Costs {
        self.unproven.costs(user, deadline_seconds)
    }
}

/// The keys that may serve anybody at all, by provider.
pub(super) fn hosted_by_provider(catalogue: &Catalogue) -> HashMap<&str, Vec<&Resource>> {
    let mut hosted: HashMap<&str, Vec<&Resource>> = HashMap::new();
    for resource in catalogue.resources() {
        if resource.status == ResourceStatus::Active && catalogue.is_priced_fairly(resource) {
            hosted.entry(&resource.provider).or_default().push(resource);
        }
    }
    hosted
}
