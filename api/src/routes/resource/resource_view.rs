//! A resource as its owner sees it: never a prompt, never an image, never the key.

use crate::extract::Word;
use chrono::DateTime;
use poem_openapi::{Object, types::Example};
use rust_decimal::Decimal;
use shared::pool::{
    ResourceStatus,
    resource::hosted::{Health, HostedResource},
};

use crate::{
    extract::{Amount, Id},
    response::Timestamp,
};

/// A hosted key, without the key.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Resource", example, skip_serializing_if_is_none)]
pub struct ResourceView {
    /// Opaque.
    pub id: Id,
    /// The image service.
    pub provider: String,
    /// The owner's own name for it.
    pub name: String,
    /// What may be shown of the key, to tell it from others.
    pub key_hint: String,
    /// Whether it serves.
    pub status: Word<ResourceStatus>,
    /// Whether it may be called now.
    pub health: Word<Health>,
    /// Why the status is as it is.
    pub status_reason: Option<String>,
    /// Credits per unit of the provider.
    pub price_per_unit: Amount,
    /// What the provider last said it has left, less what was taken since; absent where it does not tell.
    pub available_units: Option<Amount>,
    /// Units of this UTC day.
    pub units_today: Amount,
    /// Units of this UTC month.
    pub units_month: Amount,
    /// Units per UTC day.
    pub daily_limit: Amount,
    /// Units per UTC month.
    pub monthly_limit: Amount,
    /// Calls at once.
    pub concurrency_limit: i32,
    /// Calls per minute; the provider's own limit unless the owner set one.
    pub rpm_limit: i32,
    /// Calls that occupy it now.
    pub in_flight: i32,
    /// 0 to 1, weighted to the recent past; 1 before the first call.
    pub success_rate: f64,
    /// Half of the last hundred images took less; 0 before the first.
    pub latency_ms_p50: i64,
    /// Net credits so far, refunds taken off.
    pub earned: Amount,
    /// When the provider last told the units left.
    pub last_sync_at: Option<Timestamp>,
    /// When it was connected.
    pub created_at: Timestamp,
}

impl From<&HostedResource> for ResourceView {
    fn from(resource: &HostedResource) -> Self {
        Self {
            id: resource.id.into(),
            provider: resource.provider.clone(),
            name: resource.name.clone(),
            key_hint: resource.key_hint.clone(),
            status: resource.status.into(),
            health: resource.health.into(),
            status_reason: resource.status_reason.clone(),
            price_per_unit: resource.price_per_unit.into(),
            available_units: resource.available_units.map(Into::into),
            units_today: resource.units_today.into(),
            units_month: resource.units_month.into(),
            daily_limit: resource.daily_limit.into(),
            monthly_limit: resource.monthly_limit.into(),
            concurrency_limit: resource.concurrency_limit,
            rpm_limit: resource.rpm_limit,
            in_flight: resource.in_flight,
            success_rate: (resource.success_rate * 10_000.0).round() / 10_000.0,
            latency_ms_p50: milliseconds(resource.latency_ms_p50),
            earned: resource.earned.into(),
            last_sync_at: resource.synced_at.map(Into::into),
            created_at: resource.created_at.into(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "bounded by the longest a call may take")]
fn milliseconds(value: f64) -> i64 {
    value.round() as i64
}

impl Example for ResourceView {
    fn example() -> Self {
        let units = |text: &str| Amount(text.parse().unwrap_or(Decimal::ZERO));
        let instant = Timestamp(DateTime::UNIX_EPOCH + chrono::Days::new(20_779));
        Self {
            id: Id(uuid::uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e")),
            provider: "stability".to_owned(),
            name: "studio key".to_owned(),
            key_hint: "sk-…1a2b".to_owned(),
            status: Word(ResourceStatus::Active),
            health: Word(Health::Ok),
            status_reason: None,
            price_per_unit: units("0.9"),
            available_units: Some(units("8412.5")),
            units_today: units("126"),
            units_month: units("3021.5"),
            daily_limit: units("10000"),
            monthly_limit: units("100000"),
            concurrency_limit: 4,
            rpm_limit: 900,
            in_flight: 2,
            success_rate: 0.9987,
            latency_ms_p50: 4_120,
            earned: units("2447.415"),
            last_sync_at: Some(instant),
            created_at: instant,
        }
    }
}
