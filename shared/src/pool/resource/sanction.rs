//! Keys that an admin disabled. The sanction belongs to the key: it outlives its deletion, and holds for
//! every account that connects it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// A sanctioned key.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sanction {
    /// The resource, for ever the same for one key.
    pub id: Uuid,
    pub provider: String,
    /// What may be shown of the key.
    pub key_hint: String,
    /// Who hosts it, or hosted it last.
    pub owner_id: Uuid,
    /// In the admin's words.
    pub reason: String,
    pub sanctioned_at: DateTime<Utc>,
    /// Whether somebody hosts it still.
    pub hosted: bool,
}

/// At most `rows_max` sanctioned keys with an id below `before`, the key that was first hosted last at
/// the front.
pub async fn list(
    conn: &mut PgConnection,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Sanction>> {
    sqlx::query_as(
        "SELECT id, provider, key_hint, owner_id, sanction_reason AS reason, sanctioned_at,
                deleted_at IS NULL AS hosted
           FROM pool.resource
          WHERE sanctioned_at IS NOT NULL AND ($1::uuid IS NULL OR id < $1)
          ORDER BY id DESC LIMIT $2",
    )
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// Lifts a sanction: a key that is hosted serves again, one that is not may be connected. `false`: there
/// is none.
pub async fn lift(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pool.lift_sanction($1)").bind(id).fetch_one(conn).await
}
