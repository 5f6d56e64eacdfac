//! `ctl rebuild-balances`: after a restore into another cluster the roll-up's watermark means nothing,
//! and services refuse it.

use std::process::ExitCode;

use anyhow::Result;

use super::{migrated_database, say};

/// Blocks money while it runs; a ledger of a million lines takes seconds.
pub async fn run() -> Result<ExitCode> {
    let pool = migrated_database().await?;
    let accounts: i64 =
        sqlx::query_scalar("SELECT ledger.rebuild_balances()").fetch_one(&pool).await?;
    say(&format!("{accounts} balances summed anew from the journal"))?;
    Ok(ExitCode::SUCCESS)
}
