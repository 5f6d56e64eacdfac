//! Why a task waits: what stands between it and each key that might serve it.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{PriceList, SeenKey, Standing, Wish};
use crate::generation::Route;
use crate::ledger::Credits;
use crate::pool::Model;

crate::vocabulary! {
    /// What keeps a key from serving a task.
    pub enum WaitingClass {
        /// Its calls are all taken: it serves when one of them ends.
        Busy = "busy",
        /// It pauses after a failure, or because its provider asked for it.
        Cooling = "cooling",
        /// It has no units left: at its provider, or by its owner's limit of the day or the month.
        Limits = "limits",
        /// It costs more than the task may pay.
        Price = "price",
        /// The policy of its provider does not allow it to serve this consumer.
        Policy = "policy",
        /// Every key of its provider pauses, or there is no key at all.
        Outage = "outage",
    }
}

/// A task that waits.
#[derive(Clone, Copy, Debug)]
pub struct Waiter<'a> {
    /// Any of which may be used.
    pub models: &'a [Arc<Model>],
    /// The consumer.
    pub user: Uuid,
    /// Whose keys may serve.
    pub route: Route,
    /// The most it pays.
    pub ceiling: Credits,
    /// Keys that must not serve it (again).
    pub excluded: &'a [Uuid],
}

/// How many keys are kept from serving by the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What it is.
    pub class: WaitingClass,
    /// How many keys.
    pub count: usize,
    /// What the cheapest of them that is free costs; only for prices.
    pub cheapest: Option<Credits>,
}

/// Everything that keeps keys from serving a task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Obstacles {
    /// In the order of the vocabulary; none twice.
    pub reasons: Vec<Obstacle>,
    /// How many keys could start it now: it is only waiting for its turn.
    pub free: usize,
    /// In how many seconds the first cooling ends.
    pub retry_seconds: Option<f64>,
}

/// What is known of a key over all models it could be used with: the least that stands in the way.
struct Nearest<'a> {
    provider: &'a str,
    /// `None`: nothing.
    class: Option<WaitingClass>,
    cost: Credits,
    standing: Standing,
}

/// The smaller, the nearer the key is to serving.
fn distance(class: Option<WaitingClass>) -> u8 {
    match class {
        None => 0,
        Some(WaitingClass::Busy) => 1,
        Some(WaitingClass::Cooling) => 2,
        Some(WaitingClass::Price) => 3,
        Some(WaitingClass::Limits) => 4,
        Some(WaitingClass::Outage) => 5,
        Some(WaitingClass::Policy) => 6,
    }
}

fn classify(key: &SeenKey<'_>, ceiling: Credits) -> Option<WaitingClass> {
    match key.standing {
        _ if !key.admitted => Some(WaitingClass::Policy),
        Standing::Dry => Some(WaitingClass::Limits),
        _ if key.cost > ceiling => Some(WaitingClass::Price),
        Standing::Now => None,
        Standing::Busy => Some(WaitingClass::Busy),
        Standing::Cooling(_) => Some(WaitingClass::Cooling),
    }
}

impl PriceList {
    /// What keeps each key from serving a waiting task. Looks at every key: not for the hot path.
    pub fn obstacles(&self, waiter: &Waiter<'_>) -> Obstacles {
        let wish = Wish {
            models: waiter.models,
            user: waiter.user,
            route: waiter.route,
            max_credits: Some(waiter.ceiling),
            deadline_seconds: u32::MAX,
        };
        let mut keys: HashMap<Uuid, Nearest<'_>> = HashMap::new();
        let mut stopped: HashMap<&str, bool> = HashMap::new();
        for model in waiter.models {
            // A provider all of whose keys cool, more than one, is out: no single key is to blame.
            let supply = self.models.get(&model.id).map_or(&[][..], |it| &it.keys);
            let cooling = supply.iter().filter(|it| matches!(it.standing, Standing::Cooling(_)));
            stopped.insert(&model.provider, supply.len() > 1 && cooling.count() == supply.len());
        }
        self.each_key(&wish, |key| {
            if waiter.excluded.contains(&key.resource) {
                return;
            }
            let class = classify(&key, waiter.ceiling);
            let found =
                Nearest { provider: key.provider, class, cost: key.cost, standing: key.standing };
            let nearest = keys.entry(key.resource).or_insert(found);
            let nearer = (distance(class), key.cost) < (distance(nearest.class), nearest.cost);
            if nearer {
                *nearest = Nearest {
                    provider: nearest.provider,
                    class,
                    cost: key.cost,
                    standing: key.standing,
                };
            }
        });
        summary(keys.into_values(), &stopped)
    }
}

fn summary<'a>(
    keys: impl ExactSizeIterator<Item = Nearest<'a>>,
    stopped: &HashMap<&str, bool>,
) -> Obstacles {
    let mut found = Obstacles::default();
    if keys.len() == 0 {
        found.reasons.push(Obstacle { class: WaitingClass::Outage, count: 0, cheapest: None });
        return found;
    }
    let mut counts: HashMap<WaitingClass, (usize, Option<Credits>)> = HashMap::new();
    for key in keys {
        let Some(class) = key.class else {
            found.free += 1;
            continue;
        };
        let out = class == WaitingClass::Cooling && stopped.get(key.provider) == Some(&true);
        let class = if out { WaitingClass::Outage } else { class };
        let (count, cheapest) = counts.entry(class).or_default();
        *count += 1;
        match key.standing {
            Standing::Now if class == WaitingClass::Price => {
                *cheapest = Some(cheapest.map_or(key.cost, |it| it.min(key.cost)));
            }
            Standing::Cooling(seconds) if class != WaitingClass::Price => {
                let first = found.retry_seconds.map_or(seconds, |it| it.min(seconds));
                found.retry_seconds = Some(first);
            }
            _ => {}
        }
    }
    found.reasons = WaitingClass::ALL
        .iter()
        .filter_map(|class| {
            let (count, cheapest) = counts.remove(class)?;
            Some(Obstacle { class: *class, count, cheapest })
        })
        .collect();
    found
}
