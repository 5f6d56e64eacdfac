//! Whether somebody has a second factor.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::identity::IdentityError;

/// What a user is told about their second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Since when a code is asked for at sign-in.
    pub enabled_at: Option<DateTime<Utc>>,
    /// Whether a secret waits for its first code.
    pub pending: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i32,
}

/// Of one user.
pub async fn status(conn: &mut PgConnection, user_id: Uuid) -> Result<Status, IdentityError> {
    let kept = store::find(conn, user_id).await?;
    Ok(Status {
        enabled_at: kept.confirmed_at,
        pending: kept.sealed().is_some() && kept.confirmed_at.is_none(),
        recovery_codes_left: kept.codes_left,
    })
}
