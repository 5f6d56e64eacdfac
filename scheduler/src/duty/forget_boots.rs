//! Forgets workers that ended long ago, what keys said about models more than a day ago, and what keys were like more than
//! a month ago.

use std::sync::Arc;

use shared::generation::rescue;
use shared::pool::model;
use shared::pool::resource::hosted;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

/// Of each kind.
const ROWS_MAX: i32 = 1_000;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let boots = rescue::forget_boots(&deps.db, ROWS_MAX).await?;
    let refusals = model::forget_refusals(&deps.db, ROWS_MAX).await?;
    let conditions = hosted::forget_conditions(&deps.db, ROWS_MAX).await?;
    let more = boots.max(refusals).max(conditions) >= ROWS_MAX;
    let report = Report::default().more(more).with("boots", counted(boots));
    let report = report.with("model_refusals", counted(refusals));
    Ok(report.with("conditions", counted(conditions)))
}
