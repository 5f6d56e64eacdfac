//! Fails waiting tasks whose deadline has passed, and notifies the clients that wait for them.

use std::sync::Arc;

use shared::generation::rescue;

use crate::{Deps, DutyError, Report};

const TASKS_MAX: i32 = 500;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let failed = rescue::fail_overdue(&deps.db, TASKS_MAX).await?;
    deps.bells.publish_ended(&failed);
    let more = failed.len() >= TASKS_MAX.unsigned_abs() as usize;
    Ok(Report::default().more(more).with("tasks", failed.len() as u64))
}
