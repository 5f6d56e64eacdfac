//! Forgets how many prompts were refused on days that are long over.

use std::sync::Arc;

use shared::generation::strikes;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

const ROWS_MAX: i32 = 1_000;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let forgotten = strikes::forget_strikes(&deps.db, ROWS_MAX).await?;
    Ok(Report::default().more(forgotten >= ROWS_MAX).with("rows", counted(forgotten)))
}
