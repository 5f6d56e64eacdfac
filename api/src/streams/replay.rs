//! What ended while a client was away, out of the table of tasks. What ended a little before the last event it had is
//! repeated too: a transaction takes a moment, so that what ended earlier can become visible later. Clients drop the
//! ids they know.

use std::{io, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use shared::generation::tasks::changes::{self, EndedPosition};
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    EventId, EventType, EventTypes, ResetReason, ResetView, event::frame, event::task_frame,
};
use crate::services::Generation;

/// Events are repeated for so long.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// The most that are repeated.
const REPEATED_MAX: i64 = 10_000;
/// How much later than its own time the end of a task may become visible. A worker ends tasks with one statement, which
/// may wait for several locks and is stopped after 30 seconds; frozen before its commit, it is given 10 more.
pub(super) const OVERLAP: TimeDelta = TimeDelta::seconds(45);
/// Tasks that are read at once. A client that reads slowly keeps a page in memory.
const PAGE: i64 = 10;

/// What a client that had `last` has missed, or the news that it missed more than can be told.
pub async fn replay(
    db: &PgPool,
    generation: &Arc<Generation>,
    user: Uuid,
    types: EventTypes,
    last: Option<EventId>,
    now: DateTime<Utc>,
) -> sqlx::Result<stream::BoxStream<'static, io::Result<Bytes>>> {
    let since = match last {
        None => Err(ResetReason::UnknownId),
        Some(last) if last.at < now - KEPT => Err(ResetReason::TooOld),
        Some(last) => {
            let since = last.at - OVERLAP;
            let mut conn = db.acquire().await?;
            let count = changes::count_ended(&mut conn, user, since, REPEATED_MAX + 1).await?;
            if count > REPEATED_MAX { Err(ResetReason::TooMany) } else { Ok(since) }
        }
    };
    Ok(match since {
        Err(reason) => {
            let id = EventId::new(now, Uuid::nil());
            let news = frame(id, EventType::Reset, &ResetView { reason: reason.into() });
            stream::iter([Ok(news)]).boxed()
        }
        Ok(since) => ended(db.clone(), Arc::clone(generation), user, types, since).boxed(),
    })
}

/// Reads on when the client has read what was read before: what is repeated never waits in memory as a whole. A page
/// that cannot be read breaks the stream off: its client comes back and asks again.
fn ended(
    db: PgPool,
    generation: Arc<Generation>,
    user: Uuid,
    types: EventTypes,
    since: DateTime<Utc>,
) -> impl Stream<Item = io::Result<Bytes>> {
    let pages = stream::try_unfold(Some((since, Uuid::nil())), move |after| {
        let (db, generation) = (db.clone(), Arc::clone(&generation));
        async move {
            let Some(after) = after else { return Ok::<_, io::Error>(None) };
            let (frames, next) = page(&db, &generation, user, types, after).await?;
            Ok(Some((stream::iter(frames.into_iter().map(Ok)), next)))
        }
    });
    pages.try_flatten()
}

async fn page(
    db: &PgPool,
    generation: &Generation,
    user: Uuid,
    types: EventTypes,
    after: EndedPosition,
) -> io::Result<(Vec<Bytes>, Option<EndedPosition>)> {
    let read =
        async { changes::list_ended_after(&mut *db.acquire().await?, user, after, PAGE).await };
    let tasks = read.await.map_err(|error| {
        tracing::warn!(%error, "events could not be repeated");
        io::Error::other("events could not be repeated")
    })?;
    let full = i64::try_from(tasks.len()).is_ok_and(|it| it == PAGE);
    let last = tasks.last().and_then(|it| Some((it.completed_at?, it.id)));
    let frames = tasks
        .into_iter()
        .filter(|it| types.has(EventType::of_task(it.status)))
        .map(|it| {
            let at = it.completed_at.unwrap_or_default();
            task_frame(it, &generation.links, at)
        })
        .collect();
    Ok((frames, last.filter(|_| full)))
}
