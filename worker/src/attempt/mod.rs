//! One attempt, from its start to its end: call, keep, settle; or end it and say what follows. Runs on
//! a task of its own; holds no database connection while the provider works.

mod call;
mod end_user;
mod keep;
mod probe;
mod verdict;

use backon::Retryable;
use shared::db::is_passing;
use shared::failpoint;
use shared::generation::end::{AttemptEnd, EndOutcome, end_attempt};
use shared::generation::tasks::TaskStatus;
use shared::jobs::JobKind;
use uuid::Uuid;

use crate::backoff;
use crate::claim::Start;
use crate::deps::Deps;
use crate::settler::Delivered;

/// Runs an attempt to its end. Whatever happens, the attempt is settled, ended or left to rescue.
pub async fn run(deps: &Deps, start: Start) {
    let outcome = match call::call(deps, &start).await {
        Ok(image) => deliver(deps, &start, image).await,
        Err(failure) => {
            let probed = probe::probe(deps, &start, &failure).await;
            let end = verdict::judge(&failure, probed, start.task.id);
            conclude(deps, start.attempt, &end).await;
            failure.class.as_str()
        }
    };
    metrics::counter!("aetherflow_attempts_total", "provider" => start.resource.provider.clone(), "outcome" => outcome)
        .increment(1);
}

/// Keeps the image, then moves the credits. The word is the metric's.
async fn deliver(deps: &Deps, start: &Start, image: providers::Image) -> &'static str {
    failpoint::hit("worker.after-call");
    let Some(item) = keep::keep(deps, start, image).await else {
        conclude(deps, start.attempt, &verdict::not_kept()).await;
        return "not_kept";
    };
    failpoint::hit("worker.after-keep");
    match deps.settler.settle(item).await {
        Ok(Delivered::Settled) => "delivered",
        Ok(Delivered::Surplus) => "surplus",
        Ok(Delivered::Already) => "already",
        Ok(Delivered::Parked) => "parked",
        // Only while the process stops: the image is kept and rescue settles it.
        Err(error) => {
            tracing::error!(%error, attempt = %start.attempt, "left to rescue");
            "left_to_rescue"
        }
    }
}

/// Writes the attempt's end, however long the database is away: until then the hold stays open and
/// nobody buys again.
async fn conclude(deps: &Deps, attempt: Uuid, end: &AttemptEnd) {
    let ended = (|| end_attempt(&deps.db, attempt, end, deps.attempts_max, &deps.budgets))
        .retry(backoff::for_database())
        .when(is_passing)
        .notify(|error, _| tracing::warn!(%error, %attempt, "ending again"))
        .await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => {
            tracing::error!(%error, %attempt, "an attempt could not be ended; left to rescue");
            return;
        }
    };
    tracing::info!(
        %attempt, task = %ended.task_id, class = %end.class, outcome = %ended.outcome,
        task_status = %ended.task_status, key = %ended.health, "attempt ended without an image"
    );
    match ended.task_status {
        TaskStatus::Pending => deps.bell(JobKind::GenerateImage).notify_one(),
        // Whoever ended it before has told of it.
        TaskStatus::Failed | TaskStatus::Canceled if ended.outcome != EndOutcome::Already => {
            deps.endings.announce(&[ended.task_id]);
        }
        _ => {}
    }
}
