//! One reader of one kind's bells: the one place of the worker that knows apalis.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::{
    BackendExt, BoxDynError, Data, Event, EventListenerExt, PollSnapshot, PollStrategy,
    WorkerBuilder, WorkerBuilderExt,
};
use futures::FutureExt;
use operations::periodic::ticks;
use redis::aio::ConnectionManager;
use shared::jobs::{
    BATCH_SIZE, Channels, Entry, EntryCodec, JobKind, Listener, leave_queue, storage,
};
use tokio::sync::mpsc;
use tokio::time::Interval;

use super::trouble::Trouble;
use crate::deps::Deps;

const TICK: Duration = Duration::from_secs(1);
/// What the end of a reader may take.
const LEAVE_MAX: Duration = Duration::from_secs(1);

/// Reads until something is wrong, and answers what.
pub async fn read(kind: JobKind, name: &str, deps: &Arc<Deps>, conn: ConnectionManager) -> Trouble {
    let channels = Channels::new(&deps.redis_namespace);
    let wake = Wake::new(Listener::listen(deps.redis.clone(), channels.wake(kind)));
    let queue = storage::<Entry>(conn, &deps.redis_namespace, kind).with_codec(EntryCodec);
    let beating = Arc::clone(deps);
    let worker = WorkerBuilder::new(name.to_owned())
        .backend(queue.poll_with_strategy(wake))
        .data(kind)
        .data(Arc::clone(deps))
        .concurrency(BATCH_SIZE)
        .on_event(move |_, event| {
            if matches!(event, Event::HeartBeat) {
                beating.ears.read(kind);
            }
        })
        .build(heard);
    match AssertUnwindSafe(worker.run()).catch_unwind().await {
        Ok(Err(error)) => {
            tracing::debug!(%error, kind = kind.as_str(), "a reader of bells ended");
            Trouble::of(&error)
        }
        // A panic is in the log.
        Ok(Ok(())) | Err(_) => Trouble::Ended,
    }
}

/// Ends what the reader of this name had begun. If Redis does not answer, other workers do it later.
pub async fn leave(kind: JobKind, name: &str, deps: &Deps, mut conn: ConnectionManager) {
    let leaving = leave_queue(&mut conn, &deps.redis_namespace, kind, name);
    match tokio::time::timeout(LEAVE_MAX, leaving).await {
        Ok(Ok(0)) => {}
        // Another worker hears them, if this one stops.
        Ok(Ok(_)) => deps.bells.ring(kind),
        Ok(Err(error)) => tracing::debug!(%error, kind = kind.as_str(), "a reader left nothing"),
        Err(_) => tracing::debug!(kind = kind.as_str(), "a reader left nothing in time"),
    }
}

/// All that apalis does with an entry.
async fn heard(
    entry: Entry,
    kind: Data<JobKind>,
    deps: Data<Arc<Deps>>,
) -> Result<(), BoxDynError> {
    match entry {
        Entry::Bell => deps.bell(*kind).notify_one(),
        Entry::Malformed => deps.ears.drop_malformed(*kind, 1),
    }
    Ok(())
}

/// Polls when a push is announced, and once a second in any case. (apalis' own interval strategy loses
/// its wake-up when Redis answers later than the interval; this one keeps its wakers.)
struct Wake {
    announced: mpsc::Receiver<Vec<u8>>,
    tick: Interval,
}

impl Wake {
    fn new(announced: mpsc::Receiver<Vec<u8>>) -> Self {
        Self { announced, tick: ticks(TICK) }
    }
}

impl PollStrategy for Wake {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        let mut due = Poll::Pending;
        while let Poll::Ready(Some(_)) = self.announced.poll_recv(cx) {
            due = Poll::Ready(Some(()));
        }
        while self.tick.poll_tick(cx).is_ready() {
            due = Poll::Ready(Some(()));
        }
        due
    }
}
