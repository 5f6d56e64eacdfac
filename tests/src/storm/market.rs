//! Owners change prices and limits, admins policies and keys, providers their minds.

use std::time::{Duration, Instant};

use devkit::deadline;
use devkit::services::PROVIDER;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::Storm;
use super::fleet::{FAULTS, Hosted, faults_of, price};

const CALM_WITHIN: Duration = Duration::from_mins(1);

pub(super) async fn trouble(storm: &Storm) {
    let mut random = storm.random(4);
    while !storm.is_over() {
        let number = random.random_range(0..storm.fleet.keys.len());
        let hosted = &storm.fleet.keys[number];
        match random.random_range(0..100) {
            0..30 => {
                let body = json!({"price_per_unit": price(&mut random)});
                change(storm, hosted, "price", &body).await;
            }
            30..60 => limit(storm, &mut random, hosted).await,
            60..75 => pause_for_a_while(storm, &mut random, hosted).await,
            75..95 => faults(storm, &mut random, number).await,
            _ => policy(storm, &mut random).await,
        }
        storm.pace(&mut random, 100..500).await;
    }
}

/// One that is not answered may have happened all the same.
async fn change(storm: &Storm, hosted: &Hosted, what: &str, body: &Value) {
    if let Some(answer) = hosted.owner().put(&hosted.path(), body).await {
        match answer.status {
            200 => storm.note(|it| it.trouble(&format!("change {what}"))),
            503 => {}
            status => storm
                .violation(format!("a change of {what} was answered {status} {}", answer.code())),
        }
    }
}

/// The limit is recorded before the request: it may be in force before the answer arrives.
async fn limit(storm: &Storm, random: &mut StdRng, hosted: &Hosted) {
    let (rpm, daily) = {
        let limits = hosted.limits();
        (!limits.rpm.is_empty(), limits.daily[0] < 100_000)
    };
    if rpm && random.random_bool(0.5) {
        let limit = random.random_range(20..=60);
        hosted.limits().rpm.push(limit);
        change(storm, hosted, "rpm limit", &json!({"rpm_limit": limit})).await;
    } else if daily && random.random_bool(0.5) {
        let limit = random.random_range(60..=300);
        hosted.limits().daily.push(limit);
        change(storm, hosted, "daily limit", &json!({"daily_limit": limit.to_string()})).await;
    } else {
        let limit = random.random_range(1..=6);
        hosted.limits().concurrency.push((Instant::now(), limit));
        change(storm, hosted, "concurrency limit", &json!({"concurrency_limit": limit})).await;
    }
}

async fn pause_for_a_while(storm: &Storm, random: &mut StdRng, hosted: &Hosted) {
    storm.note(|it| it.trouble("pause a resource"));
    let _ = set_status(hosted, "paused").await;
    storm.pace(random, 100..1_500).await;
    insist(storm, async || set_status(hosted, "active").await).await;
}

async fn set_status(hosted: &Hosted, status: &str) -> Option<()> {
    let path = format!("{}/status", hosted.path());
    let answer = hosted.owner().put(&path, &json!({"status": status})).await?;
    (answer.status < 500).then_some(())
}

/// Repeats what must not stay as it is for the rest of the storm.
async fn insist(storm: &Storm, mut act: impl AsyncFnMut() -> Option<()>) {
    deadline::find(CALM_WITHIN, async || if storm.is_over() { Some(()) } else { act().await })
        .await;
}

async fn faults(storm: &Storm, random: &mut StdRng, number: usize) {
    storm.note(|it| it.trouble("change faults"));
    let faults = match random.random_range(0..3) {
        0 => faults_of(number),
        1 => json!({}),
        _ => json!({ FAULTS[random.random_range(0..FAULTS.len())]: 0.1 }),
    };
    storm.fleet.keys[number].key.set(json!({"faults": faults})).await;
}

/// For a while nobody may use the key of another user.
async fn policy(storm: &Storm, random: &mut StdRng) {
    storm.note(|it| it.trouble("change policy"));
    let policy = if random.random_bool(0.5) { "own_use_only" } else { "denied" };
    let _ = set_policy(storm, policy).await;
    storm.pace(random, 500..2_500).await;
    insist(storm, async || set_policy(storm, "third_party_allowed").await).await;
}

async fn set_policy(storm: &Storm, policy: &str) -> Option<()> {
    let body =
        json!({"policy": policy, "evidence": "a storm", "reviewed_at": "2026-01-01T00:00:00Z"});
    let path = format!("/api/admin/provider-policies/{PROVIDER}");
    let answer = storm.fleet.admin.put(&path, &body).await?;
    (answer.status == 200).then_some(())
}

/// All faults end, every key may be used again.
pub(super) async fn calm(storm: &Storm) {
    for hosted in &storm.fleet.keys {
        hosted.key.set(json!({"faults": {}, "latency_ms": 50, "latency_jitter_ms": 0})).await;
    }
    let allowed =
        deadline::find(CALM_WITHIN, async || set_policy(storm, "third_party_allowed").await);
    if allowed.await.is_none() {
        storm.violation("the policy cannot be set any more".to_owned());
    }
    for hosted in &storm.fleet.keys {
        let active = deadline::find(CALM_WITHIN, async || set_status(hosted, "active").await).await;
        if active.is_none() {
            storm
                .violation(format!("resource {} cannot be activated any more", hosted.resource.id));
        }
    }
}
