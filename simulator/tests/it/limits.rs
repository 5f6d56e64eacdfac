//! The vendor's rate limit; what ends a lock-out is tested with a clock of its own in
//! `key/window.rs`.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::published;
use crate::stage::{Stage, judged};

async fn burst(stage: &Stage, calls: u64) -> Vec<u16> {
    let calls = (0..calls).map(|_| async { stage.core().await.status().as_u16() });
    join_all(calls).await
}

fn published_limit() -> (u64, Value) {
    let limit = published::stability()["rate_limit"].clone();
    (limit["requests"].as_u64().unwrap(), limit)
}

#[tokio::test]
async fn one_request_too_many_locks_the_key_out() {
    let stage = Stage::with_key(json!({})).await;
    stage.put("sk-b", json!({})).await;
    let (most, limit) = published_limit();

    let admitted = burst(&stage, most).await;
    let (status, body) = judged(stage.core().await).await;
    let other_key = stage.call("sk-b", "core").send().await;

    assert!(admitted.iter().all(|status| *status == 200), "{admitted:?}");
    assert_eq!((status, &body["name"]), (429, &json!("rate_limit_exceeded")));
    let message = body["errors"][0].as_str().unwrap();
    for number in ["requests", "seconds", "lockout_seconds"] {
        assert!(message.contains(&limit[number].to_string()), "{number}: {message}");
    }
    assert_eq!(other_key.status(), 200);
    let view = stage.key("sk-a").await;
    assert_eq!((&view["calls"], &view["images"]), (&json!(most + 1), &json!(most)));
    assert_eq!(view["window_max"], most + 1);
}

#[tokio::test]
async fn the_limit_can_be_switched_off_and_the_window_is_still_recorded() {
    let stage = Stage::with_key(json!({"lockout": false})).await;
    let (most, _) = published_limit();

    let statuses = burst(&stage, most + 50).await;

    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(stage.key("sk-a").await["window_max"], most + 50);
}

#[tokio::test]
async fn account_requests_do_not_count_towards_the_limit() {
    let stage = Stage::with_key(json!({})).await;
    let (most, _) = published_limit();
    burst(&stage, most).await;

    let balance = stage.v1("sk-a", "user/balance").send().await.unwrap();

    assert_eq!(balance.status(), 200);
    assert_eq!(stage.key("sk-a").await["window_max"], most);
}
