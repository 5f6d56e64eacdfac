//! What is free for the tasks of each lane: waiting tasks are admitted by free capacity, so a recovery wakes as many as
//! it can serve, and what cannot be served is not locked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use shared::generation::claim::Room;
use shared::generation::lane::{Band, Lane};
use shared::ledger::Credits;
use shared::pool::hot::HotSnapshot;
use shared::pool::{Catalogue, Model, Resource, ResourceStatus};
use uuid::Uuid;

use super::own::OwnCalls;

/// An active key with a model of its provider.
struct Way<'a> {
    resource: &'a Arc<Resource>,
    model: &'a str,
    cost: Credits,
    free: u32,
    serves: bool,
}

/// Everything that is free, read once for all lanes of a claim.
pub struct Supply<'a> {
    /// Ways that everybody may take; those of one key follow each other.
    market: Vec<Way<'a>>,
    /// By owner; of one key likewise.
    own: HashMap<Uuid, Vec<Way<'a>>>,
}

impl<'a> Supply<'a> {
    pub fn new(catalogue: &'a Catalogue, hot: &HotSnapshot) -> Self {
        let mut supply = Self { market: Vec::new(), own: HashMap::new() };
        let mut models: HashMap<&str, Vec<&Model>> = HashMap::new();
        for model in catalogue.models.iter().filter(|it| it.is_offered()) {
            models.entry(&model.provider).or_default().push(model);
        }
        for resource in catalogue.resources().filter(|it| it.status == ResourceStatus::Active) {
            let policy = catalogue.policy(&resource.provider);
            for model in models.get(resource.provider.as_str()).into_iter().flatten().copied() {
                let way = |own| Way {
                    resource,
                    model: &model.id,
                    cost: Credits::cost(resource.price_per_unit, model.units),
                    free: hot.free(resource, model, own),
                    serves: hot.serves(resource, model),
                };
                if policy.admits(false) {
                    supply.market.push(way(false));
                }
                if policy.admits(true) {
                    supply.own.entry(resource.owner_id).or_default().push(way(true));
                }
            }
        }
        supply
    }

    /// The room in each of these lanes.
    pub fn rooms<'l>(
        &self,
        lanes: impl Iterator<Item = &'l Lane>,
        running: &OwnCalls,
    ) -> BTreeMap<i32, Room> {
        let mut markets: HashMap<(&[String], Band), Room> = HashMap::new();
        let mut rooms = BTreeMap::new();
        for lane in lanes {
            let mut room = match lane.key_group {
                None => Room::default(),
                Some(_) => *markets
                    .entry((&lane.models, lane.band))
                    .or_insert_with(|| self.market_room(&lane.models, lane.band)),
            };
            room.key_group = lane.key_group;
            if let Some((owner, ways)) = lane.owner.and_then(|it| self.own.get_key_value(&it)) {
                let ways = ways.iter().filter(|it| lane.models.iter().any(|id| id == it.model));
                let (free, left) = (calls(ways), running.left_of(*owner));
                room.own_calls = free.min(left);
                room.own_running = running.of(*owner);
                if free > left {
                    // It waits for its own key, which is free but for our bound, and does not buy.
                    (room.calls, room.cost_free) = (0, None);
                }
            }
            rooms.insert(lane.id, room);
        }
        rooms
    }

    fn market_room(&self, models: &[String], band: Band) -> Room {
        let ways = || {
            let of_lane = |it: &&Way<'_>| models.iter().any(|id| id == it.model);
            self.market.iter().filter(of_lane).filter(|it| band.reaches(it.cost))
        };
        Room {
            calls: calls(ways()),
            cost_free: ways().filter(|it| it.free > 0).map(|it| it.cost).min(),
            cost_serving: ways().filter(|it| it.serves).map(|it| it.cost).min(),
            ..Room::default()
        }
    }
}

/// How many calls these ways can take: each key as many as the model it can take the most of.
fn calls<'w, 'a: 'w>(ways: impl Iterator<Item = &'w Way<'a>>) -> u32 {
    let (mut sum, mut key) = (0_u32, None);
    let mut best = 0;
    for way in ways {
        if key != Some(way.resource.id) {
            sum = sum.saturating_add(best);
            (key, best) = (Some(way.resource.id), 0);
        }
        best = best.max(way.free);
    }
    sum.saturating_add(best)
}

#[cfg(test)]
mod tests;
