//! The scheduler's lead: one row, judged by the database's clock. It only saves work; every duty is
//! safe with two leaders at once.

use std::time::Duration;

use sqlx::PgExecutor;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

/// Takes or renews the lead for `lease` from now; `false`: somebody else has it.
pub async fn lead(db: impl PgExecutor<'_>, holder: Uuid, lease: Duration) -> sqlx::Result<bool> {
    let lease = PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(lease.as_micros()).unwrap_or(i64::MAX),
    };
    sqlx::query_scalar("SELECT ops.lead($1, $2)").bind(holder).bind(lease).fetch_one(db).await
}

/// Gives the lead back at once, so that nobody waits for the lease to run out. Harmless for one who
/// does not have it.
pub async fn resign(db: impl PgExecutor<'_>, holder: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT ops.resign($1)").bind(holder).execute(db).await?;
    Ok(())
}
