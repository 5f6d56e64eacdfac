//! One statement per function over `pool.model`; only the admin role writes it.

use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Model, ModelChange};

/// The columns of [`Model`].
macro_rules! model_columns {
    () => {
        "id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
         prompt_chars_max, prompt_languages, negative_prompt, seed, run_seconds_max, enabled, gone_since,
         created_at"
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
                                      style_presets, prompt_chars_max, prompt_languages, negative_prompt, seed,
                                      run_seconds_max, enabled, created_at)
         SELECT n.id, n.provider, n.wire_name, n.display_name, n.units, n.aspect_ratios, n.output_formats,
                n.style_presets, n.prompt_chars_max, n.prompt_languages, n.negative_prompt, n.seed, n.run_seconds_max,
                n.enabled, aether.now()
           FROM jsonb_populate_record(NULL::pool.model, $1) AS n
             ON CONFLICT (id) DO UPDATE
            SET provider = excluded.provider, wire_name = excluded.wire_name, display_name = excluded.display_name,
                units = excluded.units, aspect_ratios = excluded.aspect_ratios,
                output_formats = excluded.output_formats, style_presets = excluded.style_presets,
                prompt_chars_max = excluded.prompt_chars_max, prompt_languages = excluded.prompt_languages,
                negative_prompt = excluded.negative_prompt, seed = excluded.seed,
                run_seconds_max = excluded.run_seconds_max, enabled = excluded.enabled, gone_since = NULL,
                created_at = excluded.created_at, deleted_at = NULL
          WHERE m.deleted_at IS NOT NULL
      RETURNING ",
        model_columns!()
    ))
    .bind(Json(new))
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
        "WITH forgotten AS (DELETE FROM pool.model_refusal WHERE model = $1)
         UPDATE pool.model m
            SET gone_since = NULL,
                (display_name, units, aspect_ratios, output_formats, style_presets, prompt_chars_max,
                 prompt_languages, negative_prompt, seed, run_seconds_max, enabled) =
                (SELECT c.display_name, c.units, c.aspect_ratios, c.output_formats, c.style_presets,
                        c.prompt_chars_max, c.prompt_languages, c.negative_prompt, c.seed, c.run_seconds_max,
                        c.enabled
                   FROM jsonb_populate_record(m, $2) AS c)
          WHERE m.id = $1 AND m.deleted_at IS NULL
      RETURNING ",
        model_columns!()
    ))
    .bind(id)
    .bind(Json(change))
    .fetch_optional(conn)
    .await
}

/// `false` if there is no such model, or a deleted one.
pub(super) async fn mark_model_deleted(conn: &mut PgConnection, id: &str) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE pool.model SET deleted_at = aether.now(), enabled = false
          WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind(id)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
