//! Hears the bells. The apalis handlers only wake whoever looks into PostgreSQL and end at once, so no
//! error of Redis can drop a paid call and no job is ever long. The one place of the worker that knows
//! apalis.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{
    BackendExt, BoxDynError, Data, Monitor, PollSnapshot, PollStrategy, WorkerBuilder,
    WorkerBuilderExt,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use shared::jobs::{
    BATCH_SIZE, Channels, ExpireCredits, GenerateImage, Job, JobKind, Listener, SyncQuotas,
    storage, sweep_finished,
};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::deps::Deps;
use crate::patience::Patience;

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(1);
const SWEEP_CHUNKS_MAX: usize = 20;

/// Listens until `stopping`, through every absence of Redis.
pub async fn hear(deps: Arc<Deps>, stopping: CancellationToken) {
    let mut patience = Patience::new(Duration::from_millis(500), Duration::from_secs(5));
    while !stopping.is_cancelled() {
        if let Err(error) = listen(&deps, &stopping).await {
            tracing::warn!(%error, "the bells are silent; the tick goes on");
            metrics::counter!("aetherflow_bells_lost_total").increment(1);
        }
        if stopping.run_until_cancelled(patience.pause()).await.is_none() {
            return;
        }
    }
}

async fn listen(deps: &Arc<Deps>, stopping: &CancellationToken) -> anyhow::Result<()> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_max_delay(Duration::from_secs(2));
    let conn = deps.redis.get_connection_manager_with_config(config).await?;
    // A worker's name may never return: apalis refuses one that was seen lately.
    let name = Uuid::now_v7();
    let monitor = Monitor::new().shutdown_timeout(Duration::from_secs(2));
    let monitor = register::<GenerateImage>(monitor, deps, &conn, name);
    let monitor = register::<SyncQuotas>(monitor, deps, &conn, name);
    let monitor = register::<ExpireCredits>(monitor, deps, &conn, name);
    let ended = stopping.child_token();
    let sweeper = tokio::spawn(sweep(conn, deps.redis_namespace.clone(), ended.clone()));
    let stop = stopping.clone();
    let result = monitor
        .run_with_signal(async move {
            stop.cancelled().await;
            Ok(())
        })
        .await;
    ended.cancel();
    sweeper.await?;
    result?;
    anyhow::ensure!(stopping.is_cancelled(), "the job workers ended");
    Ok(())
}

fn register<J: Job>(
    monitor: Monitor,
    deps: &Arc<Deps>,
    conn: &ConnectionManager,
    name: Uuid,
) -> Monitor {
    let (deps, conn) = (Arc::clone(deps), conn.clone());
    monitor.register(move |_| {
        let wake = Listener::listen(
            deps.redis.clone(),
            Channels::new(&deps.redis_namespace).wake(J::KIND),
        );
        WorkerBuilder::new(format!("{}-{name}-{}", J::KIND.as_str(), Uuid::now_v7().simple()))
            .backend(
                storage::<J>(conn.clone(), &deps.redis_namespace)
                    .poll_with_strategy(Wake::new(wake)),
            )
            .data(Arc::clone(&deps))
            .concurrency(BATCH_SIZE)
            .build(ring::<J>)
    })
}

/// The whole of every job: somebody should look.
async fn ring<J: Job>(_job: J, deps: Data<Arc<Deps>>) -> Result<(), BoxDynError> {
    match J::KIND {
        JobKind::GenerateImage => deps.due.notify_one(),
        JobKind::SyncQuotas => deps.sync_due.notify_one(),
        JobKind::ExpireCredits => deps.expiry_due.notify_one(),
    }
    Ok(())
}

/// Polls when a push is announced, and once a second in any case. (apalis' own interval strategy loses
/// its wake-up when Redis answers later than the interval; this one keeps its wakers.)
struct Wake {
    announced: mpsc::Receiver<Vec<u8>>,
    tick: Interval,
}

impl Wake {
    fn new(announced: mpsc::Receiver<Vec<u8>>) -> Self {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { announced, tick }
    }
}

impl PollStrategy for Wake {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        let mut due = Poll::Pending;
        while let Poll::Ready(Some(_)) = self.announced.poll_recv(cx) {
            due = Poll::Ready(Some(()));
        }
        while self.tick.poll_tick(cx).is_ready() {
            due = Poll::Ready(Some(()));
        }
        due
    }
}

/// Removes finished entries, which apalis-redis keeps for ever.
async fn sweep(mut conn: ConnectionManager, namespace: String, stop: CancellationToken) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        for kind in JobKind::ALL {
            if let Err(error) = sweep_finished(&mut conn, &namespace, kind, SWEEP_CHUNKS_MAX).await
            {
                tracing::debug!(%error, "finished jobs were not swept");
            }
        }
    }
}
