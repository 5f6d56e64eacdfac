//! Reads of `generation.boot`.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Boot, BootState};

pub(super) async fn list(
    conn: &mut PgConnection,
    lease: Duration,
    state: Option<BootState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Boot>> {
    sqlx::query_as(
        "WITH clock AS MATERIALIZED (SELECT aether.now() AS now)
         SELECT b.id, b.host, b.pid, b.version, s.state, b.permits, b.busy, b.started_at, b.beat_at, b.ended_at, b.end_reason
           FROM clock c, generation.boot b,
        LATERAL (SELECT CASE WHEN b.ended_at IS NOT NULL THEN 'ended'
                             WHEN b.beat_at + make_interval(secs => $1) <= c.now THEN 'silent'
                             ELSE 'alive' END AS state) s
          WHERE ($2::text IS NULL OR s.state = $2) AND ($3::uuid IS NULL OR b.id < $3)
          ORDER BY b.id DESC LIMIT $4",
    )
    .bind(lease.as_secs_f64())
    .bind(state.map(BootState::as_str))
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
