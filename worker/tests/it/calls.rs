//! What becomes of a task whose provider answers.

use serde_json::json;

use crate::exchange::{Exchange, wait_until};

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
    let state = "SELECT (r.status, s.health, s.suspicions) FROM pool.resource r
                   JOIN pool.resource_state s ON s.resource_id = r.id WHERE r.id = u('e1')";
    assert_eq!(exchange.text(state).await, "(active,cooling,1)", "anything may be wrong once");
    exchange.close().await;
}

#[tokio::test]
async fn a_key_whose_ciphertext_is_damaged_is_named_and_others_serve() {
    let mut exchange = Exchange::open().await;
    let damage = "UPDATE pool.resource
                     SET key_ciphertext = set_byte(key_ciphertext, length(key_ciphertext) - 1,
                                                   255 - get_byte(key_ciphertext, length(key_ciphertext) - 1))
                   WHERE id = u('e1')";
    exchange.sql(damage).await;
    exchange
        .sql("SELECT submit('11'), submit('12'), submit('13'), submit('14'), submit('15')")
        .await;

    let worker = exchange.worker();
    for task in ["11", "12", "13", "14", "15"] {
        exchange.wait_for_task(task, "completed").await;
    }
    worker.stopped().await;

    assert_eq!(exchange.calls("e2").await, 5);
    let tried = "SELECT max(attempts_started) <= 2 FROM generation.task";
    assert_eq!(exchange.text(tried).await, "true");
    let named = "SELECT status || ': ' || status_reason FROM pool.resource WHERE id = u('e1')";
    assert_eq!(
        exchange.text(named).await,
        "error: the stored key cannot be opened: delete it and connect it again"
    );
    exchange.close().await;
}

#[tokio::test]
async fn a_worker_without_a_keys_master_key_does_not_claim_for_it() {
    let mut exchange = Exchange::open().await;
    exchange.sql("UPDATE pool.resource SET master_key_id = 'elsewhere' WHERE id = u('e1')").await;
    exchange.sql("SELECT submit('11'), submit('12')").await;

    let worker = exchange.worker();
    for task in ["11", "12"] {
        exchange.wait_for_task(task, "completed").await;
        assert_eq!(exchange.attempts(task).await, "delivered");
    }
    worker.stopped().await;

    assert_eq!(exchange.calls("e2").await, 2);
    let status = "SELECT status FROM pool.resource WHERE id = u('e1')";
    assert_eq!(exchange.text(status).await, "active", "other workers may have it");
    exchange.close().await;
}

#[tokio::test]
async fn a_key_is_avoided_for_a_while_after_a_call_that_could_not_be_sent() {
    let mut exchange = Exchange::open().await;
    // Nobody listens there.
    let worker = exchange.worker_with("redis://127.0.0.1:1", "test", |config| {
        config.provider_urls.insert("stability".to_owned(), "http://127.0.0.1:1".to_owned());
    });
    exchange.sql("SELECT submit('11')").await;
    let tried =
        "SELECT count(DISTINCT resource_id) FROM generation.attempt WHERE error_class = 'not_sent'";
    wait_until("both keys were tried", async || exchange.text(tried).await == "2").await;
    let at_once = "SELECT count(*) FROM generation.attempt";
    let attempts: i32 = exchange.text(at_once).await.parse().unwrap();
    assert!(attempts <= 4, "{attempts} attempts");

    let state = "SELECT bool_and(health = 'ok' AND suspicions = 0 AND success_rate = 1)
                   FROM pool.resource_state";
    assert_eq!(exchange.text(state).await, "true", "the keys are not at fault");
    exchange.sql("SELECT generation.cancel_task(u('11'), NULL)").await;
    worker.stopped().await;
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
