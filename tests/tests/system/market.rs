//! What one owner offers never stops what others could serve, and everybody is told what would do.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Task, User, connect_body, credits};
use tests::stack::{Stack, core};

const ESTIMATE: &str = "/api/generate/estimate";
const SUBMIT: &str = "/api/generate/text-to-image";
const CONNECT: &str = "/api/resource/connect";

async fn estimate(user: &User) -> Value {
    user.post(ESTIMATE, &core("a heron")).await.expect(200)
}

/// Waits until the api has seen what was changed.
async fn until_estimate(user: &User, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    deadline::until(what, Duration::from_secs(10), async || {
        let estimate = user.post(ESTIMATE, &core("a heron")).await.json();
        wanted(&estimate).then_some(estimate)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_cannot_serve_strand_nobody_however_little_they_ask() {
    let stack = Stack::builder().workers(1).start().await;
    stack.doubt_new_keys().await;
    let scene = stack.scene_with(json!({}), &json!({"price_per_unit": "0.4"})).await;
    let stranger = stack.user("stranger").await;
    let empty = stack.host(&stranger, json!({"balance": 0}), "0.01", &json!({})).await;
    let faults = json!({"faults": {"provider_transient": 1.0}});
    let bait = stack.host(&stranger, faults, "0.000001", &json!({})).await;
    stack.await_resources(&scene.consumer, 2).await;

    // The bait is as unproven as the honest key until that has delivered.
    assert_eq!(estimate(&scene.consumer).await["max_credits"], "1.65");
    for number in 0..5 {
        let mut body = core(&format!("picture {number}"));
        body["deadline_seconds"] = json!(60);
        let task = scene.consumer.generate(&body).await;
        assert_eq!((task.status.as_str(), task.credits_cost), ("completed", Some(credits("1.2"))));
    }

    let proven =
        until_estimate(&scene.consumer, "a delivery is seen", |it| it["estimate"] == "1.2").await;
    assert_eq!(
        (&proven["reference_cost"], &proven["max_credits"]),
        (&json!("1.5"), &json!("1.65"))
    );
    assert_eq!(stranger.resource(&empty.resource).await.health, "exhausted");
    assert_eq!(empty.key.books().await.calls, 0);
    assert_eq!(bait.key.books().await.images, 0);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_whose_own_key_fails_is_served_by_the_market() {
    let stack = Stack::builder().workers(1).start().await;
    let scene = stack.scene().await;
    let own = stack.user("own").await;
    scene.admin.grant(&own, "20").await;
    let faults = json!({"faults": {"provider_transient": 1.0}});
    let failing = stack.host(&own, faults, "0.5", &json!({})).await;
    stack.await_resources(&own, 2).await;

    let task = own.generate(&core("a heron")).await;

    assert_eq!((task.status.as_str(), task.credits_cost), ("completed", Some(credits("1.5"))));
    assert_eq!(failing.key.books().await.images, 0);
    let task: Value = own.get(&format!("/api/generate/task/{}", task.id)).await.expect(200);
    let price = json!({"units": "3", "price_per_unit": "0.5", "held": "1.65", "charged": "1.5",
        "returned": "0.15"});
    assert_eq!((&task["price"], &task["route"]), (&price, &json!("any")));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_terms_forbid_is_refused_with_the_limit_and_the_way_out() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let terms: Value = scene.consumer.get("/api/market/terms").await.expect(200);
    let stability =
        terms["providers"].as_array().unwrap().iter().find(|it| it["id"] == "stability");
    let stability = stability.unwrap();
    assert_eq!(
        (&stability["reference_price"], &stability["price_max"]),
        (&json!("0.5"), &json!("2.5"))
    );
    assert!(
        stability["models"]
            .as_array()
            .unwrap()
            .contains(&json!({"id": "stability/core", "units_per_image": "3"}))
    );
    stack.anonymous().get("/api/market/terms").await.expect_problem(401, "auth.required");

    let key = stack.key(json!({})).await;
    let refused = scene.owner.post(CONNECT, &connect_body(&key, "2.500001", &json!({}))).await;
    let refused = refused.expect_problem(422, "resource.price_too_high");
    assert_eq!(refused["errors"][0]["field"], "price_per_unit");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("2.5") && detail.contains("0.5"), "{detail}");
    for (limit, value) in [("daily_limit", "1"), ("monthly_limit", "2.999999")] {
        let body = connect_body(&key, "0.5", &json!({limit: value}));
        let refused = scene.owner.post(CONNECT, &body).await;
        let refused = refused.expect_problem(422, "resource.serves_nothing");
        assert_eq!(refused["errors"][0]["field"], limit);
        assert!(refused["detail"].as_str().unwrap().contains("at least 3"), "{refused}");
    }
    let own = format!("/api/resource/{}", scene.resource.id);
    for (change, code) in [
        (json!({"price_per_unit": "2.6"}), "resource.price_too_high"),
        (json!({"daily_limit": "2"}), "resource.serves_nothing"),
    ] {
        scene.owner.put(&own, &change).await.expect_problem(422, code);
    }
    scene
        .owner
        .change(&scene.resource, &json!({"daily_limit": "3", "price_per_unit": "2.5"}))
        .await;

    // An admin lowers the reference: the key is no longer used, and its owner is told.
    let dear =
        until_estimate(&scene.consumer, "the price is seen", |it| it["estimate"] == "7.5").await;
    assert_eq!((&dear["above_reference"], &dear["max_credits"]), (&json!(true), &json!("8.25")));
    let review = json!({"policy": "third_party_allowed", "evidence": "a simulated provider",
        "reviewed_at": "2026-01-01T00:00:00Z", "reference_price": "0.4"});
    let path = "/api/admin/provider-policies/stability";
    let policy: Value = scene.admin.put(path, &review).await.expect(200);
    assert_eq!(policy["reference_price"], "0.4");
    let reason = scene.owner.resource(&scene.resource).await.status_reason.unwrap();
    assert!(reason.starts_with("price_too_high: "), "{reason}");
    until_estimate(&scene.consumer, "nobody serves", |it| it["code"] == "generation.no_resource")
        .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_submit_and_a_waiting_task_say_why_and_what_would_do() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let poor = stack.user("poor").await;
    scene.admin.grant(&poor, "2").await;
    let waiting: Task = poor.submit(&core("a heron")).await;

    let refused = poor.post(SUBMIT, &core("another")).await;
    let refused = refused.expect_problem(402, "credits.insufficient");
    let amounts = ["required", "available", "held"].map(|it| refused[it].clone());
    assert_eq!(amounts, [json!("1.5"), json!("0.35"), json!("1.65")]);
    assert_eq!(refused["held_by"], json!([{"task_id": waiting.id, "amount": "1.65"}]));
    let mut own = core("mine");
    own["route"] = json!("own");
    poor.post(SUBMIT, &own).await.expect_problem(422, "generation.no_own_resource");

    let path = format!("/api/generate/task/{}", waiting.id);
    let task: Value = poor.get(&path).await.expect(200);
    let free = json!({"reasons": [], "position": 0, "message": "a key is free for it"});
    assert_eq!(task["waiting"], free);
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "0.9"})).await;
    let why = deadline::until("the price is seen", Duration::from_secs(10), async || {
        let task: Value = poor.get(&path).await.expect(200);
        (task["waiting"]["reasons"] != json!([])).then(|| task["waiting"].clone())
    })
    .await;
    assert_eq!(why["reasons"], json!([{"class": "price", "count": 1, "cheapest": "2.7"}]));
    assert_eq!(why["message"], "the cheapest free key costs 2.7, this task pays at most 1.65");
    assert!(poor.all::<Value>("/api/generate/history").await[0].get("waiting").is_none());
    poor.cancel(&waiting).await.expect(200);
    stack.finish().await;
}
