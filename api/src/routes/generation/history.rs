//! `GET /api/generate/history`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, TaskFilter, TaskStatus},
};

use super::task_view::TaskView;
use crate::{
    auth::Caller,
    extract::{Between, Parameters, Text, Word},
    problem::Fail,
    response::{Page, Paging, Reply},
    routes::Tag,
    state::App,
};

/// The caller's tasks.
pub struct History;

/// Which tasks to list.
#[derive(Debug, Object, Deserialize)]
struct TaskQuery {
    /// Only tasks with this status.
    status: Option<Word<TaskStatus>>,
    /// Only tasks that were submitted for this model, or made with it.
    model: Option<Text<1, 100>>,
}

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl History {
    /// List your tasks, newest first.
    #[oai(path = "/history", method = "get", operation_id = "list_tasks")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(query): Parameters<TaskQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<TaskView>>, Fail> {
        let filter = TaskFilter {
            status: query.status.map(Word::value),
            model: query.model.map(Text::into_string),
            from: between.from.map(|it| it.0),
            to: between.to.map(|it| it.0),
        };
        let (before, rows) = (paging.position()?, paging.rows());
        let mut conn = app.db.acquire().await?;
        let found = tasks::list(&mut conn, caller.user_id, &filter, before, rows).await?;

        let now = unix_seconds();
        let view = |task| TaskView::of(task, &app.generation.links, now);
        Ok(Reply::new(&Page::with(found, &paging, |it| it.id, view)))
    }
}
