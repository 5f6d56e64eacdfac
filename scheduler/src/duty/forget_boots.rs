//! Forgets workers that ended long ago, and what keys said about models more than a day ago.

use std::sync::Arc;

use shared::generation::rescue;
use shared::pool::model;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

/// Of each kind.
const ROWS_MAX: i32 = 1_000;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let boots = rescue::forget_boots(&deps.db, ROWS_MAX).await?;
    let refusals = model::forget_refusals(&deps.db, ROWS_MAX).await?;
    let more = boots.max(refusals) >= ROWS_MAX;
    let report = Report::default().more(more).with("boots", counted(boots));
    Ok(report.with("model_refusals", counted(refusals)))
}
