//! Audits the ledger when the last audit has aged, whichever process made it. A violation is an alarm: an error
//! in the log with the check's name, and a gauge (`gauges`).

use std::sync::Arc;

use shared::ledger::audit;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    if !audit::is_due(&deps.db, deps.settings.audit_interval).await? {
        return Ok(Report::default());
    }
    // An audit changes nothing, so a process that stops abandons it.
    let audited = deps.stopping.run_until_cancelled(audit::run(&deps.db)).await;
    let Some(found) = audited.transpose()? else { return Ok(Report::default()) };

    let mut report = Report::default().with("audits", 1);
    for check in found.violated() {
        if let Some(error) = &check.error {
            tracing::error!(check = check.name, error, "a check of the audit could not be made");
            report.add("not_made", 1);
            continue;
        }
        let violations = check.violations.unwrap_or_default();
        tracing::error!(check = check.name, violations, "the audit found violations");
        report.add("violations", counted(violations));
    }
    for check in &found.checks {
        let seconds = std::time::Duration::from_millis(counted(check.elapsed_ms)).as_secs_f64();
        metrics::histogram!("aetherflow_audit_check_seconds", "check" => check.name)
            .record(seconds);
    }
    Ok(report)
}
