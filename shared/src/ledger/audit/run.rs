//! Runs the checks, one after the other and never two at once in one database.

use std::time::{Duration, Instant};

use sqlx::PgPool;
use sqlx::types::Json;

use super::check::{CHECKS, Check, watermark};
use super::{AuditCheck, AuditReport};

/// The advisory lock that one check at a time holds. Taken in each check's own transaction, so that
/// two audits take turns and nothing is held between two checks.
const LOCK: i64 = 0x0061_7564_6974;

/// Bounds one check, its wait for another audit's check included: a snapshot that lives for long
/// keeps the whole database from cleaning up.
const CHECK_MAX: &str = "SET LOCAL statement_timeout = '5min'";

/// Runs every check and stores the results for the console and the metrics if this role may
/// (`aether_readonly` may not).
pub async fn run(pool: &PgPool) -> Result<AuditReport, sqlx::Error> {
    let mut checks = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        checks.push(run_check(pool, check).await?);
    }
    record(pool, &checks).await?;
    Ok(AuditReport::new(checks))
}

/// Whether the last stored audit began to age `interval` ago, or never happened: so that many
/// schedulers, or one that starts often, do not audit more often than asked.
pub async fn is_due(pool: &PgPool, interval: Duration) -> Result<bool, sqlx::Error> {
    let names: Vec<&str> = CHECKS.iter().map(|it| it.name).collect();
    sqlx::query_scalar(
        "SELECT count(*) < cardinality($1) OR min(checked_at) <= (SELECT aether.now()) - $2
           FROM ops.audit_result WHERE name = ANY ($1)",
    )
    .bind(names)
    .bind(crate::db::interval(interval))
    .fetch_one(pool)
    .await
}

/// Whether the roll-up's watermark belongs to this cluster. After a restore into another one it may
/// lie in the future of its transaction numbers; rolling up then loses rows for ever, so a service
/// that rolls up asks first. `ctl rebuild-balances` repairs.
pub async fn watermark_is_ours(pool: &PgPool) -> Result<bool, sqlx::Error> {
    Ok(run_check(pool, watermark()).await?.violations == 0)
}

async fn run_check(pool: &PgPool, check: &Check) -> Result<AuditCheck, sqlx::Error> {
    // Read committed: the statement that counts gets its snapshot when the lock is ours, not before.
    let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY").await?;
    sqlx::query(CHECK_MAX).execute(&mut *tx).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;

    let started = Instant::now();
    let violations: i64 =
        sqlx::query_scalar(check.sql).persistent(false).fetch_one(&mut *tx).await?;
    let elapsed = started.elapsed();

    tx.commit().await?;
    let elapsed_ms = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
    Ok(AuditCheck { name: check.name, violations, elapsed_ms })
}

async fn record(pool: &PgPool, checks: &[AuditCheck]) -> Result<(), sqlx::Error> {
    let may: bool = sqlx::query_scalar(
        "SELECT has_function_privilege('ops.record_audit(text, bigint, bigint)', 'EXECUTE')",
    )
    .fetch_one(pool)
    .await?;
    if !may {
        return Ok(());
    }
    sqlx::query(
        "SELECT ops.record_audit(c.name, c.violations, c.elapsed_ms)
           FROM jsonb_to_recordset($1) AS c (name text, violations bigint, elapsed_ms bigint)
          ORDER BY c.name",
    )
    .bind(Json(checks))
    .execute(pool)
    .await?;
    Ok(())
}
