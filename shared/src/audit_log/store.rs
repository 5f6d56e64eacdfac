//! One statement per function over `ops.audit_log`.

use sqlx::PgConnection;

use super::{Entry, EntryFilter, NewEntry};

/// Writes the entry inside the caller's transaction.
pub async fn record(conn: &mut PgConnection, entry: &NewEntry<'_>) -> Result<(), RecordError> {
    sqlx::query("SELECT ops.record_action($1, $2, $3, $4, $5, $6)")
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

/// Why an entry was not written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The actor is suspended, or no admin any more: their token is of a moment ago.
    #[error("only an admin acts as one")]
    NotAdmin,
    /// The database.
    #[error(transparent)]
    Store(sqlx::Error),
}

impl From<sqlx::Error> for RecordError {
    fn from(error: sqlx::Error) -> Self {
        let not_admin = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .is_some_and(|code| code == "AE002");
        if not_admin { Self::NotAdmin } else { Self::Store(error) }
    }
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
