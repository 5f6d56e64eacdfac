//! Gives a key the places back that its unknown attempts kept, once the provider cannot be running
//! them any more.

use std::sync::Arc;

use shared::generation::rescue;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

const ATTEMPTS_MAX: i32 = 500;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let vacated = rescue::vacate(&deps.db, ATTEMPTS_MAX).await?;
    Ok(Report::default().more(vacated >= ATTEMPTS_MAX).with("attempts", counted(vacated)))
}
