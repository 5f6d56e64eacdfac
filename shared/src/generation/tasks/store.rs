//! The reads, all of the same columns, and the call that cancels.

use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::{Task, TaskError, TaskFilter, TaskImage, TaskStatus};
use crate::generation::ImageSpec;
use crate::images::ImageFormat;

macro_rules! select {
    ($rest:literal) => {
        concat!(include_str!("task.sql"), $rest)
    };
}

pub(super) async fn find(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Option<Uuid>,
) -> sqlx::Result<Option<Task>> {
    sqlx::query_as(select!("WHERE t.id = $1 AND ($2::uuid IS NULL OR t.user_id = $2)"))
        .bind(id)
        .bind(user_id)
        .fetch_optional(conn)
        .await
}

pub(super) async fn find_submitted(
    conn: &mut PgConnection,
    user_id: Uuid,
    idempotency_key: &str,
) -> sqlx::Result<Option<(Task, Vec<u8>)>> {
    let id: Option<Uuid> = sqlx::query_scalar("SELECT generation.find_submitted($1, $2)")
        .bind(user_id)
        .bind(idempotency_key)
        .fetch_one(&mut *conn)
        .await?;
    let row = sqlx::query(select!("WHERE t.id = $1")).bind(id).fetch_optional(conn).await?;
    row.map(|it| Ok((Task::from_row(&it)?, it.try_get("request_hash")?))).transpose()
}

pub(super) async fn list_any(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!("WHERE t.id = ANY ($1)")).bind(ids).fetch_all(conn).await
}

pub(super) async fn list_ended(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!("WHERE t.id = ANY ($1) AND t.status NOT IN ('pending', 'processing')"))
        .bind(ids)
        .fetch_all(conn)
        .await
}

pub(super) async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    filter: &TaskFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!(
        "WHERE t.user_id = $1
           AND ($2::uuid IS NULL OR t.id < $2)
           AND ($3::text IS NULL OR t.status = $3)
           AND ($4::text IS NULL OR t.model = $4 OR t.requested_model = $4)
           AND ($5::timestamptz IS NULL OR t.created_at >= $5)
           AND ($6::timestamptz IS NULL OR t.created_at < $6)
         ORDER BY t.id DESC LIMIT $7"
    ))
    .bind(user_id)
    .bind(before)
    .bind(filter.status.map(TaskStatus::as_str))
    .bind(&filter.model)
    .bind(filter.from)
    .bind(filter.to)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

pub(super) async fn count_waiting(
    conn: &mut PgConnection,
    users: &[Uuid],
) -> sqlx::Result<Vec<(Uuid, i64)>> {
    sqlx::query_as(
        "SELECT user_id, count(*) FROM generation.task
          WHERE status = 'pending' AND user_id = ANY ($1) GROUP BY user_id",
    )
    .bind(users)
    .fetch_all(conn)
    .await
}

pub(super) async fn cancel(
    conn: &mut PgConnection,
    id: Uuid,
    user_id: Uuid,
) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT generation.cancel_task($1, $2)")
        .bind(id)
        .bind(user_id)
        .fetch_one(conn)
        .await
}

impl FromRow<'_, PgRow> for Task {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let Json(attempts) = row.try_get("attempts")?;
        Ok(Self {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            status: row.try_get("status")?,
            spec: ImageSpec::from_row(row)?,
            model: row.try_get("model")?,
            credits_held: row.try_get("credits_held")?,
            credits_cost: row.try_get("credits_cost")?,
            image: image(row)?,
            error: error(row)?,
            attempts,
            deadline: row.try_get("deadline")?,
            cancel_requested: row.try_get("cancel_requested")?,
            created_at: row.try_get("created_at")?,
            started_at: row.try_get("started_at")?,
            completed_at: row.try_get("completed_at")?,
        })
    }
}

/// The attempt is written with everything else of the image, or not at all.
fn image(row: &PgRow) -> sqlx::Result<Option<TaskImage>> {
    let Some(attempt) = row.try_get("image_attempt")? else { return Ok(None) };
    let media_type: &str = row.try_get("image_content_type")?;
    let format = ImageFormat::of_media_type(media_type)
        .map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Some(TaskImage {
        attempt,
        format,
        width: row.try_get("image_width")?,
        height: row.try_get("image_height")?,
        bytes: row.try_get("image_bytes")?,
        seed: row.try_get("image_seed")?,
        sha256: row.try_get("image_sha256")?,
        deleted: row.try_get("image_deleted")?,
    }))
}

fn error(row: &PgRow) -> sqlx::Result<Option<TaskError>> {
    let Some(code) = row.try_get("error_code")? else { return Ok(None) };
    let message: Option<String> = row.try_get("error_message")?;
    Ok(Some(TaskError { code, message: message.unwrap_or_default() }))
}
