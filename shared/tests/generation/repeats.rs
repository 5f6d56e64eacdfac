//! An end is told again when its answer got lost: who wrote it learns that it was theirs, and nobody else does.

use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::exchange::{Consumer, Exchange};
use super::fairness::task;

async fn attempt_of(exchange: &Exchange, consumer: &Consumer) -> Uuid {
    let task = task(consumer, consumer.lane, "1");
    exchange.submit(std::slice::from_ref(&task)).await;
    exchange.start(task.id).await.expect("the key is free")
}

async fn answer(exchange: &Exchange, query: String) -> String {
    let mut conn = exchange.database.superuser().await;
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut conn).await.unwrap()
}

async fn ended(exchange: &Exchange, attempt: Uuid, action: &str, class: &str) -> String {
    let end = json!({"state": "failed", "class": class, "message": "m", "billed": false, "action": action,
        "error_code": "providers_failed", "error_message": "m", "delay_seconds": 0, "exclude": false,
        "effect": "none"});
    answer(exchange, format!("SELECT outcome FROM generation.end_attempt('{attempt}', '{end}', 4)"))
        .await
}

async fn settled(exchange: &Exchange, attempt: Uuid) -> String {
    let item = json!([{"attempt": attempt, "content_type": "image/png", "width": 1, "height": 1, "bytes": 1,
        "sha256": "00"}]);
    answer(exchange, format!("SELECT outcome FROM generation.settle_batch('{item}')")).await
}

#[tokio::test]
async fn who_ended_a_task_and_did_not_hear_it_is_told_that_it_was_they() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    exchange.open_key().await;

    let last = attempt_of(&exchange, &consumer).await;
    assert_eq!(ended(&exchange, last, "fail", "user_error").await, "ended");
    assert_eq!(ended(&exchange, last, "fail", "user_error").await, "repeated");
    assert_eq!(ended(&exchange, last, "fail", "crashed").await, "already", "another's end");

    let first = attempt_of(&exchange, &consumer).await;
    assert_eq!(ended(&exchange, first, "retry", "provider_transient").await, "ended");
    assert_eq!(
        ended(&exchange, first, "retry", "provider_transient").await,
        "already",
        "its task waits"
    );
    exchange.close().await;
}

#[tokio::test]
async fn who_settled_a_task_and_did_not_hear_it_is_told_unless_rescue_may_have_done_it() {
    let exchange = Exchange::open().await;
    let consumer = exchange.consumer(&["100"]).await;
    exchange.open_key().await;
    let attempt = attempt_of(&exchange, &consumer).await;

    assert_eq!(settled(&exchange, attempt).await, "settled");
    assert_eq!(settled(&exchange, attempt).await, "repeated");

    let late = "UPDATE generation.attempt SET hard_deadline = ended_at - interval '1 second'";
    exchange.database.run(late).await;
    assert_eq!(settled(&exchange, attempt).await, "already", "after its hard deadline");
    exchange
        .database
        .run("UPDATE generation.attempt SET hard_deadline = ended_at + interval '1 second'")
        .await;
    assert_eq!(settled(&exchange, attempt).await, "repeated");
    exchange
        .database
        .run("UPDATE generation.boot SET ended_at = aether.now(), end_reason = 'x'")
        .await;
    assert_eq!(settled(&exchange, attempt).await, "already", "of a boot that was given up");
    exchange.close().await;
}
