//! `POST /api/generate/text-to-image`: the hot path. Everything is judged from memory; the one query is
//! the batch that takes the task.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::{
    clock::unix_seconds,
    generation::{
        submit::{Accepted, SubmitOutcome},
        tasks::{self, Task, TaskStatus},
    },
};
use uuid::Uuid;

use super::{
    refusal::{self, Refusal},
    task_view::TaskView,
    text_to_image::{ImageOrder, Judged, TextToImage, hex},
};
use crate::{
    auth::Caller,
    extract::Body,
    idempotency::{self, Idempotency},
    problem::{Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

const PATH: &str = "/api/generate/text-to-image";

/// Submitting tasks.
pub struct TaskSubmission;

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl TaskSubmission {
    /// Submit an image to make.
    ///
    /// Credits are set aside at once and charged when the image is there: what the chosen resource
    /// costs, never more than was held. Resources that are busy or cooling are waited for, until the
    /// deadline.
    #[oai(path = "/text-to-image", method = "post", operation_id = "generate_submit")]
    async fn submit(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] idempotency: Idempotency,
        body: Body<TextToImage>,
    ) -> Result<Reply<TaskView, 202>, Fail<402, 409, 422>> {
        let order = body.value.into_order()?;
        let request_hash = order.request_hash(PATH);
        let judged = match judge(app, &order, caller.user_id).await? {
            Ok(judged) => judged,
            // What was taken once is answered again, whatever has become of the resources since.
            Err(refusal) => {
                return replay(app, caller.user_id, &idempotency, &request_hash)
                    .await?
                    .ok_or_else(|| Problem::from(refusal).into());
            }
        };

        let config = &app.config.generation;
        let task =
            order.clone().into_task(&caller, &judged, config, (idempotency.key(), request_hash));
        let needed = task.amount_min;
        let outcome = app.generation.submits.submit(task).await.map_err(Problem::from)?;

        match &outcome {
            SubmitOutcome::Accepted(accepted) => Ok(answer(
                &TaskView::of(
                    taken(order, accepted, caller.user_id),
                    &app.generation.links,
                    unix_seconds(),
                ),
                accepted.id,
            )),
            SubmitOutcome::Replayed(id) => {
                let found = tasks::find(&mut *app.db.acquire().await?, *id, caller.user_id).await?;
                let task = found.ok_or_else(Problem::not_found)?;
                let view = TaskView::of(task, &app.generation.links, unix_seconds());
                Ok(answer(&view, *id).replayed())
            }
            refused => {
                Err(refusal::of_outcome(refused, needed).unwrap_or_else(Problem::not_found).into())
            }
        }
    }
}

fn answer(view: &TaskView, id: Uuid) -> Reply<TaskView, 202> {
    Reply::new(view).location(format!("/api/generate/task/{id}"))
}

/// Judges an order by the prices in memory, and before refusing it once more by prices as of now.
pub(super) async fn judge(
    app: &App,
    order: &ImageOrder,
    user: Uuid,
) -> Result<Result<Judged, Refusal>, Problem> {
    let market = &app.generation.market;
    if let Ok(judged) = order.judge(&market.prices(), user) {
        return Ok(Ok(judged));
    }
    Ok(order.judge(&*market.fresh_prices().await?, user))
}

/// The answer to an earlier request with this key, if there was one.
async fn replay(
    app: &App,
    user: Uuid,
    idempotency: &Idempotency,
    request_hash: &str,
) -> Result<Option<Reply<TaskView, 202>>, Problem> {
    let Some(key) = idempotency.key() else { return Ok(None) };
    let found = tasks::find_submitted(&mut *app.db.acquire().await?, user, key).await?;
    let Some((task, hash)) = found else { return Ok(None) };
    if hex(&hash) != request_hash {
        return Err(idempotency::key_reused());
    }
    let id = task.id;
    let view = TaskView::of(task, &app.generation.links, unix_seconds());
    Ok(Some(answer(&view, id).replayed()))
}

pub(super) fn taken(order: ImageOrder, accepted: &Accepted, user_id: Uuid) -> Task {
    Task {
        id: accepted.id,
        user_id,
        status: TaskStatus::Pending,
        spec: order.spec,
        model: None,
        credits_held: accepted.credits_held,
        credits_cost: None,
        image: None,
        error: None,
        attempts: Vec::new(),
        deadline: accepted.deadline,
        cancel_requested: false,
        created_at: accepted.created_at,
        started_at: None,
        completed_at: None,
    }
}
