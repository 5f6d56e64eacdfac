//! Writes new tasks into the database, many in one transaction.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use shared::{
    batch::{BatchError, BatchLimits, Batcher},
    db::unexpected,
    failpoint,
    generation::submit::{NewTask, SubmitOutcome, submit_batch},
    jobs::{Bells, JobKind},
};
use sqlx::PgPool;
use tokio::time::timeout;

use super::WaitingCounts;
use crate::problem::{Code, Problem};

/// Several seconds' worth of tasks may wait, so that clients that all begin at once are served.
const LIMITS: BatchLimits = BatchLimits {
    lanes: 2,
    crowd: 32,
    linger: Duration::from_millis(2),
    batch_max: 64,
    waiting_max: 4_096,
};
/// Longer than any batch takes as long as the database answers.
const PATIENCE: Duration = Duration::from_secs(15);

type Outcome = Result<SubmitOutcome, Code>;

/// Gathers the submits of this process into batches.
pub struct SubmitQueue {
    batcher: Batcher<NewTask, Outcome>,
    bells: Bells,
    counts: Arc<WaitingCounts>,
}

/// Why a submit has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitRefusal {
    /// As many submits are waiting as may; nothing was done.
    #[error("too many submits wait")]
    Full,
    /// The database failed, or took too long; it is not known whether the task was written.
    #[error("the submit failed with {}", .0.as_str())]
    Failed(Code),
}

impl SubmitQueue {
    /// Starts with no submits.
    pub fn start(db: PgPool, bells: Bells, counts: Arc<WaitingCounts>, strikes_max: i32) -> Self {
        let batcher = Batcher::start(LIMITS, move |tasks: Vec<NewTask>| {
            let db = db.clone();
            async move {
                let began = Instant::now();
                let outcomes = run(&db, &tasks, strikes_max).await;
                record(tasks.len(), began.elapsed());
                outcomes
            }
        });
        Self { batcher, bells, counts }
    }

    /// The counts that decide how exactly the length of a user's queue is checked.
    pub fn counts(&self) -> &Arc<WaitingCounts> {
        &self.counts
    }

    /// Submits a task. Once it is committed, workers are told by a bell.
    pub async fn submit(&self, mut task: NewTask) -> Result<SubmitOutcome, SubmitRefusal> {
        let user = task.user_id;
        task.queue_max = self.counts.bound(user);
        let outcome = timeout(PATIENCE, self.batcher.ask(task))
            .await
            .map_err(|_| SubmitRefusal::Failed(Code::Unavailable))?
            .map_err(|error| match error {
                BatchError::Full => SubmitRefusal::Full,
                BatchError::Stopped => SubmitRefusal::Failed(Code::Unavailable),
            })?
            .map_err(SubmitRefusal::Failed)?;
        if let SubmitOutcome::Accepted(_) = outcome {
            failpoint::hit("api.before-bell");
            self.counts.accepted(user);
            self.bells.ring(JobKind::GenerateImage);
        }
        Ok(outcome)
    }
}

/// Runs a batch. A batch that the database refuses is tried task by task, so that a task it cannot take does
/// not take others with it.
async fn run(db: &PgPool, tasks: &[NewTask], strikes_max: i32) -> Vec<Outcome> {
    match submit_batch(db, tasks, strikes_max).await {
        Ok(outcomes) if outcomes.len() == tasks.len() => outcomes.into_iter().map(Ok).collect(),
        Ok(_) => failed(tasks, unexpected("submit_batch", "fewer tasks")),
        Err(sqlx::Error::Database(error)) if tasks.len() > 1 => {
            tracing::warn!(%error, tasks = tasks.len(), "a batch of submits failed; trying one by one");
            let mut outcomes = Vec::with_capacity(tasks.len());
            for task in tasks {
                let outcome = Box::pin(run(db, std::slice::from_ref(task), strikes_max)).await;
                outcomes.extend(outcome);
            }
            outcomes
        }
        Err(error) => failed(tasks, error),
    }
}

fn record(tasks: usize, elapsed: Duration) {
    let tasks = u32::try_from(tasks).unwrap_or(u32::MAX);
    metrics::histogram!("aetherflow_submit_batch_size").record(f64::from(tasks));
    metrics::histogram!("aetherflow_submit_seconds").record(elapsed.as_secs_f64());
}

/// All submits of a batch get the same failure, which is logged once.
fn failed(tasks: &[NewTask], error: sqlx::Error) -> Vec<Outcome> {
    let code = Problem::from(error).code();
    tasks.iter().map(|_| Err(code)).collect()
}
