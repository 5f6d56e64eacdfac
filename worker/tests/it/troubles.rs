//! What a worker does when the database, the image store, Redis or its own life is away.

use std::time::Duration;

use serde_json::json;
use shared::jobs::{Bells, JobKind};
use uuid::Uuid;

use crate::exchange::{Exchange, wait_until};

const LIVING: &str = "SELECT count(*) FROM generation.boot WHERE ended_at IS NULL";

#[tokio::test]
async fn an_image_made_while_the_database_is_away_is_kept_and_settled_once() {
    let mut exchange = Exchange::open().await;
    exchange.set_key("e1", json!({"latency_ms": 300})).await;
    exchange.sql("SELECT submit('11')").await;
    let worker = exchange.worker();
    exchange.wait_for_task("11", "processing").await;

    exchange.proxy.set_reachable(false);
    let attempt = exchange.attempt("11").await;
    wait_until("the image is kept", async || exchange.has_image("11", attempt).await).await;
    assert_eq!(exchange.task("11").await, "processing");
    exchange.proxy.set_reachable(true);

    exchange.wait_for_task("11", "completed").await;
    worker.stopped().await;
    assert_eq!(exchange.attempts("11").await, "delivered");
    assert_eq!(exchange.calls("e1").await + exchange.calls("e2").await, 1);
    assert_eq!(exchange.available().await, "95.500000");
    exchange.close().await;
}

#[tokio::test]
async fn a_worker_that_was_declared_dead_registers_again_and_goes_on() {
    let mut exchange = Exchange::open().await;
    let worker = exchange.worker();
    wait_until("it is registered", async || exchange.text(LIVING).await == "1").await;

    exchange.sql("SELECT generation.end_boot(id, 'silent') FROM generation.boot").await;
    exchange.sql("SELECT submit('11')").await;

    exchange.wait_for_task("11", "completed").await;
    worker.stopped().await;
    let lives = "SELECT string_agg(end_reason, ',' ORDER BY end_reason) FROM generation.boot";
    assert_eq!(exchange.text(lives).await, "not ours,silent,stopped");
    exchange.close().await;
}

/// Longer than a lease, with calls out and a task due when it is back.
#[tokio::test]
async fn a_worker_whose_database_was_away_for_longer_than_a_lease_buys_nothing_twice() {
    let mut exchange = Exchange::open().await;
    let tasks = ["11", "12", "13", "14"];
    for key in ["e1", "e2"] {
        exchange.set_key(key, json!({"latency_ms": 8_000})).await;
    }
    for task in tasks {
        exchange.sql(&format!("SELECT submit('{task}')")).await;
    }
    let worker = exchange.worker();
    for task in tasks {
        exchange.wait_for_task(task, "processing").await;
    }

    exchange.proxy.set_reachable(false);
    let silent = "SELECT max(beat_at) + interval '4 seconds' < aether.now() FROM generation.boot
                   WHERE ended_at IS NULL";
    wait_until("it was silent for long", async || exchange.text(silent).await == "true").await;
    exchange.sql("SELECT submit('15')").await;
    exchange.proxy.set_reachable(true);

    for task in ["11", "12", "13", "14", "15"] {
        exchange.wait_for_task(task, "completed").await;
        assert_eq!(exchange.attempts(task).await, "delivered");
    }
    worker.stopped().await;
    assert_eq!(exchange.calls("e1").await + exchange.calls("e2").await, 5);
    let lives = "SELECT string_agg(end_reason, ',' ORDER BY end_reason) FROM generation.boot";
    assert_eq!(exchange.text(lives).await, "not ours,stopped", "one life");
    exchange.close().await;
}

#[tokio::test]
async fn while_images_cannot_be_kept_nothing_is_claimed() {
    let mut exchange = Exchange::open().await;
    let worker = exchange
        .worker_with("redis://127.0.0.1:1", "test", |config| config.keep_max = Duration::ZERO);
    wait_until("it is registered", async || exchange.text(LIVING).await == "1").await;
    let folder = exchange.folder.path().to_owned();
    let elsewhere = folder.with_extension("unmounted");
    std::fs::rename(&folder, &elsewhere).unwrap();
    std::fs::create_dir(&folder).unwrap();

    exchange.sql("SELECT submit('11')").await;
    let lost = "SELECT count(*) FROM generation.attempt WHERE state = 'unknown'";
    wait_until("an image was lost", async || exchange.text(lost).await == "1").await;
    exchange.sql("SELECT submit('12')").await;
    // Three heartbeats are longer than the worker's pace of looking.
    for _ in 0..3 {
        let beat = exchange.text("SELECT max(beat_at) FROM generation.boot").await;
        let beats = "SELECT max(beat_at) FROM generation.boot";
        wait_until("it beats", async || exchange.text(beats).await != beat).await;
    }
    assert_eq!(exchange.task("11").await, "pending");
    assert_eq!(exchange.attempts("12").await, "NULL");

    std::fs::remove_dir(&folder).unwrap();
    std::fs::rename(&elsewhere, &folder).unwrap();
    exchange.wait_for_task("11", "completed").await;
    exchange.wait_for_task("12", "completed").await;
    worker.stopped().await;
    assert_eq!(exchange.calls("e1").await + exchange.calls("e2").await, 3);
    exchange.close().await;
}

/// The handler looks by itself only once a minute.
#[tokio::test]
async fn a_bell_wakes_the_handler_of_its_kind() {
    let mut exchange = Exchange::open().await;
    exchange
        .sql(
            "SELECT ledger.issue_grant(gen_random_uuid(), ledger.open_wallet(u('c2')), 'promotion', NULL, 2,
                                       0::smallint, aether.now() + interval '1 hour')",
        )
        .await;
    let redis = devkit::environment::redis_url_as("aether_worker");
    let namespace = format!("worker-{}", Uuid::now_v7().simple());
    let worker = exchange.worker_with(&redis, &namespace, |_| {});
    // By then it has looked once, and found nothing.
    exchange.sql("SELECT submit('11')").await;
    exchange.wait_for_task("11", "completed").await;

    exchange.sql("UPDATE public.shift SET by = '2 hours'").await;
    Bells::start(redis::Client::open(redis).unwrap(), &namespace).ring(JobKind::ExpireCredits);

    let swept = "SELECT count(*) FROM ledger.journal WHERE kind = 'expire'";
    wait_until("the grant is swept", async || exchange.text(swept).await == "1").await;
    worker.stopped().await;
    exchange.close().await;
}
