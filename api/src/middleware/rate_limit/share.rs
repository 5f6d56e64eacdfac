//! Sharing the counts with the other replicas, once a second.

use std::time::Duration;

use redis::aio::ConnectionManager;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    RateLimits, unix_time,
    window::{Unpublished, Window},
};

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
                Ok(Ok(0)) => {}
                Ok(Ok(reset)) => note_reset(window, reset),
                Ok(Err(error)) => tracing::debug!(%error, "request counts could not be shared"),
                Err(_) => tracing::debug!("request counts could not be shared in time"),
            }
        }
    }
}

/// Without their names, which are users and addresses.
fn note_reset(window: &Window, count: u64) {
    metrics::counter!("aetherflow_rate_counters_reset_total", "limit" => window.kind())
        .increment(count);
    tracing::warn!(limit = window.kind(), count, "request counts in Redis were no counts; reset");
}

/// One round of one limit; answers how many keys in Redis were reset because they held no count.
async fn share_window(
    window: &Window,
    mut redis: ConnectionManager,
    namespace: &str,
) -> redis::RedisResult<u64> {
    let unpublished = window.unpublished(unix_time(), KEYS_PER_ROUND);
    if unpublished.is_empty() {
        return Ok(0);
    }
    let lifetime = i64::try_from(window.length().as_secs() * 2 + 1).unwrap_or(i64::MAX);
    let name =
        |it: &Unpublished| format!("{namespace}:rate:{}:{}:{}", window.kind(), it.key, it.window);
    let mut pipeline = redis::pipe();
    for it in &unpublished {
        let key = name(it);
        pipeline.incr(&key, it.count).expire(&key, lifetime).ignore();
    }
    // One answer each: what is wrong with one key is nothing to the others, whose counts would be added again.
    let totals: Vec<redis::RedisResult<i64>> =
        pipeline.ignore_errors().query_async(&mut redis).await?;
    let (mut reset, mut failed) = (redis::pipe(), None);
    for (published, total) in unpublished.iter().zip(totals) {
        match total {
            Ok(total) if total >= i64::from(published.count) => {
                window.mark_published(published, u32::try_from(total).unwrap_or(u32::MAX));
            }
            Err(error) if !is_of_its_key(&error) => failed = Some(error),
            // No count of ours. The next round begins it anew.
            _ => drop(reset.unlink(name(published)).ignore()),
        }
    }
    let count = reset.len() as u64;
    if count > 0 {
        reset.query_async::<()>(&mut redis).await?;
    }
    failed.map_or(Ok(count), Err)
}

/// Another type, no number, or one too large: as opposed to what is wrong with Redis.
fn is_of_its_key(error: &redis::RedisError) -> bool {
    error.code().is_some_and(|it| it == "WRONGTYPE" || it == "ERR")
}

#[cfg(test)]
mod tests {
    use operations::settings::Rate;
    use redis::AsyncCommands;

    use super::*;

    const KEYS: [(&str, Option<&str>); 4] =
        [("none", None), ("text", Some("many")), ("list", None), ("negative", Some("-7000"))];

    #[tokio::test]
    async fn a_count_in_redis_that_is_none_is_reset_and_the_others_are_counted_once() {
        let client = redis::Client::open(devkit::environment::redis_url()).unwrap();
        let mut redis = ConnectionManager::new(client).await.unwrap();
        let namespace = format!("rates-{}", uuid::Uuid::now_v7().simple());
        // Longer than any test: all rounds are of one window.
        let length = Duration::from_secs(1_000_000_000);
        let window = Window::new("user", Rate { count: 100, per: length });
        for (key, _) in KEYS {
            window.admit(key, unix_time());
            window.admit(key, unix_time());
        }
        let number = window.unpublished(unix_time(), 1)[0].window;
        let name = |key: &str| format!("{namespace}:rate:user:{key}:{number}");
        for (key, value) in KEYS {
            if let Some(value) = value {
                let _: () = redis.set(name(key), value).await.unwrap();
            }
        }
        let _: () = redis.rpush(name("list"), "1").await.unwrap();

        let reset = share_window(&window, redis.clone(), &namespace).await.unwrap();
        let again = share_window(&window, redis.clone(), &namespace).await.unwrap();
        let nothing_new = share_window(&window, redis.clone(), &namespace).await.unwrap();

        assert_eq!((reset, again, nothing_new), (3, 0, 0));
        for (key, _) in KEYS {
            let count: u32 = redis.get(name(key)).await.unwrap();
            assert_eq!(count, 2, "{key}");
            assert_eq!(window.admit(key, unix_time()).remaining, 97, "{key}: none elsewhere");
        }
    }
}
