//! The last audit of the ledger, for admins.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::ledger::audit::{self, LastAudit, LastCheck};

use crate::{
    auth::Admin,
    problem::{Code, Fail, Problem},
    response::{Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The last audit.
pub struct AdminLastAudit;

view! {
    /// What the last audit found.
    struct LastAuditView as "LastAudit" from audit: LastAudit {
        /// Whether every check was made and none found a violation.
        ok: bool,
        /// When the oldest of these results was found.
        checked_at: Timestamp,
        /// The last result of every check.
        checks: Vec<LastCheckView>,
    }
}

view! {
    /// The last result of the check of one invariant.
    struct LastCheckView as "LastAuditCheck" from check: LastCheck {
        /// The name of the invariant.
        name: String,
        /// How many rows violate the invariant; absent if the check could not be made.
        violations: Option<i64>,
        /// How long the check took, in milliseconds.
        elapsed_ms: i64,
        /// Why the check could not be made; absent if it was.
        error: Option<String>,
        /// When the check was made.
        checked_at: Timestamp,
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminLastAudit {
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
