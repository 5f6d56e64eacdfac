//! Providers: whose tasks their keys may serve, with the evidence for it, and how fast they may be called.

mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::PoolError;
use crate::ledger::Credits;

pub(super) use store::find_name;

crate::vocabulary! {
    /// Whose tasks a provider's keys may serve.
    pub enum Policy {
        /// Nobody's.
        Denied = "denied",
        /// Only those of the key's owner.
        OwnUseOnly = "own_use_only",
        /// Everyone's.
        ThirdPartyAllowed = "third_party_allowed",
    }
}

impl Policy {
    /// Whether a key of this provider may serve this task; `own`: the consumer hosts the key.
    pub const fn admits(self, own: bool) -> bool {
        match self {
            Self::Denied => false,
            Self::OwnUseOnly => own,
            Self::ThirdPartyAllowed => true,
        }
    }
}

/// A provider and what was found out about its terms.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Provider {
    /// The provider's name in URLs and tables.
    pub name: String,
    pub display_name: String,
    /// What it counts, in words.
    pub unit: String,
    pub policy: Policy,
    /// Where it is written; empty before the first review.
    pub evidence: String,
    /// When somebody last read it.
    pub reviewed_at: Option<DateTime<Utc>>,
    /// What one of its units is worth in credits. Set by an admin; no owner's price moves it.
    pub reference_price: Credits,
    /// The provider's own limit: so many requests ...
    pub rate_requests: i32,
    /// ... in any so many seconds.
    pub rate_seconds: i32,
}

/// The result of a review.
#[derive(Clone, Debug)]
pub struct PolicyReview<'a> {
    pub policy: Policy,
    pub evidence: &'a str,
    pub reviewed_at: DateTime<Utc>,
    /// What one unit is worth from now on; `None`: as before. Keys above the cap that follows from it stop being chosen.
    pub reference_price: Option<Credits>,
}

/// Every provider, by name.
pub async fn list_providers(conn: &mut PgConnection) -> Result<Vec<Provider>, PoolError> {
    Ok(store::list_providers(conn, None).await?)
}

/// By name.
pub async fn find_provider(conn: &mut PgConnection, name: &str) -> Result<Provider, PoolError> {
    store::list_providers(conn, Some(name)).await?.pop().ok_or(PoolError::ProviderNotFound)
}

/// Sets a policy. Waiting tasks follow it at their next choice; calls that are running end as usual.
pub async fn set_policy(
    conn: &mut PgConnection,
    name: &str,
    review: &PolicyReview<'_>,
) -> Result<Provider, PoolError> {
    if !store::update_policy(conn, name, review).await? {
        return Err(PoolError::ProviderNotFound);
    }
    find_provider(conn, name).await
}
