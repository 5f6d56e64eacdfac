//! Heals queues that hold what no version of ours wrote: entries without data, keys of another type, due
//! times nobody reaches. apalis' scripts fail on them for ever. Everything of a queue may go at any time:
//! what is due is in PostgreSQL.

use redis::aio::ConnectionManager;

use super::JobKind;
use super::queue::queue_name;

/// The keys of a queue whose names are known, with their types.
const KEYS: [(&str, &str); 7] = [
    ("workers", "zset"),
    ("data", "hash"),
    ("scheduled", "zset"),
    ("active", "list"),
    ("done", "set"),
    ("dead", "set"),
    ("signal", "list"),
];
/// Where apalis-redis notes all queues of a Redis. Nobody reads it, but no worker registers while it has
/// another type.
const QUEUES: (&str, &str) = ("core:apalis:queues:list", "zset");
/// No bell is due later than this, in seconds: neither a clock that is wrong nor a retry reaches it.
const DUE_WITHIN: u32 = 600;
/// Chunks of 500 entries whose details are removed with them.
const CHUNKS_MAX: usize = 200;

const LOOK: &str = r"
for i, key in ipairs(KEYS) do
    local type = redis.call('TYPE', key).ok
    if type ~= 'none' and type ~= ARGV[i + 1] then return -1 end
end
local latest = redis.call('TIME')[1] + tonumber(ARGV[1])
return redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(0')
     + redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. string.format('%.0f', latest), '+inf')
";

const CLEAR_ENTRIES: &str = r"
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return '0' end
local scan = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 500)
local found = scan[2]
for i = 1, #found, 2 do
    redis.call('UNLINK', KEYS[2] .. ':' .. found[i])
    redis.call('HDEL', KEYS[1], found[i])
end
return scan[1]
";

const CLEAR: &str = r"
if redis.call('TYPE', KEYS[1]).ok == 'zset' then
    for _, worker in ipairs(redis.call('ZRANGE', KEYS[1], 0, 999)) do
        redis.call('UNLINK', ARGV[1] .. ':inflight:' .. worker, ARGV[1] .. ':workers:metadata:' .. worker)
    end
end
for i, key in ipairs(KEYS) do
    if i < #KEYS or redis.call('TYPE', key).ok ~= ARGV[2] then redis.call('UNLINK', key) end
end
";

const LEAVE: &str = r"
local ids = redis.call('SMEMBERS', KEYS[1])
for _, id in ipairs(ids) do
    redis.call('HDEL', KEYS[2], id)
    redis.call('UNLINK', KEYS[3] .. ':' .. id)
end
redis.call('UNLINK', KEYS[1], KEYS[4])
redis.call('ZREM', KEYS[5], ARGV[1])
return #ids
";

/// What a look at a queue found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueState {
    /// Its keys have their types. So many entries that nobody would ever have taken were removed.
    Sound { strays: u64 },
    /// A key has another type: the queue has to be cleared.
    Broken,
}

/// Looks at the types of a queue's keys, and removes entries that never become due.
pub async fn look_at_queue(
    redis: &mut ConnectionManager,
    namespace: &str,
    kind: JobKind,
) -> redis::RedisResult<QueueState> {
    let script = redis::Script::new(LOOK);
    let mut look = script.prepare_invoke();
    look.arg(DUE_WITHIN);
    for (key, form) in keys(namespace, kind) {
        look.key(key).arg(form);
    }
    let found: i64 = look.invoke_async(redis).await?;
    Ok(u64::try_from(found).map_or(QueueState::Broken, |strays| QueueState::Sound { strays }))
}

/// Removes everything of a queue. Other workers are not registered then, and register anew.
pub async fn clear_queue(
    redis: &mut ConnectionManager,
    namespace: &str,
    kind: JobKind,
) -> redis::RedisResult<()> {
    let queue = queue_name(namespace, kind);
    let entries = redis::Script::new(CLEAR_ENTRIES);
    // A scan is over when it is back where it began: a part of it may find nothing.
    let start = "0";
    let mut cursor = start.to_owned();
    for _ in 0..CHUNKS_MAX {
        let mut clear = entries.key(format!("{queue}:data"));
        clear.key(format!("{queue}:meta")).arg(&cursor);
        cursor = clear.invoke_async(redis).await?;
        if cursor == start {
            break;
        }
    }
    let script = redis::Script::new(CLEAR);
    let mut clear = script.prepare_invoke();
    clear.arg(&queue).arg(QUEUES.1);
    for (key, _) in keys(namespace, kind) {
        clear.key(key);
    }
    clear.invoke_async(redis).await
}

/// Ends a worker's part in a queue, with the entries it had fetched; answers how many.
pub async fn leave_queue(
    redis: &mut ConnectionManager,
    namespace: &str,
    kind: JobKind,
    worker: &str,
) -> redis::RedisResult<usize> {
    let queue = queue_name(namespace, kind);
    redis::Script::new(LEAVE)
        .key(format!("{queue}:inflight:{worker}"))
        .key(format!("{queue}:data"))
        .key(format!("{queue}:meta"))
        .key(format!("{queue}:workers:metadata:{worker}"))
        .key(format!("{queue}:workers"))
        .arg(worker)
        .invoke_async(redis)
        .await
}

/// The list of all queues comes last.
fn keys(namespace: &str, kind: JobKind) -> impl Iterator<Item = (String, &'static str)> {
    let queue = queue_name(namespace, kind);
    let own = KEYS.map(|(key, form)| (format!("{queue}:{key}"), form));
    own.into_iter().chain([(QUEUES.0.to_owned(), QUEUES.1)])
}
