//! What becomes of a task whose provider answers.

use serde_json::json;

use crate::exchange::Exchange;

#[tokio::test]
async fn a_due_task_is_called_kept_and_settled() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11')").await;

    let worker = exchange.worker();
    exchange.wait_for_task("11", "completed").await;
    worker.stopped().await;

    assert_eq!(exchange.attempts("11").await, "delivered");
    assert_eq!((exchange.calls("e1").await, exchange.calls("e2").await), (1, 0), "the cheaper key");
    let attempt = exchange.attempt("11").await;
    assert!(exchange.has_image("11", attempt).await);
    assert_eq!(exchange.available().await, "95.500000");
    let image = "SELECT image_content_type || ' ' || (image_bytes > 0)::text FROM generation.task";
    assert_eq!(exchange.text(image).await, "image/png true");
    exchange.close().await;
}

#[tokio::test]
async fn a_key_the_provider_refuses_is_left_for_another() {
    let mut exchange = Exchange::open().await;
    exchange.revoke_key("e1").await;
    exchange.sql("SELECT submit('11')").await;

    let worker = exchange.worker();
    exchange.wait_for_task("11", "completed").await;
    worker.stopped().await;

    assert_eq!(exchange.attempts("11").await, "failed delivered");
    assert_eq!(exchange.calls("e2").await, 1);
    let parked = "SELECT status FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(parked).await, "error", "the probe confirmed it");
    exchange.close().await;
}

#[tokio::test]
async fn a_prompt_the_provider_refuses_fails_its_task_and_costs_nothing() {
    let mut exchange = Exchange::open().await;
    exchange.set_key("e1", json!({"faults": {"content_blocked": 1.0}})).await;
    exchange.sql("SELECT submit('11')").await;

    let worker = exchange.worker();
    exchange.wait_for_task("11", "failed").await;
    worker.stopped().await;

    assert_eq!(exchange.attempts("11").await, "refused");
    assert_eq!(exchange.available().await, "100.000000");
    assert_eq!(exchange.calls("e2").await, 0, "another key would refuse it too");
    exchange.close().await;
}

#[tokio::test]
async fn a_task_canceled_during_a_call_that_fails_is_not_tried_again() {
    let mut exchange = Exchange::open().await;
    // Refusals are answered at once; this one fails when the provider has worked for a while.
    let slow_failure = json!({"latency_ms": 2000, "faults": {"cut_after": 1.0}});
    for key in ["e1", "e2"] {
        exchange.set_key(key, slow_failure.clone()).await;
    }
    exchange.sql("SELECT submit('11')").await;

    let worker = exchange.worker();
    exchange.wait_for_task("11", "processing").await;
    exchange.sql("SELECT generation.cancel_task(u('11'), NULL)").await;
    exchange.wait_for_task("11", "canceled").await;
    worker.stopped().await;

    assert_eq!(exchange.attempts("11").await, "unknown");
    assert_eq!(exchange.available().await, "100.000000");
    exchange.close().await;
}

#[tokio::test]
async fn a_worker_that_stops_finishes_its_calls_and_claims_nothing_more() {
    let mut exchange = Exchange::open().await;
    exchange.set_key("e1", json!({"latency_ms": 700})).await;
    exchange.sql("SELECT submit('11')").await;
    let worker = exchange.worker();
    exchange.wait_for_task("11", "processing").await;

    worker.stop();
    exchange.sql("SELECT submit('12')").await;
    worker.stopped().await;

    assert_eq!(exchange.task("11").await, "completed");
    assert_eq!(exchange.task("12").await, "pending");
    let ended = "SELECT string_agg(end_reason, ',' ORDER BY end_reason) FROM generation.boot";
    assert_eq!(exchange.text(ended).await, "not ours,stopped");
    exchange.close().await;
}
