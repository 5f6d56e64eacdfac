//! Worker processes: every life of one is a boot, which beats while it lives.

mod store;

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Whether a boot still works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum BootState {
    /// It beat within the lease.
    Alive,
    /// It has been silent for a lease; the scheduler is about to end it.
    Silent,
    /// It said good-bye, or was declared dead.
    Ended,
}

impl BootState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Silent => "silent",
            Self::Ended => "ended",
        }
    }
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
    pub ended_at: Option<DateTime<Utc>>,
    pub end_reason: Option<String>,
}

/// At most `rows_max` boots with an id below `before`, newest first; `lease` is how long a boot may be silent.
pub async fn list_boots(
    conn: &mut PgConnection,
    lease: Duration,
    state: Option<BootState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Boot>> {
    store::list(conn, lease, state, before, rows_max).await
}
