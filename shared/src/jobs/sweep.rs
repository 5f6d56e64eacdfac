//! apalis-redis never deletes a finished entry (~580 bytes each); its own vacuum blocks Redis and also
//! removes entries that wait for a retry. This sweep removes finished entries only, a chunk at a time.

use redis::aio::ConnectionManager;

use super::JobKind;
use super::queue::queue_name;

const CHUNK: usize = 500;

const SWEEP: &str = r"
local ids = redis.call('SPOP', KEYS[1], ARGV[1])
for _, id in ipairs(ids) do
    redis.call('HDEL', KEYS[2], id)
    redis.call('DEL', KEYS[3] .. ':' .. id)
end
return #ids
";

/// Removes finished and dead entries of a queue, at most `chunks_max` chunks of 500; answers how many.
pub async fn sweep_finished(
    redis: &mut ConnectionManager,
    namespace: &str,
    kind: JobKind,
    chunks_max: usize,
) -> redis::RedisResult<usize> {
    let queue = queue_name(namespace, kind);
    let script = redis::Script::new(SWEEP);
    let mut removed = 0;
    for set in ["done", "dead"] {
        for _ in 0..chunks_max {
            let swept: usize = script
                .key(format!("{queue}:{set}"))
                .key(format!("{queue}:data"))
                .key(format!("{queue}:meta"))
                .arg(CHUNK)
                .invoke_async(redis)
                .await?;
            removed += swept;
            if swept < CHUNK {
                break;
            }
        }
    }
    Ok(removed)
}
