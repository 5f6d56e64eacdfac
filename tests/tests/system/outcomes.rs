//! What a provider can answer, and what follows for the consumer, the owner and the key.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use tests::client::{Resource, User, credits};
use tests::stack::{Hosted, Scene, Stack, core};

/// The usual key and a dearer one.
async fn two_keys(stack: &Stack, first: Value) -> (Scene, Hosted) {
    let scene = stack.scene_with(first, &json!({})).await;
    let second = stack.host(&scene.owner, json!({}), "0.6", &json!({})).await;
    stack.await_resources(&scene.consumer, 2).await;
    (scene, second)
}

/// Leaves room for the dearer key.
fn generous(prompt: &str) -> Value {
    let mut body = core(prompt);
    body["max_credits"] = json!("2");
    body
}

async fn until_resource(
    owner: &User,
    resource: &Resource,
    what: &str,
    wanted: impl Fn(&Resource) -> bool,
) -> Resource {
    deadline::until(what, Duration::from_secs(20), async || {
        let resource = owner.resource(resource).await;
        wanted(&resource).then_some(resource)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_prompt_fails_costs_nothing_and_is_not_tried_elsewhere() {
    let stack = Stack::start().await;
    let (scene, second) = two_keys(&stack, json!({})).await;

    let task = scene.consumer.generate(&generous("[blocked] something")).await;

    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "content_blocked"));
    assert_eq!(task.attempt_states(), ["refused"]);
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("content_blocked"));
    assert!(task.credits_cost.is_none() && task.image_url.is_none());
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    assert!(scene.owner.earnings_of(&task).await.is_empty());
    assert_eq!(second.key.books().await.calls, 0);
    // The key has done nothing wrong, and its units are given back.
    let resource = scene.owner.resource(&scene.resource).await;
    assert_eq!((resource.health.as_str(), resource.units_today), ("ok", credits("0")));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filtered_output_is_paid_by_the_platform_and_strikes_add_up() {
    let stack = Stack::builder().setting("api", "AETHERFLOW_STRIKES_MAX", "2").start().await;
    let scene = stack.scene().await;

    let task = scene.consumer.generate(&core("[filtered] something")).await;
    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "content_blocked"));
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    let books = scene.key.books().await;
    assert_eq!((books.images, books.credits), (1, credits("3")));
    let [earning] = &scene.owner.earnings_of(&task).await[..] else { panic!("compensated once") };
    assert_eq!((earning.gross, earning.net), (credits("1.5"), credits("1.35")));

    scene.consumer.generate(&core("[blocked] again")).await;
    let path = "/api/generate/text-to-image";
    scene
        .consumer
        .post(path, &core("something harmless"))
        .await
        .expect_problem(403, "generation.content_strikes");
    // Other keys are not affected.
    let other = stack.user("other").await;
    scene.admin.grant(&other, "10").await;
    assert_eq!(other.generate(&core("something harmless")).await.status, "completed");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_parked_once_the_provider_goes_on_refusing_it_and_its_task_goes_elsewhere()
{
    let stack = Stack::start().await;
    let (scene, second) = two_keys(&stack, json!({})).await;

    scene.key.revoke().await;
    let task = scene.consumer.generate(&generous("a heron")).await;

    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempt_states(), ["failed", "delivered"]);
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("key_invalid"));
    assert_eq!(second.key.books().await.images, 1);
    let suspected = scene.owner.resource(&scene.resource).await;
    assert_eq!((suspected.status.as_str(), suspected.health.as_str()), ("active", "cooling"));
    let sync = format!("/api/resource/{}/sync", scene.resource.id);
    let what = "the provider refuses it again and again, which parks it";
    deadline::until(what, Duration::from_secs(20), async || {
        scene.owner.ring(&sync).await;
        let resource = scene.owner.resource(&scene.resource).await;
        (resource.status == "error" && resource.status_reason.is_some()).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_tasks_word_cools_a_key_and_a_third_one_parks_it() {
    let stack = Stack::start().await;
    // Its account pages go on telling that the key is good.
    let (scene, _second) = two_keys(&stack, json!({"faults": {"key_invalid": 1.0}})).await;
    // So cheap that it comes first in spite of its failures.
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "0.3"})).await;

    let first = scene.consumer.generate(&generous("a heron")).await;
    assert_eq!(first.attempt_states(), ["failed", "delivered"]);
    let suspected = scene.owner.resource(&scene.resource).await;
    assert_eq!((suspected.status.as_str(), suspected.health.as_str()), ("active", "cooling"));

    let what = "a third task is sent there and parks it";
    let mut ahead = Duration::ZERO;
    deadline::until(what, Duration::from_secs(20), async || {
        ahead += Duration::from_secs(65);
        stack.move_clock(ahead).await;
        let task = scene.consumer.generate(&generous("an egret")).await;
        assert_eq!(task.status, "completed", "{task:#?}");
        let resource = scene.owner.resource(&scene.resource).await;
        (resource.status == "error").then_some(())
    })
    .await;
    assert_eq!(scene.key.books().await.calls, 3);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limited_key_rests_and_recovers_one_task_at_a_time() {
    let stack = Stack::start().await;
    let (scene, second) = two_keys(&stack, json!({"faults": {"rate_limited": 1.0}})).await;

    let task = scene.consumer.generate(&generous("a heron")).await;
    assert_eq!(task.attempt_states(), ["failed", "delivered"]);
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("rate_limited"));
    let resting = scene.owner.resource(&scene.resource).await;
    assert_eq!((resting.status.as_str(), resting.health.as_str()), ("active", "cooling"));
    // While it is cooling, it gets no calls.
    scene.consumer.generate(&generous("an egret")).await;
    assert_eq!(scene.key.books().await.calls, 1);

    scene.key.set(json!({"faults": {}, "latency_ms": 500})).await;
    stack.move_clock(Duration::from_secs(150)).await;
    let tasks = futures::future::join_all((0..6).map(|number| {
        let (consumer, body) = (scene.consumer.clone(), core(&format!("picture {number}")));
        async move { consumer.generate(&body).await }
    }))
    .await;
    assert!(tasks.iter().all(|it| it.status == "completed"), "{tasks:#?}");
    let recovered = scene.owner.resource(&scene.resource).await;
    assert_eq!(recovered.health, "ok");
    assert_eq!(scene.key.books().await.images, 6);
    assert_eq!(second.key.books().await.images, 2);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exhausted_key_waits_for_its_owner_to_pay_and_is_then_used_again() {
    let stack = Stack::start().await;
    let (scene, _second) = two_keys(&stack, json!({"balance": 10})).await;

    // Another program spends from the same account: 1 of the 10 credits is left.
    scene.key.set(json!({"balance": 1})).await;
    let task = scene.consumer.generate(&generous("a heron")).await;
    assert_eq!(task.attempt_states(), ["failed", "delivered"]);
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("key_no_credit"));
    let exhausted = scene.owner.resource(&scene.resource).await;
    assert_eq!((exhausted.status.as_str(), exhausted.health.as_str()), ("active", "exhausted"));

    scene.key.set(json!({"balance": 500})).await;
    scene.owner.ring(&format!("/api/resource/{}/sync", scene.resource.id)).await.expect(202);
    let what = "a sync sees the new balance";
    let synced = until_resource(&scene.owner, &scene.resource, what, |it| it.health == "ok").await;
    assert_eq!(synced.available_units, Some(credits("500")));
    let task = scene.consumer.generate(&core("an egret")).await;
    assert_eq!(task.attempt_states(), ["delivered"]);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_tried_again_and_not_for_ever() {
    let stack = Stack::builder().setting("worker", "AETHERFLOW_ATTEMPTS_MAX", "3").start().await;
    let scene = stack.scene_with(json!({"faults": {"provider_transient": 1.0}}), &json!({})).await;

    let task = scene.consumer.submit(&core("a heron")).await;
    scene
        .consumer
        .until(&task, "one attempt failed", |it| it.attempts.len() == 1 && it.status == "pending")
        .await;
    scene.key.set(json!({"faults": {}})).await;
    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.attempt_states(), ["failed", "delivered"], "{task:#?}");
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("provider_transient"));

    scene.key.set(json!({"faults": {"provider_transient": 1.0}})).await;
    let task = scene.consumer.generate(&core("an egret")).await;
    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "providers_failed"));
    assert_eq!(task.attempt_states(), ["failed", "failed", "failed"]);
    assert_eq!(scene.consumer.balance().await.available, credits("998.5"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_whose_outcome_nobody_knows_are_never_repeated_on_the_same_key() {
    let stack =
        Stack::builder().setting("worker", "AETHERFLOW_ATTEMPT_TIMEOUT", "1s").start().await;

    for (fault, class, made) in [
        ("hang", "timeout", 0),
        ("hang_after", "timeout", 1),
        ("cut_before", "unknown", 0),
        ("cut_after", "unknown", 1),
    ] {
        let (scene, second) = two_keys(&stack, json!({"faults": {fault: 1.0}})).await;
        let task = scene.consumer.generate(&generous("a heron")).await;

        assert_eq!(task.status, "completed", "{fault}: {task:#?}");
        assert_eq!(task.attempt_states(), ["unknown", "delivered"], "{fault}");
        assert_eq!(task.attempts[0].error_class.as_deref(), Some(class), "{fault}");
        let books = scene.key.books().await;
        assert_eq!((books.calls, books.images), (1, made), "{fault}");
        // Its units stay counted, and it keeps its place, until it surely ended.
        let resource = scene.owner.resource(&scene.resource).await;
        assert_eq!((resource.in_flight, resource.units_today), (1, credits("3")), "{fault}");
        for hosted in [&scene.resource, &second.resource] {
            let path = format!("/api/resource/{}/status", hosted.id);
            scene.owner.put(&path, &json!({"status": "paused"})).await.expect(200);
        }
    }

    // After the provider's longest run time the place is free; the units stay counted.
    stack.move_clock(Duration::from_secs(125)).await;
    deadline::until("the places are free", Duration::from_secs(10), async || {
        let occupied: i64 = sqlx::query_scalar("SELECT sum(in_flight) FROM pool.resource_state")
            .fetch_one(&stack.pool)
            .await
            .unwrap();
        (occupied == 0).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_two_calls_with_unknown_outcome_a_task_is_given_up() {
    let stack =
        Stack::builder().setting("worker", "AETHERFLOW_ATTEMPT_TIMEOUT", "1s").start().await;
    let (scene, second) = two_keys(&stack, json!({"faults": {"hang": 1.0}})).await;
    second.key.set(json!({"faults": {"hang_after": 1.0}})).await;
    let third = stack.host(&scene.owner, json!({}), "0.61", &json!({})).await;
    stack.await_resources(&scene.consumer, 3).await;

    let task = scene.consumer.generate(&generous("a heron")).await;

    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "providers_failed"));
    assert_eq!(task.attempt_states(), ["unknown", "unknown"]);
    assert_eq!(third.key.books().await.calls, 0);
    assert_eq!(scene.consumer.balance().await.available, credits("1000"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_the_provider_cannot_serve_blames_nobody_but_the_request() {
    let stack = Stack::start().await;
    let (scene, second) = two_keys(&stack, json!({"faults": {"user_error": 1.0}})).await;

    let task = scene.consumer.generate(&generous("a heron")).await;
    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "invalid_request"));
    assert_eq!(task.attempt_states(), ["refused"]);
    assert_eq!(second.key.books().await.calls, 0);

    scene.key.set(json!({"faults": {"model_gone": 1.0}})).await;
    let task = scene.consumer.generate(&generous("an egret")).await;
    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("model_gone"));

    // Its key is not asked for that model again until an admin says that it is there.
    scene.key.set(json!({"faults": {"key_forbidden": 1.0}})).await;
    let task = scene.consumer.generate(&generous("an egret")).await;
    assert_eq!(task.attempt_states(), ["delivered"]);
    let edit = json!({"display_name": "Core", "reason": "it is there"});
    scene.admin.put("/api/admin/models/stability/core", &edit).await.expect(200);
    deadline::until("its key is asked again", Duration::from_secs(10), async || {
        let task = scene.consumer.generate(&generous("an egret")).await;
        assert_eq!(task.status, "completed", "{task:#?}");
        let class = task.attempts[0].error_class.as_deref();
        (class == Some("key_forbidden")).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_no_key_knows_fails_its_tasks_at_once_and_the_admin_is_told() {
    let stack = Stack::start().await;
    let (scene, second) = two_keys(&stack, json!({"faults": {"model_gone": 1.0}})).await;
    second.key.set(json!({"faults": {"model_gone": 1.0}})).await;

    let task = scene.consumer.generate(&generous("a heron")).await;

    assert_eq!((task.status.as_str(), task.error_code()), ("failed", "providers_failed"));
    let shown = scene.consumer.get(&format!("/api/generate/task/{}", task.id)).await.expect(200);
    assert!(shown["error"]["message"].as_str().unwrap().contains("stability/core"), "{shown}");
    let model = scene.admin.get("/api/admin/models/stability/core").await.expect(200);
    assert!(model["gone_since"].is_string(), "{model}");
    let overview = scene.admin.get("/api/admin/statistics").await.expect(200);
    assert_eq!(overview["models_gone"], json!(["stability/core"]));
    deadline::until("nobody can choose it", Duration::from_secs(5), async || {
        let refused = scene.consumer.post("/api/generate/estimate", &generous("an egret")).await;
        (refused.status == 422 && refused.code() == "generation.model_cannot").then_some(())
    })
    .await;
    stack.finish().await;
}
