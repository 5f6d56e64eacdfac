//! Fails waiting tasks whose deadline has passed, or whose model its provider does not know any more, and
//! notifies the clients that wait for them.

use std::sync::Arc;

use shared::generation::rescue;

use crate::{Deps, DutyError, Report};

const TASKS_MAX: i32 = 500;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let failed = rescue::fail_overdue(&deps.db, TASKS_MAX).await?;
    deps.endings.announce(&failed);
    let gone = rescue::fail_gone(&deps.db, TASKS_MAX).await?;
    deps.endings.announce(&gone);
    let more = failed.len().max(gone.len()) >= TASKS_MAX.unsigned_abs() as usize;
    let report = Report::default().more(more).with("tasks", failed.len() as u64);
    Ok(report.with("model_gone", gone.len() as u64))
}
