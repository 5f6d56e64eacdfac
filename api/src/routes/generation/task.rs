//! `GET` and `PUT /api/generate/task/{id}`, and `POST /api/generate/task/{id}/cancel`.

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::Deserialize;
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, CancelOutcome, MarkChange, TaskStatus},
};

use super::task_view::TaskView;
use crate::{
    auth::Caller,
    extract::{Body, Id, Whole},
    problem::{Code, Fail, Problem},
    response::Reply,
    routes::Tag,
    services::{WAIT_SECONDS_MAX, explain_waiting, wait},
    state::App,
};

/// Operations on one task.
pub struct Tasks;

/// What you note of a task. A mark that is left out stays as it is.
#[derive(Debug, Object, Deserialize)]
#[oai(skip_serializing_if_is_none)]
struct TaskMarks {
    /// Whether the task is a favorite.
    favorite: Option<bool>,
    /// Whether the task is left out of the history.
    hidden: Option<bool>,
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl Tasks {
    /// Get a task, at once or when it has ended.
    ///
    /// With `wait`, the response comes as soon as the task ends, or after so many seconds with the state
    /// that the task has then.
    #[oai(path = "/task/:id", method = "get", operation_id = "get_task")]
    async fn show(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the task.
        id: Path<Id>,
        /// How many seconds to wait for the task to end, from 0 to 60; 0 by default.
        #[oai(name = "wait")]
        Query(seconds): Query<Option<Whole<0, WAIT_SECONDS_MAX>>>,
    ) -> Result<Reply<TaskView>, Fail> {
        let Path(Id(id)) = id;
        let task = wait(&app.generation, id, caller.user_id, seconds.map_or(0, |it| it.0)).await?;
        // Most reads are of tasks that have ended: those take no connection.
        let waiting = if task.status == TaskStatus::Pending {
            let mut conn = app.db.acquire().await?;
            explain_waiting(&app.generation, &mut conn, &task).await?
        } else {
            None
        };
        let task = Arc::unwrap_or_clone(task);
        let view = TaskView::of(task, &app.generation.links, unix_seconds());
        Ok(Reply::new(&view.waiting_for(waiting)))
    }

    /// Mark a task as a favorite, or hide it from lists.
    ///
    /// A mark that is left out stays as it is. Marks change nothing of what a task does or costs.
    #[oai(path = "/task/:id", method = "put", operation_id = "mark_task")]
    async fn mark(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the task.
        id: Path<Id>,
        body: Body<TaskMarks>,
    ) -> Result<Reply<TaskView>, Fail> {
        let Path(Id(id)) = id;
        let change = MarkChange { favorite: body.value.favorite, hidden: body.value.hidden };
        let mut conn = app.db.acquire().await?;
        if !tasks::mark(&mut conn, id, caller.user_id, change).await? {
            return Err(Problem::not_found().into());
        }
        let found = tasks::find(&mut conn, id, caller.user_id).await?;
        let task = found.ok_or_else(Problem::not_found)?;
        let waiting = explain_waiting(&app.generation, &mut conn, &task).await?;
        let view = TaskView::of(task, &app.generation.links, unix_seconds());
        Ok(Reply::new(&view.waiting_for(waiting)))
    }

    /// Cancel a task.
    ///
    /// A task that is waiting is canceled at once, and its credits are released (200). For a task that is
    /// being processed, no new attempt starts (202). An image that still arrives completes the task and is
    /// charged, because its owner has paid the provider for it.
    #[oai(path = "/task/:id/cancel", method = "post", operation_id = "cancel_task")]
    async fn cancel(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the task.
        id: Path<Id>,
    ) -> Result<Reply<TaskView, 200, 202>, Fail<409>> {
        let Path(Id(id)) = id;
        let mut conn = app.db.acquire().await?;
        let outcome = tasks::cancel(&mut conn, id, caller.user_id).await?;
        match outcome {
            CancelOutcome::Canceled => app.endings.announce(&[id]),
            CancelOutcome::Requested => {}
            CancelOutcome::Final => {
                return Err(Problem::new(
                    Code::GenerationAlreadyFinal,
                    "the task has already ended, so it cannot be canceled",
                )
                .into());
            }
            CancelOutcome::NotFound => return Err(Problem::not_found().into()),
        }
        let found = tasks::find(&mut conn, id, caller.user_id).await?;
        let task = found.ok_or_else(Problem::not_found)?;
        let view = TaskView::of(task, &app.generation.links, unix_seconds());
        Ok(match outcome {
            CancelOutcome::Requested => {
                Reply::other(&view).location(format!("/api/generate/task/{id}"))
            }
            _ => Reply::new(&view),
        })
    }
}
