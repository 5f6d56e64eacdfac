//! Rings for a kind of job whose work becomes due by itself; workers do it.

use std::sync::Arc;

use shared::jobs::{self, JobKind, Schedule};

use crate::{Deps, DutyError, Report};

/// Rings if anything of `kind` is due.
pub async fn run(kind: JobKind, schedule: &Schedule, deps: Arc<Deps>) -> Result<Report, DutyError> {
    let due = jobs::is_due(&mut *deps.db.acquire().await?, schedule).await?;
    if due {
        deps.bells.ring(kind);
    }
    Ok(Report::default().with("bells", due.into()))
}
