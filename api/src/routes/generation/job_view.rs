//! Jobs as admins see them.

use shared::{
    generation::work::{TaskCounts, Work, WorkState},
    jobs::JobKind,
};

use super::waiting_view::ReasonView;
use crate::{
    extract::{Id, Word},
    response::{FromDomain, Page, Timestamp, view},
    services::Obstacles,
};

view! {
    /// What is waiting, running or parked.
    pub(super) struct JobsView as "JobPage" {
        /// How much work there is of each kind.
        pub kinds: Vec<JobCountsView>,
        #[oai(flatten)]
        pub page: Page<JobView>,
    }
}

view! {
    /// How much work there is of one kind.
    pub(super) struct JobCountsView as "JobCounts" {
        /// The kind of job.
        kind: Word<JobKind>,
        /// How many tasks, keys or wallets are due, or wait for their turn.
        waiting: i64,
        /// How many tasks have an attempt under way.
        running: i64,
        /// How many settlements are parked until an admin looks at them.
        parked: i64,
    }
}

view! {
    /// A task that has not ended, as work to be done.
    pub(super) struct JobView as "Job" from work: Work {
        /// The id of the task.
        id: Id = work.task_id,
        /// The kind of job, always `generate-image`.
        kind: Word<JobKind> = JobKind::GenerateImage,
        /// How far the work has come.
        state: Word<WorkState>,
        /// Why it waits; absent unless it does.
        waiting: Option<JobWaitingView> = None::<Obstacles>,
        /// The user who submitted the task.
        user_id: Id,
        /// The id of the model that was requested, or `auto`.
        requested_model: String,
        /// How many attempts were started so far.
        attempts: i16,
        /// The worker that has its call out; absent unless one is running.
        worker_id: Option<Id>,
        /// When the next attempt may start; absent unless the task waits for it.
        next_at: Option<Timestamp>,
        /// No attempt starts after this time.
        deadline: Timestamp,
        /// `true` if the consumer asked to cancel the task; otherwise absent.
        cancel_requested: Option<bool> = work.cancel_requested.then_some(true),
        /// When the settlement was parked; absent unless it is.
        parked_at: Option<Timestamp>,
        /// Why settling the task failed; absent unless it is parked.
        error: Option<String>,
        /// When an admin last asked to settle the task again; absent if none did.
        retry_requested_at: Option<Timestamp>,
        /// When the task was submitted.
        created_at: Timestamp,
        /// When the first attempt started; absent before that.
        started_at: Option<Timestamp>,
    }
}

view! {
    /// What keeps a job from starting, as of the last second.
    pub(super) struct JobWaitingView as "JobWaiting" from it: Obstacles {
        /// What keeps how many resources from serving it; empty if one is free and it waits for its turn.
        reasons: Vec<ReasonView>,
        /// The reasons in a sentence for people.
        message: String,
    }
}

view! {
    /// The kind of job that workers were told to look for.
    pub(super) struct BellView as "Bell" {
        /// The kind of job.
        pub kind: Word<JobKind>,
    }
}

impl JobView {
    /// The job with what keeps it from starting.
    pub(super) fn of(work: Work, obstacles: Option<Obstacles>) -> Self {
        let waiting = obstacles.map(FromDomain::from_domain);
        Self { waiting, ..Self::from_domain(work) }
    }
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
