//! Worker processes: every life of one is a boot, which beats while it lives.

mod store;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whether a boot still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum BootState {
    /// Nobody ended it. One that is silent for a lease is about to be.
    Alive,
    /// It said good-bye, or was declared dead.
    Ended,
}

/// One life of a worker process.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Boot {
    pub id: Uuid,
    pub host: String,
    pub pid: i32,
    pub version: String,
    pub state: BootState,
    /// Calls it may have out at once.
    pub permits: i32,
    /// Calls it had out at its last beat.
    pub busy: i32,
    pub started_at: DateTime<Utc>,
    pub beat_at: DateTime<Utc>,
    /// Milliseconds since its last beat, by the database's clock.
    pub silent_ms: i64,
    pub ended_at: Option<DateTime<Utc>>,
    pub end_reason: Option<String>,
}

/// At most `rows_max` boots with an id below `before`, newest first.
pub async fn list_boots(
    conn: &mut PgConnection,
    state: Option<BootState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Boot>> {
    store::list(conn, state, before, rows_max).await
}
