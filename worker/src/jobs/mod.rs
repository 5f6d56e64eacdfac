//! The handlers, one file for each kind of job. A handler looks into PostgreSQL for work of its kind, when
//! a bell rings and regularly without one.

mod expire_credits;
mod generate_image;
mod sync_quotas;

use std::sync::Arc;

use async_trait::async_trait;
use operations::periodic::every_or_woken;
use shared::jobs::JobKind;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;

/// Does the work of one kind.
#[async_trait]
trait Handler: Send + Sync {
    /// Begins whatever is due, until nothing more is or the process stops.
    async fn look(&self, stopping: &CancellationToken) -> anyhow::Result<()>;

    /// Waits for the end of what was begun.
    async fn drain(&self) {}
}

fn handler(kind: JobKind, deps: &Arc<Deps>) -> Box<dyn Handler> {
    let deps = Arc::clone(deps);
    match kind {
        JobKind::GenerateImage => Box::new(generate_image::GenerateImage::new(deps)),
        JobKind::SyncQuotas => Box::new(sync_quotas::SyncQuotas::new(deps)),
        JobKind::ExpireCredits => Box::new(expire_credits::ExpireCredits::new(deps)),
    }
}

/// Works on one kind until `stopping`, then finishes what was begun.
pub async fn work(kind: JobKind, deps: Arc<Deps>, stopping: CancellationToken) {
    let handler = handler(kind, &deps);
    let look = || handler.look(&stopping);
    let look_every = kind.row().look_every;
    every_or_woken(look_every, deps.bell(kind), &stopping, kind.as_str(), look).await;
    handler.drain().await;
}
