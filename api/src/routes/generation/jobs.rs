//! What is waiting, running or parked; waking workers; settling a parked task again.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    clock::unix_seconds,
    generation::{
        tasks,
        work::{self, Ending, Retry},
    },
    jobs::{self, JobKind},
};
use uuid::Uuid;

use super::{
    job_list::{JobQuery, list_page, page},
    job_story::{JobStoryView, story},
    job_view::{BellView, JobView, JobsView, kinds},
    task_view::TaskView,
};
use crate::{
    auth::Admin,
    extract::{Body, Id, Parameters, Word},
    problem::{Code, Fail, Problem},
    response::{CsvFile, Paging, Reply},
    routes::{
        Tag,
        operations::{Change, ReasonOnly},
    },
    state::App,
};

/// Operations on jobs.
pub struct AdminJobs;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminJobs {
    /// List the tasks that have not ended, newest first, and count the jobs of each kind.
    #[oai(path = "/jobs", method = "get", operation_id = "admin_list_jobs")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<JobQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<JobsView>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        let tasks = work::count_tasks(&mut conn).await?;
        let due = jobs::count_due(&mut conn).await?;
        let page = page(app, &mut conn, query, &paging).await?;
        Ok(Reply::new(&JobsView { kinds: kinds(&tasks, &due), page }))
    }

    /// Get the list of the tasks that have not ended as CSV, newest first.
    #[oai(path = "/jobs.csv", method = "get", operation_id = "admin_download_jobs")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<JobQuery>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("jobs", app, query, list_page).await?)
    }

    /// Get a job with everything that was done for it.
    ///
    /// It also shows tasks that have ended. It shows neither the prompt nor the image.
    #[oai(path = "/jobs/:id", method = "get", operation_id = "admin_get_job")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The id of the task.
        id: Path<Id>,
    ) -> Result<Reply<JobStoryView>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        Ok(Reply::new(&story(app, &mut conn, id.0.0).await?))
    }

    /// Make workers look at once for jobs of a kind that are due.
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    #[oai(path = "/jobs/:id", method = "post", operation_id = "admin_ring_bell")]
    async fn ring(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The kind of job, which is not listed one by one.
        #[oai(name = "id")]
        kind: Path<Word<JobKind>>,
    ) -> Result<Reply<BellView, 202>, Fail> {
        app.bells.ring(*kind.0);
        Ok(Reply::new(&BellView { kind: kind.0 }))
    }

    /// Settle a parked task again.
    ///
    /// It happens within seconds. The image that was kept is used; no new one is bought.
    #[oai(path = "/jobs/:id/retry", method = "post", operation_id = "admin_retry_job")]
    async fn retry(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the task.
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

        Ok(Reply::new(&JobView::of(job, None)))
    }

    /// Give up a parked task, and have the platform pay the owner.
    ///
    /// The owner of the key is paid what the attempt costs, beyond the budgets of other compensations. The task fails,
    /// and the consumer has the credits back.
    #[oai(path = "/jobs/:id/pay", method = "post", operation_id = "admin_pay_job")]
    async fn pay(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the task.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<Reply<TaskView>, Fail<409>> {
        end_parked(app, &admin, id.0.0, &body.value.reason, Action::SettlementPaid).await
    }

    /// Give up a parked task without paying the owner.
    ///
    /// The task fails, and the consumer has the credits back. What the owner goes without is recorded as unpaid.
    #[oai(path = "/jobs/:id/release", method = "post", operation_id = "admin_release_job")]
    async fn release(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the task.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<Reply<TaskView>, Fail<409>> {
        end_parked(app, &admin, id.0.0, &body.value.reason, Action::SettlementReleased).await
    }
}

/// The task as it is after its settlement was given up.
async fn end_parked(
    app: &App,
    admin: &Admin,
    id: Uuid,
    reason: &str,
    action: Action,
) -> Result<Reply<TaskView>, Fail<409>> {
    let mut tx = app.admin_db.begin().await?;
    match work::end_parked(&mut tx, id, action == Action::SettlementPaid).await? {
        Ending::Ended => {}
        Ending::NotParked => return Err(not_parked().into()),
        Ending::Running => return Err(still_running().into()),
        Ending::NotFound => return Err(Problem::not_found().into()),
    }
    let task = tasks::find_any(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Change { action, subject: Subject::Task(id), reason }
        .record(&mut tx, admin, json!({ "user_id": task.user_id }))
        .await?;
    tx.commit().await?;
    app.endings.announce(&[id]);

    Ok(Reply::new(&TaskView::of(task, &app.generation.links, unix_seconds())))
}

fn not_parked() -> Problem {
    Problem::new(
        Code::JobNotParked,
        "this is for tasks whose settlement is parked; GET /api/admin/jobs?state=parked lists them",
    )
}

fn still_running() -> Problem {
    Problem::new(
        Code::JobNotParked,
        "another attempt of this task is running, and its image may still come; wait until it has ended",
    )
}
