//! The counters and the health of every key, as a snapshot that is a fraction of a second old. It only
//! orders the candidates; the claim decides under the rows' locks.

use std::collections::HashMap;

use uuid::Uuid;

use super::Model;
use super::catalogue::Resource;

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HotState {
    pub resource_id: Uuid,
    pub in_flight: i32,
    /// `None`: the provider does not tell.
    pub available_units: Option<f64>,
    pub day_units: f64,
    pub month_units: f64,
    pub readiness: Readiness,
    /// Until the cooling ends; 0 unless it is cooling.
    pub cooling_seconds: f64,
    /// Whether it delivered an image within a day. What nothing was heard of is no supply to count on.
    pub proven: bool,
    pub success_rate: f64,
    /// How many of its answers were moderation's refusals lately, 0 to 1.
    pub blocked_rate: f64,
    /// Exponentially weighted; 0 before the first image.
    pub latency_ms: f64,
}

crate::vocabulary! {
    /// Health as of the snapshot, its cooling already compared with the database's clock.
    pub enum Readiness {
        /// It takes as many calls as its limits allow.
        Ready = "ready",
        /// It takes one task at a time.
        Recovering = "recovering",
        /// It takes none for a while.
        Cooling = "cooling",
        /// It has no units left at the provider.
        Exhausted = "exhausted",
    }
}

#[derive(Clone, Debug, Default)]
pub struct HotSnapshot {
    pub states: HashMap<Uuid, HotState>,
    /// The models that the provider of a key says it does not know.
    pub refusals: HashMap<Uuid, Vec<String>>,
}

impl HotSnapshot {
    /// How many more images of this model the key can take at once, as far as the snapshot knows; `own`:
    /// for its owner.
    pub fn free(&self, resource: &Resource, model: &Model, own: bool) -> u32 {
        let refused = self.refusals.get(&resource.id).is_some_and(|it| it.contains(&model.id));
        let units = f64::try_from(model.units).unwrap_or(f64::MAX);
        match self.states.get(&resource.id) {
            Some(state) if !refused => state.free(resource, units, own),
            _ => 0,
        }
    }

    /// Whether the key serves this model, be it busy or not.
    pub fn serves(&self, resource: &Resource, model: &Model) -> bool {
        let refused = self.refusals.get(&resource.id).is_some_and(|it| it.contains(&model.id));
        let units = f64::try_from(model.units).unwrap_or(f64::MAX);
        !refused && self.states.get(&resource.id).is_some_and(|it| it.serves(resource, units))
    }

    /// Whether the key delivered an image within a day.
    pub fn is_proven(&self, resource: Uuid) -> bool {
        self.states.get(&resource).is_some_and(|it| it.proven)
    }
}

impl HotState {
    /// How many more calls of `units` each the key can take, as far as the snapshot knows. One that is
    /// unproven takes a single call of others at a time.
    pub fn free(&self, resource: &Resource, units: f64, own: bool) -> u32 {
        let slots = resource.concurrency_limit - self.in_flight;
        let slots = match self.readiness {
            Readiness::Cooling | Readiness::Exhausted => return 0,
            _ if !self.proven && !own => slots.min(1 - self.in_flight),
            Readiness::Ready => slots,
            Readiness::Recovering => slots.min(1),
        };
        self.calls_by_units(resource, units).min(u32::try_from(slots).unwrap_or(0))
    }

    /// Whether the key serves calls of `units` each, be it busy or not.
    pub fn serves(&self, resource: &Resource, units: f64) -> bool {
        matches!(self.readiness, Readiness::Ready | Readiness::Recovering)
            && self.calls_by_units(resource, units) > 0
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a small range first"
    )]
    fn calls_by_units(&self, resource: &Resource, units: f64) -> u32 {
        let by_units = [
            self.available_units.unwrap_or(f64::MAX),
            resource.daily_limit - self.day_units,
            resource.monthly_limit - self.month_units,
        ]
        .into_iter()
        .fold(f64::MAX, f64::min)
            / units;
        by_units.floor().clamp(0.0, 10_000.0) as u32
    }
}
