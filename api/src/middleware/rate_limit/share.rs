//! Sharing the counts with the other replicas, once a second.

use std::time::Duration;

use redis::aio::ConnectionManager;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{RateLimits, unix_time, window::Window};

const SHARE_EVERY: Duration = Duration::from_secs(1);
/// A later answer would be about a round that is over.
const REDIS_TIMEOUT: Duration = Duration::from_millis(800);
/// Callers per round and limit, which bounds one pipeline.
const KEYS_PER_ROUND: usize = 2_000;

/// Shares the counts until `stop`. A Redis that does not answer is no error: each replica counts alone
/// then.
pub async fn share(
    limits: &RateLimits,
    redis: ConnectionManager,
    namespace: &str,
    stop: CancellationToken,
) {
    let mut ticks = interval(SHARE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for window in limits.windows() {
            let round = share_window(window, redis.clone(), namespace);
            match timeout(REDIS_TIMEOUT, round).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "request counts could not be shared"),
                Err(_) => tracing::debug!("request counts could not be shared in time"),
            }
        }
    }
}

async fn share_window(
    window: &Window,
    mut redis: ConnectionManager,
    namespace: &str,
) -> redis::RedisResult<()> {
    let unpublished = window.unpublished(unix_time(), KEYS_PER_ROUND);
    if unpublished.is_empty() {
        return Ok(());
    }
    let lifetime = i64::try_from(window.length().as_secs() * 2 + 1).unwrap_or(i64::MAX);
    let mut pipeline = redis::pipe();
    for it in &unpublished {
        let key = format!("{namespace}:rate:{}:{}:{}", window.kind(), it.key, it.window);
        pipeline.incr(&key, it.count).expire(&key, lifetime).ignore();
    }
    let totals: Vec<u32> = pipeline.query_async(&mut redis).await?;
    for (published, total) in unpublished.iter().zip(totals) {
        window.mark_published(published, total);
    }
    Ok(())
}
