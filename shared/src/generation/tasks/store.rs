//! The reads, all of the same columns.

use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::changes::EndedPosition;
use super::{POSITION_MAX, QueuePlace, Task, TaskError, TaskImage, TaskPrice};
use crate::generation::ImageSpec;
use crate::images::ImageFormat;

macro_rules! select {
    ($rest:literal) => {
        concat!(include_str!("task.sql"), $rest)
    };
}
pub(super) use select;

/// A task, if it is this user's.
pub async fn find(conn: &mut PgConnection, id: Uuid, user_id: Uuid) -> sqlx::Result<Option<Task>> {
    sqlx::query_as(select!("WHERE t.id = $1 AND t.user_id = $2"))
        .bind(id)
        .bind(user_id)
        .fetch_optional(conn)
        .await
}

/// A task of any user: for links that were signed for it.
pub async fn find_any(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Task>> {
    sqlx::query_as(select!("WHERE t.id = $1")).bind(id).fetch_optional(conn).await
}

/// The task this user submitted with this `Idempotency-Key`, and the hash of that request. Waits for a
/// submit of this user that is under way: it may be that one.
pub async fn find_submitted(
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

/// Those of `ids` that exist, of any user, in any order.
pub async fn list_any(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!("WHERE t.id = ANY ($1)")).bind(ids).fetch_all(conn).await
}

/// Those of `ids` that belong to one of `users` and reached a final status, in any order.
pub async fn list_ended_of(
    conn: &mut PgConnection,
    ids: &[Uuid],
    users: &[Uuid],
) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!(
        "WHERE t.id = ANY ($1) AND t.user_id = ANY ($2) AND t.status NOT IN ('pending', 'processing')"
    ))
    .bind(ids)
    .bind(users)
    .fetch_all(conn)
    .await
}

/// A comparison of rows does not show PostgreSQL that the time is known, which the index wants; the one before it does.
pub(super) async fn list_ended_after(
    conn: &mut PgConnection,
    user_id: Uuid,
    (at, id): EndedPosition,
    rows_max: i64,
) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!(
        "WHERE t.user_id = $1 AND t.completed_at >= $2 AND (t.completed_at, t.id) > ($2, $3)
         ORDER BY t.completed_at, t.id LIMIT $4"
    ))
    .bind(user_id)
    .bind(at)
    .bind(id)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

/// Those of `ids` that reached a final status, in any order.
pub async fn list_ended(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Task>> {
    sqlx::query_as(select!("WHERE t.id = ANY ($1) AND t.status NOT IN ('pending', 'processing')"))
        .bind(ids)
        .fetch_all(conn)
        .await
}

/// Where a task stands in the queue; `None` if it is not pending.
pub async fn find_place(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<QueuePlace>> {
    sqlx::query_as(
        "SELECT t.excluded, aether.now() AS now, (
                SELECT count(*) FROM (
                    SELECT FROM generation.task q
                     WHERE q.lane = t.lane AND q.status = 'pending' AND (q.tag, q.id) < (t.tag, t.id)
                     LIMIT $2) q) AS position
           FROM generation.task t WHERE t.id = $1 AND t.status = 'pending'",
    )
    .bind(id)
    .bind(POSITION_MAX)
    .fetch_optional(conn)
    .await
}

/// How many tasks of each of these users wait; users without one are not listed.
pub async fn count_waiting(
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

impl FromRow<'_, PgRow> for Task {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let Json(attempts) = row.try_get("attempts")?;
        Ok(Self {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            status: row.try_get("status")?,
            spec: ImageSpec::from_row(row)?,
            route: row.try_get("route")?,
            model: row.try_get("model")?,
            credits_held: row.try_get("credits_held")?,
            credits_cost: row.try_get("credits_cost")?,
            price: price(row)?,
            image: image(row)?,
            error: error(row)?,
            attempts,
            deadline: row.try_get("deadline")?,
            cancel_requested: row.try_get("cancel_requested")?,
            favorite: row.try_get("favorite")?,
            hidden: row.try_get("hidden")?,
            created_at: row.try_get("created_at")?,
            started_at: row.try_get("started_at")?,
            completed_at: row.try_get("completed_at")?,
        })
    }
}

fn price(row: &PgRow) -> sqlx::Result<Option<TaskPrice>> {
    let Some(units) = row.try_get("units")? else { return Ok(None) };
    Ok(Some(TaskPrice { units, price_per_unit: row.try_get("price_per_unit")? }))
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
