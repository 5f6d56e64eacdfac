//! The one place of this crate that knows apalis. Settings answer measured defects of apalis-redis
//! 1.0.0: leases off (an O(backlog) LREM per job), events off (a Lua error at the first heartbeat),
//! results on (without them nothing is acknowledged), and a batch that handlers end at once.

use std::time::Duration;

use apalis::prelude::TaskSink;
use apalis_redis::{Config, RedisStorage};
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};

use super::JobKind;

/// Bells fetched at once. apalis-redis sends no heartbeat while it holds fetched entries; ours are handled
/// at once, so a batch is gone before that matters.
pub const BATCH_SIZE: usize = 64;

/// An apalis worker that missed this many beats is dead; its unacknowledged bells go to another one.
const BEAT: Duration = Duration::from_secs(5);
const BEATS_MISSED_MAX: usize = 6;

/// An entry of any queue. It says nothing: its kind is its queue's, and what is due is in PostgreSQL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bell {}

pub type JobStorage = RedisStorage<Bell, ConnectionManager>;

/// The queue of one kind of job.
pub fn storage(redis: ConnectionManager, namespace: &str, kind: JobKind) -> JobStorage {
    RedisStorage::new(redis).with_config(
        Config::default()
            .queue(queue_name(namespace, kind))
            .batch_size(BATCH_SIZE)
            .heartbeat_interval(BEAT)
            .missed_heartbeats(BEATS_MISSED_MAX)
            .lock_tasks(false)
            .emit_events(false)
            .persist_results(true),
    )
}

/// Pushes `count` bells with one command.
pub(super) async fn push(
    redis: ConnectionManager,
    namespace: &str,
    kind: JobKind,
    count: usize,
) -> Result<(), String> {
    storage(redis, namespace, kind)
        .push_bulk(vec![Bell {}; count])
        .await
        .map_err(|it| it.to_string())
}

/// The prefix of a queue's keys in Redis.
pub(super) fn queue_name(namespace: &str, kind: JobKind) -> String {
    format!("{namespace}:{}", kind.as_str())
}
