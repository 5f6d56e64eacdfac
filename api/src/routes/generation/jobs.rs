//! What waits, runs or is parked; ringing a bell; settling a parked task again.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use serde_json::json;
use shared::generation::work::WorkState;
use shared::{
    audit_log::{Action, Subject},
    generation::work::{self, Retry},
    jobs::{self, JobKind},
};
use uuid::Uuid;

use super::job_view::{BellView, JobView, JobsView, kinds};
use crate::{
    auth::Admin,
    extract::{Body, Id},
    problem::{Code, Fail, Problem},
    response::{Cursor, Limit, Page, Reply},
    routes::{
        Tag,
        operations::{Change, ReasonOnly},
    },
    state::App,
};

/// Jobs.
pub struct AdminJobs;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminJobs {
    /// What waits, runs or is parked.
    #[oai(path = "/jobs", method = "get", operation_id = "admin_list_jobs")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// Only these.
        state: Query<Option<Word<WorkState>>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<JobsView>, Fail> {
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let state = state.0.map(Word::value);
        let mut conn = app.db.acquire().await?;
        let tasks = work::count_tasks(&mut conn).await?;
        let due = jobs::count_due(&mut conn).await?;
        let listed = work::list_work(&mut conn, state, before, limit.0.rows()).await?;
        let page = Page::of(listed, limit.0, |it| it.task_id, Into::into);
        Ok(Reply::new(&JobsView { kinds: kinds(&tasks, &due), page }))
    }

    /// Ring a bell: workers look for what is due at once.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/jobs/:kind", method = "post", operation_id = "admin_ring_bell")]
    async fn ring(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        kind: Path<Word<JobKind>>,
    ) -> Result<Reply<BellView, 202>, Fail> {
        app.bells.ring(*kind.0);
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
