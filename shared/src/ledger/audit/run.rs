//! Runs the checks, one after the other and never two at once in one database.

use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::check::{CHECKS, Check, watermark};
use super::{AuditCheck, AuditReport};

/// The advisory lock that one check at a time holds. Taken in each check's own transaction, so that
/// two audits take turns and nothing is held between two checks.
const LOCK: i64 = 0x0061_7564_6974;

/// Bounds one check, its wait for another audit's check included: a snapshot that lives for long
/// keeps the whole database from cleaning up. The roles' own bounds are for shorter work.
const CHECK_MAX: &str = "SELECT set_config('statement_timeout', '5min', true), set_config('lock_timeout', '5min', true)";

/// Runs every check and stores each result at once, for the console and the metrics, if this role may
/// (`aether_readonly` may not): one that errs or is late costs nobody the results of the others.
pub async fn run(pool: &PgPool) -> Result<AuditReport, sqlx::Error> {
    run_these(pool, CHECKS).await
}

/// The same, of these checks.
pub async fn run_these(pool: &PgPool, list: &[Check]) -> Result<AuditReport, sqlx::Error> {
    let may: bool = sqlx::query_scalar(
        "SELECT has_function_privilege('ops.record_audit(text, bigint, bigint, text)', 'EXECUTE')",
    )
    .fetch_one(pool)
    .await?;
    let mut checks = Vec::with_capacity(list.len());
    for check in list {
        let result = run_check(pool, check).await.unwrap_or_else(|error| failed(check, &error));
        if may {
            record(pool, &result).await?;
        }
        checks.push(result);
    }
    Ok(AuditReport::new(checks))
}

/// A check that could not be made, in the database's words.
fn failed(check: &Check, error: &sqlx::Error) -> AuditCheck {
    let error = Some(error.to_string());
    AuditCheck { name: check.name, violations: None, elapsed_ms: 0, error }
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
    Ok(run_check(pool, watermark()).await?.is_ok())
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
    Ok(AuditCheck { name: check.name, violations: Some(violations), elapsed_ms, error: None })
}

async fn record(pool: &PgPool, check: &AuditCheck) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT ops.record_audit($1, $2, $3, $4)")
        .bind(check.name)
        .bind(check.violations)
        .bind(check.elapsed_ms)
        .bind(&check.error)
        .execute(pool)
        .await?;
    Ok(())
}
