//! Hosted keys as an admin sees them: everyone's, and the switch that takes one out of service.

mod store;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::Credits;
use crate::pool::ResourceStatus;

/// How a key does right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Health {
    Ok,
    /// Left alone for a while after failures.
    Cooling,
    /// One task at a time tries whether it is back.
    Probing,
    /// No credit left at the provider.
    Exhausted,
}

impl Health {
    /// The word in `pool.resource_state.health`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cooling => "cooling",
            Self::Probing => "probing",
            Self::Exhausted => "exhausted",
        }
    }
}

/// A hosted key that is not deleted. Never its secret.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct HostedKey {
    pub id: Uuid,
    pub owner_id: Uuid,
    /// His e-mail today.
    pub owner_email: Option<String>,
    pub provider: String,
    pub name: String,
    /// The last characters, for recognition.
    pub key_hint: String,
    pub status: ResourceStatus,
    pub status_reason: Option<String>,
    pub health: Health,
    pub price_per_unit: Credits,
    /// `None` where the provider does not tell.
    pub available_units: Option<Decimal>,
    pub units_today: Decimal,
    pub units_month: Decimal,
    pub daily_limit: Decimal,
    pub monthly_limit: Decimal,
    pub concurrency_limit: i32,
    /// The owner's, or what the provider allows.
    pub rpm_limit: i32,
    pub in_flight: i32,
    /// Of late, 0–1.
    pub success_rate: f64,
    /// Of late; 0 before the first image.
    pub latency_ms: f64,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// Which keys; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct HostedKeyFilter {
    pub owner_id: Option<Uuid>,
    pub provider: Option<String>,
    pub status: Option<ResourceStatus>,
    pub health: Option<Health>,
}

/// At most `rows_max` keys with an id below `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    filter: &HostedKeyFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<HostedKey>> {
    store::list(conn, None, filter, before, rows_max).await
}

/// By id, if it is not deleted.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<HostedKey>> {
    Ok(store::list(conn, Some(id), &HostedKeyFilter::default(), None, 1).await?.pop())
}

/// Puts a key into service or takes it out, whatever its owner set. Calls that are out run their
/// course. `None`: no such key.
pub async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    status: AdminStatus,
    reason: &str,
) -> sqlx::Result<Option<HostedKey>> {
    if store::set_status(conn, id, status.as_str(), reason).await? == "not_found" {
        return Ok(None);
    }
    find(conn, id).await
}

/// What an admin may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminStatus {
    Active,
    /// Only an admin can lift it.
    Disabled,
}

impl AdminStatus {
    /// The word in `pool.resource.status`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}
