//! How many tasks a lane can still take: waiting tasks are admitted by free capacity, so a recovery
//! wakes as many as it can serve and a full lane is not locked in vain.

use std::collections::HashMap;

use shared::generation::AUTO;
use shared::generation::claim::LaneCap;
use shared::generation::lane;
use shared::pool::hot::HotSnapshot;
use shared::pool::{Catalogue, ResourceStatus};

/// Caps of the lanes open to everybody that have less room than `limit`. Lanes of users who host keys
/// themselves are not bounded here: their tasks have candidates of their own.
pub fn lane_caps(catalogue: &Catalogue, hot: &HotSnapshot, limit: i32) -> Vec<LaneCap> {
    let enough = u32::try_from(limit).unwrap_or(0);
    let enabled = || catalogue.models.iter().filter(|it| it.is_offered());
    let mut room: HashMap<&str, u32> =
        enabled().map(|it| (it.id.as_str(), 0)).chain([(AUTO, 0)]).collect();
    for resource in catalogue.resources().filter(|it| it.status == ResourceStatus::Active) {
        if !catalogue.policy(&resource.provider).admits(false) {
            continue;
        }
        let mut best = 0;
        for model in enabled().filter(|it| it.provider == resource.provider) {
            let free = hot.free(resource, model, false);
            best = best.max(free);
            if let Some(room) = room.get_mut(model.id.as_str()) {
                *room += free;
            }
        }
        *room.entry(AUTO).or_default() += best;
        if room.values().all(|it| *it >= enough) {
            break;
        }
    }
    room.into_iter()
        .filter(|(_, room)| *room < enough)
        .map(|(model, room)| LaneCap {
            lane: lane(model, None),
            cap: i32::try_from(room).unwrap_or(limit),
        })
        .collect()
}
