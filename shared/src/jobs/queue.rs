//! The one place of this crate that knows apalis. Settings answer measured defects of apalis-redis
//! 1.0.0: leases off (an O(backlog) LREM per job), events off (a Lua error at the first heartbeat),
//! results on (without them nothing is acknowledged), and a batch that handlers end at once.

use std::time::Duration;

use apalis::prelude::{Codec, TaskSink};
use apalis_redis::{Config, RedisStorage};
use redis::aio::ConnectionManager;
use serde::{Deserialize, Serialize};

use super::JobKind;

/// Bells fetched at once. apalis-redis sends no heartbeat while it holds fetched entries; ours are handled
/// at once, so a batch is gone before that matters.
pub const BATCH_SIZE: usize = 64;

/// An apalis worker that missed this many beats is dead; its unacknowledged bells go to another one.
pub const BEAT_EVERY: Duration = Duration::from_secs(5);
const BEATS_MISSED_MAX: usize = 6;

/// An entry of any queue. It says nothing: its kind is its queue's, and what is due is in PostgreSQL.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bell {}

/// What an entry turns out to be when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A bell, of this version or an earlier one.
    Bell,
    /// Nothing that any version pushed.
    Malformed,
}

/// Reads entries. It never fails: apalis ends a worker at the first entry that its codec refuses.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryCodec;

impl Codec<Entry> for EntryCodec {
    type Error = std::convert::Infallible;
    type Compact = Vec<u8>;

    fn encode(&self, _entry: &Entry) -> Result<Vec<u8>, Self::Error> {
        Ok(b"{}".to_vec())
    }

    fn decode(&self, entry: &Vec<u8>) -> Result<Entry, Self::Error> {
        let bell = serde_json::from_slice::<Bell>(entry);
        Ok(bell.map_or(Entry::Malformed, |_| Entry::Bell))
    }
}

/// A queue, pushed to as [`Bell`]s and read as [`Entry`]s.
pub type JobStorage<T> = RedisStorage<T, ConnectionManager>;

/// The queue of one kind of job.
pub fn storage<T>(redis: ConnectionManager, namespace: &str, kind: JobKind) -> JobStorage<T> {
    RedisStorage::new(redis).with_config(
        Config::default()
            .queue(queue_name(namespace, kind))
            .batch_size(BATCH_SIZE)
            .heartbeat_interval(BEAT_EVERY)
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
    storage::<Bell>(redis, namespace, kind)
        .push_bulk(vec![Bell {}; count])
        .await
        .map_err(|it| it.to_string())
}

/// The prefix of a queue's keys in Redis.
pub(super) fn queue_name(namespace: &str, kind: JobKind) -> String {
    format!("{namespace}:jobs:{}", kind.as_str())
}
