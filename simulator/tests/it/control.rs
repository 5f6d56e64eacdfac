//! The control API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::published::names;
use crate::stage::{Stage, judged};

const PATH: &str = "stability/keys/sk-a";

#[tokio::test]
async fn a_new_key_has_defaults_and_empty_books() {
    let stage = Stage::new().await;

    let answer = stage.control(Method::PUT, PATH).send().await.unwrap();

    assert_eq!(answer.status(), 201);
    let view = stage.key("sk-a").await;
    let expected = json!({
        "key": "sk-a", "balance": 100_000.0, "latency_ms": 0, "latency_jitter_ms": 0,
        "faults": {}, "lockout": true, "retry_after": "usual", "calls": 0, "images": 0, "credits": 0.0,
        "in_flight": 0, "in_flight_max": 0, "window_max": 0, "attempts": [], "made": [],
    });
    assert_eq!(view, expected);
}

#[tokio::test]
async fn a_put_changes_only_what_it_names_and_keeps_counters() {
    let stage = Stage::with_key(json!({"balance": 50, "faults": {"hang": 0.0}})).await;
    stage.core().await;

    let answer = stage.control(Method::PUT, PATH).json(&json!({"latency_ms": 3, "faults": {}}));
    let answer = answer.send().await.unwrap();

    assert_eq!(answer.status(), 200);
    let view = stage.key("sk-a").await;
    assert_eq!((&view["balance"], &view["latency_ms"]), (&json!(47.0), &json!(3)));
    assert_eq!((&view["calls"], &view["images"]), (&json!(1), &json!(1)));
    assert_eq!(view["faults"], json!({}));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_changes_nothing() {
    let stage = Stage::with_key(json!({"balance": 50})).await;
    let wrong = [
        json!({"balanse": 1}),
        json!({"balance": -1}),
        json!({"latency_ms": "slow"}),
        json!({"latency_ms": 1.5}),
        json!({"lockout": 1}),
        json!({"retry_after": 5}),
        json!({"faults": {"sleepy": 0.5}}),
        json!({"faults": {"hang": 2}}),
        json!({"balance": 1, "faults": {"hang": 0.8, "cut_after": 0.8}}),
        json!([]),
    ];

    for body in wrong {
        let answer = stage.control(Method::PUT, PATH).json(&body).send().await.unwrap();
        let (status, error) = judged(answer).await;
        assert_eq!(status, 400, "{body}");
        assert!(error["error"].is_string(), "{body}");
    }
    assert_eq!(stage.key("sk-a").await["balance"], 50.0);
}

#[tokio::test]
async fn the_list_has_every_key_with_counters_but_without_images() {
    let stage = Stage::with_key(json!({})).await;
    stage.put("sk-b", json!({})).await;
    stage.core().await;

    let answer = stage.control(Method::GET, "stability/keys").send().await.unwrap();

    let list: Value = answer.json().await.unwrap();
    let items = list["items"].as_array().unwrap();
    let images: Vec<_> = items.iter().map(|item| (&item["key"], &item["images"])).collect();
    assert_eq!(images, [(&json!("sk-a"), &json!(1)), (&json!("sk-b"), &json!(0))]);
    assert!(!names(&items[0]).contains(&"attempts") && !names(&items[0]).contains(&"made"));
}

#[tokio::test]
async fn deleted_keys_are_unknown_and_come_back_empty() {
    let stage = Stage::with_key(json!({})).await;
    stage.core().await;

    let deleted = stage.control(Method::DELETE, PATH).send().await.unwrap();
    let again = stage.control(Method::DELETE, PATH).send().await.unwrap();
    let read = stage.control(Method::GET, PATH).send().await.unwrap();
    let call = stage.core().await;
    stage.put("sk-a", json!({})).await;

    let statuses = [deleted, again, read, call].map(|answer| answer.status().as_u16());
    assert_eq!(statuses, [204, 404, 404, 401]);
    assert_eq!(stage.key("sk-a").await["calls"], 0);
}

#[tokio::test]
async fn reset_forgets_every_key() {
    let stage = Stage::with_key(json!({})).await;

    let reset = stage.control(Method::POST, "reset").send().await.unwrap();

    assert_eq!(reset.status(), 204);
    let list = stage.control(Method::GET, "stability/keys").send().await.unwrap();
    assert_eq!(judged(list).await.1, json!({"items": []}));
}

#[tokio::test]
async fn keys_may_hold_any_characters() {
    let stage = Stage::new().await;

    stage.put("sk-%E7%8C%AB%2Fx", json!({})).await;

    let list = stage.control(Method::GET, "stability/keys").send().await.unwrap();
    assert_eq!(judged(list).await.1["items"][0]["key"], "sk-猫/x");
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told_apart() {
    let stage = Stage::with_key(json!({})).await;
    let wrong = [
        (404, Method::GET, "midjourney/keys"),
        (404, Method::GET, "stability"),
        (404, Method::GET, "stability/keys/sk-a/more"),
        (405, Method::POST, "stability/keys/sk-a"),
        (405, Method::DELETE, "stability/keys"),
        (405, Method::GET, "reset"),
    ];

    for (expected, method, path) in wrong {
        let answer = stage.control(method.clone(), path).send().await.unwrap();
        assert_eq!(judged(answer).await.0, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn health_is_ok() {
    let stage = Stage::new().await;
    let url = format!("{}/healthz", stage.simulator.url());

    let (status, body) = judged(stage.client.get(url).send().await.unwrap()).await;

    assert_eq!((status, body), (200, json!({"status": "ok"})));
}
