//! Jobs on the wire.

use crate::extract::Word;
use poem_openapi::{Object, types::Example};
use shared::generation::work::WorkState;
use shared::{
    generation::work::{TaskCounts, Work},
    jobs::JobKind,
};
use uuid::uuid;

use crate::{
    extract::Id,
    response::{Page, Timestamp},
    routes::wallet::example_instant,
};

/// What waits, runs or is parked.
#[derive(Debug, Object)]
#[oai(rename = "JobPage", example)]
pub(super) struct JobsView {
    /// How much there is to do of each kind.
    pub kinds: Vec<JobCountsView>,
    /// Tasks that are not final, newest first.
    #[oai(flatten)]
    pub page: Page<JobView>,
}

/// How much there is to do of one kind.
#[derive(Debug, Object)]
#[oai(rename = "JobCounts")]
pub(super) struct JobCountsView {
    /// Which kind.
    kind: Word<JobKind>,
    /// Tasks, keys or wallets that are due or wait their turn.
    waiting: i64,
    /// With a call out.
    running: i64,
    /// Somebody must look.
    parked: i64,
}

/// One task that is not final.
#[derive(Debug, Object)]
#[oai(rename = "Job", example, skip_serializing_if_is_none)]
pub(super) struct JobView {
    /// The task's.
    id: Id,
    /// Which kind.
    kind: Word<JobKind>,
    /// How far it is.
    state: Word<WorkState>,
    /// Whose task.
    user_id: Id,
    /// What was asked for.
    requested_model: String,
    /// Attempts started so far.
    attempts: i16,
    /// When it may next be tried.
    next_at: Option<Timestamp>,
    /// No attempt starts after it.
    deadline: Timestamp,
    /// Its consumer wants it canceled.
    cancel_requested: Option<bool>,
    /// Since when it is parked.
    parked_at: Option<Timestamp>,
    /// Why settling failed.
    error: Option<String>,
    /// When an admin last asked for another try.
    retry_requested_at: Option<Timestamp>,
    /// When it was submitted.
    created_at: Timestamp,
    /// When its first attempt began.
    started_at: Option<Timestamp>,
}

/// A bell that was rung.
#[derive(Debug, Object)]
#[oai(rename = "Bell")]
pub(super) struct BellView {
    /// Which.
    pub kind: Word<JobKind>,
}

/// One entry per kind. Kinds that have a schedule are counted by it; tasks are counted by their state.
pub(super) fn kinds(tasks: &TaskCounts, due: &[(JobKind, i64)]) -> Vec<JobCountsView> {
    let tasks = JobCountsView {
        kind: Word(JobKind::GenerateImage),
        waiting: tasks.waiting,
        running: tasks.running,
        parked: tasks.parked,
    };
    let scheduled = due.iter().map(|(kind, waiting)| JobCountsView {
        kind: Word(*kind),
        waiting: *waiting,
        running: 0,
        parked: 0,
    });
    std::iter::once(tasks).chain(scheduled).collect()
}

impl From<Work> for JobView {
    fn from(work: Work) -> Self {
        Self {
            id: work.task_id.into(),
            kind: Word(JobKind::GenerateImage),
            state: work.state.into(),
            user_id: work.user_id.into(),
            requested_model: work.requested_model,
            attempts: work.attempts,
            next_at: work.next_at.map(Into::into),
            deadline: work.deadline.into(),
            cancel_requested: work.cancel_requested.then_some(true),
            parked_at: work.parked_at.map(Into::into),
            error: work.error,
            retry_requested_at: work.retry_requested_at.map(Into::into),
            created_at: work.created_at.into(),
            started_at: work.started_at.map(Into::into),
        }
    }
}

impl Example for JobView {
    fn example() -> Self {
        Self {
            id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3f")),
            kind: Word(JobKind::GenerateImage),
            state: Word(WorkState::Running),
            user_id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e")),
            requested_model: "auto".to_owned(),
            attempts: 1,
            next_at: None,
            deadline: example_instant(1),
            cancel_requested: None,
            parked_at: None,
            error: None,
            retry_requested_at: None,
            created_at: example_instant(0),
            started_at: Some(example_instant(0)),
        }
    }
}

impl Example for JobsView {
    fn example() -> Self {
        let tasks = TaskCounts { waiting: 3, running: 1, parked: 0 };
        let due = [(JobKind::SyncQuotas, 2), (JobKind::ExpireCredits, 0)];
        Self { kinds: kinds(&tasks, &due), page: Page::whole(vec![JobView::example()]) }
    }
}
