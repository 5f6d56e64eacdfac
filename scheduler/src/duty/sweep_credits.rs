//! Sweeps expired credits until nothing is due. Workers do the same when they hear the bell of their job
//! `expire-credits`; this duty does it without Redis and without a worker. (What has expired can never be
//! spent, swept or not: every hold judges it at its own instant.)

use std::sync::Arc;

use shared::ledger;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

const WALLETS_AT_ONCE: i32 = 100;
/// Sweeps of one activation.
const SWEEPS_MAX: usize = 50;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let mut report = Report::default();
    for _ in 0..SWEEPS_MAX {
        let swept = ledger::expire_due(&deps.db, WALLETS_AT_ONCE).await?;
        report.add("wallets", counted(swept.wallets));
        if swept.wallets < WALLETS_AT_ONCE {
            return Ok(report);
        }
    }
    report.more = true;
    Ok(report)
}
