//! All tasks, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::generation::{
    tasks::TaskStatus,
    work::{self, FactsFilter},
};

use super::job_story::AdminTaskView;
use crate::{
    auth::Admin,
    extract::{Between, Id, Parameters, Text, Word},
    problem::{Fail, Problem},
    response::{CsvFile, Page, Paging, Reply},
    routes::Tag,
    state::App,
};

/// All tasks.
pub struct AdminTasks;

/// Which tasks to list; everything given must hold.
#[derive(Debug, Object, Deserialize)]
struct AdminTaskQuery {
    /// Only tasks of this user.
    user_id: Option<Id>,
    /// Only tasks with this status.
    status: Option<Word<TaskStatus>>,
    /// Only tasks that were submitted for this model, or made with it.
    model: Option<Text<1, 100>>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminTasks {
    /// List the tasks of all users, newest first, without what their images are of.
    ///
    /// For each page, 20,000 tasks are looked at. Where a filter finds few among them, a page can be short or empty
    /// and yet have a `next_cursor`, which leads on.
    #[oai(path = "/tasks", method = "get", operation_id = "admin_list_tasks")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<AdminTaskQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<AdminTaskView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), filter(query, between)?, paging).await?))
    }

    /// Get the list of the tasks of all users as CSV, newest first.
    #[oai(path = "/tasks.csv", method = "get", operation_id = "admin_download_tasks")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<AdminTaskQuery>,
        Parameters(between): Parameters<Between>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("tasks", app, filter(query, between)?, list_page).await?)
    }
}

fn filter(query: AdminTaskQuery, between: Between) -> Result<FactsFilter, Problem> {
    let (from, to) = between.bounds()?;
    Ok(FactsFilter {
        user_id: query.user_id.map(|it| it.0),
        status: query.status.map(Word::value),
        model: query.model.map(Text::into_string),
        from,
        to,
    })
}

async fn list_page(
    app: App,
    filter: FactsFilter,
    paging: Paging,
) -> Result<Page<AdminTaskView>, Problem> {
    let mut conn = app.admin_db.acquire().await?;
    let found = work::list_facts(&mut conn, &filter, paging.position()?, paging.rows()).await?;
    Ok(Page::of(found.tasks, &paging, |it| it.id).leading_on(found.searched_to))
}
