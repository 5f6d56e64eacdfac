//! A resource as its owner sees it: never a prompt, never an image, never the key.

use shared::{
    ledger::Credits,
    pool::{
        ResourceStatus,
        resource::hosted::{Health, HostedResource},
    },
};

use crate::{
    extract::{Amount, Id, Word},
    response::{Timestamp, view},
};

view! {
    /// What an event tells of a hosted key: everything but what it has earned, which `GET /api/resource/{id}` counts.
    pub struct ResourceNewsView as "ResourceNews" from resource: HostedResource {
        /// Unique id of the resource.
        id: Id,
        /// The image service that the key is for.
        provider: String,
        /// The name the owner gave it.
        name: String,
        /// A harmless part of the key, to tell it from other keys.
        key_hint: String,
        /// Whether the resource serves tasks.
        status: Word<ResourceStatus>,
        /// Whether the resource can be called now.
        health: Word<Health>,
        /// Why the status is what it is, or why an active resource does not serve everything: `price_too_high: ...`,
        /// `serves_nothing: ...`, `limits_too_low: ...`. Absent if there is nothing to say.
        status_reason: Option<String>,
        /// Credits for one unit of the provider.
        price_per_unit: Amount,
        /// Units left at the provider: its last answer, less what was used since. Absent if the provider
        /// does not say.
        available_units: Option<Amount>,
        /// Units used so far on this UTC day.
        units_today: Amount,
        /// Units used so far in this UTC month.
        units_month: Amount,
        /// The most units that may be used on a UTC day.
        daily_limit: Amount,
        /// The most units that may be used in a UTC month.
        monthly_limit: Amount,
        /// The most calls at the same time.
        concurrency_limit: i32,
        /// The most calls per minute: what the owner set, else the provider's own limit.
        rpm_limit: i32,
        /// Calls under way at the moment.
        in_flight: i32,
        /// Whether it delivered an image within a day. Until it does, it makes one image of others at a time.
        proven: bool,
        /// The share of calls that succeeded, from 0 to 1. Recent calls count more; 1 before the first call.
        success_rate: f64 = (resource.success_rate * 10_000.0).round() / 10_000.0,
        /// The median time of the last hundred images, in milliseconds; 0 before the first image.
        latency_ms_p50: i64 = milliseconds(resource.latency_ms_p50),
        /// When the provider last reported the units left; absent before the first report.
        last_sync_at: Option<Timestamp> = resource.synced_at,
        /// When the resource was connected.
        created_at: Timestamp,
    }
}

view! {
    /// A hosted key, without the key itself.
    pub struct ResourceView as "Resource" from resource: HostedResource {
        #[oai(flatten)]
        news: ResourceNewsView = resource.clone(),
        /// Credits the owner has earned with it, after commission and refunds.
        earned: Amount = resource.earned.unwrap_or(Credits::ZERO),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the longest a call may take")]
fn milliseconds(value: f64) -> i64 {
    value.round() as i64
}
