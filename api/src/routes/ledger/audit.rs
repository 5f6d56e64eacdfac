//! Whether the books are right.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, types::Example};
use shared::ledger::audit::{self, AuditCheck, AuditReport};

use crate::{auth::Admin, problem::Fail, response::Reply, routes::Tag, state::App};

/// The audit.
pub struct AdminAudit;

/// What an audit found.
#[derive(Debug, Object)]
#[oai(rename = "AuditReport", example)]
struct AuditReportView {
    /// No check found a violation.
    ok: bool,
    /// Every check.
    checks: Vec<AuditCheckView>,
}

/// One invariant.
#[derive(Debug, Object)]
#[oai(rename = "AuditCheck")]
struct AuditCheckView {
    /// Its name.
    name: String,
    /// Rows that violate it.
    violations: i64,
    /// How long the check ran.
    elapsed_ms: i64,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminAudit {
    /// Check every invariant of the books, now.
    ///
    /// Audits take turns; each check reads a short snapshot of its own.
    #[oai(path = "/audit", method = "post", operation_id = "admin_run_audit")]
    async fn run(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
    ) -> Result<Reply<AuditReportView>, Fail> {
        let report = audit::run(&app.admin_db).await?;
        Ok(Reply::new(&report.into()))
    }
}

impl From<AuditReport> for AuditReportView {
    fn from(report: AuditReport) -> Self {
        Self { ok: report.ok, checks: report.checks.into_iter().map(Into::into).collect() }
    }
}

impl From<AuditCheck> for AuditCheckView {
    fn from(check: AuditCheck) -> Self {
        Self {
            name: check.name.to_owned(),
            violations: check.violations,
            elapsed_ms: check.elapsed_ms,
        }
    }
}

impl Example for AuditReportView {
    fn example() -> Self {
        let name = "journal_balanced".to_owned();
        Self { ok: true, checks: vec![AuditCheckView { name, violations: 0, elapsed_ms: 3 }] }
    }
}
