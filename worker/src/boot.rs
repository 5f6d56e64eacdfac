//! This life of the process. A worker silent for a lease is dead to the others; when it finds out that
//! it was declared so, it registers anew and goes on.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use shared::generation::boot as store;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::deps::Deps;

pub struct Boot {
    deps: Arc<Deps>,
    id: Mutex<Uuid>,
    /// Calls out now, told with every beat.
    pub busy: AtomicI32,
}

impl Boot {
    pub async fn register(deps: Arc<Deps>) -> sqlx::Result<Arc<Self>> {
        let boot = Arc::new(Self { deps, id: Mutex::new(Uuid::now_v7()), busy: AtomicI32::new(0) });
        boot.register_again().await?;
        Ok(boot)
    }

    pub fn id(&self) -> Uuid {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a new life: what the old one had out was or will be rescued.
    pub async fn register_again(&self) -> sqlx::Result<()> {
        let id = Uuid::now_v7();
        store::register(&self.deps.db, id, &host(), env!("CARGO_PKG_VERSION"), self.deps.permits)
            .await?;
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
        Ok(())
    }

    /// Says goodbye, so that nobody waits a lease for this worker.
    pub async fn end(&self) {
        if let Err(error) = store::end(&self.deps.db, self.id(), "stopped").await {
            tracing::warn!(%error, "the end of this boot was not recorded; its lease will run out");
        }
    }
}

/// Beats every quarter of the lease.
pub async fn beat(boot: Arc<Boot>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(boot.deps.terms.lease / 4);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        match store::beat(&boot.deps.db, boot.id(), boot.busy.load(Ordering::Relaxed)).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(boot = %boot.id(), "this worker was declared dead; registering anew");
                if let Err(error) = boot.register_again().await {
                    tracing::warn!(%error, "not registered; trying again at the next beat");
                }
            }
            Err(error) => tracing::warn!(%error, "a beat was missed"),
        }
    }
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".to_owned(), |it| it.trim().to_owned())
}
