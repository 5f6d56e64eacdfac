//! One life of a worker process: registered, beating, ended.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

crate::vocabulary! {
    /// Whether a worker process is still working.
    pub enum BootState as "WorkerState" {
        /// Nobody ended it. One that has been silent for a lease is about to be ended.
        Alive = "alive",
        /// It stopped, or it was declared dead.
        Ended = "ended",
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
    /// Milliseconds since its last beat, by the database's clock.
    pub silent_ms: i64,
    /// Since when an admin wants it to start no new calls.
    pub drained_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub end_reason: Option<String>,
}

macro_rules! boot {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.host, b.pid, b.version, CASE WHEN b.ended_at IS NULL THEN 'alive' ELSE 'ended' END AS state,
                    b.permits, b.busy, b.started_at, b.beat_at,
                    (extract(epoch FROM n.now - b.beat_at) * 1000)::bigint AS silent_ms, b.drained_at,
                    b.ended_at, b.end_reason
               FROM generation.boot b, aether.now() AS n (now) ",
            $rest
        )
    };
}

/// One boot.
pub async fn find_boot(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Boot>> {
    sqlx::query_as(boot!("WHERE b.id = $1")).bind(id).fetch_optional(conn).await
}

/// Wants a boot to start no new calls, or allows it again. `false`: there is none, or it has ended.
pub async fn drain(conn: &mut PgConnection, id: Uuid, drain: bool) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.drain_boot($1, $2)")
        .bind(id)
        .bind(drain)
        .fetch_one(conn)
        .await
}

/// At most `rows_max` boots with an id below `before`, newest first.
pub async fn list_boots(
    conn: &mut PgConnection,
    state: Option<BootState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Boot>> {
    sqlx::query_as(boot!(
        "WHERE ($1::boolean IS NULL OR $1 = (b.ended_at IS NULL)) AND ($2::uuid IS NULL OR b.id < $2)
         ORDER BY b.id DESC LIMIT $3"
    ))
    .bind(state.map(|it| it == BootState::Alive))
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// Registers a new boot of this process.
pub async fn register(
    db: &PgPool,
    id: Uuid,
    host: &str,
    version: &str,
    permits: i32,
) -> sqlx::Result<()> {
    let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    sqlx::query("SELECT generation.register_boot($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(host)
        .bind(pid)
        .bind(version)
        .bind(permits)
        .execute(db)
        .await?;
    Ok(())
}

/// `false`: this boot was declared dead and what it called was rescued; register a new one.
pub async fn beat(db: &PgPool, id: Uuid, busy: i32) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.beat($1, $2)").bind(id).bind(busy).fetch_one(db).await
}

/// Whether an admin wants it to start no new calls.
pub async fn is_drained(db: &PgPool, id: Uuid) -> sqlx::Result<bool> {
    let drained: Option<bool> =
        sqlx::query_scalar("SELECT drained_at IS NOT NULL FROM generation.boot WHERE id = $1")
            .bind(id)
            .fetch_optional(db)
            .await?;
    Ok(drained.unwrap_or(false))
}

pub async fn end(db: &PgPool, id: Uuid, reason: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT generation.end_boot($1, $2)").bind(id).bind(reason).execute(db).await?;
    Ok(())
}
