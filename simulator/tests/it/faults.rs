//! Faults that are answers.

use serde_json::json;

use crate::published::{self, names, strings};
use crate::stage::{Stage, judged};

#[tokio::test]
async fn each_class_answers_as_published_and_charges_nothing() {
    let stage = Stage::new().await;
    let published = published::stability();
    for (class, expected) in published["errors"].as_object().unwrap() {
        stage.put(class, json!({"balance": 100, "faults": {class: 1}})).await;

        let (status, body) = judged(stage.call(class, "core").send().await).await;

        assert_eq!((json!(status), &body["name"]), (expected["status"].clone(), &expected["name"]));
        assert_eq!(names(&body), strings(&published["error_fields"]), "{class}");
        let view = stage.key(class).await;
        assert_eq!((&view["calls"], &view["images"]), (&json!(1), &json!(0)), "{class}");
        assert_eq!((&view["balance"], &view["credits"]), (&json!(100.0), &json!(0.0)), "{class}");
    }
}

#[tokio::test]
async fn a_rate_limit_carries_its_name_as_id_and_other_errors_an_id_of_their_own() {
    let stage = Stage::with_key(json!({"faults": {"rate_limited": 1}})).await;
    let (_, limited) = judged(stage.core().await).await;
    stage.put("sk-a", json!({"faults": {"provider_transient": 1}})).await;
    let (_, first) = judged(stage.core().await).await;
    let (_, second) = judged(stage.core().await).await;

    assert_eq!(limited["id"], "rate_limit_exceeded");
    assert_eq!(first["id"].as_str().unwrap().len(), 32);
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn filtered_makes_and_charges_a_blurred_image() {
    let stage = Stage::with_key(json!({"balance": 10, "faults": {"filtered": 1}})).await;

    let binary = stage.call("sk-a", "core").header("x-request-id", "one").send().await;
    let wrapped = stage.call("sk-a", "core").header("accept", "application/json").send().await;

    assert_eq!(binary.status(), 200);
    assert_eq!(binary.headers()["finish-reason"], "CONTENT_FILTERED");
    assert_eq!(judged(wrapped).await.1["finish_reason"], "CONTENT_FILTERED");
    let view = stage.key("sk-a").await;
    assert_eq!((&view["images"], &view["balance"]), (&json!(2), &json!(4.0)));
    assert_eq!(view["attempts"][0], "one");
}

#[tokio::test]
async fn a_probability_is_met_and_the_draws_of_a_key_repeat() {
    let draws = async || {
        let stage = Stage::with_key(json!({
            "lockout": false, "faults": {"provider_transient": 0.3, "model_gone": 0.2},
        }))
        .await;
        let mut statuses = Vec::new();
        for _ in 0..300 {
            statuses.push(stage.core().await.status().as_u16());
        }
        statuses
    };

    let (first, second) = (draws().await, draws().await);

    let share = |status| first.iter().filter(|drawn| **drawn == status).count();
    assert!((60..=120).contains(&share(500)), "{} of 300", share(500));
    assert!((35..=85).contains(&share(404)), "{} of 300", share(404));
    assert_eq!(share(500) + share(404) + share(200), 300);
    assert_eq!(first, second);
}
