//! A job in all detail, and canceling it.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use serde_json::{Value, json};
use shared::{
    audit_log::{Action, Subject},
    generation::{
        Route,
        tasks::{self, AttemptState, CancelOutcome, ErrorClass, TaskErrorCode, TaskStatus},
        work::{self, AttemptFacts, TaskFacts},
    },
    ledger::journal::{self, Entry, EntryFilter, EntryPosition},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{job_view::JobView, waiting_view::WaitingView};
use crate::{
    auth::Admin,
    extract::{Amount, Body, Id, Word},
    problem::{Code, Fail, Problem},
    response::{FromDomain, Reply, Timestamp, view},
    routes::{
        Tag,
        ledger::MovementView,
        operations::{Change, ReasonOnly},
    },
    services::{Waiting, explain_waiting},
    state::App,
};

/// Journal entries of one task, at most.
const MOVEMENTS_MAX: i64 = 100;

/// One job.
pub struct AdminJob;

view! {
    /// A task as work that was or is to be done. It does not show what the image is of.
    pub(super) struct JobStoryView as "JobDetail" {
        #[oai(flatten)]
        task: AdminTaskView,
        /// The job as the list of jobs has it; absent once the task has ended.
        job: Option<JobView>,
        /// Why it waits, and how many come before it; absent unless it waits.
        waiting: Option<WaitingView>,
        /// The calls made for it, in order, with the keys they used and why.
        attempts: Vec<JobAttemptView>,
        /// The journal entries of the task, the newest first.
        movements: Vec<MovementView>,
    }
}

view! {
    /// A task as admins see it: everything but what the image is of.
    pub(super) struct AdminTaskView as "AdminTask" from task: TaskFacts {
        /// Unique id of the task.
        id: Id,
        /// The user who submitted it.
        user_id: Id,
        /// How far the task has come.
        status: Word<TaskStatus>,
        /// The id of the model that was requested, or `auto`.
        requested_model: String,
        /// The model that made the image; absent until there is one.
        model: Option<String>,
        /// Whose keys may make the image.
        route: Word<Route>,
        /// The most it may cost, in credits.
        credits_held: Amount,
        /// What it cost, in credits; absent until it is completed.
        credits_cost: Option<Amount>,
        /// How many attempts were started.
        attempt_count: i16 = task.attempts,
        /// Why the task failed, for programs; absent unless it did.
        error_code: Option<Word<TaskErrorCode>>,
        /// Why the task failed, in a sentence for people.
        error_message: Option<String>,
        /// `true` if canceling was asked for; otherwise absent.
        cancel_requested: Option<bool> = task.cancel_requested.then_some(true),
        /// Hosted keys that are not tried again for it.
        excluded: Vec<Id>,
        /// No attempt starts after this time.
        deadline: Timestamp,
        /// When the task was submitted.
        created_at: Timestamp,
        /// When the first attempt started; absent before that.
        started_at: Option<Timestamp>,
        /// When the task ended; absent before that.
        completed_at: Option<Timestamp>,
    }
}

view! {
    /// A call for a task, with everything that was written down when it began.
    struct JobAttemptView as "JobAttempt" from attempt: AttemptFacts {
        /// Unique id of the attempt.
        id: Id,
        /// The number of the attempt: 1, 2 and so on.
        no: i16,
        /// How the attempt ended, or that it is under way.
        state: Word<AttemptState>,
        /// Why the attempt brought no image; absent if it did, or while it is under way.
        error_class: Option<Word<ErrorClass>>,
        /// What the provider or the worker said about it.
        error_message: Option<String>,
        /// The hosted key that was chosen.
        resource_id: Id,
        /// The owner of that key.
        owner_id: Id,
        /// The worker process that made the call.
        worker_id: Id,
        /// The image service that was called.
        provider: String,
        /// The id of the model that was used.
        model: String,
        /// Units that the provider counts for the call.
        units: Amount,
        /// What the owner asked for one unit.
        price_per_unit: Amount,
        /// What the consumer pays if it delivers.
        cost: Amount,
        /// The platform's share of that.
        commission_rate: Amount,
        /// Whether the key is the consumer's own.
        own: bool,
        /// Whether the key had delivered nothing lately.
        unproven: bool,
        /// Whether the provider billed it although no image could be delivered.
        billed: bool,
        /// Why this key was chosen.
        choice: ChoiceView = attempt.choice.clone(),
        /// When the attempt started.
        started_at: Timestamp,
        /// When the attempt ended; absent before that.
        ended_at: Option<Timestamp>,
    }
}

view! {
    /// How many keys could be chosen from, and how many were passed over for which reason.
    struct ChoiceView as "KeyChoice" from it: Value {
        /// Keys that could have made the call.
        fit: i64 = count(&it, "fit"),
        /// Keys that the policy of their provider kept from it.
        policy: i64 = count(&it, "policy"),
        /// Keys that would have cost more than the task pays.
        too_dear: i64 = count(&it, "too_dear"),
        /// Keys that paused after a failure.
        cooling: i64 = count(&it, "cooling"),
        /// Keys at one of their limits.
        full: i64 = count(&it, "full"),
        /// Keys that had failed this task before.
        excluded: i64 = count(&it, "excluded"),
        /// Keys without a recent delivery that were not to be tried for it.
        unproven: i64 = count(&it, "unproven"),
        /// The best of those that could, the best one first; at most five.
        best: Vec<Id> = best(&it),
    }
}

fn count(choice: &Value, reason: &str) -> i64 {
    choice[reason].as_i64().unwrap_or_default()
}

fn best(choice: &Value) -> Vec<Uuid> {
    let ids = choice["best"].as_array().into_iter().flatten();
    ids.filter_map(|it| it.as_str()?.parse().ok()).collect()
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminJob {
    /// Cancel the task of a job, for its consumer.
    ///
    /// A task that waits is canceled at once, and its credits are released (200). For a task that is being processed,
    /// no new attempt starts (202); an image that still arrives completes it and is charged.
    #[oai(path = "/jobs/:id/cancel", method = "post", operation_id = "admin_cancel_job")]
    async fn cancel(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the task.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<Reply<JobStoryView, 200, 202>, Fail<409>> {
        let (id, reason) = (id.0.0, &body.value.reason);
        let mut tx = app.admin_db.begin().await?;
        let outcome = cancel(&mut tx, &admin, id, reason, json!({})).await?;
        match outcome {
            CancelOutcome::Canceled | CancelOutcome::Requested => {}
            CancelOutcome::Final => {
                return Err(Problem::new(
                    Code::GenerationAlreadyFinal,
                    "the task has already ended, so it cannot be canceled",
                )
                .into());
            }
            CancelOutcome::NotFound => return Err(Problem::not_found().into()),
        }
        tx.commit().await?;
        if outcome == CancelOutcome::Canceled {
            app.endings.announce(&[id]);
        }
        let view = story(app, &mut *app.admin_db.acquire().await?, id).await?;
        Ok(match outcome {
            CancelOutcome::Requested => Reply::other(&view),
            _ => Reply::new(&view),
        })
    }
}

/// Cancels a task of anybody, and records it where something came of it.
pub(super) async fn cancel(
    tx: &mut PgConnection,
    admin: &Admin,
    id: Uuid,
    reason: &str,
    detail: Value,
) -> Result<CancelOutcome, Problem> {
    let outcome = tasks::cancel_any(tx, id).await?;
    if matches!(outcome, CancelOutcome::Canceled | CancelOutcome::Requested) {
        Change { action: Action::TaskCanceled, subject: Subject::Task(id), reason }
            .record(tx, admin, detail)
            .await?;
    }
    Ok(outcome)
}

/// The job with everything that was done for it; 404 for no task.
pub(super) async fn story(
    app: &App,
    conn: &mut PgConnection,
    id: Uuid,
) -> Result<JobStoryView, Problem> {
    let facts = work::find_facts(conn, id).await?.ok_or_else(Problem::not_found)?;
    let job = work::find_work(conn, id).await?;
    let waiting: Option<Waiting> = match tasks::find_any(conn, id).await? {
        Some(task) => explain_waiting(&app.generation, conn, &task).await?,
        None => None,
    };
    let filter = EntryFilter { reference: Some(id), ..EntryFilter::default() };
    let entries: Vec<Entry> =
        journal::list_entries(conn, filter, None::<EntryPosition>, MOVEMENTS_MAX).await?;
    Ok(JobStoryView {
        task: FromDomain::from_domain(facts),
        job: job.map(|it| JobView::of(it, None)),
        waiting: waiting.map(FromDomain::from_domain),
        attempts: FromDomain::from_domain(work::list_attempts(conn, id).await?),
        movements: FromDomain::from_domain(entries),
    })
}
