//! `/api/resource`: every path, and every error that is its own.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Resource, Task, connect_body, credits};
use tests::stack::{Stack, core};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_checked_sealed_hosted_once_and_never_shown_again() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let (owner, other) = (stack.user("owner").await, stack.user("other").await);
    let key = stack.key(json!({"balance": 250.5})).await;

    let answer = owner.post("/api/resource/connect", &connect_body(&key, "0.9", &json!({}))).await;
    let location = answer.header("location").to_owned();
    let shown = answer.expect(201);
    let resource: Resource = serde_json::from_value(shown.clone()).unwrap();

    assert!(location.ends_with(&format!("/api/resource/{}", resource.id)), "{location}");
    assert!(!shown.to_string().contains(&key.secret));
    assert_eq!(resource.key_hint, format!("sk-…{}", &key.secret[key.secret.len() - 4..]));
    assert_eq!((resource.status.as_str(), resource.health.as_str()), ("active", "ok"));
    assert_eq!(resource.price_per_unit, credits("0.9"));
    assert_eq!(resource.available_units, Some(credits("250.5")));
    assert_eq!(
        (resource.daily_limit, resource.monthly_limit),
        (credits("10000"), credits("100000"))
    );
    assert_eq!((resource.concurrency_limit, resource.rpm_limit), (4, 900));
    assert_eq!((resource.in_flight, resource.units_today), (0, credits("0")));
    let roles = &owner.get("/api/auth/profile").await.expect(200)["roles"];
    assert_eq!(*roles, json!(["consumer", "resource_provider"]));

    // Once in the whole exchange, with blanks around it or not, until it is deleted.
    for user in [&owner, &other] {
        let again = connect_body(&key, "0.1", &json!({"api_key": format!("  {}\n", key.secret)}));
        user.post("/api/resource/connect", &again).await.expect_problem(409, "resource.key_in_use");
    }
    let path = format!("/api/resource/{}", resource.id);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_problem(404, "not_found");
    let again = other.connect(&key, "0.1", &json!({})).await;
    assert_eq!(again.id, resource.id, "a key keeps its id, whoever hosts it");
    owner.get(&path).await.expect_problem(404, "not_found");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_hosted_is_refused_and_nothing_is_stored() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let owner = stack.user("owner").await;
    let key = stack.key(json!({})).await;
    let connect = async |more: Value| {
        owner.post("/api/resource/connect", &connect_body(&key, "0.9", &more)).await
    };

    let unknown = stack.unknown_key();
    let body = connect_body(&unknown, "0.9", &json!({}));
    owner.post("/api/resource/connect", &body).await.expect_problem(422, "resource.key_rejected");
    for (field, value) in [
        ("provider", json!("nobody")),
        ("provider", json!("")),
        ("api_key", json!("")),
        ("api_key", json!("x".repeat(600))),
        ("name", json!("")),
        ("price_per_unit", json!("0")),
        ("price_per_unit", json!("-1")),
        ("price_per_unit", json!("0.0000001")),
        ("price_per_unit", json!(0.9)),
        ("price_per_unit", json!("1e3")),
        ("daily_limit", json!("0")),
        ("monthly_limit", json!("many")),
        ("concurrency_limit", json!(0)),
        ("concurrency_limit", json!(1_001)),
        ("rpm_limit", json!(0)),
        ("attestation", json!(false)),
        ("owner", json!("somebody")),
    ] {
        connect(json!({field: value})).await.expect_invalid(field);
    }
    connect(json!({"attestation": null})).await.expect_invalid("attestation");

    let list = owner.get("/api/resource/list").await.expect(200);
    assert_eq!(list, json!({"items": [], "next_cursor": null}));
    let roles = &owner.get("/api/auth/profile").await.expect(200)["roles"];
    assert_eq!(*roles, json!(["consumer"]));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_was_paused_and_resumed_too_often_stays_paused_and_says_for_how_long() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let scene = stack.scene().await;
    let id = &scene.resource.id;
    let set = |status: &str| {
        let (owner, path) = (scene.owner.clone(), format!("/api/resource/{id}/status"));
        let body = json!({"status": status});
        async move { owner.put(&path, &body).await }
    };
    for status in ["paused", "active"] {
        assert_eq!(set(status).await.expect(200)["status"], status);
    }
    stack
        .sql(&format!(
            "INSERT INTO pool.resource_condition (resource_id, condition, since)
             SELECT '{id}', CASE WHEN n % 2 = 0 THEN 'ok' ELSE 'paused' END, aether.now()
               FROM generate_series(1, 120) n"
        ))
        .await;

    assert_eq!(set("paused").await.expect(200)["status"], "paused", "always possible");
    let refused = set("active").await;
    assert_eq!(refused.header("retry-after"), "600");
    refused.expect_problem(429, "rate.limited");
    let own = scene.owner.get(&format!("/api/resource/{id}")).await.expect(200);
    assert_eq!(own["status"], "paused");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_cannot_be_asked_or_may_not_be_hosted_stores_nothing() {
    // Nothing listens where the second api looks for the provider.
    let nowhere = format!("http://127.0.0.1:{}", devkit::port::free());
    let stack = Stack::builder()
        .apis(2)
        .workers(0)
        .schedulers(0)
        .setting("api-2", "AETHERFLOW_PROVIDER_STABILITY_BASE_URL", &nowhere)
        .start()
        .await;
    let (admin, owner) = (stack.admin().await, stack.user("owner").await);
    let key = stack.key(json!({})).await;
    let body = connect_body(&key, "0.9", &json!({}));

    let cut_off = owner.through(stack.api_url_of("api-2"));
    let refused = cut_off.post("/api/resource/connect", &body).await;
    refused.expect_problem(503, "resource.provider_unreachable");

    admin.set_policy("denied").await;
    // A key the provider does not know, so that nothing is stored before the policy is seen.
    let body = connect_body(&stack.unknown_key(), "0.9", &json!({}));
    let refused = deadline::until("the policy is seen", Duration::from_secs(10), async || {
        let answer = owner.post("/api/resource/connect", &body).await;
        (answer.status != 422).then_some(answer)
    });
    refused.await.expect_problem(403, "forbidden");
    assert_eq!(owner.get("/api/resource/list").await.expect(200)["items"], json!([]));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_changes_pauses_tests_and_lists_his_own_and_nobody_elses() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    let (owner, stranger) = (&scene.owner, stack.user("stranger").await);
    let path = format!("/api/resource/{}", scene.resource.id);

    let change = json!({"name": " renamed ", "price_per_unit": "0.45", "rpm_limit": 60, "concurrency_limit": 9});
    let changed = owner.change(&scene.resource, &change).await;
    assert_eq!((changed.name.as_str(), changed.price_per_unit), ("renamed", credits("0.45")));
    assert_eq!((changed.rpm_limit, changed.concurrency_limit), (60, 9));
    assert_eq!(changed.daily_limit, credits("10000"), "what is not named stays");
    assert_eq!(owner.change(&scene.resource, &json!({"rpm_limit": 0})).await.rpm_limit, 900);
    for (field, value) in [
        ("price_per_unit", json!("0")),
        ("concurrency_limit", json!(0)),
        ("rpm_limit", json!(-1)),
        ("api_key", json!("sk-other")),
        ("status", json!("active")),
        ("name", json!("")),
    ] {
        owner.put(&path, &json!({field: value})).await.expect_invalid(field);
    }

    // A paused resource serves no request, and there is no other.
    let status = format!("{path}/status");
    let paused = owner.put(&status, &json!({"status": "paused"})).await.expect(200);
    assert_eq!(paused["status"], "paused");
    let submit = "/api/generate/text-to-image";
    deadline::until("nothing serves any more", Duration::from_secs(10), async || {
        (scene.consumer.post("/api/generate/estimate", &core("a heron")).await.status == 503)
            .then_some(())
    })
    .await;
    scene
        .consumer
        .post(submit, &core("a heron"))
        .await
        .expect_problem(503, "generation.no_resource");
    for wrong in ["disabled", "error", "sleeping"] {
        owner.put(&status, &json!({"status": wrong})).await.expect_invalid("status");
    }
    owner.put(&status, &json!({"status": "active"})).await.expect(200);
    assert_eq!(scene.consumer.generate(&core("a heron")).await.status, "completed");

    let test = owner.ring(&format!("{path}/test")).await.expect(200);
    assert_eq!(test["ok"], true, "{test}");
    assert!(test["available_units"].is_string());
    scene.key.revoke().await;
    let test = owner.ring(&format!("{path}/test")).await.expect(200);
    assert_eq!((&test["ok"], &test["error_class"]), (&json!(false), &json!("key_invalid")));

    // To everyone else it does not exist, with any method.
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("PUT", path.clone(), Some(json!({"name": "mine"}))),
        ("PUT", status.clone(), Some(json!({"status": "paused"}))),
        ("DELETE", path.clone(), None),
        ("POST", format!("{path}/sync"), None),
        ("POST", format!("{path}/test"), None),
        ("GET", format!("{path}/stats"), None),
    ] {
        let mut request = stranger.request(method.parse().unwrap(), &path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect_problem(404, "not_found");
    }
    for id in ["nonsense", "01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e"] {
        owner.get(&format!("/api/resource/{id}")).await.expect_problem(404, "not_found");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_with_calls_out_drains_before_it_is_deleted() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene_with(json!({"latency_ms": 2_000}), &json!({})).await;
    let path = format!("/api/resource/{}", scene.resource.id);

    let task = scene.consumer.submit(&core("a heron")).await;
    scene.key.until_in_flight(1).await;
    scene.owner.delete(&path).await.expect_problem(409, "resource.in_use");
    assert_eq!(scene.owner.resource(&scene.resource).await.status, "paused");
    assert_eq!(scene.consumer.wait(&task).await.status, "completed");

    scene.owner.delete(&path).await.expect(204);
    scene.owner.delete(&path).await.expect_problem(404, "not_found");
    // What it earned stays earned.
    assert_eq!(scene.owner.earnings_of(&task).await.len(), 1);
    let stored: (Vec<u8>, Vec<u8>) = sqlx::query_as(
        "SELECT key_ciphertext, data_key_wrapped FROM pool.resource WHERE id = $1::uuid",
    )
    .bind(&scene.resource.id)
    .fetch_one(&stack.pool)
    .await
    .unwrap();
    assert!(stored.0.is_empty() && stored.1.is_empty(), "the key is destroyed");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statistics_say_what_a_key_did_and_lists_have_pages() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;
    scene.consumer.generate(&core("a heron")).await;
    scene.consumer.generate(&core("[blocked]")).await;

    let stats =
        scene.owner.get(&format!("/api/resource/{}/stats", scene.resource.id)).await.expect(200);
    let totals = &stats["totals"];
    assert_eq!(totals["attempts"], 2, "{stats}");
    assert_eq!((&totals["images"], &totals["failed"]), (&json!(1), &json!(1)));
    assert_eq!((&totals["units"], &totals["earned"]), (&json!("3"), &json!("1.35")));
    assert_eq!(stats["by_model"][0]["model"], "stability/core");
    let shown = stats.to_string();
    assert!(!shown.contains("heron") && !shown.contains("image_url"), "owners see no prompts");
    let path = format!("/api/resource/{}/stats", scene.resource.id);
    let backwards = format!("{path}?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z");
    scene.owner.get(&backwards).await.expect_invalid("to");

    for number in 0..4 {
        let key = stack.key(json!({})).await;
        scene.owner.connect(&key, "0.9", &json!({"name": format!("key {number}")})).await;
    }
    let first = scene.owner.get("/api/resource/list?limit=2").await.expect(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert!(first["next_cursor"].is_string());
    let all: Vec<Resource> = scene.owner.all("/api/resource/list?limit=2").await;
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted_by(|one, next| one.created_at >= next.created_at), "newest first");
    for wrong in ["limit=0", "limit=101", "limit=x", "cursor=nonsense"] {
        let field = wrong.split('=').next().unwrap();
        scene.owner.get(&format!("/api/resource/list?{wrong}")).await.expect_invalid(field);
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_never_see_whose_key_served_them() {
    let stack = Stack::builder().schedulers(0).start().await;
    let scene = stack.scene().await;

    let task: Task = scene.consumer.generate(&core("a heron")).await;

    let shown =
        scene.consumer.get(&format!("/api/generate/task/{}", task.id)).await.json().to_string();
    for secret in
        [&scene.resource.id, &scene.owner.id, &scene.owner.email, &scene.resource.key_hint]
    {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
    stack.finish().await;
}
