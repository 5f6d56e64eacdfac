//! Folds the journal's tail into the balances of owners and of the platform.

use std::sync::Arc;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let folded: i64 = sqlx::query_scalar("SELECT ledger.roll_up()").fetch_one(&deps.db).await?;
    Ok(Report::default().with("rows", counted(folded)))
}
