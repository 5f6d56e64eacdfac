//! What the gauges are read from. Bounded by what is under way, never by what there ever was.

use shared::ledger::audit::CHECKS;
use sqlx::PgPool;
use uuid::Uuid;

use crate::board::Reading;

#[derive(sqlx::FromRow)]
struct Counts {
    waiting: f64,
    /// `None`: nothing waits.
    oldest_seconds: Option<f64>,
    calling: f64,
    parked: f64,
    holds_open: f64,
    credits_held: f64,
    /// `None`: never rolled up.
    rollup_lag_seconds: Option<f64>,
    models_gone: f64,
    workers: f64,
    permits: f64,
    busy: f64,
}

/// Single numbers.
pub(super) async fn list_counts(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let counts: Counts = sqlx::query_as(include_str!("counts.sql")).fetch_one(db).await?;
    let readings = [
        ("aetherflow_queue_depth", Some(counts.waiting)),
        ("aetherflow_queue_oldest_seconds", Some(counts.oldest_seconds.unwrap_or(0.0))),
        ("aetherflow_attempts_calling", Some(counts.calling)),
        ("aetherflow_settlements_parked", Some(counts.parked)),
        ("aetherflow_holds_open", Some(counts.holds_open)),
        ("aetherflow_holds_open_credits", Some(counts.credits_held)),
        ("aetherflow_rollup_lag_seconds", counts.rollup_lag_seconds),
        ("aetherflow_models_gone", Some(counts.models_gone)),
        ("aetherflow_workers", Some(counts.workers)),
        ("aetherflow_workers_permits", Some(counts.permits)),
        ("aetherflow_workers_busy", Some(counts.busy)),
    ];
    Ok(readings
        .into_iter()
        .filter_map(|(name, value)| Some(Reading { name, labels: Vec::new(), value: value? }))
        .collect())
}

/// Tasks of the last hour, by the state they are in now. Their ids begin with the time they were made,
/// so the primary key finds them.
pub(super) async fn list_recent_tasks(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let rows: Vec<(String, f64)> =
        sqlx::query_as(include_str!("recent_tasks.sql")).fetch_all(db).await?;
    let name = "aetherflow_tasks_recent";
    Ok(rows
        .into_iter()
        .map(|(status, value)| Reading { name, labels: vec![("status", status)], value })
        .collect())
}

#[derive(sqlx::FromRow)]
struct HostedKey {
    id: Uuid,
    /// Its status, where that is not `active`.
    health: String,
    in_flight: f64,
    success_rate: f64,
    /// `None` where its provider does not say.
    units_available: Option<f64>,
    units_left_today: f64,
    units_left_month: f64,
}

/// Units left, calls out and health of each hosted key.
pub(super) async fn list_resources(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let keys: Vec<HostedKey> = sqlx::query_as(include_str!("resources.sql")).fetch_all(db).await?;
    Ok(keys.into_iter().flat_map(readings_of).collect())
}

fn readings_of(key: HostedKey) -> Vec<Reading> {
    let resource = vec![("resource", key.id.to_string())];
    let values = [
        ("aetherflow_resource_in_flight", Some(key.in_flight)),
        ("aetherflow_resource_success_ratio", Some(key.success_rate)),
        ("aetherflow_resource_units_available", key.units_available),
        ("aetherflow_resource_units_left_today", Some(key.units_left_today)),
        ("aetherflow_resource_units_left_month", Some(key.units_left_month)),
    ];
    // One series, of value 1, for the health it has now.
    let labels = [resource.clone(), vec![("health", key.health)]].concat();
    let health = Reading { name: "aetherflow_resource_health", labels, value: 1.0 };
    values
        .into_iter()
        .filter_map(|(name, value)| Some(Reading { name, labels: resource.clone(), value: value? }))
        .chain([health])
        .collect()
}

/// What the last audit found, whichever process made it. Results of checks that were removed are left out.
pub(super) async fn list_violations(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let names: Vec<&str> = CHECKS.iter().map(|it| it.name).collect();
    let rows: Vec<(String, Option<f64>, f64)> =
        sqlx::query_as(include_str!("violations.sql")).bind(names).fetch_all(db).await?;
    let mut readings = Vec::with_capacity(rows.len() * 3);
    for (check, violations, age_seconds) in rows {
        let not_made = if violations.is_none() { 1.0 } else { 0.0 };
        for (name, value) in [
            ("aetherflow_audit_violations", violations),
            ("aetherflow_audit_not_made", Some(not_made)),
            ("aetherflow_audit_age_seconds", Some(age_seconds)),
        ] {
            let Some(value) = value else { continue };
            readings.push(Reading { name, labels: vec![("check", check.clone())], value });
        }
    }
    Ok(readings)
}
