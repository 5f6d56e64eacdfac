//! The job `generate-image`: claims tasks while there are permits and something is due, and owns every
//! call it starts, so that no error of Redis can drop one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use shared::jobs::JobKind;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Handler;
use crate::attempt;
use crate::claim::{Claimer, Round, Start};
use crate::deps::Deps;

/// Tasks claimed at once at the most.
const BATCH_MAX: usize = 32;

pub struct GenerateImage {
    deps: Arc<Deps>,
    /// Taken for the length of a look, which is never begun twice.
    claimer: Mutex<Claimer>,
    permits: Arc<Semaphore>,
    /// The last round left something that may wait for a call to end. Otherwise the end of a call is no
    /// reason to look: a look that finds nothing costs the database as much as one that claims.
    left: Arc<AtomicBool>,
    calls: TaskTracker,
}

impl GenerateImage {
    pub fn new(deps: Arc<Deps>) -> Self {
        let permits = deps.permits;
        metrics::gauge!("aetherflow_worker_permits").set(f64::from(permits));
        Self {
            claimer: Mutex::new(Claimer::new(Arc::clone(&deps))),
            deps,
            permits: Arc::new(Semaphore::new(usize::from(permits))),
            left: Arc::default(),
            calls: TaskTracker::new(),
        }
    }

    /// One round; answers whether another would find something at once.
    async fn round(&self, claimer: &mut Claimer, free: usize) -> anyhow::Result<bool> {
        let before = self.permits.available_permits();
        let Round { started, full, left } = claimer.round(free).await?;
        self.left.store(left, Ordering::SeqCst);
        // A call that ended before `left` was set has notified nobody.
        let more = full || (left && self.permits.available_permits() > before);
        for start in started {
            let permit = Arc::clone(&self.permits)
                .try_acquire_owned()
                .expect("only this handler takes permits");
            self.call(start, permit);
        }
        Ok(more)
    }

    fn call(&self, mut start: Start, permit: OwnedSemaphorePermit) {
        let (deps, left) = (Arc::clone(&self.deps), Arc::clone(&self.left));
        // Counted before the next round looks, not when the call gets its turn.
        deps.hot.started(start.resource.id);
        self.calls.spawn(async move {
            deps.boot.busy.fetch_add(1, Ordering::Relaxed);
            metrics::gauge!("aetherflow_calls_out").increment(1.0);
            let (resource, own_call) = (start.resource.id, start.own_call.take());
            attempt::run(&deps, start).await;
            deps.hot.ended(resource);
            metrics::gauge!("aetherflow_calls_out").decrement(1.0);
            deps.boot.busy.fetch_sub(1, Ordering::Relaxed);
            drop(own_call);
            drop(permit);
            if left.load(Ordering::SeqCst) {
                deps.bell(JobKind::GenerateImage).notify_one();
            }
        });
    }
}

#[async_trait]
impl Handler for GenerateImage {
    async fn look(&self, stopping: &CancellationToken) -> anyhow::Result<()> {
        let mut claimer = self.claimer.lock().await;
        let may = || self.deps.store_is_healthy() && !self.deps.boot.is_drained();
        while !stopping.is_cancelled() && may() {
            let free = self.permits.available_permits().min(BATCH_MAX);
            if free == 0 {
                self.left.store(true, Ordering::SeqCst);
                // A call that ended before `left` was set has notified nobody.
                if self.permits.available_permits() > 0 {
                    continue;
                }
                break;
            }
            if !self.round(&mut claimer, free).await? {
                break;
            }
        }
        Ok(())
    }

    async fn drain(&self) {
        self.calls.close();
        self.calls.wait().await;
    }
}
