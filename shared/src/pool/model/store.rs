//! One statement per function over `pool.model`; only the admin role writes it.

use sqlx::PgConnection;

use super::{Model, ModelChange};

/// The columns of [`Model`].
macro_rules! model_columns {
    () => {
        "id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
         prompt_chars_max, prompt_languages, negative_prompt, seed, enabled, created_at"
    };
}

pub(super) async fn list_models(
    conn: &mut PgConnection,
    after: Option<&str>,
    rows_max: i64,
) -> sqlx::Result<Vec<Model>> {
    sqlx::query_as(concat!(
        "SELECT ",
        model_columns!(),
        " FROM pool.model
          WHERE deleted_at IS NULL AND ($1::text IS NULL OR id > $1)
          ORDER BY id LIMIT $2"
    ))
    .bind(after)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}

pub(super) async fn find_model(conn: &mut PgConnection, id: &str) -> sqlx::Result<Option<Model>> {
    sqlx::query_as(concat!(
        "SELECT ",
        model_columns!(),
        " FROM pool.model WHERE id = $1 AND deleted_at IS NULL"
    ))
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// `None` if a model of this id is there. A deleted one comes back with the new values.
pub(super) async fn insert_model(
    conn: &mut PgConnection,
    new: &Model,
) -> sqlx::Result<Option<Model>> {
    sqlx::query_as(concat!(
        "INSERT INTO pool.model AS m (id, provider, wire_name, display_name, units, aspect_ratios, output_formats,
                                      style_presets, prompt_chars_max, prompt_languages, negative_prompt, enabled, created_at, seed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, aether.now(), $13)
             ON CONFLICT (id) DO UPDATE
            SET provider = excluded.provider, wire_name = excluded.wire_name, display_name = excluded.display_name,
                units = excluded.units, aspect_ratios = excluded.aspect_ratios, output_formats = excluded.output_formats,
                style_presets = excluded.style_presets, prompt_chars_max = excluded.prompt_chars_max,
                prompt_languages = excluded.prompt_languages, negative_prompt = excluded.negative_prompt, seed = excluded.seed,
                enabled = excluded.enabled, created_at = excluded.created_at, deleted_at = NULL
          WHERE m.deleted_at IS NOT NULL
      RETURNING ",
        model_columns!()
    ))
    .bind(&new.id)
    .bind(&new.provider)
    .bind(&new.wire_name)
    .bind(&new.display_name)
    .bind(new.units)
    .bind(&new.aspect_ratios)
    .bind(&new.output_formats)
    .bind(&new.style_presets)
    .bind(new.prompt_chars_max)
    .bind(&new.prompt_languages)
    .bind(new.negative_prompt)
    .bind(new.enabled)
    .bind(new.seed)
    .fetch_optional(conn)
    .await
}

/// `None` if there is no such model, or a deleted one.
pub(super) async fn update_model(
    conn: &mut PgConnection,
    id: &str,
    change: &ModelChange,
) -> sqlx::Result<Option<Model>> {
    sqlx::query_as(concat!(
        "UPDATE pool.model
            SET display_name = coalesce($2, display_name), units = coalesce($3, units),
                aspect_ratios = coalesce($4, aspect_ratios), output_formats = coalesce($5, output_formats),
                style_presets = coalesce($6, style_presets), prompt_chars_max = coalesce($7, prompt_chars_max),
                prompt_languages = coalesce($8, prompt_languages), negative_prompt = coalesce($9, negative_prompt),
                enabled = coalesce($10, enabled), seed = coalesce($11, seed)
          WHERE id = $1 AND deleted_at IS NULL
      RETURNING ",
        model_columns!()
    ))
    .bind(id)
    .bind(change.display_name.as_deref())
    .bind(change.units)
    .bind(change.aspect_ratios.as_deref())
    .bind(change.output_formats.as_deref())
    .bind(change.style_presets.as_deref())
    .bind(change.prompt_chars_max)
    .bind(change.prompt_languages.as_deref())
    .bind(change.negative_prompt)
    .bind(change.enabled)
    .bind(change.seed)
    .fetch_optional(conn)
    .await
}

/// `false` if there is no such model, or a deleted one.
pub(super) async fn mark_model_deleted(conn: &mut PgConnection, id: &str) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE pool.model SET deleted_at = aether.now(), enabled = false WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind(id)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
