//! Hosted keys as their owners see them: settings, health, usage, and what they earned. Nothing here
//! reads a prompt or an image.

mod attempts;
mod conditions;
mod marks;
mod stats;
mod store;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::ledger::Credits;
use crate::pool::ResourceStatus;

pub use attempts::{AttemptPosition, HostedAttempt, list_attempts};
pub use conditions::{Condition, Spell, SpellPosition, forget_conditions, list_conditions};
pub use marks::{ResourceMark, list_marks};
pub use stats::{
    DayStats, ModelStats, OutcomeStats, ResourceStats, StatsRange, Totals, read_stats,
};
pub use store::{exists, find, list, list_any};

/// A hosted key, without the key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct HostedResource {
    /// UUIDv7, ascending in time of connection.
    pub id: Uuid,
    /// Who hosts it: for admins.
    pub owner_id: Uuid,
    /// The image service.
    pub provider: String,
    /// The owner's own name for it.
    pub name: String,
    /// What may be shown of the key.
    pub key_hint: String,
    /// Set by the owner, an admin, or by what the provider said about the key.
    pub status: ResourceStatus,
    /// Why it is so.
    pub status_reason: Option<String>,
    /// As the next claim would find it: a cooling that is over reads `probing`.
    pub health: Health,
    /// Credits per unit of the provider.
    pub price_per_unit: Credits,
    /// What the provider last reported, less what was used since.
    pub available_units: Option<Decimal>,
    /// Units of the present UTC day.
    pub units_today: Decimal,
    /// Units of the present UTC month.
    pub units_month: Decimal,
    /// Units per UTC day.
    pub daily_limit: Decimal,
    /// Units per UTC month.
    pub monthly_limit: Decimal,
    /// Calls at once.
    pub concurrency_limit: i32,
    /// Calls per minute: the owner's limit, else the provider's own.
    pub rpm_limit: i32,
    /// Calls that occupy the key now.
    pub in_flight: i32,
    /// It delivered an image within a day; until then it takes one call of others at a time.
    pub proven: bool,
    /// Weighted to the recent past, 0..1; 1 before the first call.
    pub success_rate: f64,
    /// Of the last hundred delivered images; 0 before the first.
    pub latency_ms_p50: f64,
    /// Net credits, refunds taken off; `None` where they were not asked for.
    pub earned: Option<Credits>,
    /// When the provider last reported the units left.
    pub synced_at: Option<DateTime<Utc>>,
    /// When it was connected.
    pub created_at: DateTime<Utc>,
    /// What one unit of the provider is worth in credits.
    pub reference_price: Credits,
    /// Units of the smallest enabled model of the provider; `None`: it has none.
    pub units_min: Option<Decimal>,
    /// The enabled models of which the owner's limits do not allow one image.
    pub unserved: Vec<String>,
}

impl HostedResource {
    /// What keeps an active key from serving although nobody stopped it, or from serving everything: in words that begin
    /// with a code.
    fn obstacle(&self, price_max_factor: Decimal) -> Option<String> {
        let price_max = Credits::cost(self.reference_price, price_max_factor);
        let limit = self.daily_limit.min(self.monthly_limit);
        if self.price_per_unit > price_max {
            return Some(format!(
                "price_too_high: it is not used at {} credits a unit; at most {price_max} are allowed, \
                 {price_max_factor} times the reference price of {}",
                self.price_per_unit, self.reference_price
            ));
        }
        match self.units_min {
            None => Some(format!("serves_nothing: {} offers no model", self.provider)),
            Some(least) if limit < least => Some(format!(
                "serves_nothing: its limits allow {} units, one image takes at least {}",
                limit.normalize(),
                least.normalize()
            )),
            Some(_) if self.unserved.is_empty() => None,
            Some(_) => Some(format!(
                "limits_too_low: its limits do not allow one image of {}",
                self.unserved.join(", ")
            )),
        }
    }

    /// Says in the reason what the tables do not: that it serves less than its status promises.
    fn explained(mut self, price_max_factor: Decimal) -> Self {
        if self.status == ResourceStatus::Active
            && let Some(obstacle) = self.obstacle(price_max_factor)
        {
            self.status_reason = Some(obstacle);
        }
        self
    }
}

crate::vocabulary! {
    /// Whether a hosted key may be called right now.
    pub enum Health as "ResourceHealth" {
        /// It may be called up to its limits.
        Ok = "ok",
        /// It is not called for a while.
        Cooling = "cooling",
        /// It serves one task at a time until an image has been delivered.
        Probing = "probing",
        /// It has no units left at the provider, until a sync sees some.
        Exhausted = "exhausted",
    }
}

/// Which resources a list holds; the default is all that are not deleted.
#[derive(Clone, Debug, Default)]
pub struct ResourceFilter {
    /// Of this owner only.
    pub owner_id: Option<Uuid>,
    /// With this status only.
    pub status: Option<ResourceStatus>,
}
