//! Parameters of requests that users keep under a name.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

/// How many presets a user may have.
pub const PRESETS_MAX: i32 = 100;

/// Parameters of a request, and what its user calls them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Preset {
    /// UUIDv7.
    pub id: Uuid,
    /// One line, chosen by its user.
    pub name: String,
    /// Fields of a submit, as they were checked.
    pub params: Json<Value>,
    /// Its place among the user's presets: 0, 1, ... without gaps.
    pub position: i32,
    /// When it was first kept.
    pub created_at: DateTime<Utc>,
}

/// `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresetChange {
    pub name: Option<String>,
    pub params: Option<Value>,
    /// Beyond the last: last.
    pub position: Option<i32>,
}

/// At most `rows_max` presets of a user with a place after `after`, in their order.
pub async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    after: Option<i32>,
    rows_max: i64,
) -> sqlx::Result<Vec<Preset>> {
    sqlx::query_as(
        "SELECT id, name, params, position, created_at FROM generation.preset
          WHERE user_id = $1 AND ($2::int IS NULL OR position > $2) ORDER BY position LIMIT $3",
    )
    .bind(user_id)
    .bind(after)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// A preset, if it is this user's.
pub async fn find(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> sqlx::Result<Option<Preset>> {
    sqlx::query_as(
        "SELECT id, name, params, position, created_at FROM generation.preset WHERE id = $1 AND user_id = $2",
    )
    .bind(id)
    .bind(user_id)
    .fetch_optional(conn)
    .await
}

/// Keeps a preset, after the others unless a position is named. `false`: the user has [`PRESETS_MAX`] already.
pub async fn create(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
    name: &str,
    params: &Value,
    position: Option<i32>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.create_preset($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(user_id)
        .bind(name)
        .bind(params)
        .bind(position)
        .bind(PRESETS_MAX)
        .fetch_one(conn)
        .await
}

/// Changes a preset of this user. `false`: they have no such preset.
pub async fn change(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
    change: &PresetChange,
) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.change_preset($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(user_id)
        .bind(&change.name)
        .bind(&change.params)
        .bind(change.position)
        .fetch_one(conn)
        .await
}

/// Deletes a preset of this user. `false`: they have no such preset.
pub async fn delete(conn: &mut PgConnection, id: Uuid, user_id: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.delete_preset($1, $2)")
        .bind(id)
        .bind(user_id)
        .fetch_one(conn)
        .await
}
