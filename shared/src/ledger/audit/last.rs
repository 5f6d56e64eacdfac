//! The results of the last audit, whoever ran it.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::check::CHECKS;

/// The last result of one check.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LastCheck {
    pub name: String,
    /// `None`: it could not be made.
    pub violations: Option<i64>,
    pub elapsed_ms: i64,
    /// Why it could not be made.
    pub error: Option<String>,
    pub checked_at: DateTime<Utc>,
}

/// The last results of all checks there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAudit {
    /// Whether every check of this build was made and none found a violation.
    pub ok: bool,
    /// When the oldest of these results was found: everything was well then at the latest.
    pub checked_at: DateTime<Utc>,
    /// In the order of the list.
    pub checks: Vec<LastCheck>,
}

/// Reads the last results; `None` before the first audit.
pub async fn read_last(conn: &mut PgConnection) -> sqlx::Result<Option<LastAudit>> {
    let names: Vec<&str> = CHECKS.iter().map(|it| it.name).collect();
    let checks: Vec<LastCheck> = sqlx::query_as(
        "SELECT r.name, r.violations, r.elapsed_ms, r.error, r.checked_at
           FROM unnest($1::text[]) WITH ORDINALITY AS n (name, no) JOIN ops.audit_result r ON r.name = n.name
          ORDER BY n.no",
    )
    .bind(&names)
    .fetch_all(conn)
    .await?;
    let Some(checked_at) = checks.iter().map(|it| it.checked_at).min() else { return Ok(None) };
    let well = checks.iter().all(|it| it.violations == Some(0));
    Ok(Some(LastAudit { ok: well && checks.len() == names.len(), checked_at, checks }))
}
