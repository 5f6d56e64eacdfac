//! The one place of this crate that knows apalis. Settings answer measured defects of apalis-redis
//! 1.0.0: leases off (an O(backlog) LREM per job), events off (a Lua error at the first heartbeat),
//! results on (without them nothing is acknowledged), and a batch that handlers end at once.

use std::time::Duration;

use apalis_redis::{Config, RedisStorage};
use redis::aio::ConnectionManager;

use super::Job;

/// Jobs fetched at once. Large batches stop the heartbeat while buffered; our handlers only ring, so a
/// batch is gone before that matters.
pub const BATCH_SIZE: usize = 64;

/// An apalis worker that missed this many beats is dead; its unacknowledged bells ring elsewhere.
const BEAT: Duration = Duration::from_secs(5);
const BEATS_MISSED_MAX: usize = 6;

pub type JobStorage<J> = RedisStorage<J, ConnectionManager>;

/// The queue of one kind of job.
pub fn storage<J: Job>(redis: ConnectionManager, namespace: &str) -> JobStorage<J> {
    RedisStorage::new(redis).with_config(
        Config::default()
            .queue(queue_name(namespace, J::KIND.as_str()))
            .batch_size(BATCH_SIZE)
            .heartbeat_interval(BEAT)
            .missed_heartbeats(BEATS_MISSED_MAX)
            .lock_tasks(false)
            .emit_events(false)
            .persist_results(true),
    )
}

/// The prefix of a queue's keys in Redis.
pub(super) fn queue_name(namespace: &str, kind: &str) -> String {
    format!("{namespace}:{kind}")
}
