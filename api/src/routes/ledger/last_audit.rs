//! The last audit of the ledger, for admins.

use shared::ledger::audit::{LastAudit, LastCheck};

use crate::response::{Timestamp, view};

view! {
    /// What the last audit found.
    pub(super) struct LastAuditView as "LastAudit" from audit: LastAudit {
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
    pub(super) struct LastCheckView as "LastAuditCheck" from check: LastCheck {
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
