//! The job `expire-credits`: sweeps what has expired until nothing is due. (What has expired can never
//! be spent, swept or not: every hold judges it at its own instant.)

use std::sync::Arc;

use shared::ledger::expire_due;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;

const WALLETS_AT_ONCE: i32 = 100;

/// Sweeps whenever the bell rings; the scheduler rings it.
pub async fn run(deps: Arc<Deps>, stopping: CancellationToken) {
    while stopping.run_until_cancelled(deps.expiry_due.notified()).await.is_some() {
        loop {
            match expire_due(&deps.db, WALLETS_AT_ONCE).await {
                Ok(swept) if swept.wallets == WALLETS_AT_ONCE && !stopping.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "expired credits were not swept");
                    break;
                }
            }
        }
    }
}
