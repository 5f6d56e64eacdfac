//! Forgets the stored first answers to requests with an `Idempotency-Key`. A task's own key is kept
//! with the task, for ever.

use std::sync::Arc;
use std::time::Duration;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

/// Twice what the contract promises.
const KEPT_FOR: Duration = Duration::from_hours(48);
const ANSWERS_MAX: i32 = 1_000;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let forgotten: i32 =
        sqlx::query_scalar("SELECT ops.forget_answers(make_interval(secs => $1), $2)")
            .bind(KEPT_FOR.as_secs_f64())
            .bind(ANSWERS_MAX)
            .fetch_one(&deps.db)
            .await?;
    Ok(Report::default().more(forgotten >= ANSWERS_MAX).with("answers", counted(forgotten)))
}
