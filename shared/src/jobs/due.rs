//! Whether scheduled work is due, and how much of it: PostgreSQL is asked, never a queue.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{JobKind, Schedule};

/// Whether anything of this schedule is due.
pub async fn is_due(conn: &mut PgConnection, schedule: &Schedule) -> sqlx::Result<bool> {
    let query = format!("SELECT EXISTS (SELECT {})", schedule.due);
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(conn).await
}

/// How much of each scheduled kind is due; kinds without a schedule are left out.
pub async fn count_due(conn: &mut PgConnection) -> sqlx::Result<Vec<(JobKind, i64)>> {
    let mut counts = Vec::new();
    for kind in JobKind::ALL.iter().copied() {
        let Some(schedule) = &kind.row().schedule else { continue };
        let query = format!("SELECT count(*) {}", schedule.due);
        let count = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut *conn).await?;
        counts.push((kind, count));
    }
    Ok(counts)
}
