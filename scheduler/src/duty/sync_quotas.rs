//! Rings the bell when a hosted key's balance is due to be read; workers read it, for they hold the
//! keys.

use std::sync::Arc;

use shared::jobs::JobKind;

use crate::{Deps, DutyError, Report};

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let due: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pool.resource_state WHERE sync_due_at <= (SELECT aether.now()))",
    )
    .fetch_one(&deps.db)
    .await?;
    if due {
        deps.bells.ring(JobKind::SyncQuotas);
    }
    Ok(Report::default().with("bells", due.into()))
}
