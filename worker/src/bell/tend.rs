//! Tends the queues: removes finished entries, which apalis-redis keeps for ever, and heals queues that no
//! bell gets into or out of any more.

use std::sync::Arc;
use std::time::Duration;

use operations::periodic::every;
use redis::aio::ConnectionManager;
use shared::jobs::{JobKind, QueueState, look_at_queue, sweep_finished};
use tokio_util::sync::CancellationToken;

use super::clear;
use super::trouble::Trouble;
use crate::deps::Deps;

const TEND_EVERY: Duration = Duration::from_secs(1);
const CHUNKS_MAX: usize = 20;

/// Tends all queues until `stopping`.
pub async fn tend(deps: Arc<Deps>, conn: ConnectionManager, stopping: CancellationToken) {
    let (deps, conn) = (&deps, &conn);
    every(TEND_EVERY, &stopping, "tend-queues", || async move {
        // Each by itself: what is wrong with one is not wrong with the others.
        let mut failed = Ok(());
        for kind in JobKind::ALL.iter().copied() {
            failed = failed.and(tend_one(kind, deps, conn.clone()).await);
        }
        failed
    })
    .await;
}

async fn tend_one(
    kind: JobKind,
    deps: &Deps,
    mut conn: ConnectionManager,
) -> redis::RedisResult<()> {
    match look_at_queue(&mut conn, &deps.redis_namespace, kind).await? {
        QueueState::Sound { strays: 0 } => {}
        QueueState::Sound { strays } => deps.ears.drop_malformed(kind, strays),
        QueueState::Broken => {
            clear(kind, deps, conn.clone()).await;
            // What was rung while nothing could be pushed.
            deps.bell(kind).notify_one();
        }
    }
    let swept = sweep_finished(&mut conn, &deps.redis_namespace, kind, CHUNKS_MAX).await;
    match swept {
        // Changed between the look and the sweep: the next look finds it.
        Err(error) if Trouble::of_redis(&error) == Trouble::Malformed => Ok(()),
        swept => swept.map(drop),
    }
}
