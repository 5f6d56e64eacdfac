//! The audit of the ledger, for admins.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::ledger::audit::{self, AuditCheck, AuditReport};

use super::last_audit::LastAuditView;
use crate::{
    auth::Admin,
    problem::{Code, Fail, Problem},
    response::{Reply, view},
    routes::Tag,
    state::App,
};

/// The audit.
pub struct AdminAudit;

view! {
    /// What an audit found.
    struct AuditReportView as "AuditReport" from report: AuditReport {
        /// Whether every check could be made and none found a violation.
        ok: bool,
        /// The result of every check.
        checks: Vec<AuditCheckView>,
    }
}

view! {
    /// The check of one invariant of the ledger.
    struct AuditCheckView as "AuditCheck" from check: AuditCheck {
        /// The name of the invariant.
        name: String = check.name.to_owned(),
        /// How many rows violate the invariant; absent if the check could not be made.
        violations: Option<i64>,
        /// How long the check took, in milliseconds.
        elapsed_ms: i64,
        /// Why the check could not be made; absent if it was.
        error: Option<String>,
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminAudit {
    /// Check every invariant of the ledger now.
    ///
    /// Only one audit runs at a time; another one waits for it. Each check reads a short snapshot of its
    /// own.
    #[oai(path = "/audit", method = "post", operation_id = "admin_run_audit")]
    async fn run(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
    ) -> Result<Reply<AuditReportView>, Fail> {
        Ok(Reply::of(audit::run(&app.admin_db).await?))
    }

    /// Get what the last audit of the ledger found.
    ///
    /// The scheduler audits regularly, and `POST` to the same path audits now. 404 before the first audit.
    #[oai(path = "/audit", method = "get", operation_id = "admin_get_audit")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
    ) -> Result<Reply<LastAuditView>, Fail<404>> {
        let last = audit::read_last(&mut *app.admin_db.acquire().await?).await?;
        let last = last.ok_or_else(|| {
            Problem::new(
                Code::NotFound,
                "the ledger has not been audited yet; POST /api/admin/audit does it now",
            )
        })?;
        Ok(Reply::of(last))
    }
}
