//! Reads of the pool. Writes are SQL functions (`migrations/functions/2*.sql`).

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::catalogue::{Catalogue, Resource};
use super::hot::{HotSnapshot, HotState};
use super::{Model, Provider};

/// The transaction number below which everything is visible: where the next incremental read begins.
/// (A sequence would lose for ever a row whose transaction commits late.)
async fn visible_up_to(conn: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetch_one(conn).await
}

/// Whether a catalogue holds the sealed keys: only who calls providers needs them, and may read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    Sealed,
    LeftOut,
}

macro_rules! resources {
    ($sealed:literal) => {
        concat!(
            "SELECT id, owner_id, provider, name, CASE WHEN owner_barred THEN 'paused' ELSE status END AS status,
                    price_per_unit, daily_limit::float8 AS daily_limit,
                    monthly_limit::float8 AS monthly_limit, concurrency_limit, ",
            $sealed,
            ", master_key_id, deleted_at IS NOT NULL AS deleted
               FROM pool.resource WHERE changed >= $1::text::xid8"
        )
    };
}

/// Brings `catalogue` up to date with what changed since `since` and answers where to go on.
pub async fn refresh_catalogue(
    conn: &mut PgConnection,
    catalogue: &mut Catalogue,
    since: &str,
    keys: Keys,
) -> sqlx::Result<String> {
    let upto = visible_up_to(&mut *conn).await?;
    let providers: Vec<Provider> = sqlx::query_as(
        "SELECT name, display_name, unit, policy, evidence, reviewed_at, reference_price, rate_requests,
                rate_seconds
           FROM pool.provider WHERE changed >= $1::text::xid8",
    )
    .bind(since)
    .fetch_all(&mut *conn)
    .await?;
    for provider in providers {
        catalogue.providers.insert(provider.name.clone(), Arc::new(provider));
    }
    refresh_models(&mut *conn, catalogue, since).await?;
    let resources: Vec<Resource> = sqlx::query_as(match keys {
        Keys::Sealed => resources!("key_ciphertext, data_key_wrapped"),
        Keys::LeftOut => {
            resources!("''::bytea AS key_ciphertext, ''::bytea AS data_key_wrapped")
        }
    })
    .bind(since)
    .fetch_all(&mut *conn)
    .await?;
    for resource in resources {
        catalogue.put(Arc::new(resource));
    }
    Ok(upto)
}

async fn refresh_models(
    conn: &mut PgConnection,
    catalogue: &mut Catalogue,
    since: &str,
) -> sqlx::Result<()> {
    let changed: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM pool.model WHERE changed >= $1::text::xid8)",
    )
    .bind(since)
    .fetch_one(&mut *conn)
    .await?;
    if changed {
        let models: Vec<Model> = sqlx::query_as(
            "SELECT id, provider, wire_name, display_name, units, aspect_ratios, output_formats, style_presets,
                    prompt_chars_max, prompt_languages, negative_prompt, seed, run_seconds_max, enabled, gone_since,
                    created_at
               FROM pool.model WHERE deleted_at IS NULL ORDER BY id",
        )
        .fetch_all(&mut *conn)
        .await?;
        catalogue.models = models.into_iter().map(Arc::new).collect();
    }
    Ok(())
}

/// The hot counters of every key that could be chosen.
pub async fn read_hot(conn: &mut PgConnection) -> sqlx::Result<HotSnapshot> {
    let states: Vec<HotState> = sqlx::query_as(
        "WITH clock AS MATERIALIZED (SELECT aether.now() AS now)
         SELECT s.resource_id, s.in_flight, s.available_units::float8 AS available_units,
                CASE WHEN s.day < aether.utc_day(c.now) THEN 0 ELSE s.day_units END::float8 AS day_units,
                CASE WHEN s.month < aether.utc_month(c.now) THEN 0 ELSE s.month_units END::float8 AS month_units,
                CASE WHEN s.health = 'exhausted' THEN 'exhausted'
                     WHEN s.health = 'cooling' AND s.cooling_until > c.now THEN 'cooling'
                     WHEN s.health = 'ok' THEN 'ready'
                     ELSE 'recovering' END AS readiness,
                coalesce(greatest(0, extract(epoch FROM s.cooling_until - c.now)), 0)::float8 AS cooling_seconds,
                coalesce(s.delivered_at > c.now - interval '24 hours', false) AS proven,
                s.success_rate, s.blocked_rate, s.latency_ms
           FROM pool.resource_state s, clock c",
    )
    .fetch_all(&mut *conn)
    .await?;
    let refusals: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT resource_id, model FROM pool.model_refusal
          WHERE refused_at > (SELECT aether.now()) - interval '1 day'",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut refused: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (resource, model) in refusals {
        refused.entry(resource).or_default().push(model);
    }
    Ok(HotSnapshot {
        states: states.into_iter().map(|it| (it.resource_id, it)).collect(),
        refusals: refused,
    })
}
