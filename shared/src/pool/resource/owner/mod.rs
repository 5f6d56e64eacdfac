//! What an owner does with his hosted keys: connect, change, pause, delete, ask for a sync. Each is one
//! SQL function (`migrations/functions/20_pool_resources.sql`), atomic by itself.

mod store;

use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::Credits;
use crate::pool::vault::{Fingerprint, Sealed};

/// When a key that was just connected is read again: its balance is known from the live check.
const FIRST_SYNC_AFTER: Duration = Duration::from_mins(5);

/// A key that passed the live check, sealed.
#[derive(Debug)]
pub struct NewResource<'a> {
    /// UUIDv7; part of what the key is sealed with.
    pub id: Uuid,
    /// Who hosts it.
    pub owner_id: Uuid,
    /// As `pool.provider.name` spells it.
    pub provider: &'a str,
    /// The owner's own name for it.
    pub name: &'a str,
    /// What may be shown of the key.
    pub key_hint: &'a str,
    /// The key at rest.
    pub sealed: &'a Sealed,
    /// Recognises the key when it is connected again.
    pub fingerprint: Fingerprint,
    /// Credits per unit of the provider.
    pub price_per_unit: Credits,
    /// Units per UTC day.
    pub daily_limit: Decimal,
    /// Units per UTC month.
    pub monthly_limit: Decimal,
    /// Calls at once.
    pub concurrency_limit: i32,
    /// Calls per minute; `None`: the provider's own limit.
    pub rpm_limit: Option<i32>,
    /// What the live check found; `None`: the provider does not tell.
    pub available_units: Option<Decimal>,
}

/// What may be changed; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceChange {
    /// The owner's own name for it.
    pub name: Option<String>,
    /// Credits per unit; calls that are out keep the price they were claimed at.
    pub price_per_unit: Option<Credits>,
    /// Units per UTC day.
    pub daily_limit: Option<Decimal>,
    /// Units per UTC month.
    pub monthly_limit: Option<Decimal>,
    /// Calls at once.
    pub concurrency_limit: Option<i32>,
    /// Calls per minute; `Some(0)` takes the limit away.
    pub rpm_limit: Option<i32>,
}

crate::vocabulary! {
    /// What an owner may set a resource to.
    pub enum OwnerStatus as "OwnerResourceStatus" {
        /// It serves tasks.
        Active = "active",
        /// It starts no new calls.
        Paused = "paused",
    }
}

/// What connecting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connected {
    /// It is hosted now, and its owner has the role.
    Connected,
    /// Somebody hosts this key already, perhaps the same owner.
    KeyInUse,
}

/// What setting a status came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusSet {
    /// It is so now.
    Changed,
    /// No such resource of this owner.
    NotFound,
    /// An admin disabled it; an owner cannot lift that.
    Disabled,
}

/// What deleting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// Gone, and its key destroyed.
    Deleted,
    /// Calls are out. It starts no new ones; delete it again when they have ended.
    InUse,
    /// No such resource of this owner.
    NotFound,
}

/// Hosts a key, and gives its owner the role.
pub async fn connect(
    conn: &mut PgConnection,
    resource: &NewResource<'_>,
) -> sqlx::Result<Connected> {
    store::connect(conn, resource, FIRST_SYNC_AFTER).await
}

/// Changes a resource of `owner_id`. `false`: he has no such resource.
pub async fn change(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    change: &ResourceChange,
) -> sqlx::Result<bool> {
    store::change(conn, id, owner_id, change).await
}

/// Pauses a resource of `owner_id`, or makes it active, which clears what was held against its health.
pub async fn set_status(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
    status: OwnerStatus,
) -> sqlx::Result<StatusSet> {
    let (status, reason) = match status {
        OwnerStatus::Active => ("active", None),
        OwnerStatus::Paused => ("paused", Some("paused by its owner")),
    };
    store::set_status(conn, id, owner_id, status, reason).await
}

/// Deletes a resource of `owner_id`, or begins to drain it.
pub async fn delete(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> sqlx::Result<Deleted> {
    store::delete(conn, id, owner_id).await
}

/// Makes the next reading of the balance due now. Whose it is, the caller has checked.
pub async fn request_sync(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    store::request_sync(conn, id).await
}

/// The sealed key of a resource of `owner_id` and its provider, for a live probe.
pub async fn find_sealed(
    conn: &mut PgConnection,
    id: Uuid,
    owner_id: Uuid,
) -> sqlx::Result<Option<(String, Sealed)>> {
    store::find_sealed(conn, id, owner_id).await
}
