//! Do owners whose own tasks wait for their own keys slow the claims of everybody else down?

use std::time::Duration;

use ::tests::client::User;
use ::tests::stack::Stack;
use anyhow::{Context, Result};
use devkit::deadline;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use crate::load::{self, Turns};

/// Own tasks of each owner that wait.
const WAITING_EACH: usize = 32;
/// Passwords are hashed on two cores; more at once would only wait.
const AT_ONCE: usize = 8;

/// The time of a claim, in milliseconds, under the same load.
#[derive(Debug)]
pub struct Owners {
    pub count: usize,
    pub waiting: usize,
    pub claim_ms_without: f64,
    pub claim_ms_with: f64,
}

/// Measures without them, then has so many owners submit for their own resting keys, and measures again.
pub async fn measure(
    stack: &Stack,
    turns: &Turns,
    clients: usize,
    length: Duration,
    owners: usize,
) -> Result<Owners> {
    let claim_ms_without = claim_ms(stack, turns, clients, length).await?;
    host(stack, owners).await?;
    let waiting = waiting(stack).await?;
    sqlx::raw_sql("VACUUM ANALYZE generation.task").execute(&stack.pool).await?;
    let claim_ms_with = claim_ms(stack, turns, clients, length).await?;
    work_off(stack).await?;
    Ok(Owners { count: owners, waiting, claim_ms_without, claim_ms_with })
}

/// The mean of all claims of all workers while the load runs.
async fn claim_ms(stack: &Stack, turns: &Turns, clients: usize, length: Duration) -> Result<f64> {
    let (seconds, claims) = claimed(stack).await;
    load::run(&stack.api_url, turns, clients, length).await?;
    let (seconds_after, claims_after) = claimed(stack).await;
    let claims = claims_after - claims;
    anyhow::ensure!(claims > 0.0, "no worker claimed anything");
    Ok((seconds_after - seconds) / claims * 1e3)
}

/// Seconds of all claims so far, and their number.
async fn claimed(stack: &Stack) -> (f64, f64) {
    let (mut seconds, mut claims) = (0.0, 0.0);
    for worker in stack.names_of("worker") {
        let metrics = stack.metrics(&worker).await;
        seconds += sample(&metrics, "aetherflow_claim_seconds_sum");
        claims += sample(&metrics, "aetherflow_claim_seconds_count");
    }
    (seconds, claims)
}

/// The value of a series without labels, or the sum over all labels.
fn sample(metrics: &str, name: &str) -> f64 {
    let lines = metrics.lines().filter(|it| it.starts_with(name));
    lines.filter_map(|it| it.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Owners with a key of their own each, which rests, and with tasks that wait for it alone.
async fn host(stack: &Stack, owners: usize) -> Result<()> {
    let hosting: Vec<User> = stream::iter(0..owners)
        .map(|_| async {
            let owner = stack.user("hosting").await;
            let key = stack.key(json!({"lockout": false, "balance": 1_000_000})).await;
            // As dear as can be, and for nobody else's tasks.
            owner.connect(&key, "2.5", &json!({"concurrency_limit": 1})).await;
            owner
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let ids: Vec<String> = hosting.iter().map(|it| it.id.clone()).collect();
    rest(stack, &ids).await?;
    stream::iter(&hosting).map(submit).buffer_unordered(AT_ONCE).try_collect().await
}

async fn submit(owner: &User) -> Result<()> {
    let body = json!({
        "prompt": "a lighthouse of my own", "model": "stability/core", "route": "own",
        "deadline_seconds": 3_600,
    });
    for _ in 0..WAITING_EACH {
        let answer = owner.post("/api/generate/text-to-image", &body).await;
        anyhow::ensure!(answer.status == 202, "an own task was answered {}", answer.json());
    }
    Ok(())
}

/// The keys of these owners may not be called for half an hour.
async fn rest(stack: &Stack, owners: &[String]) -> Result<()> {
    sqlx::query(
        "UPDATE pool.resource_state s
            SET health = 'cooling', cooling_until = aether.now() + interval '30 minutes',
                health_changed_at = aether.now()
           FROM pool.resource r WHERE r.id = s.resource_id AND r.owner_id = ANY ($1::uuid[])",
    )
    .bind(owners)
    .execute(&stack.pool)
    .await
    .context("keys rest")?;
    Ok(())
}

/// Lets them go on, and waits until nothing waits.
async fn work_off(stack: &Stack) -> Result<()> {
    sqlx::raw_sql(
        "UPDATE pool.resource_state SET health = 'ok', cooling_until = NULL, health_changed_at = aether.now()
          WHERE health = 'cooling'",
    )
    .execute(&stack.pool)
    .await
    .context("keys go on")?;
    deadline::until_true("all own tasks have ended", Duration::from_mins(10), async || {
        deadline::pause(Duration::from_millis(200)).await;
        waiting(stack).await.is_ok_and(|it| it == 0)
    })
    .await;
    Ok(())
}

async fn waiting(stack: &Stack) -> Result<usize> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM generation.task WHERE status IN ('pending', 'processing')",
    )
    .fetch_one(&stack.pool)
    .await?;
    usize::try_from(count).context("a count is not negative")
}

#[cfg(test)]
mod tests {
    use super::sample;

    #[test]
    fn a_series_is_summed_over_its_labels_and_never_mixed_with_another() {
        let metrics = "# HELP x\nclaim_sum 1.5\nclaim_count{a=\"1\"} 2\nclaim_count{a=\"2\"} 3\n";

        assert!((sample(metrics, "claim_sum") - 1.5).abs() < 1e-9);
        assert!((sample(metrics, "claim_count") - 5.0).abs() < 1e-9);
        assert!(sample(metrics, "other").abs() < 1e-9);
    }
}
