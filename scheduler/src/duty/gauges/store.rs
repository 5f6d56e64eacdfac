//! What the gauges are read from. Bounded by what is under way, never by what there ever was.

use shared::ledger::audit::CHECKS;
use sqlx::PgPool;
use uuid::Uuid;

use crate::board::Reading;

/// Single numbers. Absent is what cannot be told: the age of the oldest task where none waits.
pub(super) async fn list_counts(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let (
        waiting,
        oldest_seconds,
        processing,
        parked,
        holds_open,
        credits_held,
        rollup_lag_seconds,
        boots,
        permits,
        busy,
    ): Counts = sqlx::query_as(include_str!("counts.sql")).fetch_one(db).await?;
    let readings = [
        ("aetherflow_queue_depth", Some(waiting)),
        ("aetherflow_queue_oldest_seconds", oldest_seconds.or(Some(0.0))),
        ("aetherflow_tasks_processing", Some(processing)),
        ("aetherflow_settlements_parked", Some(parked)),
        ("aetherflow_holds_open", Some(holds_open)),
        ("aetherflow_holds_open_credits", Some(credits_held)),
        ("aetherflow_rollup_lag_seconds", rollup_lag_seconds),
        ("aetherflow_workers", Some(boots)),
        ("aetherflow_workers_permits", Some(permits)),
        ("aetherflow_workers_busy", Some(busy)),
    ];
    Ok(readings
        .into_iter()
        .filter_map(|(name, value)| Some(Reading { name, labels: Vec::new(), value: value? }))
        .collect())
}

type Counts = (f64, Option<f64>, f64, f64, f64, f64, Option<f64>, f64, f64, f64);

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

/// Units left, calls out and health of each hosted key.
pub(super) async fn list_resources(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let rows: Vec<(Uuid, String, f64, f64, Option<f64>, f64, f64)> =
        sqlx::query_as(include_str!("resources.sql")).fetch_all(db).await?;
    let mut readings = Vec::with_capacity(rows.len() * 6);
    for (id, health, in_flight, success_rate, available, day_left, month_left) in rows {
        let resource = vec![("resource", id.to_string())];
        let values = [
            ("aetherflow_resource_in_flight", Some(in_flight)),
            ("aetherflow_resource_success_ratio", Some(success_rate)),
            ("aetherflow_resource_units_available", available),
            ("aetherflow_resource_units_left_today", Some(day_left)),
            ("aetherflow_resource_units_left_month", Some(month_left)),
        ];
        for (name, value) in values {
            let Some(value) = value else { continue };
            readings.push(Reading { name, labels: resource.clone(), value });
        }
        // One series, of value 1, for the health it has now.
        let labels = [resource, vec![("health", health)]].concat();
        readings.push(Reading { name: "aetherflow_resource_health", labels, value: 1.0 });
    }
    Ok(readings)
}

/// What the last audit found, whoever made it. Results of checks that are no more are passed over.
pub(super) async fn list_violations(db: &PgPool) -> sqlx::Result<Vec<Reading>> {
    let names: Vec<&str> = CHECKS.iter().map(|it| it.name).collect();
    let rows: Vec<(String, f64, f64)> =
        sqlx::query_as(include_str!("violations.sql")).bind(names).fetch_all(db).await?;
    let mut readings = Vec::with_capacity(rows.len() * 2);
    for (check, violations, age_seconds) in rows {
        for (name, value) in [
            ("aetherflow_audit_violations", violations),
            ("aetherflow_audit_age_seconds", age_seconds),
        ] {
            readings.push(Reading { name, labels: vec![("check", check.clone())], value });
        }
    }
    Ok(readings)
}
