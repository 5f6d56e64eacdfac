//! Deletes images that were kept long enough: first from the store, then it is noted. In between,
//! doing it again is harmless; the other way round a crash would keep an image for ever.
//!
//! Activations follow each other along the tasks until none is left, which makes one walk. What the
//! store does not delete is passed over, so that it never stands before the rest, and met again by
//! the next walk.

use std::sync::Arc;

use futures::StreamExt;
use shared::failpoint;
use shared::generation::retention::{self, KeptLongEnough};
use shared::images::ImageStoreError;
use uuid::Uuid;

use crate::{Deps, DutyError, Report};

const TASKS_MAX: i32 = 500;
const AT_ONCE: usize = 8;

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    let after = *deps.retention_walk.lock();
    let retention = deps.settings.image_retention;
    let old = retention::list_kept_long_enough(&deps.db, retention, after, TASKS_MAX).await?;
    let full = old.len() >= TASKS_MAX.unsigned_abs() as usize;
    let last = old.last().map(|it| it.task).filter(|_| full);
    let outcomes: Vec<_> = futures::stream::iter(old)
        .map(|it| delete(&deps, it))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let mut deleted = Vec::with_capacity(outcomes.len());
    let mut report = Report::default().more(full);
    for outcome in outcomes {
        match outcome {
            Ok(task) => deleted.push(task),
            Err(error) => report.trouble = Some(error.into()),
        }
    }
    failpoint::hit("scheduler.images-deleted");
    if !deleted.is_empty() {
        retention::mark_images_deleted(&deps.db, &deleted).await?;
    }
    *deps.retention_walk.lock() = last.unwrap_or(Uuid::nil());
    report.add("tasks", deleted.len() as u64);
    Ok(report)
}

async fn delete(deps: &Deps, old: KeptLongEnough) -> Result<Uuid, ImageStoreError> {
    for attempt in old.attempts {
        let answer = deps.images.delete(old.task, attempt).await;
        deps.note_store(&answer);
        answer?;
    }
    Ok(old.task)
}
