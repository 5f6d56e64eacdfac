//! Claims while there are permits and something is due, and owns every call it starts: no error of
//! Redis can drop one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::attempt;
use crate::boot::Boot;
use crate::claim::{Claimer, Round};
use crate::deps::Deps;

/// The net under every bell: an empty or silent Redis costs at most this.
const TICK: Duration = Duration::from_secs(1);

/// Tasks claimed at once at the most.
const BATCH_MAX: usize = 32;

pub struct Executor {
    deps: Arc<Deps>,
    boot: Arc<Boot>,
    permits: Arc<Semaphore>,
    /// The last round left something that may wait for a call's end. Otherwise that end is no reason
    /// to look: a look that finds nothing costs the database as much as one that claims.
    left: Arc<AtomicBool>,
    calls: TaskTracker,
}

impl Executor {
    pub fn new(deps: Arc<Deps>, boot: Arc<Boot>, concurrency: usize) -> Self {
        metrics::gauge!("aetherflow_worker_permits")
            .set(f64::from(u32::try_from(concurrency).unwrap_or(u32::MAX)));
        Self {
            deps,
            boot,
            permits: Arc::new(Semaphore::new(concurrency)),
            left: Arc::default(),
            calls: TaskTracker::new(),
        }
    }

    /// Claims and calls until `stopping`.
    pub async fn run_until(&self, stopping: &CancellationToken) {
        let mut claimer = Claimer::new(Arc::clone(&self.deps), Arc::clone(&self.boot));
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !stopping.is_cancelled() {
            let free = self.permits.available_permits().min(BATCH_MAX);
            if free == 0 {
                self.left.store(true, Ordering::SeqCst);
                // Whoever ended before that word was out has told nobody.
                if self.permits.available_permits() > 0 {
                    continue;
                }
            }
            let more =
                free > 0 && self.deps.store_is_healthy() && self.round(&mut claimer, free).await;
            if more {
                continue;
            }
            tokio::select! {
                () = self.deps.due.notified() => {}
                _ = tick.tick() => {}
                () = stopping.cancelled() => {}
            }
        }
    }

    /// One round; whether another would find something at once.
    async fn round(&self, claimer: &mut Claimer, free: usize) -> bool {
        let before = self.permits.available_permits();
        let Round { started, full, left } = match claimer.round(free).await {
            Ok(round) => round,
            Err(error) => {
                tracing::warn!(%error, "nothing was claimed");
                return false;
            }
        };
        self.left.store(left, Ordering::SeqCst);
        // Whoever ended before that word was out has told nobody.
        let more = full || (left && self.permits.available_permits() > before);
        for start in started {
            let permit = Arc::clone(&self.permits)
                .try_acquire_owned()
                .expect("only this loop takes permits");
            let (deps, boot) = (Arc::clone(&self.deps), Arc::clone(&self.boot));
            let left = Arc::clone(&self.left);
            // Before the next round looks, not when the call gets its turn.
            deps.hot.started(start.resource.id);
            self.calls.spawn(async move {
                boot.busy.fetch_add(1, Ordering::Relaxed);
                metrics::gauge!("aetherflow_calls_out").increment(1.0);
                let resource = start.resource.id;
                attempt::run(&deps, start).await;
                deps.hot.ended(resource);
                metrics::gauge!("aetherflow_calls_out").decrement(1.0);
                boot.busy.fetch_sub(1, Ordering::Relaxed);
                drop(permit);
                if left.load(Ordering::SeqCst) {
                    deps.due.notify_one();
                }
            });
        }
        more
    }

    /// Waits for what is out.
    pub async fn drain(&self) {
        self.calls.close();
        self.calls.wait().await;
    }
}
