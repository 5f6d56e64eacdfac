//! Whose tasks a provider's keys may serve, with the evidence for it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{OfferError, store};
use crate::pool::Policy;

/// A provider and what was found out about its terms.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OfferedProvider {
    /// The provider's name in URLs and tables.
    pub provider: String,
    pub display_name: String,
    pub policy: Policy,
    /// Where it is written; empty before the first review.
    pub evidence: String,
    /// When somebody last read it.
    pub reviewed_at: Option<DateTime<Utc>>,
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
}

/// Every provider, by name.
pub async fn list_providers(conn: &mut PgConnection) -> Result<Vec<OfferedProvider>, OfferError> {
    Ok(store::list_providers(conn, None).await?)
}

/// By name.
pub async fn find_provider(
    conn: &mut PgConnection,
    name: &str,
) -> Result<OfferedProvider, OfferError> {
    store::list_providers(conn, Some(name)).await?.pop().ok_or(OfferError::ProviderNotFound)
}

/// Sets a policy. Waiting tasks follow it at their next choice; calls that are out run their course.
pub async fn set_policy(
    conn: &mut PgConnection,
    name: &str,
    review: &PolicyReview<'_>,
) -> Result<OfferedProvider, OfferError> {
    if !store::update_policy(conn, name, review).await? {
        return Err(OfferError::ProviderNotFound);
    }
    find_provider(conn, name).await
}
