//! What owners do with their hosted keys: connect, change, pause, delete, ask for a sync. Each is one
//! SQL function (`migrations/functions/20_pool_resources.sql`), atomic by itself.

mod store;

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use crate::ledger::Credits;
use crate::pool::vault::{Fingerprint, Sealed};

pub use store::{
    change, confirm_key, connect, delete, find_known, find_sealed, is_hosted, request_sync,
    set_status,
};

/// A key that passed the live check, sealed.
#[derive(Debug, Serialize)]
pub struct NewResource<'a> {
    /// Part of what the key is sealed with. A key that was hosted before keeps its id ([`find_known`]); a
    /// new one has a UUIDv7.
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
    #[serde(skip)]
    pub sealed: &'a Sealed,
    /// Recognises the key when it is connected again.
    #[serde(skip)]
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
    /// What the live check found; `None`: the provider does not report it.
    pub available_units: Option<Decimal>,
}

/// What is known of a key that was hosted before.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownKey {
    /// It keeps this id for ever.
    pub id: Uuid,
    /// Why an admin disabled it, if one did.
    pub sanction_reason: Option<String>,
}

/// What may be changed; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ResourceChange {
    /// The owner's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Credits per unit; calls that are out keep the price they were claimed at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_per_unit: Option<Credits>,
    /// Units per UTC day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_limit: Option<Decimal>,
    /// Units per UTC month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_limit: Option<Decimal>,
    /// Calls at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency_limit: Option<i32>,
    /// Calls per minute; `Some(0)` takes the limit away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm_limit: Option<i32>,
}

crate::vocabulary! {
    /// What an owner may set a hosted key to.
    pub enum OwnerStatus as "OwnerResourceStatus" {
        /// It serves tasks.
        Active = "active",
        /// It starts no new calls.
        Paused = "paused",
    }
}

crate::vocabulary! {
    /// What connecting came to.
    pub enum Connected {
        /// The key is hosted now, and its owner has the role.
        Connected = "connected",
        /// Somebody hosts this key already, perhaps the same owner.
        KeyInUse = "key_in_use",
        /// An admin disabled this key, whoever hosts it.
        Sanctioned = "sanctioned",
        /// An admin took the role away; hosting a key does not bring it back.
        RoleRevoked = "role_revoked",
        /// The key has another id than it was sealed for: look it up, seal and try again.
        Retry = "retry",
    }
}

crate::vocabulary! {
    /// What setting a status came to.
    pub enum StatusSet {
        /// The key has the status now.
        Changed = "changed",
        /// There is no such resource, or another owner hosts it.
        NotFound = "not_found",
        /// An admin disabled it; its owner cannot lift that.
        Disabled = "disabled",
        /// It is paused, and was changed 120 times within an hour.
        TooOften = "too_often",
    }
}

crate::vocabulary! {
    /// What deleting came to.
    pub enum Deleted {
        /// It is gone, and its key destroyed.
        Deleted = "deleted",
        /// Calls are running. It starts no new ones; delete it again when they have ended.
        InUse = "in_use",
        /// There is no such resource of this owner.
        NotFound = "not_found",
    }
}
