//! A user's tasks, newest first, and the search among them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::store::{list_any, select};
use super::{Task, TaskStatus};

/// How many tasks one search looks at. No index serves it: one over prompts would cost every submit, and what a user
/// looks through are their own tasks. Looking for a word in a prompt costs the sum of their lengths, or the product where
/// both are made for it: this many prompts of ten thousand characters of four bytes each, and words of two hundred
/// together, take 0.8 s of a processor; a word that is just not there 0.01 s.
pub const LOOKED_MAX: i64 = 250;

/// How many words a search may have.
pub const WORDS_MAX: usize = 8;

/// How many characters each of them may have.
pub const WORD_CHARS_MAX: usize = 32;

/// Which tasks a history holds; the default is all of them that are not hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// With this status.
    pub status: Option<TaskStatus>,
    /// Made with this model, or submitted for it.
    pub model: Option<String>,
    /// Submitted at or after.
    pub from: Option<DateTime<Utc>>,
    /// Submitted before.
    pub to: Option<DateTime<Utc>>,
    /// Marked so, or not.
    pub favorite: Option<bool>,
    /// Those that are hidden, in place of those that are not.
    pub hidden: bool,
    /// Every one of these is in the prompt, in whatever case.
    pub words: Vec<String>,
}

/// A part of a history.
#[derive(Debug, Default)]
pub struct TasksFound {
    /// Newest first.
    pub tasks: Vec<Task>,
    /// A search looked no further than this task, and there are older ones.
    pub stopped_at: Option<Uuid>,
}

/// At most `rows_max` tasks of a user older than `before`, newest first. With words, only the next [`LOOKED_MAX`] tasks
/// are looked at.
pub async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    filter: &TaskFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<TasksFound> {
    if !filter.words.is_empty() {
        return search(conn, user_id, filter, before, rows_max).await;
    }
    let tasks = sqlx::query_as(if filter.favorite == Some(true) || filter.hidden {
        // Marked ones are few: they are found by their marks.
        select!(
            "WHERE t.id IN (SELECT k.task_id FROM generation.task_mark k
                             WHERE k.user_id = $1 AND (k.favorite OR k.hidden) AND ($2::uuid IS NULL OR k.task_id < $2))
               AND ($3::text IS NULL OR t.status = $3)
               AND ($4::text IS NULL OR t.model = $4 OR t.requested_model = $4)
               AND ($5::timestamptz IS NULL OR t.created_at >= $5)
               AND ($6::timestamptz IS NULL OR t.created_at < $6)
               AND ($7::boolean IS NULL OR m.favorite = $7) AND m.hidden = $8
             ORDER BY t.id DESC LIMIT $9"
        )
    } else {
        select!(
            "WHERE t.user_id = $1
               AND ($2::uuid IS NULL OR t.id < $2)
               AND ($3::text IS NULL OR t.status = $3)
               AND ($4::text IS NULL OR t.model = $4 OR t.requested_model = $4)
               AND ($5::timestamptz IS NULL OR t.created_at >= $5)
               AND ($6::timestamptz IS NULL OR t.created_at < $6)
               AND ($7::boolean IS NULL OR coalesce(m.favorite, false) = $7) AND coalesce(m.hidden, false) = $8
             ORDER BY t.id DESC LIMIT $9"
        )
    })
    .bind(user_id)
    .bind(before)
    .bind(filter.status)
    .bind(&filter.model)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.favorite)
    .bind(filter.hidden)
    .bind(rows_max)
    .fetch_all(conn)
    .await?;
    Ok(TasksFound { tasks, stopped_at: None })
}

async fn search(
    conn: &mut PgConnection,
    user_id: Uuid,
    filter: &TaskFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<TasksFound> {
    let ids: Vec<Uuid> = sqlx::query_scalar(include_str!("search.sql"))
        .bind(user_id)
        .bind(before)
        .bind(filter.status)
        .bind(&filter.model)
        .bind(filter.from)
        .bind(filter.to)
        .bind(filter.favorite)
        .bind(filter.hidden)
        .bind(rows_max)
        .bind(&filter.words)
        .bind(LOOKED_MAX)
        .fetch_all(&mut *conn)
        .await?;
    let full = i64::try_from(ids.len()).is_ok_and(|it| it >= rows_max);
    let stopped_at =
        if full { None } else { find_last_looked(&mut *conn, user_id, before).await? };
    let mut tasks = if ids.is_empty() { Vec::new() } else { list_any(conn, &ids).await? };
    tasks.sort_unstable_by_key(|it| std::cmp::Reverse(it.id));
    Ok(TasksFound { tasks, stopped_at })
}

/// The last task a search looked at, if there may be others behind it.
async fn find_last_looked(
    conn: &mut PgConnection,
    user_id: Uuid,
    before: Option<Uuid>,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar(
        "SELECT t.id FROM generation.task t WHERE t.user_id = $1 AND ($2::uuid IS NULL OR t.id < $2)
          ORDER BY t.id DESC OFFSET $3 LIMIT 1",
    )
    .bind(user_id)
    .bind(before)
    .bind(LOOKED_MAX - 1)
    .fetch_optional(conn)
    .await
}
