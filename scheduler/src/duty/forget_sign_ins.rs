//! Forgets sessions and refresh tokens that have expired, and windows of failed sign-ins that are over.

use std::sync::Arc;

use crate::report::counted;
use crate::{Deps, DutyError, Report};

/// Of each kind.
const ROWS_MAX: i32 = 1_000;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let forgotten: i32 = sqlx::query_scalar("SELECT identity.forget_sign_ins($1)")
        .bind(ROWS_MAX)
        .fetch_one(&deps.db)
        .await?;
    Ok(Report::default().more(forgotten >= ROWS_MAX).with("rows", counted(forgotten)))
}
