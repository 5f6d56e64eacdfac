//! Hears the bells. The apalis handlers only wake the handler of the kind (`jobs`), which looks into
//! PostgreSQL, and end at once: no error of Redis can drop a paid call, and no bell is held for long. Each
//! kind has a reader of its own that begins anew whenever it ends, so that what breaks one queue, or one
//! entry in it, silences no bells for long and those of other kinds never.

mod ears;
mod reader;
mod tend;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use backon::BackoffBuilder;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use shared::jobs::{JobKind, clear_queue};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backoff;
use crate::deps::Deps;

pub use ears::Ears;
pub use tend::tend;
use trouble::Trouble;

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// A reader that lasted for so long was well: the next pause is a short one again.
const WELL_AFTER: Duration = Duration::from_secs(10);

/// A connection that is made when it is used and made anew when it breaks; clones share it.
pub fn connect(redis: &redis::Client) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_connection_timeout(Some(RESPONSE_TIMEOUT))
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_secs(2));
    ConnectionManager::new_lazy_with_config(redis.clone(), config)
}

/// Listens to the bells of one kind until `stopping`, through every absence and confusion of Redis.
pub async fn hear(
    kind: JobKind,
    deps: Arc<Deps>,
    conn: ConnectionManager,
    stopping: CancellationToken,
) {
    let pauses = || backoff::doubling(PAUSE, PAUSE_MAX).build();
    let mut pause = pauses();
    loop {
        // A name may never return: apalis refuses one that was seen lately.
        let name = format!("{}-{}", kind.as_str(), Uuid::now_v7().simple());
        let began = Instant::now();
        let reading = reader::read(kind, &name, &deps, conn.clone());
        let ended = stopping.run_until_cancelled(reading).await;
        reader::leave(kind, &name, &deps, conn.clone()).await;
        let Some(trouble) = ended else { return };
        metrics::counter!(
            "aetherflow_bell_readers_ended_total",
            "kind" => kind.as_str(), "reason" => trouble.as_str()
        )
        .increment(1);
        if deps.ears.may_complain(kind) {
            tracing::warn!(
                kind = kind.as_str(),
                reason = trouble.as_str(),
                "bells were not read and are read anew; workers look for work by themselves"
            );
        }
        if trouble == Trouble::Malformed {
            clear(kind, &deps, conn.clone()).await;
        }
        // Bells that were fetched and not heard are one ring.
        deps.bell(kind).notify_one();
        if began.elapsed() >= WELL_AFTER {
            pause = pauses();
        }
        let pause = pause.next().unwrap_or(PAUSE_MAX);
        if tokio::time::timeout(pause, stopping.cancelled()).await.is_ok() {
            return;
        }
    }
}

/// Clears a queue that holds what no version of ours wrote.
async fn clear(kind: JobKind, deps: &Deps, mut conn: ConnectionManager) {
    metrics::counter!("aetherflow_queues_cleared_total", "kind" => kind.as_str()).increment(1);
    deps.ears.drop_malformed(kind, 1);
    if let Err(error) = clear_queue(&mut conn, &deps.redis_namespace, kind).await {
        tracing::debug!(%error, kind = kind.as_str(), "the queue was not cleared");
    }
}
