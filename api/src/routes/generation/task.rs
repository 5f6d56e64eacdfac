//! `GET /api/generate/task/{id}` and `POST /api/generate/task/{id}/cancel`.

use std::{sync::Arc, time::Duration};

use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, CancelOutcome, Task},
};
use uuid::Uuid;

use super::task_view::TaskView;
use crate::{
    auth::Caller,
    extract::Id,
    problem::{Code, Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

/// The longest a client may wait for an answer.
const WAIT_SECONDS_MAX: u32 = 60;

/// One task.
pub struct Tasks;

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Tasks {
    /// A task, at once or when it has ended.
    ///
    /// With `wait`, the answer comes as soon as the task ends, or after so many seconds with the state
    /// it has then.
    #[oai(path = "/task/:id", method = "get", operation_id = "generate_task")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
        /// Seconds to wait for the task to end, 0 to 60; 0 by default.
        Query(wait): Query<Option<u32>>,
    ) -> Result<Reply<TaskView>, Fail> {
        let Path(Id(id)) = id;
        let wait = wait.unwrap_or(0);
        if wait > WAIT_SECONDS_MAX {
            let detail = format!("must be from 0 to {WAIT_SECONDS_MAX}");
            return Err(Problem::invalid_field("wait", detail).into());
        }
        let task = read(app, id, caller.user_id, wait).await?;
        Ok(Reply::new(&TaskView::of(
            Arc::unwrap_or_clone(task),
            &app.generation.links,
            unix_seconds(),
        )))
    }

    /// Take a task back.
    ///
    /// While it waits it is canceled, and its credits released (200). While it is processing nothing
    /// new starts (202): an image that still arrives completes it and is charged, because its owner has
    /// paid for it.
    #[oai(path = "/task/:id/cancel", method = "post", operation_id = "generate_cancel")]
    async fn cancel(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
    ) -> Result<Reply<TaskView, 200, 202>, Fail<409>> {
        let Path(Id(id)) = id;
        let mut conn = app.db.acquire().await?;
        let outcome = tasks::cancel(&mut conn, id, caller.user_id).await?;
        match outcome {
            CancelOutcome::Canceled => app.bells.publish_ended(&[id]),
            CancelOutcome::Requested => {}
            CancelOutcome::Final => {
                return Err(Problem::new(Code::GenerationAlreadyFinal, "the task has ended").into());
            }
            CancelOutcome::NotFound => return Err(Problem::not_found().into()),
        }
        let found = tasks::find(&mut conn, id, caller.user_id).await?;
        let task = found.ok_or_else(Problem::not_found)?;
        let view = TaskView::of(task, &app.generation.links, unix_seconds());
        Ok(match outcome {
            CancelOutcome::Requested => Reply::other(&view),
            _ => Reply::new(&view),
        })
    }
}

/// The waiter is registered before the task is read, so an end between the two is not missed; no
/// connection is held while it waits.
async fn read(app: &App, id: Uuid, user: Uuid, wait_seconds: u32) -> Result<Arc<Task>, Problem> {
    let waiter = match wait_seconds {
        0 => None,
        _ => Some(app.generation.waiters.register(id, user)?),
    };
    let task = find(app, id, user).await?;
    match waiter {
        Some(waiter) if !task.status.is_final() => {
            match waiter.ended(Duration::from_secs(wait_seconds.into())).await {
                Some(ended) => Ok(ended),
                None => find(app, id, user).await,
            }
        }
        _ => Ok(task),
    }
}

async fn find(app: &App, id: Uuid, user: Uuid) -> Result<Arc<Task>, Problem> {
    app.generation.reads.find(id, user).await?.ok_or_else(Problem::not_found)
}
