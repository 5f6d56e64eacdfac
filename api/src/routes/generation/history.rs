//! `GET /api/generate/history`.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{OpenApi, param::Query};
use shared::generation::tasks::TaskStatus;
use shared::{
    clock::unix_seconds,
    generation::tasks::{self, TaskFilter},
};
use uuid::Uuid;

use super::task_view::TaskView;
use crate::{
    auth::Caller,
    extract::Text,
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::Tag,
    state::App,
};

/// Tasks of the past and the present.
pub struct History;

#[OpenApi(prefix_path = "/api/generate", tag = "Tag::Generation")]
impl History {
    /// The caller's tasks, newest first.
    #[oai(path = "/history", method = "get", operation_id = "generate_history")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// With this status.
        status: Query<Option<Word<TaskStatus>>>,
        /// Made with this model, or submitted for it.
        model: Query<Option<Text<1, 100>>>,
        /// Submitted at or after.
        from: Query<Option<Timestamp>>,
        /// Submitted before.
        to: Query<Option<Timestamp>>,
        /// Items of a page.
        #[oai(default)]
        limit: Query<Limit>,
        /// From the page before.
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<TaskView>>, Fail> {
        let filter = TaskFilter {
            status: status.0.map(Word::value),
            model: model.0.map(Text::into_string),
            from: from.0.map(|it| it.0),
            to: to.0.map(|it| it.0),
        };
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let found = tasks::list(&mut conn, caller.user_id, &filter, before, limit.rows()).await?;

        let now = unix_seconds();
        let view = |task| TaskView::of(&task, &app.generation.links, now);
        Ok(Reply::new(&Page::of(found, limit.0, |it| it.id, view)))
    }
}
