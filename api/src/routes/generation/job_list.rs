//! Which jobs an admin asks for, and the list of them.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::Deserialize;
use shared::{
    generation::{
        tasks::{self, changes},
        work::{self, Work, WorkFilter, WorkState},
    },
    jobs::JobKind,
};
use sqlx::PgConnection;

use super::job_view::JobView;
use crate::{
    extract::{Id, Seconds, Text, Word},
    problem::Problem,
    response::{Page, Paging},
    services::list_obstacles,
    state::App,
};

/// Which jobs to list; everything given must hold.
#[derive(Debug, Clone, Object, Deserialize)]
pub(super) struct JobQuery {
    /// Only jobs in this state.
    pub state: Option<Word<WorkState>>,
    /// Only jobs of this kind; single jobs are listed of `generate-image` only, the others are counted in `kinds`.
    pub kind: Option<Word<JobKind>>,
    /// Only jobs of this user.
    pub user_id: Option<Id>,
    /// Only jobs submitted for this model.
    pub model: Option<Text<1, 100>>,
    /// Only jobs that were submitted so many seconds ago or earlier.
    pub older_than: Option<Seconds>,
}

impl JobQuery {
    /// What the database is asked for; `None`: nothing can match.
    pub fn filter(self, now: DateTime<Utc>) -> Option<WorkFilter> {
        if self.kind.is_some_and(|it| *it != JobKind::GenerateImage) {
            return None;
        }
        let age = self.older_than.map(|it| Duration::from_secs(it.0.into()));
        Some(WorkFilter {
            state: self.state.map(Word::value),
            user_id: self.user_id.map(|it| it.0),
            model: self.model.map(Text::into_string),
            submitted_before: age.map(|it| now - it),
            ids: None,
            not_asked: None,
        })
    }
}

/// One page of jobs, those that wait with their reasons.
pub(super) async fn page(
    app: &App,
    conn: &mut PgConnection,
    query: JobQuery,
    paging: &Paging,
) -> Result<Page<JobView>, Problem> {
    let Some(filter) = query.filter(changes::now(conn).await?) else {
        return Ok(Page::empty());
    };
    let listed = work::list_work(conn, &filter, paging.position()?, paging.rows()).await?;
    let waiting = listed.iter().filter(|it| it.state == WorkState::Waiting);
    let mut excluded: HashMap<_, _> = waiting.map(|it| (it.task_id, it.excluded.clone())).collect();
    let ids: Vec<_> = excluded.keys().copied().collect();
    let tasks = if ids.is_empty() { Vec::new() } else { tasks::list_any(conn, &ids).await? };
    let tasks: Vec<_> = tasks
        .into_iter()
        .map(|it| {
            let excluded = excluded.remove(&it.id).unwrap_or_default();
            (it, excluded)
        })
        .collect();
    let mut obstacles = list_obstacles(&app.generation, &tasks);
    let view = |it: Work| {
        let obstacles = obstacles.remove(&it.task_id);
        JobView::of(it, obstacles)
    };
    Ok(Page::with(listed, paging, |it| it.task_id, view))
}

/// The same, on a connection of its own.
pub(super) async fn list_page(
    app: App,
    query: JobQuery,
    paging: Paging,
) -> Result<Page<JobView>, Problem> {
    page(&app, &mut *app.admin_db.acquire().await?, query, &paging).await
}
