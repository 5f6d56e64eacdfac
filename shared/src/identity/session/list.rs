//! Where somebody is signed in.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::identity::IdentityError;

/// A session that lives.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LivingSession {
    /// Ascending in time of sign-in.
    pub id: Uuid,
    /// Where it was last opened or refreshed from.
    pub address: Option<String>,
    /// What the client called itself then.
    pub agent: Option<String>,
    /// When the user signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last opened or refreshed.
    pub last_used_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    pub expires_at: DateTime<Utc>,
}

/// At most `rows_max` living sessions of a user older than `before`, newest first.
pub async fn list_sessions(
    conn: &mut PgConnection,
    user_id: Uuid,
    before: Option<Uuid>,
    rows_max: i64,
) -> Result<Vec<LivingSession>, IdentityError> {
    Ok(store::list_living(conn, user_id, before, rows_max).await?)
}
