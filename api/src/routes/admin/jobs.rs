//! What waits, runs or is parked; ringing a bell; settling a parked task again.

use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde_json::json;
use shared::ops::{
    audit_log::{Action, Subject},
    work::{self, Retry, Work, WorkCounts},
};
use uuid::Uuid;

use super::{
    Change, ReasonOnly,
    words::{JobKindName, JobState},
};
use crate::{
    answer::{Cursor, Limit, Page, Reply, Timestamp},
    auth::Admin,
    input::{Body, Id},
    problem::{Code, Fail, Problem},
    routes::Tag,
    state::App,
};

/// Jobs.
pub struct AdminJobs;

/// What waits, runs or is parked.
#[derive(Debug, Object)]
#[oai(rename = "JobPage")]
struct JobsView {
    /// How much there is to do of each kind.
    kinds: Vec<JobCountsView>,
    /// Tasks that are not final, newest first.
    #[oai(flatten)]
    page: Page<JobView>,
}

/// How much there is to do of one kind.
#[derive(Debug, Object)]
#[oai(rename = "JobCounts")]
struct JobCountsView {
    /// Which kind.
    kind: JobKindName,
    /// Tasks, keys or wallets that are due or wait their turn.
    waiting: i64,
    /// With a call out.
    running: i64,
    /// Somebody must look.
    parked: i64,
}

/// One task that is not final.
#[derive(Debug, Object)]
#[oai(rename = "Job", skip_serializing_if_is_none)]
struct JobView {
    /// The task's.
    id: Id,
    /// Which kind.
    kind: JobKindName,
    /// How far it is.
    state: JobState,
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
struct BellView {
    /// Which.
    kind: JobKindName,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminJobs {
    /// What waits, runs or is parked.
    #[oai(path = "/jobs", method = "get", operation_id = "admin_list_jobs")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// Only these.
        state: Query<Option<JobState>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<JobsView>, Fail> {
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let state = state.0.map(Into::into);
        let mut conn = app.db.acquire().await?;
        let counts = work::count_work(&mut conn).await?;
        let jobs = work::list_work(&mut conn, state, before, limit.0.rows()).await?;
        let page = Page::of(jobs, limit.0, |it| it.task_id, Into::into);
        Ok(Reply::new(&JobsView { kinds: kinds(&counts), page }))
    }

    /// Ring a bell: workers look for what is due at once.
    #[oai(path = "/jobs/:kind", method = "post", operation_id = "admin_ring_bell")]
    async fn ring(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        kind: Path<JobKindName>,
    ) -> Result<Reply<BellView, 202>, Fail> {
        app.bells.ring(kind.0.into());
        Ok(Reply::new(&BellView { kind: kind.0 }))
    }

    /// Settle a parked task again.
    ///
    /// The scheduler does it within seconds; the image is never bought again.
    #[oai(path = "/jobs/:id/retry", method = "post", operation_id = "admin_retry_job")]
    async fn retry(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The task's id.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<Reply<JobView, 202>, Fail<409>> {
        let (id, reason) = (id.0.0, &body.value.reason);

        let mut tx = app.admin_db.begin().await?;
        match work::retry_settlement(&mut tx, id).await? {
            Retry::Requested => {}
            Retry::NotParked => return Err(not_parked().into()),
            Retry::NotFound => return Err(Problem::not_found().into()),
        }
        Change { action: Action::SettlementRetried, subject: Subject::Task(id), reason }
            .record(&mut tx, &admin, json!({}))
            .await?;
        let job = work::find_work(&mut tx, id).await?.ok_or_else(not_parked)?;
        tx.commit().await?;

        Ok(Reply::new(&job.into()))
    }
}

fn not_parked() -> Problem {
    Problem::new(Code::JobNotParked, "only a task whose settlement is parked can be settled again")
}

fn kinds(counts: &WorkCounts) -> Vec<JobCountsView> {
    let waiting = |kind, waiting| JobCountsView { kind, waiting, running: 0, parked: 0 };
    vec![
        JobCountsView {
            kind: JobKindName::GenerateImage,
            waiting: counts.tasks_waiting,
            running: counts.tasks_running,
            parked: counts.tasks_parked,
        },
        waiting(JobKindName::SyncQuotas, counts.syncs_waiting),
        waiting(JobKindName::ExpireCredits, counts.expiries_waiting),
    ]
}

impl From<Work> for JobView {
    fn from(work: Work) -> Self {
        Self {
            id: work.task_id.into(),
            kind: JobKindName::GenerateImage,
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
