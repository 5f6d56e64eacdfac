//! How many bells wait. At 8,000 due entries apalis-redis' fetch fails for ever (Lua cannot unpack
//! them), so pushers stop far below: the worker looks by itself after a moment.

use redis::aio::ConnectionManager;

use super::JobKind;
use super::queue::queue_name;

/// Pushers drop bells while this many wait in a queue.
pub const QUEUE_DEPTH_MAX: u64 = 1_000;

/// Entries that wait in a queue: scheduled and active.
pub async fn queue_depth(
    redis: &mut ConnectionManager,
    namespace: &str,
    kind: JobKind,
) -> redis::RedisResult<u64> {
    let queue = queue_name(namespace, kind);
    let (scheduled, active): (u64, u64) = redis::pipe()
        .zcard(format!("{queue}:scheduled"))
        .llen(format!("{queue}:active"))
        .query_async(redis)
        .await?;
    Ok(scheduled + active)
}
