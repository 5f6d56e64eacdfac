//! One statement per function over `ops.audit_log`.

use sqlx::PgConnection;

use super::{Entry, EntryFilter, NewEntry};

/// Writes the entry inside the caller's transaction.
pub async fn record(conn: &mut PgConnection, entry: &NewEntry<'_>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO ops.audit_log (actor_id, action, subject, reason, detail, request_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, aether.now())",
    )
    .bind(entry.actor_id)
    .bind(entry.action)
    .bind(entry.subject.to_string())
    .bind(entry.reason)
    .bind(&entry.detail)
    .bind(entry.request_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// At most `rows_max` entries below line `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    filter: &EntryFilter,
    before: Option<i64>,
    rows_max: i64,
) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as(
        "SELECT l.line, l.actor_id, u.email AS actor_email, l.action, l.subject, l.reason, l.detail, l.request_id,
                l.created_at
           FROM ops.audit_log l LEFT JOIN identity.users u ON u.id = l.actor_id
          WHERE ($1::bigint IS NULL OR l.line < $1)
            AND ($2::uuid IS NULL OR l.actor_id = $2)
            AND ($3::text IS NULL OR l.action = $3)
            AND ($4::text IS NULL OR l.subject = $4)
            AND ($5::timestamptz IS NULL OR l.created_at >= $5)
            AND ($6::timestamptz IS NULL OR l.created_at < $6)
          ORDER BY l.line DESC LIMIT $7",
    )
    .bind(before)
    .bind(filter.actor_id)
    .bind(filter.action.as_deref())
    .bind(filter.subject.as_deref())
    .bind(filter.from)
    .bind(filter.to)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
