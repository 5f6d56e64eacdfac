//! Reads what the leader shows about the exchange: what waits, what runs, what is parked, how the keys
//! are, what the audit found.

mod store;

use std::sync::Arc;

use crate::{Deps, DutyError, Report};

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let mut readings = store::list_counts(&deps.db).await?;
    readings.extend(store::list_recent_tasks(&deps.db).await?);
    readings.extend(store::list_resources(&deps.db).await?);
    readings.extend(store::list_violations(&deps.db).await?);
    deps.board.show(readings);
    Ok(Report::default())
}
