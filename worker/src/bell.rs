//! Hears the bells. The apalis handlers only wake the handler of the kind (`jobs`), which looks into
//! PostgreSQL, and end at once: no error of Redis can drop a paid call, and no bell is held for long. The
//! one place of the worker that knows apalis.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{
    BackendExt, BoxDynError, Data, Monitor, PollSnapshot, PollStrategy, WorkerBuilder,
    WorkerBuilderExt,
};
use backon::BackoffBuilder;
use operations::periodic::{every, ticks};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use shared::jobs::{BATCH_SIZE, Bell, Channels, JobKind, Listener, storage, sweep_finished};
use tokio::sync::mpsc;
use tokio::time::Interval;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff;
use crate::deps::Deps;

const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(5);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(1);
const SWEEP_CHUNKS_MAX: usize = 20;

/// Listens until `stopping`, through every absence of Redis.
pub async fn hear(deps: Arc<Deps>, stopping: CancellationToken) {
    let mut pauses = backoff::doubling(Duration::from_millis(500), RECONNECT_PAUSE_MAX).build();
    while let Err(error) = listen(&deps, &stopping).await {
        tracing::warn!(%error, "no bells are heard; workers look for work by themselves");
        metrics::counter!("aetherflow_bells_lost_total").increment(1);
        // The end of the process is what this waits for, at most so long.
        let pause = pauses.next().unwrap_or(RECONNECT_PAUSE_MAX);
        if tokio::time::timeout(pause, stopping.cancelled()).await.is_ok() {
            return;
        }
    }
}

async fn listen(deps: &Arc<Deps>, stopping: &CancellationToken) -> anyhow::Result<()> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_max_delay(Duration::from_secs(2));
    let connecting = deps.redis.get_connection_manager_with_config(config);
    let Some(conn) = stopping.run_until_cancelled(connecting).await else { return Ok(()) };
    let conn = conn?;
    // A worker's name may never return: apalis refuses one that was seen lately.
    let name = Uuid::now_v7();
    let mut monitor = Monitor::new().shutdown_timeout(Duration::from_secs(2));
    for kind in JobKind::ALL.iter().copied() {
        monitor = register(monitor, kind, deps, &conn, name);
    }
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

fn register(
    monitor: Monitor,
    kind: JobKind,
    deps: &Arc<Deps>,
    conn: &ConnectionManager,
    name: Uuid,
) -> Monitor {
    let (deps, conn) = (Arc::clone(deps), conn.clone());
    monitor.register(move |_| {
        let channels = Channels::new(&deps.redis_namespace);
        let wake = Wake::new(Listener::listen(deps.redis.clone(), channels.wake(kind)));
        let queue = storage(conn.clone(), &deps.redis_namespace, kind);
        WorkerBuilder::new(format!("{}-{name}-{}", kind.as_str(), Uuid::now_v7().simple()))
            .backend(queue.poll_with_strategy(wake))
            .data(kind)
            .data(Arc::clone(&deps))
            .concurrency(BATCH_SIZE)
            .build(heard)
    })
}

/// All that apalis does with a bell.
async fn heard(_bell: Bell, kind: Data<JobKind>, deps: Data<Arc<Deps>>) -> Result<(), BoxDynError> {
    deps.bell(*kind).notify_one();
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
        Self { announced, tick: ticks(TICK) }
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
async fn sweep(conn: ConnectionManager, namespace: String, stop: CancellationToken) {
    every(SWEEP_EVERY, &stop, "sweep-bells", || async {
        for kind in JobKind::ALL.iter().copied() {
            sweep_finished(&mut conn.clone(), &namespace, kind, SWEEP_CHUNKS_MAX).await?;
        }
        Ok::<_, redis::RedisError>(())
    })
    .await;
}
