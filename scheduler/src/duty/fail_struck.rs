//! Ends what waits of consumers whose prompts moderation refused too often today, and notifies the clients that wait.

use std::sync::Arc;

use shared::generation::strikes;

use crate::{Deps, DutyError, Report};

const TASKS_MAX: i32 = 500;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let failed = strikes::fail_struck(&deps.db, TASKS_MAX, deps.settings.strikes_max).await?;
    deps.endings.announce(&failed);
    let more = failed.len() >= TASKS_MAX.unsigned_abs() as usize;
    Ok(Report::default().more(more).with("tasks", failed.len() as u64))
}
