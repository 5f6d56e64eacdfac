//! The job `expire-credits`: sweeps what has expired until nothing is due. (What has expired can never
//! be spent, swept or not: every hold judges it at its own instant.)

use std::sync::Arc;

use async_trait::async_trait;
use shared::ledger::expire_due;
use tokio_util::sync::CancellationToken;

use super::Handler;
use crate::deps::Deps;

const WALLETS_AT_ONCE: i32 = 100;

pub struct ExpireCredits {
    deps: Arc<Deps>,
}

impl ExpireCredits {
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

#[async_trait]
impl Handler for ExpireCredits {
    async fn look(&self, stopping: &CancellationToken) -> anyhow::Result<()> {
        while !stopping.is_cancelled() {
            if expire_due(&self.deps.db, WALLETS_AT_ONCE).await?.wallets < WALLETS_AT_ONCE {
                break;
            }
        }
        Ok(())
    }
}
