//! Reads of `generation.boot`.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Boot, BootState};

pub(super) async fn list(
    conn: &mut PgConnection,
    state: Option<BootState>,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Boot>> {
    sqlx::query_as(
        "SELECT b.id, b.host, b.pid, b.version, CASE WHEN b.ended_at IS NULL THEN 'alive' ELSE 'ended' END AS state,
                b.permits, b.busy, b.started_at, b.beat_at,
                (extract(epoch FROM n.now - b.beat_at) * 1000)::bigint AS silent_ms, b.ended_at, b.end_reason
           FROM generation.boot b, aether.now() AS n (now)
          WHERE ($1::boolean IS NULL OR $1 = (b.ended_at IS NULL)) AND ($2::uuid IS NULL OR b.id < $2)
          ORDER BY b.id DESC LIMIT $3",
    )
    .bind(state.map(|it| it == BootState::Alive))
    .bind(before)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
